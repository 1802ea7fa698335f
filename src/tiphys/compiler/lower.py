"""Components become templates: the one place that goes through the whole pipeline.

A component is lowered once for each way in which it is used (`Call`), its tasks before itself, so that
equal templates, whole sub-pipelines too, become one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from tiphys.compiler import names
from tiphys.compiler.artifact_root import ArtifactRoot
from tiphys.compiler.emit import claims, kubernetes
from tiphys.compiler.emit.body import Body, Pod, digest
from tiphys.compiler.emit.pod import pod
from tiphys.compiler.emit.setter import Given
from tiphys.compiler.lowered import ARTIFACTS, Call, Flag, Source, Template, Templates
from tiphys.compiler.scope import WORKSPACE
from tiphys.compiler.transport import number, path, structure, whole_numbers
from tiphys.errors import CompileError, Unsupported
from tiphys.ir.model import Component, Container, Executor, ParameterArgument, RetryPolicy
from tiphys.ir.platform_argo import ArgoDag, ArgoExecutor
from tiphys.ir.platform_kubernetes import KubernetesExecutor
from tiphys.ir.reading import Ir
from tiphys.manifest.strategic_merge import strategic_merge

Json = Any

ROOT = "root"
WORKSPACE_VOLUME = "kfp-workspace"
_TEMPLATE = "v1alpha1.Template"


@dataclass(slots=True)
class Lowering:
    """All that is known while a pipeline is compiled.

    `under_way` are the components whose templates are being made, the outermost first; `names` are those that
    finished templates got.
    """

    ir: Ir
    root: ArtifactRoot
    templates: Templates = field(default_factory=Templates)
    cache: str = ""
    _known: dict[Call, Template] = field(default_factory=dict)
    _equal: dict[tuple[bytes, Call], Template] = field(default_factory=dict)
    under_way: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def component(self, name: str) -> Component:
        """A component of the IR by name."""
        if name == ROOT and ROOT not in self.ir.spec.components:
            return self.ir.spec.root
        found = self.ir.spec.components.get(name)
        if found is None:
            raise CompileError(f"component `{name}` is not in the pipeline")
        return found

    def executor(self, component: Component, where: str) -> Executor:
        """The executor of a component that is no DAG."""
        found = self.ir.spec.deployment_spec.executors.get(component.executor_label)
        if found is None:
            raise CompileError(f"{where}: executor `{component.executor_label}` is not in the pipeline")
        return found

    def dag_settings(self, component: str) -> ArgoDag:
        """What `platforms.argo` says of a DAG."""
        return self.ir.argo.config.dags.get(component, _NO_DAG)

    def executor_settings(self, component: Component) -> ArgoExecutor:
        """What `platforms.argo` says of an executor."""
        return self.ir.argo.deployment_spec.executors.get(component.executor_label, _NO_EXECUTOR)

    def template(self, call: Call, lower_dag: Any, where: str) -> Template:
        """The template of a component in one use."""
        known = self._known.get(call)
        if known is not None:
            return known
        if call.component in self.under_way:
            raise Unsupported(
                f"{where}: component `{call.component}` calls itself",
                remedy="KFP has no recursion: use a loop.",
            )
        self.under_way.append(call.component)
        component = self.component(call.component)
        refuse_fields(component, where)
        found = lower_dag(self, call) if component.dag is not None else self._like(call, component, where)
        self.under_way.pop()
        self._known[call] = found
        self.names.setdefault(call.component, found.name)
        return found

    def _like(self, call: Call, component: Component, where: str) -> Template:
        """The template of a pod: the SDK writes a component for each task, most of them equal."""
        label = component.executor_label
        content = [
            component.input_definitions,
            component.output_definitions,
            component.task_config_passthroughs,
            self.executor(component, where),
            self.ir.kubernetes.deployment_spec.executors.get(label),
            self.executor_settings(component).template,
        ]
        key = (msgspec.json.encode(content), replace(call, component=""))
        if key not in self._equal:
            self._equal[key] = self._leaf(call, component, where)
        return self._equal[key]

    def _leaf(self, call: Call, component: Component, where: str) -> Template:
        executor = self.executor(component, where)
        if executor.container is None:
            raise Unsupported(
                f"{where}: an executor that is neither a container nor an importer",
                remedy="Argo runs containers: make it a container component.",
            )
        definitions = component.input_definitions
        inputs = names.parameters([*definitions.parameters, *definitions.artifacts, *(name for name, _ in call.extra)])
        handed = component.output_definitions
        outputs = names.parameters([*handed.parameters, *handed.artifacts])
        given = Pod(
            where,
            names.template(_base(call.component, executor.container)),
            component,
            executor.container,
            call,
            inputs,
            outputs,
            self.root,
            self.ir.spec.sdk_version,
        )
        body = self._body(given, component, where)
        return self._finished(given, body, call, component, inputs)

    def _body(self, given: Pod, component: Component, where: str) -> Body:
        if given.container.image in (claims.CREATE, claims.DELETE):
            return claims.claim(given)
        wanted = [
            name
            for name, spec in component.input_definitions.parameters.items()
            if spec.parameter_type == "TASK_CONFIG"
        ]
        if wanted:
            config = self._settled(pod(given), given, component, where)
            baked = tuple((name, structure(config)) for name in wanted)
            call = Call(
                given.call.component,
                given.call.flags,
                given.call.retry,
                given.call.cache,
                (*given.call.baked, *baked),
                given.call.extra,
            )
            given = Pod(
                given.where,
                given.name,
                component,
                given.container,
                call,
                given.inputs,
                given.outputs,
                given.root,
                given.sdk_version,
            )
        body = pod(given)
        self._settled(body, given, component, where)
        return body

    def _settled(self, body: Body, given: Pod, component: Component, where: str) -> dict[str, Json]:
        """Lay kfp-kubernetes' settings over the pod; answers what the component wants to be told of them."""
        told, on_pod = kubernetes.passthroughs(component)
        config: dict[str, Json] = {}
        if told["RESOURCES"]:
            known, later = body.container.get("resources", {}), body.container_patch.get("resources", {})
            config["resources"] = {kind: {**known.get(kind, {}), **later.get(kind, {})} for kind in {**known, **later}}
        if not on_pod["RESOURCES"]:
            body.container.pop("resources", None)
            body.container_patch.pop("resources", None)
        settings = self.ir.kubernetes.deployment_spec.executors.get(component.executor_label, KubernetesExecutor())
        extra = dict(given.call.extra)

        def find(argument: ParameterArgument) -> Given:
            if argument.component_input_parameter:
                name = argument.component_input_parameter
                flags = given.call.flags_of(name)
                if name in extra or name in given.inputs:
                    return Given(input=given.inputs[name], nullable=kubernetes.flags_nullable(flags))
            if argument.runtime_value is not None:
                return Given(argument.runtime_value.constant)
            raise CompileError(f"{where}: a setting of kfp-kubernetes has no value")

        config |= kubernetes.settings(settings, body, component, find, where)
        return config

    def _finished(
        self, given: Pod, body: Body, call: Call, component: Component, inputs: Mapping[str, str]
    ) -> Template:
        if any("workspace" in flags for _, flags in call.flags) and self.ir.kubernetes.pipeline_config.workspace:
            mounts = body.container.setdefault("volumeMounts", [])
            mounts.append({"name": WORKSPACE_VOLUME, "mountPath": WORKSPACE})
        fields = body.finish() if body.container else dict(body.fields)
        retry = retry_strategy(call.retry)
        if retry is not None:
            fields["retryStrategy"] = retry
        if call.cache is not None:
            if retry is not None:
                raise Unsupported(
                    f"{given.where}: a cached task with retries hangs on Argo 4.1 once it is in the cache",
                    remedy="Take away the retries or the caching.",
                )
            fields["memoize"] = self._memoize(call, fields, given)
        said = self.executor_settings(component).template
        if said:
            fields = laid_over(fields, whole_numbers(said), given.where)
        name = self.templates.add(given.name, ordered(fields))
        baked = {name for name, _ in call.baked}
        takes = {
            each: inputs[each]
            for each in inputs
            if each not in baked
            and getattr(component.input_definitions.parameters.get(each), "parameter_type", "") != "TASK_CONFIG"
        }
        handed = body.outputs
        if call.cache is not None or "memoize" in said:
            foreign = frozenset({Flag.FOREIGN})
            handed = {
                key: replace(each, places=foreign) if each.type == ARTIFACTS else each for key, each in handed.items()
            }
        return Template(name, takes, handed, body.artifacts)

    def _memoize(self, call: Call, fields: Mapping[str, Json], given: Pod) -> dict[str, Json]:
        if call.cache:
            key = digest({"key": call.cache})
        else:
            parts = [f"'{digest(fields)}'"]
            declared = fields.get("inputs", {}).get("parameters", [])
            parts += [path("inputs", "parameters", parameter["name"]) for parameter in declared]
            key = "{{=sprig.sha256sum(" + " + '|' + ".join(parts) + ")}}"
        return {"key": key, "maxAge": "", "cache": {"configMap": {"name": self.cache}}}


