"""The one place where tiphys reaches into the kfp SDK: what was said beside it is put into the IR.

`install` wraps two functions of `kfp.compiler.pipeline_spec_builder`, so that `dsl.pipeline`, the stock
`kfp dsl compile` and `kfp.compiler.Compiler` all keep `platforms.argo`:
- `create_pipeline_spec`, which makes a PipelineSpec of a traced pipeline: settings of groups,
  sub-pipeline calls, importers and the run go to `platforms.argo.config`, `depends` where it belongs,
  and the sections of sub-pipelines are taken over under the names that their parts got;
- `merge_deployment_spec_and_component_spec`, which folds a sub-pipeline in: executors are renamed before,
  since the SDK writes settings under their old labels, where they reach executors of the outer pipeline.
"""

from __future__ import annotations

import functools
import json
import warnings
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from kfp.compiler import pipeline_spec_builder
from kfp.pipeline_spec import pipeline_spec_pb2

from tiphys.authoring import sdk_faults
from tiphys.authoring.caller import refuse
from tiphys.authoring.needs import depends_text
from tiphys.authoring.overlay import belongs_to_dag, compose
from tiphys.authoring.settings import Kind, has_settings, kind_of, run_settings_of, settings_of
from tiphys.authoring.topology import ROOT, Topology
from tiphys.errors import Unsupported

PLATFORM = "argo"
API_VERSION = "tiphys.io/v1"
TRANSFORMS = "_tiphys_transforms"
"""On kfp's ComponentSpec of a pipeline: the functions given to `argo.transform`."""
CALLS = "_tiphys_calls"
"""On kfp's ComponentSpec of a pipeline: the ComponentSpecs of what it calls."""

_INSTALLED = "_tiphys_wraps"
_WRAPPED = ("create_pipeline_spec", "merge_deployment_spec_and_component_spec")


def install() -> None:
    """Wrap the SDK's two functions and mend its faults, once."""
    sdk_faults.install()
    for name in _WRAPPED:
        stock = getattr(pipeline_spec_builder, name, None)
        if stock is None:
            import kfp

            raise Unsupported(
                f"kfp {kfp.__version__} has no pipeline_spec_builder.{name}",
                remedy="Install kfp 2.16 or 2.17.",
            )
        if hasattr(stock, _INSTALLED):
            continue
        wrapper = _create_with_settings(stock) if name == _WRAPPED[0] else _merge_renamed(stock)
        setattr(wrapper, _INSTALLED, stock)
        setattr(pipeline_spec_builder, name, wrapper)


def _create_with_settings(stock: Any) -> Any:
    @functools.wraps(stock)
    def create_pipeline_spec(
        pipeline: Any, component_spec: Any, pipeline_outputs: Any = None, pipeline_config: Any = None
    ) -> Any:
        pipeline_spec, platform_spec = stock(
            pipeline=pipeline,
            component_spec=component_spec,
            pipeline_outputs=pipeline_outputs,
            pipeline_config=pipeline_config,
        )
        section = _Gatherer(pipeline, pipeline_spec, platform_spec).section()
        if section:
            platform_spec.platforms[PLATFORM].Clear()
            json_format.ParseDict(section, platform_spec.platforms[PLATFORM])
        setattr(component_spec, TRANSFORMS, _transforms(pipeline))
        setattr(component_spec, CALLS, [task.component_spec for task in pipeline.tasks.values()])
        return pipeline_spec, platform_spec

    return create_pipeline_spec


def _transforms(pipeline: Any) -> list[Any]:
    """The functions of this pipeline's author, those of sub-pipelines first."""
    inner = [each for task in pipeline.tasks.values() for each in getattr(task.component_spec, TRANSFORMS, ())]
    return list(dict.fromkeys([*inner, *run_settings_of(pipeline).transforms]))


