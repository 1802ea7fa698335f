"""`podSpecPatch`: patches in YAML laid over a pod spec, that of the workflow before that of the template."""

from __future__ import annotations

from tiphys.errors import ManifestError, NodeError
from tiphys.manifest import yaml
from tiphys.manifest.decoding import decode
from tiphys.manifest.fields import POD_SPEC
from tiphys.manifest.strategic_merge import strategic_merge
from tiphys.messages.outputs import Json


def apply(spec: dict[str, Json], patches: list[str]) -> dict[str, Json]:
    """`spec` with the patches laid over it; raises `NodeError` with Argo's text."""
    if not patches:
        return spec
    try:
        for text in patches:
            spec = strategic_merge(spec, _load(text), POD_SPEC)
        patched: dict[str, Json] = decode(spec, POD_SPEC)
    except ManifestError as error:
        raise NodeError("Error applying PodSpecPatch", remedy=error.message) from error
    return patched


def _load(text: str) -> dict[str, Json]:
    documents = yaml.load_documents(text, strict=False)
    patch = documents[0].data if documents else {}
    if not isinstance(patch, dict):
        raise ManifestError("a podSpecPatch must be an object")
    decode(patch, POD_SPEC)
    return patch
