"""What a compiled pod template says of the KFP component in it: the annotation `tiphys.io/component`.

The compiler writes it, the local runner reads it; that a pod runs a Python component is never guessed
from its command. To run one without its image and shell:

1. `executor_input(args)` is KFP's ExecutorInput, with all values and URIs in place. Its absolute paths are
   `outputs.outputFile`, `outputs.parameters.*.outputFile` (both under `/tmp/kfp/outputs`) and
   `outputs.artifacts.*.path` (`/s3/<bucket>/<key>`, where KFP's own `.path` of the artifact points to).
   Move them into a folder of the pod, or run in a sandbox. For `.path`, set the prefixes that
   `kfp.dsl.types.artifact_types` maps URIs to (`_S3_LOCAL_MOUNT_PREFIX` …) and leave URIs as they are:
   they are how consumers find the artifact (`inputs.artifacts[].s3.key` is made of them).
2. `source(command)` is the program; `function` is what to call in it, by `kfp.dsl.executor.Executor`.
3. Then run `hand_out(command)`, a Python program that takes `sys.argv = ["-c", *args]` (with the paths as
   moved) and writes each output to `<folder of outputFile>/values/<name>`, which `valueFrom.path` names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from tiphys.errors import ManifestError

ANNOTATION: Final = "tiphys.io/component"

PIPELINE_ANNOTATION: Final = "tiphys.io/pipeline"
"""On the Workflow itself: the name of the pipeline it was compiled from. Values in it are transport texts."""

HAND_OUT_BEGIN: Final = "python3 -c '"
HAND_OUT_END: Final = '\' "$@"'

_HEAD: Final = "# Added by tiphys:"


class Component(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The component in a pod.

    `kind` is `python` (a lightweight component: its source is in the command) or `image` (a Python
    component whose source is in the image). `packages` are pip's requirements without kfp itself,
    `kfp` is the version of the SDK, which is installed at the start if `install_kfp`.
    `source` is the index of the source in `container.command`; each `joint` in it stands between two
    braces that are neighbours in the program, since Argo would take `{{` for a tag.
    """

    kind: str
    function: str
    kfp: str = ""
    packages: tuple[str, ...] = ()
    pip_index_urls: tuple[str, ...] = ()
    pip_trusted_hosts: tuple[str, ...] = ()
    install_kfp: bool = False
    source: int = -1
    joint: str = ""

    def source_text(self, command: Sequence[str]) -> str:
        """The program of the component."""
        if not 0 <= self.source < len(command):
            raise ManifestError(f"{ANNOTATION} says that the program is command[{self.source}], which is not there")
        text = command[self.source]
        return text.replace(self.joint, "") if self.joint else text


def parse(annotations: Mapping[str, str]) -> Component | None:
    """The component that annotations of a pod or template speak of, if any."""
    text = annotations.get(ANNOTATION)
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=Component)
    except msgspec.DecodeError as error:
        raise ManifestError(f"{ANNOTATION} cannot be read: {error}") from None


def annotation(component: Component) -> str:
    """The text of the annotation."""
    return msgspec.json.encode(component).decode()


def executor_input(args: Sequence[str]) -> dict[str, Any]:
    """KFP's ExecutorInput among the arguments of the container."""
    found: dict[str, Any] = json.loads(args[list(args).index("--executor_input") + 1])
    return found


def hand_out(command: Sequence[str]) -> str:
    """The Python program in the pod's script that hands out the results; '' if there are none."""
    for part in command:
        _, head, rest = part.partition(_HEAD)
        if head:
            return rest.partition(HAND_OUT_BEGIN)[2].rpartition(HAND_OUT_END)[0]
    return ""
