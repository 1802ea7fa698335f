"""Values for a pipeline's parameters: read, checked against what it declares, written for the workflow.

Every mistake is found before anything starts, and all of them are told at once.
"""

from __future__ import annotations

import difflib
import json
import math
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from tiphys.compiler import transport
from tiphys.errors import BadInput, Place, Problem, ProblemsFound
from tiphys.ir.model import ArtifactInput, ParameterInput
from tiphys.loading.loaded import Loaded, Manifest
from tiphys.manifest.yaml import load_documents

_MAX_BYTES = 64 << 20
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_TYPES = {
    "STRING": "a text",
    "NUMBER_INTEGER": "a whole number",
    "NUMBER_DOUBLE": "a number",
    "BOOLEAN": "true or false",
    "LIST": "a list in JSON",
    "STRUCT": "an object in JSON",
}


class Text(str):
    """A value as it was written on the command line, of which the type is not known yet."""

    __slots__ = ()


def from_words(words: Iterable[str]) -> dict[str, Text]:
    """`-p name=value` as values; what the value is, its parameter says.

    >>> from_words(["rate=0.1", "note=a=b"])
    {'rate': '0.1', 'note': 'a=b'}
    """
    found: dict[str, Text] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise BadInput(f"parameter `{word}` is not of the form `name=value`")
        found[name] = Text(value)
    return found


def from_file(file: str) -> dict[str, Any]:
    """A YAML or JSON file that maps names of parameters to values; `-` is standard input."""
    try:
        data = sys.stdin.buffer.read(_MAX_BYTES) if file == "-" else Path(file).read_bytes()
    except FileNotFoundError:
        raise BadInput(f"there is no file {file}") from None
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror or error}") from None
    documents = load_documents(data, file)
    if not documents:
        return {}
    if len(documents) > 1 or not isinstance(documents[0].data, dict):
        raise BadInput(
            "a file of parameters maps names to values",
            place=Place(file),
            remedy="Such as `rate: 0.1`, one parameter a line.",
        )
    return {str(name): value for name, value in documents[0].data.items()}


def for_pipeline(loaded: Loaded, given: Mapping[str, Any], beside: Collection[str] = ()) -> dict[str, Any]:
    """The values of a pipeline's parameters by type, of those that were given; mistakes are told together.

    An artifact that the pipeline takes is given by its URI; `beside` names parameters of the workflow that
    the pipeline itself does not know.
    """
    if loaded.ir is None:
        return dict(given)
    inputs = loaded.ir.spec.root.input_definitions
    uris = {name: _uri_of(artifact) for name, artifact in inputs.artifacts.items()}
    declared = {**inputs.parameters, **uris}
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in given.items():
        if name in declared:
            try:
                values[name] = _typed(value, declared[name])
            except _Misfit as misfit:
                problems.append(_misfit(loaded, name, value, declared[name], str(misfit)))
        elif name in beside:
            values[name] = value
        else:
            problems.append(_unknown(loaded, name, list(declared)))
    known = {**loaded.ir.arguments, **given}
    missing = [
        name
        for name, parameter in declared.items()
        if not (name in known or parameter.has_default or parameter.is_optional)
    ]
    problems += [_missing(loaded, name, declared[name]) for name in missing]
    if problems:
        raise ProblemsFound(problems)
    return {**loaded.ir.arguments, **values}


def encoded(loaded: Loaded, values: Mapping[str, Any]) -> dict[str, str]:
    """Checked values as the texts of the workflow's parameters: JSON literals where we compiled it."""
    compiled = loaded.ir.spec.root.input_definitions.parameters if loaded.ir is not None else {}
    return {
        name: transport.encode(value) if name in compiled else as_argo_text(value) for name, value in values.items()
    }


def _uri_of(artifact: ArtifactInput) -> ParameterInput:
    """How an artifact that the pipeline takes is given."""
    return ParameterInput(parameter_type="STRING", is_optional=artifact.is_optional)


def as_argo_text(value: Any) -> str:
    """A value as `argo submit --parameter-file` takes it: text as it is, all else as JSON."""
    if isinstance(value, str):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def with_arguments(loaded: Loaded, workflow: Manifest, given: Mapping[str, Any]) -> Manifest:
    """The workflow with these values in `spec.arguments`, checked; `workflow` itself is not changed."""
    declared = _declared(workflow)
    values = encoded(loaded, for_pipeline(loaded, given, declared))
    if loaded.ir is None:
        _check_names(loaded, workflow, values)
    values = {name: _chosen(loaded, value, declared.get(name, {})) for name, value in values.items()}
    if not values:
        return workflow
    spec = dict(workflow.get("spec") or {})
    if "workflowSpec" in spec:
        return {**workflow, "spec": {**spec, "workflowSpec": _spec_with(spec["workflowSpec"] or {}, values)}}
    return {**workflow, "spec": _spec_with(spec, values)}