def refuse_fields(component: Component, where: str) -> None:
    """Refuse fields of KFP's proto that no SDK 2 writes and that nothing here reads."""
    found = ["singlePlatformSpecs"] if component.single_platform_specs else []
    for name, artifact in component.output_definitions.artifacts.items():
        fields = {"properties": artifact.properties, "customProperties": artifact.custom_properties}
        found += [f"outputDefinitions.artifacts.{name}.{field}" for field, value in fields.items() if value]
    if found:
        raise Unsupported(
            f"{where}: `{found[0]}` is not read",
            remedy="Compile the pipeline again with kfp 2: it says the same in `metadata` or a platform section.",
        )


_NO_DAG = ArgoDag()
_NO_EXECUTOR = ArgoExecutor()


def retry_strategy(policy: RetryPolicy | None) -> dict[str, Json] | None:
    """Argo's retryStrategy; KFP's longest wait is Argo's `cap`, not its `maxDuration`."""
    if policy is None or not policy.max_retry_count:
        return None
    strategy: dict[str, Json] = {"limit": str(policy.max_retry_count)}
    if policy.backoff_duration and policy.backoff_duration.rstrip("s").strip("0.") != "":
        backoff: dict[str, Json] = {"duration": policy.backoff_duration}
        if policy.backoff_factor:
            backoff["factor"] = str(number(policy.backoff_factor))
            if policy.backoff_max_duration:
                backoff["cap"] = policy.backoff_max_duration
        strategy["backoff"] = backoff
    return strategy


