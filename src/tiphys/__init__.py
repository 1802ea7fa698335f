"""tiphys: KFP pipelines with every power of Argo Workflows, run here and on Kubernetes."""
