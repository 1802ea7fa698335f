"""The section `platforms.kubernetes` of an IR: what kfp-kubernetes says of pods and of the run.

https://github.com/kubeflow/pipelines/blob/master/kubernetes_platform/proto/kubernetes_executor_config.proto
"""

from __future__ import annotations

from tiphys.ir.model import Json, ParameterArgument, Spec, TaskOutputParameter


class SecretAsVolume(Spec, frozen=True):
    """A secret mounted as files."""

    secret_name: str = ""
    mount_path: str = ""
    optional: bool | None = None
    secret_name_parameter: ParameterArgument | None = None


class SecretKeyToEnv(Spec, frozen=True):
    """A key of a secret in an environment variable."""

    secret_key: str = ""
    env_var: str = ""


class SecretAsEnv(Spec, frozen=True):
    """Keys of a secret in the environment."""

    secret_name: str = ""
    key_to_env: list[SecretKeyToEnv] = []
    optional: bool | None = None
    secret_name_parameter: ParameterArgument | None = None


class ConfigMapAsVolume(Spec, frozen=True):
    """A config map mounted as files."""

    config_map_name: str = ""
    mount_path: str = ""
    optional: bool | None = None
    config_map_name_parameter: ParameterArgument | None = None


class ConfigMapKeyToEnv(Spec, frozen=True):
    """A key of a config map in an environment variable."""

    config_map_key: str = ""
    env_var: str = ""


class ConfigMapAsEnv(Spec, frozen=True):
    """Keys of a config map in the environment."""

    config_map_name: str = ""
    key_to_env: list[ConfigMapKeyToEnv] = []
    optional: bool | None = None
    config_map_name_parameter: ParameterArgument | None = None


class PvcMount(Spec, frozen=True):
    """A persistent volume claim mounted; the first three fields are the form of old SDKs."""

    task_output_parameter: TaskOutputParameter | None = None
    constant: str = ""
    component_input_parameter: str = ""
    mount_path: str = ""
    pvc_name_parameter: ParameterArgument | None = None
    sub_path: str = ""


class NodeSelector(Spec, frozen=True):
    """Labels that a node must have, or a struct of them that is known when the task runs."""

    labels: dict[str, str] = {}
    node_selector_json: ParameterArgument | None = None


class PodMetadata(Spec, frozen=True):
    """Labels and annotations."""

    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class ImagePullSecret(Spec, frozen=True):
    """A secret with which the image is pulled."""

    secret_name: str = ""
    secret_name_parameter: ParameterArgument | None = None


class FieldPathAsEnv(Spec, frozen=True):
    """A field of the pod in an environment variable."""

    name: str = ""
    field_path: str = ""


class Toleration(Spec, frozen=True):
    """A toleration, or one (or a list) that is known when the task runs."""

    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None
    toleration_json: ParameterArgument | None = None


class SelectorRequirement(Spec, frozen=True):
    """`key` `operator` `values`, as Kubernetes has it."""

    key: str = ""
    operator: str = ""
    values: list[str] = []


class NodeAffinityTerm(Spec, frozen=True):
    """Nodes that are required, or with a weight preferred."""

    match_expressions: list[SelectorRequirement] = []
    match_fields: list[SelectorRequirement] = []
    weight: int | None = None
    node_affinity_json: ParameterArgument | None = None


class PodAffinityTerm(Spec, frozen=True):
    """Pods to be near to, or with `anti` far from."""

    match_pod_expressions: list[SelectorRequirement] = []
    match_pod_labels: dict[str, str] = {}
    topology_key: str = ""
    namespaces: list[str] = []
    match_namespace_expressions: list[SelectorRequirement] = []
    match_namespace_labels: dict[str, str] = {}
    weight: int | None = None
    anti: bool | None = None


class GenericEphemeralVolume(Spec, frozen=True):
    """A volume that lives as long as the pod."""

    volume_name: str = ""
    mount_path: str = ""
    access_modes: list[str] = []
    size: str = ""
    default_storage_class: bool = False
    storage_class_name: str = ""
    metadata: PodMetadata = PodMetadata()


class EnabledSharedMemory(Spec, frozen=True):
    """Memory at `/dev/shm`."""

    volume_name: str = ""
    size: str = ""


class EmptyDirMount(Spec, frozen=True):
    """An empty folder mounted."""

    volume_name: str = ""
    mount_path: str = ""
    medium: str | None = None
    size_limit: str | None = None


class SecurityContext(Spec, frozen=True):
    """Whom the container runs as; the last three were taken away by later SDKs."""

    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None
    privileged: bool | None = None
    add_capabilities: list[str] = []
    drop_capabilities: list[str] = []


class InitEnvVar(Spec, frozen=True):
    """A variable in the environment of an init container."""

    name: str = ""
    value: str = ""


class InitVolumeMount(Spec, frozen=True):
    """A volume of the pod, mounted into an init container."""

    volume_name: str = ""
    mount_path: str = ""


class InitResources(Spec, frozen=True):
    """What an init container asks for."""

    requests: dict[str, str] = {}
    limits: dict[str, str] = {}


class InitContainer(Spec, frozen=True):
    """A container that runs before the main one, or beside it with `restart_policy: Always`."""

    name: str = ""
    image: str = ""
    command: list[str] = []
    args: list[str] = []
    env: list[InitEnvVar] = []
    volume_mounts: list[InitVolumeMount] = []
    restart_policy: str | None = None
    resources: InitResources | None = None


class KubernetesExecutor(Spec, frozen=True):
    """All that kfp-kubernetes says of one executor."""

    secret_as_volume: list[SecretAsVolume] = []
    secret_as_env: list[SecretAsEnv] = []
    pvc_mount: list[PvcMount] = []
    node_selector: NodeSelector | None = None
    pod_metadata: PodMetadata | None = None
    image_pull_secret: list[ImagePullSecret] = []
    image_pull_policy: str = ""
    config_map_as_volume: list[ConfigMapAsVolume] = []
    config_map_as_env: list[ConfigMapAsEnv] = []
    active_deadline_seconds: int = 0
    field_path_as_env: list[FieldPathAsEnv] = []
    tolerations: list[Toleration] = []
    generic_ephemeral_volume: list[GenericEphemeralVolume] = []
    node_affinity: list[NodeAffinityTerm] = []
    pod_affinity: list[PodAffinityTerm] = []
    enabled_shared_memory: EnabledSharedMemory | None = None
    empty_dir_mounts: list[EmptyDirMount] = []
    security_context: SecurityContext | None = None
    init_containers: list[InitContainer] = []


class KubernetesWorkspace(Spec, frozen=True):
    """What is laid over the claim of the workspace."""

    pvc_spec_patch: dict[str, Json] = {}


class Workspace(Spec, frozen=True):
    """A volume that the tasks of a run share."""

    size: str = ""
    kubernetes: KubernetesWorkspace | None = None


class PipelineConfig(Spec, frozen=True):
    """Settings of the run; times are seconds, 0 is not set."""

    resource_ttl_on_completion: int = 0
    resource_ttl_on_success: int = 0
    resource_ttl_on_failure: int = 0
    active_deadline_seconds: int = 0
    workspace: Workspace | None = None
    semaphore_key: str = ""
    mutex_name: str = ""


class KubernetesDeployment(Spec, frozen=True):
    """Settings of executors by label."""

    executors: dict[str, KubernetesExecutor] = {}


class KubernetesPlatform(Spec, frozen=True):
    """The whole section."""

    deployment_spec: KubernetesDeployment = KubernetesDeployment()
    platform: str = ""
    config: dict[str, Json] = {}
    pipeline_config: PipelineConfig = PipelineConfig()
