"""KFP's PipelineSpec as typed, frozen structures, in KFP's own names.

A field that is not listed here is an error when the IR is read: nothing in a pipeline is dropped in
silence. Values that belong to the author (constants, defaults, metadata) stay plain data.
https://github.com/kubeflow/pipelines/blob/master/api/v2alpha1/pipeline_spec.proto
"""

from __future__ import annotations

from typing import Any

import msgspec

Json = Any


class Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """The root of all messages of the IR."""


class PipelineInfo(Spec, frozen=True):
    """What the pipeline is called."""

    name: str = ""
    display_name: str = ""
    description: str = ""


class ArtifactType(Spec, frozen=True):
    """The schema of an artifact: `system.Dataset` and the like, or a schema of the author's own."""

    schema_title: str = ""
    schema_uri: str = ""
    instance_schema: str = ""
    schema_version: str = ""


class ParameterInput(Spec, frozen=True):
    """A parameter that a component takes; `parameter_type` is KFP's name of the type."""

    parameter_type: str = ""
    type: str = ""
    default_value: Json | msgspec.UnsetType = msgspec.UNSET
    is_optional: bool = False
    description: str = ""
    literals: list[Json] = []

    @property
    def has_default(self) -> bool:
        """True if the component says what holds when nothing is given."""
        return self.default_value is not msgspec.UNSET


class ArtifactInput(Spec, frozen=True):
    """An artifact, or a list of artifacts, that a component takes."""

    artifact_type: ArtifactType = ArtifactType()
    is_artifact_list: bool = False
    is_optional: bool = False
    description: str = ""


class Inputs(Spec, frozen=True):
    """All that a component takes."""

    parameters: dict[str, ParameterInput] = {}
    artifacts: dict[str, ArtifactInput] = {}


class ParameterOutput(Spec, frozen=True):
    """A parameter that a component hands out."""

    parameter_type: str = ""
    type: str = ""
    description: str = ""


class ArtifactOutput(Spec, frozen=True):
    """An artifact, or a list of artifacts, that a component hands out."""

    artifact_type: ArtifactType = ArtifactType()
    properties: dict[str, Json] = {}
    custom_properties: dict[str, Json] = {}
    metadata: dict[str, Json] = {}
    is_artifact_list: bool = False
    description: str = ""


class Outputs(Spec, frozen=True):
    """All that a component hands out."""

    parameters: dict[str, ParameterOutput] = {}
    artifacts: dict[str, ArtifactOutput] = {}


class ParameterSelector(Spec, frozen=True):
    """An output parameter of a task of the DAG."""

    producer_subtask: str = ""
    output_parameter_key: str = ""


class ParameterSelectors(Spec, frozen=True):
    """Output parameters of branches, of which one has run."""

    parameter_selectors: list[ParameterSelector] = []


class DagOutputParameter(Spec, frozen=True):
    """Where an output parameter of a DAG comes from."""

    value_from_parameter: ParameterSelector | None = None
    value_from_oneof: ParameterSelectors | None = None


class ArtifactSelector(Spec, frozen=True):
    """An output artifact of a task of the DAG."""

    producer_subtask: str = ""
    output_artifact_key: str = ""


class DagOutputArtifact(Spec, frozen=True):
    """Where an output artifact of a DAG comes from: of several selectors one has run."""

    artifact_selectors: list[ArtifactSelector] = []


class DagOutputs(Spec, frozen=True):
    """What a DAG hands out."""

    parameters: dict[str, DagOutputParameter] = {}
    artifacts: dict[str, DagOutputArtifact] = {}


class TaskInfo(Spec, frozen=True):
    """The name that the author gave the task for display."""

    name: str = ""


class TaskOutputParameter(Spec, frozen=True):
    """An output parameter of another task of the same DAG."""

    producer_task: str = ""
    output_parameter_key: str = ""


class TaskOutputArtifact(Spec, frozen=True):
    """An output artifact of another task of the same DAG."""

    producer_task: str = ""
    output_artifact_key: str = ""


class TaskFinalStatus(Spec, frozen=True):
    """How another task of the same DAG ended."""

    producer_task: str = ""


class RuntimeValue(Spec, frozen=True):
    """A constant, in which placeholders may stand; `constant_value` is the form of old SDKs."""

    constant: Json | msgspec.UnsetType = msgspec.UNSET
    constant_value: dict[str, Json] = {}
    runtime_parameter: str = ""


class ParameterArgument(Spec, frozen=True):
    """What a task gives to a parameter of its component."""

    task_output_parameter: TaskOutputParameter | None = None
    runtime_value: RuntimeValue | None = None
    component_input_parameter: str = ""
    task_final_status: TaskFinalStatus | None = None
    parameter_expression_selector: str = ""


class ArtifactArgument(Spec, frozen=True):
    """What a task gives to an artifact input of its component."""

    task_output_artifact: TaskOutputArtifact | None = None
    component_input_artifact: str = ""


class Arguments(Spec, frozen=True):
    """All that a task gives to its component."""

    parameters: dict[str, ParameterArgument] = {}
    artifacts: dict[str, ArtifactArgument] = {}


class ComponentRef(Spec, frozen=True):
    """Which component a task runs."""

    name: str = ""


