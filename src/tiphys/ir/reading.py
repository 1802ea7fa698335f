"""Reading an IR: YAML or JSON text, a file, or a package (`.zip`, `.tar.gz`) as the SDK makes them.

One document is the PipelineSpec, a second one the PlatformSpec; the KFP API's wrappers
(`pipeline_spec` + `platform_spec`, PipelineJob) are read as well.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tiphys.errors import ManifestError, Place, Unsupported
from tiphys.ir.headers import bodies
from tiphys.ir.model import Json, PipelineSpec
from tiphys.ir.platform_argo import API_VERSION, ArgoPlatform
from tiphys.ir.platform_kubernetes import KubernetesPlatform
from tiphys.ir.scalars import resolve_plain
from tiphys.manifest.yaml import Document, load_documents

MAX_BYTES = 64 << 20
"""No IR is larger: a package that unpacks to more is refused."""

_T = TypeVar("_T")
_REMEDY = "Compile the pipeline with the kfp SDK 2 (`kfp dsl compile`), or give its Python file."


class Ir(msgspec.Struct, frozen=True):
    """A pipeline: its PipelineSpec and what its platform sections say.

    `arguments` are values that a PipelineJob brings along.
    """

    spec: PipelineSpec
    kubernetes: KubernetesPlatform = KubernetesPlatform()
    argo: ArgoPlatform = ArgoPlatform()
    arguments: dict[str, Json] = {}
    file: str = ""


def load(text: str | bytes, file: str = "") -> Ir:
    """Read an IR from text; `file` names it in messages."""
    decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
    wrong: ManifestError | None = None
    for body in bodies(decoded):
        try:
            documents = load_documents(body, file, resolve=resolve_plain)
        except ManifestError as error:
            wrong = wrong or error
            continue
        if any(_is_ir(document.data) for document in documents):
            return _from_documents(documents, file)
    if wrong is not None:
        raise wrong
    raise ManifestError("this is not the IR of a KFP pipeline", place=Place(file), remedy=_REMEDY)


def load_file(path: str | Path) -> Ir:
    """Read an IR from a YAML or JSON file or from a package of one."""
    return load(unpacked(Path(path)), str(path))


def unpacked(path: Path) -> bytes:
    """What a file holds; of a package (`.zip`, `.tar.gz`) its one manifest, be it of KFP 2 or 1.8."""
    data = path.read_bytes()
    if zipfile.is_zipfile(io.BytesIO(data)):
        return _only_member(path, *_from_zip(path, data))
    if data[:2] == b"\x1f\x8b":
        return _only_member(path, *_from_tar(path, data))
    return data


def from_data(pipeline: Mapping[str, Json], platform: Mapping[str, Json] | None = None, file: str = "") -> Ir:
    """Read an IR that is plain data already."""
    if "pipelineSpec" in pipeline or "pipeline_spec" in pipeline:
        return _from_wrapper(pipeline, file)
    _refuse_other_versions(pipeline, file)
    spec = convert(dict(pipeline), PipelineSpec, file)
    sections = dict((platform or {}).get("platforms", {}))
    kubernetes = convert(sections.pop("kubernetes", {}), KubernetesPlatform, file, "platforms.kubernetes")
    argo = convert(sections.pop("argo", {}), ArgoPlatform, file, "platforms.argo")
    if sections:
        name = next(iter(sections))
        raise Unsupported(
            f"the pipeline has settings for platform `{name}`",
            place=Place(file, path=f"platforms.{name}"),
            remedy="Only `kubernetes` and `argo` can be compiled to Argo: take the others out.",
        )
    if argo.config.api_version != API_VERSION:
        raise Unsupported(
            f"platforms.argo.config is of {argo.config.api_version}, this is {API_VERSION}",
            place=Place(file, path="platforms.argo.config.apiVersion"),
            remedy="Update tiphys.",
        )
    return Ir(spec, kubernetes, argo, {}, file)


def convert(data: Json, type: type[_T], file: str = "", path: str = "") -> _T:
    """`data` as a structure; a field that nobody knows or a value of the wrong type is an error."""
    try:
        return msgspec.convert(data, type, strict=False)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        where = path + where.rstrip("`") if where else path
        raise ManifestError(
            what, place=Place(file, path=where.lstrip(".")), remedy="Is the IR of a newer SDK?"
        ) from None


def _is_ir(data: Any) -> bool:
    if not isinstance(data, dict):
        return False
    return "pipelineInfo" in data or "pipelineSpec" in data or "pipeline_spec" in data


def _from_documents(documents: Sequence[Document], file: str) -> Ir:
    pipelines = [document.data for document in documents if _is_ir(document.data)]
    platforms = [
        document.data
        for document in documents
        if isinstance(document.data, dict) and "platforms" in document.data and not _is_ir(document.data)
    ]
    if len(pipelines) + len(platforms) != len(documents) or len(pipelines) > 1 or len(platforms) > 1:
        raise ManifestError("an IR is one PipelineSpec and at most one PlatformSpec", place=Place(file), remedy=_REMEDY)
    return from_data(pipelines[0], platforms[0] if platforms else None, file)


def _from_wrapper(data: Mapping[str, Json], file: str) -> Ir:
    spec = data.get("pipelineSpec") or data.get("pipeline_spec")
    platform = data.get("platformSpec") or data.get("platform_spec")
    if not isinstance(spec, Mapping):
        raise ManifestError("pipelineSpec is not an object", place=Place(file), remedy=_REMEDY)
    ir = from_data(spec, platform, file)
    runtime = data.get("runtimeConfig") or {}
    return msgspec.structs.replace(ir, arguments=dict(runtime.get("parameterValues", {})))


def _refuse_other_versions(data: Mapping[str, Json], file: str) -> None:
    version = str(data.get("schemaVersion", ""))
    if version and not version.startswith("2.1."):
        raise Unsupported(
            f"IR of schema version {version}: only 2.1 can be compiled",
            place=Place(file, path="schemaVersion"),
            remedy="Compile the pipeline again with kfp 2.",
        )


def _from_zip(path: Path, data: bytes) -> tuple[list[str], Any]:
    archive = zipfile.ZipFile(io.BytesIO(data))
    names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]

    def read(name: str) -> bytes:
        if archive.getinfo(name).file_size > MAX_BYTES:
            raise _too_large(path)
        return archive.read(name)

    return names, read


def _from_tar(path: Path, data: bytes) -> tuple[list[str], Any]:
    try:
        archive = tarfile.open(fileobj=io.BytesIO(data), mode="r:gz")  # noqa: SIM115 # it is in memory
        names = [entry.name for entry in archive if entry.isfile()]
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ManifestError(f"the package cannot be read: {error}", place=Place(str(path))) from None

    def read(name: str) -> bytes:
        if archive.getmember(name).size > MAX_BYTES:
            raise _too_large(path)
        opened = archive.extractfile(name)
        return opened.read() if opened else b""

    return names, read


def _only_member(path: Path, names: list[str], read: Any) -> bytes:
    """The one pipeline of a package; `pipeline.yaml` if there are several files."""
    manifests = [name for name in names if name.endswith((".yaml", ".yml", ".json"))]
    preferred = [name for name in manifests if Path(name).name == "pipeline.yaml"]
    chosen = preferred if len(preferred) == 1 else manifests
    if len(chosen) != 1:
        raise ManifestError(
            f"a package holds one pipeline; this one has {len(manifests)} YAML files", place=Place(str(path))
        )
    try:
        data = read(chosen[0])
    except (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, RuntimeError) as error:
        raise ManifestError(f"the package cannot be read: {error}", place=Place(str(path))) from None
    return bytes(data)


def _too_large(path: Path) -> ManifestError:
    return ManifestError(f"the package unpacks to more than {MAX_BYTES >> 20} MB", place=Place(str(path)))