class _Gatherer:
    """Makes the section `platforms.argo` of one pipeline."""

    def __init__(self, pipeline: Any, pipeline_spec: Any, platform_spec: Any) -> None:
        self.pipeline = pipeline
        self.spec = pipeline_spec
        self.topology = Topology(pipeline, pipeline_spec)
        stock = (
            json_format.MessageToDict(platform_spec.platforms[PLATFORM]) if PLATFORM in platform_spec.platforms else {}
        )
        self.executors: dict[str, Any] = dict(stock.get("deploymentSpec", {}).get("executors", {}))
        self.dags: dict[str, Any] = {}
        self.workflow: dict[str, Any] = dict(run_settings_of(pipeline).workflow)
        self.transforms: list[str] = []

    def section(self) -> dict[str, Any]:
        """The section, empty when nothing was said."""
        self._group(self.topology.root, {})
        self._run()
        said = {"workflow": self.workflow, "dags": self.dags, "transforms": self.transforms}
        config = {"apiVersion": API_VERSION, **{name: value for name, value in said.items() if value}}
        executors = {label: entry for label, entry in self.executors.items() if entry}
        if len(config) == 1 and not executors:
            return {}
        section: dict[str, Any] = {"config": config}
        if executors:
            section["deploymentSpec"] = {"executors": executors}
        return section

    def _run(self) -> None:
        run = run_settings_of(self.pipeline)
        if run.dag:
            self._dag(ROOT)["dag"] = {**self._dag(ROOT).get("dag", {}), **run.dag}
        for function in _transforms(self.pipeline):
            reference = f"{function.__module__}:{function.__qualname__}"
            if reference not in self.transforms:
                self.transforms.append(reference)

    def _dag(self, component: str) -> dict[str, Any]:
        found: dict[str, Any] = self.dags.setdefault(component, {})
        return found

    def _group(self, group: Any, inherited: Mapping[str, Any]) -> None:
        """Everything said of the members of `group`; `inherited` is what groups around say of their pods."""
        for member in self.topology.members(group):
            kind = kind_of(member)
            if kind is Kind.POD:
                self._pod(member, inherited)
                continue
            pods = self._non_pod(group, member, inherited)
            self._check_hook(member)
            if kind is Kind.GROUP:
                self._group(member, pods)
            elif kind is Kind.CALL:
                self._call(member, pods)

    def _pod(self, task: Any, inherited: Mapping[str, Any]) -> None:
        self._check_hook(task)
        executor = self.spec.components[self.topology.component(task)].executor_label
        depends = self._depends(task)
        if not (inherited or depends or executor in self.executors):
            return
        entry = self.executors.setdefault(executor, {})
        if inherited:
            entry["template"] = compose(inherited, entry.get("template", {}))
        if depends:
            entry["task"] = {**entry.get("task", {}), "depends": depends}

    def _non_pod(self, group: Any, member: Any, inherited: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is said of a group, call or importer; answers what its pods inherit."""
        if not has_settings(member):
            return inherited
        said = settings_of(member).fields
        task = dict(said.get("task", {}))
        depends = self._depends(member)
        if depends:
            task["depends"] = depends
        if task:
            self._dag(self.topology.groups[id(group)]).setdefault("tasks", {})[member.name] = task
        template = said.get("template", {})
        own = {field: value for field, value in template.items() if belongs_to_dag(field)}
        for part, fields in (("dag", said.get("dag", {})), ("template", own)):
            if fields:
                entry = self._dag(self.topology.component(member))
                entry[part] = compose(entry.get(part, {}), fields)
        pods = {field: value for field, value in template.items() if field not in own}
        return compose(inherited, pods) if pods else inherited

    def _depends(self, target: Any) -> str:
        """The text of `depends`; the tasks it names become needs in the IR, for order on any backend."""
        need = settings_of(target).need if has_settings(target) else None
        if need is None:
            return ""
        text, names = depends_text(target, need, self.topology)
        task_spec = self.topology.task_spec(target)
        task_spec.dependent_tasks.extend(name for name in names if name not in task_spec.dependent_tasks)
        return text

    def _check_hook(self, task: Any) -> None:
        """A hook runs beside the DAG: nothing in the DAG can wait for it."""
        target = settings_of(task).hook_of if has_settings(task) else None
        if target is None:
            return
        dag = self.topology.dag(self.topology.groups[id(self.topology.parent(task))])
        waiting = [name for name, spec in dag.tasks.items() if task.name in spec.dependent_tasks]
        if waiting:
            raise refuse(
                f"`{waiting[0]}` depends on `{task.name}`, which is a hook of `{target.name}`",
                remedy=f"Let it depend on `{target.name}`, which ends after its exit hook.",
            )

    def _call(self, task: Any, inherited: Mapping[str, Any]) -> None:
        """Take over the section of a sub-pipeline, under the names that its parts got on the way."""
        component = self.topology.component(task)
        renamed = _renamed_components(task.pipeline_spec, self.spec, component)
        for name in renamed.values() if inherited else ():
            executor = self.spec.components[name].executor_label
            if executor:
                entry = self.executors.setdefault(executor, {})
                entry["template"] = compose(inherited, entry.get("template", {}))
        if PLATFORM not in task.platform_spec.platforms:
            return
        config = json_format.MessageToDict(task.platform_spec.platforms[PLATFORM].config)
        for name in renamed.values():
            self._rename_recursion(self.spec.components[name].executor_label, renamed)
        for name, entry in config.get("dags", {}).items():
            here = self._dag(renamed.get(name, name))
            for part, fields in entry.items():
                here[part] = compose(fields, here.get(part, {}))
        self._sub_run(task, component, config.get("workflow", {}))
        self.transforms += [name for name in config.get("transforms", []) if name not in self.transforms]

    def _rename_recursion(self, executor: str, renamed: Mapping[str, str]) -> None:
        """What a task calls by the name of a component goes by the component's new name."""
        task = self.executors.get(executor, {}).get("task", {})
        if task.get("template") in renamed:
            self.executors[executor]["task"] = {**task, "template": renamed[task["template"]]}

    def _sub_run(self, task: Any, component: str, workflow: Mapping[str, Any]) -> None:
        """A sub-pipeline's settings of the run: its own where a DAG can have them, else the run's."""
        for field, value in workflow.items():
            if "workflow.parameters[" in json.dumps(value):
                raise refuse(
                    f"`{field}` of the run is set by sub-pipeline `{task.name}` from its own parameter, "
                    "which is none of the run's",
                    remedy="Set it in the pipeline that is run.",
                )
            if field in ("parallelism", "synchronization"):
                template = self._dag(component).setdefault("template", {})
                template.setdefault(field, value)
            elif field not in self.workflow:
                self.workflow[field] = value
            elif self.workflow[field] != value:
                if isinstance(value, list):
                    self.workflow[field] = compose({field: value}, {field: self.workflow[field]})[field]
                    continue
                warnings.warn(
                    f"`{field}` of the run is set by sub-pipeline `{task.name}` to {value!r}, "
                    f"but stands already as {self.workflow[field]!r}, which is kept",
                    stacklevel=2,
                )


def _renamed_components(sub: Any, main: Any, component: str) -> dict[str, str]:
    """Component name in a sub-pipeline → its name in the pipeline that calls it, by walking both."""
    renamed = {ROOT: component}
    walk = [(sub.root, main.components[component])]
    while walk:
        old, new = walk.pop()
        for name, task in old.dag.tasks.items():
            inner, outer = task.component_ref.name, new.dag.tasks[name].component_ref.name
            if inner not in renamed:
                renamed[inner] = outer
                walk.append((sub.components[inner], main.components[outer]))
    return renamed


def _merge_renamed(stock: Any) -> Any:
    @functools.wraps(stock)
    def merge_deployment_spec_and_component_spec(
        main_pipeline_spec: Any,
        main_deployment_config: Any,
        sub_pipeline_spec: Any,
        main_platform_spec: Any,
        sub_platform_spec: Any,
    ) -> Any:
        sub_pipeline_spec, sub_platform_spec = _with_free_labels(
            set(main_deployment_config.executors), sub_pipeline_spec, sub_platform_spec
        )
        return stock(
            main_pipeline_spec=main_pipeline_spec,
            main_deployment_config=main_deployment_config,
            sub_pipeline_spec=sub_pipeline_spec,
            main_platform_spec=main_platform_spec,
            sub_platform_spec=sub_platform_spec,
        )

    return merge_deployment_spec_and_component_spec


def _with_free_labels(taken: set[str], spec: Any, platform: Any) -> tuple[Any, Any]:
    """The sub-pipeline with executor labels that the outer pipeline does not have yet."""
    labels = sorted(spec.deployment_spec["executors"].keys()) if "executors" in spec.deployment_spec else []
    used = taken | set(labels)
    renamed: dict[str, str] = {}
    for label in labels:
        if label in taken:
            number = 2
            while f"{label}-{number}" in used:
                number += 1
            renamed[label] = f"{label}-{number}"
            used.add(renamed[label])
    if not renamed:
        return spec, platform
    new_spec, new_platform = pipeline_spec_pb2.PipelineSpec(), pipeline_spec_pb2.PlatformSpec()
    new_spec.CopyFrom(spec)
    new_platform.CopyFrom(platform)
    for component in new_spec.components.values():
        if component.executor_label in renamed:
            component.executor_label = renamed[component.executor_label]
    executors = new_spec.deployment_spec["executors"]
    for old, new in renamed.items():
        executors.fields[new].CopyFrom(executors.fields[old])
        del executors.fields[old]
    for single in new_platform.platforms.values():
        for old, new in renamed.items():
            if old in single.deployment_spec.executors:
                single.deployment_spec.executors[new].CopyFrom(single.deployment_spec.executors[old])
                del single.deployment_spec.executors[old]
    return new_spec, new_platform