class CachingOptions(Spec, frozen=True):
    """Whether a result of an earlier run may stand in for this task."""

    enable_cache: bool = False
    cache_key: str = ""


class TriggerPolicy(Spec, frozen=True):
    """When a task runs: `condition` is an expression in CEL, `strategy` what its needs must have come to."""

    condition: str = ""
    strategy: str = ""


class ParameterItems(Spec, frozen=True):
    """The list of a loop: JSON text, or a parameter of the loop's own component."""

    raw: str = ""
    input_parameter: str = ""


class ParameterIterator(Spec, frozen=True):
    """A loop over a list of values."""

    items: ParameterItems = ParameterItems()
    item_input: str = ""


class ArtifactItems(Spec, frozen=True):
    """The list of artifacts of a loop."""

    input_artifact: str = ""


class ArtifactIterator(Spec, frozen=True):
    """A loop over a list of artifacts."""

    items: ArtifactItems = ArtifactItems()
    item_input: str = ""


class RetryPolicy(Spec, frozen=True):
    """How often a failed task is tried again; durations are texts such as `60s`."""

    max_retry_count: int = 0
    backoff_duration: str = ""
    backoff_factor: float = 0.0
    backoff_max_duration: str = ""


class IteratorPolicy(Spec, frozen=True):
    """How many items of a loop run at once; 0 is without limit."""

    parallelism_limit: int = 0


class Task(Spec, frozen=True):
    """One task of a DAG."""

    component_ref: ComponentRef
    task_info: TaskInfo = TaskInfo()
    inputs: Arguments = Arguments()
    dependent_tasks: list[str] = []
    caching_options: CachingOptions = CachingOptions()
    trigger_policy: TriggerPolicy = TriggerPolicy()
    artifact_iterator: ArtifactIterator | None = None
    parameter_iterator: ParameterIterator | None = None
    retry_policy: RetryPolicy | None = None
    iterator_policy: IteratorPolicy = IteratorPolicy()

    @property
    def is_loop(self) -> bool:
        """True for a task that runs once for each item of a list."""
        return self.parameter_iterator is not None or self.artifact_iterator is not None


class Dag(Spec, frozen=True):
    """Tasks, and what they hand out together."""

    tasks: dict[str, Task] = {}
    outputs: DagOutputs = DagOutputs()


class TaskConfigPassthrough(Spec, frozen=True):
    """A setting of the task that the component wants to be told, and whether it also holds for its pod."""

    field: str = ""
    apply_to_task: bool = False


class Component(Spec, frozen=True):
    """A DAG of tasks, or what one pod does."""

    input_definitions: Inputs = Inputs()
    output_definitions: Outputs = Outputs()
    dag: Dag | None = None
    executor_label: str = ""
    single_platform_specs: list[Json] = []
    task_config_passthroughs: list[TaskConfigPassthrough] = []


class Accelerator(Spec, frozen=True):
    """Devices that a container asks for; `type` and `count` are the form of old SDKs."""

    type: str = ""
    count: int = 0
    resource_type: str = ""
    resource_count: str = ""


class Resources(Spec, frozen=True):
    """What a container asks for; the numbers are the form of old SDKs (cores, GB)."""

    cpu_limit: float = 0.0
    memory_limit: float = 0.0
    cpu_request: float = 0.0
    memory_request: float = 0.0
    resource_cpu_limit: str = ""
    resource_memory_limit: str = ""
    resource_cpu_request: str = ""
    resource_memory_request: str = ""
    accelerator: Accelerator | None = None


class EnvVar(Spec, frozen=True):
    """A variable in a container's environment."""

    name: str = ""
    value: str = ""


class Exec(Spec, frozen=True):
    """A command run at a point of a container's life."""

    command: list[str] = []
    args: list[str] = []


class Lifecycle(Spec, frozen=True):
    """What runs before the cache is asked."""

    pre_cache_check: Exec | None = None


class Container(Spec, frozen=True):
    """The container of a pod, with placeholders in command, arguments, image and resources."""

    image: str = ""
    command: list[str] = []
    args: list[str] = []
    env: list[EnvVar] = []
    resources: Resources | None = None
    lifecycle: Lifecycle | None = None


class Importer(Spec, frozen=True):
    """Makes an artifact of something that is already there."""

    artifact_uri: RuntimeValue = RuntimeValue()
    type_schema: ArtifactType = ArtifactType()
    properties: dict[str, Json] = {}
    custom_properties: dict[str, Json] = {}
    metadata: dict[str, Json] = {}
    reimport: bool = False
    download_to_workspace: bool = False


class Executor(Spec, frozen=True):
    """What a component that is no DAG does."""

    container: Container | None = None
    importer: Importer | None = None
    resolver: Json = None
    custom_job: Json = None


class DeploymentSpec(Spec, frozen=True):
    """The executors of a pipeline by label."""

    executors: dict[str, Executor] = {}


class PipelineSpec(Spec, frozen=True):
    """A pipeline as the SDK compiles it."""

    pipeline_info: PipelineInfo
    root: Component
    schema_version: str = ""
    sdk_version: str = ""
    components: dict[str, Component] = {}
    deployment_spec: DeploymentSpec = DeploymentSpec()
    default_pipeline_root: str = ""
