"""Pipelines among Python objects: kfp pipelines and components, Hera workflows.

Neither library is imported here unless the object in hand comes from it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from tiphys.errors import BadInput, Place
from tiphys.ir.reading import Ir, from_data

Transform = Callable[[dict[str, Any]], dict[str, Any] | None]


def is_kfp(value: object) -> bool:
    """True for what `@dsl.pipeline`, `@dsl.component` and `load_component_from_…` give."""
    return _comes_from(value, "kfp.") and hasattr(value, "component_spec") and hasattr(value, "pipeline_spec")


def is_kfp_pipeline(value: object) -> bool:
    """True for kfp pipelines; a component alone is none."""
    return is_kfp(value) and _graph(value) is not None


def is_hera(value: object) -> bool:
    """True for Hera's workflows, workflow templates and cron workflows."""
    return _comes_from(value, "hera.") and hasattr(value, "to_dict") and hasattr(value, "templates")


def kfp_ir(component: Any, file: str = "") -> Ir:
    """The IR of a kfp pipeline or component, as the SDK compiles it."""
    pipeline, platform = kfp_documents(component)
    return from_data(pipeline, platform, file)


def kfp_documents(component: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two documents of the IR: PipelineSpec and PlatformSpec."""
    from google.protobuf import json_format

    pipeline = json_format.MessageToDict(component.pipeline_spec)
    platform = json_format.MessageToDict(component.platform_spec)
    return _in_order(pipeline), _in_order(platform)


def _in_order(data: Any) -> Any:
    """The data with sorted keys, as the SDK writes its files: protobuf's maps have no order."""
    if isinstance(data, dict):
        return {key: _in_order(data[key]) for key in sorted(data)}
    if isinstance(data, list):
        return [_in_order(item) for item in data]
    return data


def transforms_of(component: Any) -> tuple[Transform, ...]:
    """The functions that the pipeline's author gave to `argo.transform`."""
    return tuple(getattr(component.component_spec, "_tiphys_transforms", ()))


def hera_manifest(workflow: Any) -> dict[str, Any]:
    """The manifest that a Hera workflow stands for."""
    manifest: dict[str, Any] = workflow.to_dict()
    return manifest


def choose(module: ModuleType, name: str, file: str) -> object:
    """The pipeline that a module defines: the one called `name`, else the only one that can be meant."""
    if name:
        return _named(module, name, file)
    found = {
        key: value
        for key, value in vars(module).items()
        if not key.startswith("_") and (is_kfp(value) or is_hera(value))
    }
    groups = (
        {key: value for key, value in found.items() if is_kfp_pipeline(value) or is_hera(value)},
        {key: value for key, value in found.items() if not is_kfp_pipeline(value)},
    )
    for group in groups:
        chosen = _only(group, module.__name__)
        if chosen is not None:
            return chosen
        if group:
            names = ", ".join(f"`{key}`" for key in group)
            first = next(iter(group))
            raise BadInput(
                f"the file defines {len(group)} pipelines: {names}",
                place=Place(file),
                remedy=f"Say which: `{file}:{first}`.",
            )
    raise BadInput(
        "the file defines no pipeline",
        place=Place(file),
        remedy="Decorate a function with `@dsl.pipeline` (`from kfp import dsl`).",
    )


def _only(candidates: Mapping[str, object], module: str) -> object | None:
    """The one that is meant: alone, or alone defined here, or not called by another, or named `pipeline`."""
    unique = list({id(value): value for value in candidates.values()}.values())
    for narrowed in (unique, _defined_in(unique, module), _not_called(unique)):
        if len(narrowed) == 1:
            return narrowed[0]
    return candidates.get("pipeline")


def _defined_in(candidates: Iterable[Any], module: str) -> list[object]:
    return [
        each for each in candidates if getattr(getattr(each, "pipeline_func", None), "__module__", module) == module
    ]


def _not_called(candidates: list[Any]) -> list[object]:
    """Those that no other calls: a pipeline with its sub-pipelines in one file."""
    called = {
        id(spec) for each in candidates if is_kfp(each) for spec in getattr(each.component_spec, "_tiphys_calls", ())
    }
    return [each for each in candidates if not (is_kfp(each) and id(each.component_spec) in called)]


def _named(module: ModuleType, name: str, file: str) -> object:
    found: object = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if is_kfp(found) or is_hera(found):
        return found
    known = [key for key, value in vars(module).items() if is_kfp(value) or is_hera(value)]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    if callable(found):
        raise BadInput(
            f"`{name}` is a plain function, not a pipeline",
            place=Place(file),
            remedy="Decorate it with `@dsl.pipeline`.",
        )
    what = "is not defined" if found is None else "is neither a pipeline nor a component"
    raise BadInput(f"`{name}` {what} in this file.{hint}", place=Place(file))


def _graph(component: Any) -> object | None:
    return getattr(component.component_spec.implementation, "graph", None)


def _comes_from(value: object, package: str) -> bool:
    return any(base.__module__.startswith(package) for base in type(value).__mro__)
