"""From whatever a user has to a pipeline: Python files and objects, IR, packages, Argo manifests."""
