"""Where artifacts lie: a URI that is known, or the workflow's parameter `artifact-root`.

An output lies at `<root>/<run>/<component>/<output>/<pod>/<output>`: each attempt of a task has its own
place, and what one output of a component gave in all its pods has a folder in common, which is what the
consumer of a list fetches. KFP's `.path` of an artifact is `/s3/<bucket>/<key>` for `s3://<bucket>/<key>`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tiphys.compiler.transport import path
from tiphys.errors import CompileError

PARAMETER: Final = "artifact-root"
DEFAULT: Final = "s3://mlpipeline"
"""The value of the parameter: the bucket of KFP's own installation."""

_URI: Final = re.compile(r"(s3|gs|minio)://([^/\s{}']+)(?:/([^\s{}']*))?\Z")
_LOCAL: Final = {"gs": "gcs"}
_RUN: Final = "{{workflow.name}}"
_POD: Final = "{{pod.name}}"


@dataclass(frozen=True, slots=True)
class ArtifactRoot:
    """`uri` is empty where only the run knows it."""

    uri: str = ""

    @property
    def is_parameter(self) -> bool:
        """True if the workflow has to be told."""
        return not self.uri

    def place(self, component: str, output: str) -> tuple[str, str, str]:
        """URI, path in the pod and key of an output, as texts with Argo's tags."""
        below = f"{_RUN}/{component}/{output}/{_POD}/{output}"
        if not self.uri:
            root = path("workflow", "parameters", PARAMETER)
            uri = "{{" + f"workflow.parameters.{PARAMETER}" + "}}/" + below
            local = "/{{=replace(" + root + ", '://', '/')}}/" + below
            key = "{{=join(concat(split(" + root + ", '/')[3:], ['']), '/')}}" + below
            return uri, local, key
        scheme, bucket, prefix = self._parts()
        key = f"{prefix}/{below}" if prefix else below
        return f"{self.uri}/{below}", f"/{_LOCAL.get(scheme, scheme)}/{bucket}/{key}", key

    def pod_folder(self, local: str) -> str:
        """The folder of a pod's output, given its path."""
        return local.rsplit("/", 1)[0]

    @property
    def in_text(self) -> str:
        """The root's URI as a text with Argo's tags."""
        return self.uri or "{{" + f"workflow.parameters.{PARAMETER}" + "}}"

    def folder_depth(self) -> str:
        """How many parts of a URI, split at `/`, name the folder of all pods' outputs: an expression."""
        if not self.uri:
            return f"len(split({path('workflow', 'parameters', PARAMETER)}, '/')) + 3"
        return str(len(self.uri.split("/")) + 3)

    def local(self, uri: str, *, gcs: bool = False) -> str:
        """The expression of KFP's local path of a URI, given as an expression."""
        if gcs or self.uri.startswith("gs:"):
            uri = f"replace({uri}, 'gs://', 'gcs://')"
        return f"'/' + replace({uri}, '://', '/')"

    def _parts(self) -> tuple[str, str, str]:
        match = _URI.match(self.uri)
        if match is None:
            raise CompileError(
                f"`{self.uri}` cannot be the root of artifacts",
                remedy="Give `s3://bucket`, `s3://bucket/prefix`, or the same with gs:// or minio://.",
            )
        return match[1], match[2], (match[3] or "").strip("/")


def artifact_root(uri: str | None) -> ArtifactRoot:
    """The root of that URI; without one the run's parameter says it."""
    if not uri or "{{" in uri:
        return ArtifactRoot()
    return ArtifactRoot(uri.rstrip("/"))