def _spec_with(spec: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    arguments = dict(spec.get("arguments") or {})
    rest = dict(values)
    parameters = [
        {**_without_source(each), "value": rest.pop(each["name"])} if each.get("name") in rest else each
        for each in arguments.get("parameters") or []
    ]
    parameters.extend({"name": name, "value": value} for name, value in rest.items())
    return {**spec, "arguments": {**arguments, "parameters": parameters}}


def _without_source(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """The parameter without the place from which its value would come."""
    return {name: value for name, value in parameter.items() if name != "valueFrom"}


def _declared(workflow: Manifest) -> dict[str, Mapping[str, Any]]:
    """The parameters of a workflow by name."""
    spec = workflow.get("spec") or {}
    spec = spec.get("workflowSpec") or spec
    return {
        each["name"]: each
        for each in (spec.get("arguments") or {}).get("parameters") or []
        if isinstance(each, dict) and "name" in each
    }


def _check_names(loaded: Loaded, workflow: Manifest, values: Mapping[str, str]) -> None:
    """Refuse names that a manifest neither declares nor mentions."""
    declared = _declared(workflow)
    if values.keys() <= declared.keys() or (workflow.get("spec") or {}).get("workflowTemplateRef"):
        return
    text = json.dumps(workflow)
    problems = [
        _unknown(loaded, name, list(declared))
        for name in values
        if name not in declared and f"workflow.parameters.{name}" not in text
    ]
    if problems:
        raise ProblemsFound(problems)


def _chosen(loaded: Loaded, value: str, parameter: Mapping[str, Any]) -> str:
    """The value as the parameter's `enum` has it; an error if it is not among them."""
    choices = [as_argo_text(choice) for choice in parameter.get("enum") or []]
    if not choices:
        return value
    chosen = transport.among(value, choices)
    if chosen in choices:
        return chosen
    known = ", ".join(f"`{choice}`" for choice in choices)
    message = f"parameter `{parameter['name']}` is one of {known}, not `{value}`"
    raise ProblemsFound([Problem("parameter-type", message, loaded.place)])


class _Misfit(Exception):  # it never leaves this module
    """A value that is not of its parameter's type; the text says what it is instead."""


def _typed(value: Any, parameter: ParameterInput) -> Any:
    kind = parameter.parameter_type
    if value is None or (isinstance(value, Text) and value == "null" and kind != "STRING"):
        if parameter.is_optional or parameter.has_default:
            return None
        raise _Misfit("it is null")
    typed = _READERS.get(kind, _as_is)(value)
    if parameter.literals:
        known = [transport.typed(literal, kind) for literal in parameter.literals]
        if typed not in known:
            raise _Misfit("known are " + ", ".join(f"`{literal}`" for literal in known))
    return typed


def _as_is(value: Any) -> Any:
    return str(value) if isinstance(value, Text) else value


def _string(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    raise _Misfit(_form(value))


def _integer(value: Any) -> int:
    if isinstance(value, Text):
        text = value.strip()
        if re.fullmatch(r"[+-]?\d+", text) and len(text) < 400:
            return int(text)
        value = _number_of(text)
    if isinstance(value, bool):
        raise _Misfit(_form(value))
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value) and value.is_integer()):
        return int(value)
    raise _Misfit(_form(value))


def _double(value: Any) -> float:
    if isinstance(value, Text):
        value = _number_of(value.strip())
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _Misfit(_form(value))
    if not math.isfinite(value):
        raise _Misfit("JSON has no word for it")
    return value


def _number_of(text: str) -> Any:
    if not _NUMBER.fullmatch(text) or len(text) > 400:
        raise _Misfit("it is a text")
    return float(text) if re.search(r"[.eE]", text) else int(text)


def _boolean(value: Any) -> bool:
    if isinstance(value, Text) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if isinstance(value, bool):
        return value
    raise _Misfit(_form(value))


def _list(value: Any) -> list[Any]:
    parsed = _json(value)
    if isinstance(parsed, (list, tuple)):
        return list(parsed)
    raise _Misfit(_form(parsed))


def _struct(value: Any) -> dict[str, Any]:
    parsed = _json(value)
    if isinstance(parsed, Mapping):
        return dict(parsed)
    raise _Misfit(_form(parsed))


def _json(value: Any) -> Any:
    if not isinstance(value, Text):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise _Misfit(f"it is not JSON: {error}") from None
    except RecursionError:
        raise _Misfit("it is nested too deeply") from None


_READERS: dict[str, Callable[[Any], Any]] = {
    "STRING": _string,
    "NUMBER_INTEGER": _integer,
    "NUMBER_DOUBLE": _double,
    "BOOLEAN": _boolean,
    "LIST": _list,
    "STRUCT": _struct,
}


def _form(value: Any) -> str:
    match value:
        case bool():
            return "it is true or false"
        case int() | float():
            return "it is a number"
        case str():
            return "it is a text"
        case list() | tuple():
            return "it is a list"
        case Mapping():
            return "it is an object"
    return f"it is a {type(value).__name__}"


def _misfit(loaded: Loaded, name: str, value: Any, parameter: ParameterInput, why: str) -> Problem:
    shown = value if isinstance(value, str) else as_argo_text_or_repr(value)
    wanted = _TYPES.get(parameter.parameter_type, parameter.parameter_type)
    return Problem("parameter-type", f"parameter `{name}` takes {wanted}, not `{shown[:80]}`: {why}", loaded.place)


def as_argo_text_or_repr(value: Any) -> str:
    """A value for a message."""
    try:
        return as_argo_text(value)
    except (TypeError, ValueError):
        return repr(value)


def _unknown(loaded: Loaded, name: str, known: list[str]) -> Problem:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    remedy = "It takes " + ", ".join(f"`{each}`" for each in known) + "." if known else "It takes none."
    return Problem("unknown-parameter", f"`{loaded.name}` has no parameter `{name}`.{hint}", loaded.place, remedy)


def _missing(loaded: Loaded, name: str, parameter: ParameterInput) -> Problem:
    wanted = _TYPES.get(parameter.parameter_type, "a value")
    return Problem(
        "missing-parameter",
        f"parameter `{name}` of `{loaded.name}` has no default: it takes {wanted}",
        loaded.place,
        f"Give it with `-p {name}=…`.",
    )
