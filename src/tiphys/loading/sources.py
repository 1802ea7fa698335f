"""`load`: a pipeline from a path, a text, Python objects or plain data."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tiphys.errors import BadInput, ManifestError, Place
from tiphys.ir.reading import Ir, from_data, unpacked
from tiphys.ir.reading import load as load_ir
from tiphys.loading.loaded import RUNNABLE, Loaded, Transform, name_of
from tiphys.loading.python_errors import as_bad_input
from tiphys.loading.python_files import load_module
from tiphys.loading.python_objects import (
    choose,
    hera_manifest,
    is_hera,
    is_kfp,
    kfp_ir,
    transforms_of,
)
from tiphys.manifest.yaml import Document, dump_all, load_documents

_FORMS = "Give a pipeline's Python file, KFP IR, an Argo manifest, or a package of one."
_PYTHON = re.compile(r"(?P<file>.*\.py)(?::(?P<name>[A-Za-z_][\w.]*))?", re.DOTALL)
_IR_KEYS = ("pipelineInfo", "pipelineSpec", "pipeline_spec", "implementation")
_IR_LINE = re.compile(rf"^(?:{'|'.join(_IR_KEYS)}|root|deploymentSpec):", re.MULTILINE)
MAX_BYTES = 64 << 20


def load(source: object) -> Loaded:
    """Find the pipeline that `source` means.

    A path: `pipeline.py`, `pipeline.py:function`, IR or Argo manifests as YAML or JSON, a package of one
    (`.zip`, `.tar.gz`), `-` for standard input. A text of several lines or of JSON. A kfp pipeline or
    component, a Hera workflow. A dict, or a list of dicts.
    """
    match source:
        case Loaded():
            return source
        case Ir():
            return _from_ir(source)
        case Path():
            return _from_path(str(source))
        case bytes():
            return from_text(source)
        case str():
            is_text = "\n" in source or source.lstrip().startswith(("{", "["))
            return from_text(source) if is_text else _from_path(source)
        case Mapping():
            return _from_data([dict(source)])
        case list() | tuple() if source and all(isinstance(each, Mapping) for each in source):
            return _from_data([dict(each) for each in source])
    return _from_object(source)


def _from_object(source: object, file: str = "") -> Loaded:
    if is_kfp(source):
        return from_component(source, file)
    if is_hera(source):
        return _from_data([hera_manifest(source)], file)
    if callable(source):
        name = getattr(source, "__name__", repr(source))
        raise BadInput(f"`{name}` is not a pipeline", remedy="Decorate the function with `@dsl.pipeline`.")
    raise BadInput(f"{type(source).__name__} is nothing that holds a pipeline", remedy=_FORMS)


def from_component(component: Any, file: str = "") -> Loaded:
    """A kfp pipeline or component."""
    try:
        ir = kfp_ir(component, file)
    except (ValueError, TypeError, KeyError, RuntimeError) as error:
        raise as_bad_input(error, Path(file)) from error
    transforms: tuple[Transform, ...] = transforms_of(component)
    return Loaded("kfp", ir.spec.pipeline_info.name, file, ir, (), transforms, component)


def _from_path(path: str) -> Loaded:
    if path == "-":
        return from_text(sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>")
    python = _PYTHON.fullmatch(path)
    if python:
        return _from_python(Path(python["file"]), python["name"] or "")
    return from_text(_read(Path(path)), path)


def _from_python(path: Path, name: str) -> Loaded:
    _read(path)
    from tiphys.authoring.gather import install

    install()
    return _from_object(choose(load_module(path), name, str(path)), str(path))


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise BadInput(f"{path} is a folder", remedy=_FORMS)
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"{path} is larger than {MAX_BYTES >> 20} MiB: no pipeline is", remedy=_FORMS)
        return unpacked(path)
    except FileNotFoundError:
        raise BadInput(f"there is no file {path}", remedy=_FORMS) from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from None


def from_text(text: str | bytes, file: str = "") -> Loaded:
    """IR, a v1 `component.yaml` or Argo manifests, as YAML or JSON."""
    if len(text) > MAX_BYTES:
        raise BadInput(f"{file or 'the text'} is larger than {MAX_BYTES >> 20} MiB: no pipeline is")
    decoded = _decoded(text, file)
    if not decoded.lstrip().startswith(("{", "[")):
        if _IR_LINE.search(decoded) and not re.search(r"^kind:", decoded, re.MULTILINE):
            return _from_ir_text(decoded, file)
        return _from_documents(load_documents(decoded, file), file)
    documents = load_documents(decoded, file)
    if any(isinstance(each.data, dict) and any(key in each.data for key in _IR_KEYS) for each in documents):
        return _from_ir_text(decoded, file)
    return _from_documents(documents, file)


def _decoded(text: str | bytes, file: str) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestError(
            f"this is not UTF-8 text: byte {error.start} is 0x{text[error.start]:02x}",
            place=Place(file),
            remedy=_FORMS,
        ) from None


def _from_ir_text(text: str, file: str) -> Loaded:
    if re.search(r"^implementation:", text, re.MULTILINE):
        from kfp import components

        return from_component(components.load_component_from_text(text), file)
    return replace(_from_ir(load_ir(text, file)), text=text)


def _from_ir(ir: Ir) -> Loaded:
    return Loaded("kfp", ir.spec.pipeline_info.name, ir.file, ir)


def _from_data(data: Sequence[dict[str, Any]], file: str = "") -> Loaded:
    if any(key in data[0] for key in ("pipelineInfo", "pipelineSpec", "pipeline_spec")):
        ir = from_data(data[0], data[1] if len(data) > 1 else None, file)
        return replace(_from_ir(ir), text=dump_all(data))
    return _from_documents([Document(each, file, 1, "", index) for index, each in enumerate(data)], file)


def _from_documents(documents: Sequence[Document], file: str) -> Loaded:
    flat = [inner for document in documents for inner in _items(document)]
    for document in flat:
        if not isinstance(document.data, dict) or not isinstance(document.data.get("kind"), str):
            raise ManifestError(
                "this is neither KFP IR nor a manifest: it has no `kind`",
                place=document.place(),
                remedy=_FORMS,
            )
    if not flat:
        raise ManifestError("there is nothing in it", place=Place(file), remedy=_FORMS)
    version = next((each.data for each in flat if each.data["kind"] == "PipelineVersion"), None)
    if version is not None:
        spec = version.get("spec") or {}
        parts = [each for each in (spec.get("pipelineSpec"), spec.get("platformSpec")) if each]
        return _from_data(parts or [{"pipelineInfo": {}}], file)
    runs = next((each for kind in RUNNABLE for each in flat if each.data["kind"] == kind), None)
    if runs is None:
        kinds = ", ".join(sorted({f"`{each.data['kind']}`" for each in flat}))
        raise ManifestError(f"nothing in it runs: there is only {kinds}", place=Place(file), remedy=_FORMS)
    return Loaded("argo", name_of(runs.data), file, None, (runs, *(each for each in flat if each is not runs)))


def _items(document: Document) -> list[Document]:
    """The manifests of a `List`, each as a document of its own."""
    data = document.data
    if isinstance(data, dict) and str(data.get("kind", "")).endswith("List") and isinstance(data.get("items"), list):
        return [Document(item, document.file, document.line, "", 0) for item in data["items"]]
    return [document]