def laid_over(fields: Mapping[str, Json], said: Mapping[str, Json], where: str) -> dict[str, Json]:
    """A template with the author's own fields laid over it, as Kubernetes merges."""
    if "podSpecPatch" in said and "podSpecPatch" in fields:
        raise Unsupported(
            f"{where}: `podSpecPatch` is needed for what the run decides of this pod and cannot be given too",
            remedy="Say it in fields of the template (`container`, `tolerations`, `volumes` …).",
        )
    return strategic_merge(fields, said, _TEMPLATE)


_ORDER = (
    "metadata",
    "inputs",
    "outputs",
    "parallelism",
    "failFast",
    "memoize",
    "retryStrategy",
    "activeDeadlineSeconds",
    "volumes",
    "initContainers",
    "container",
    "dag",
)


def ordered(fields: Mapping[str, Json]) -> dict[str, Json]:
    """The fields of a template in the order in which people read them."""
    return {
        **{name: fields[name] for name in _ORDER if name in fields and name not in ("container", "dag")},
        **{name: value for name, value in fields.items() if name not in _ORDER},
        **{name: fields[name] for name in ("container", "dag") if name in fields},
    }


def _base(component: str, container: Container) -> str:
    """The template's name: that of the function, else the component's."""
    args = list(container.args)
    if "--function_to_execute" in args[:-1]:
        return args[args.index("--function_to_execute") + 1]
    return component


def sources(values: Mapping[str, Source]) -> tuple[tuple[str, frozenset[Any]], ...]:
    """The flags of what a task gives, as part of a `Call`."""
    return tuple(sorted((name, source.flags) for name, source in values.items() if source.flags))
