"""The few lines that hand the results of a Python component to Argo.

KFP's executor writes `executor_output.json` and knows nothing of Argo, which reads one file a value. They
follow the SDK's own inline program in the pod's shell script, and need only the Python that just ran.
The local runner runs the same lines (`messages.component`), so nobody else knows what they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tiphys.messages.component import HAND_OUT_BEGIN, HAND_OUT_END

OUTPUTS: Final = "/tmp/kfp/outputs"  # noqa: S108 # a path in the pod, not on this machine
VALUES: Final = f"{OUTPUTS}/values"
OUTPUT_FILE: Final = f"{OUTPUTS}/executor_output.json"

_HEAD: Final = "# Added by tiphys: hands each output to Argo as one JSON text, in which no tag of Argo can stand.\n"

_START: Final = r"""
import json, os, sys
given = json.loads(sys.argv[sys.argv.index("--executor_input") + 1])["outputs"]
made = json.load(open(given["outputFile"])) if os.path.exists(given["outputFile"]) else {}
root = os.path.dirname(given["outputFile"])
os.makedirs(root + "/values", exist_ok=True)
def hand_out(name, value):
    with open(root + "/values/" + name, "w") as file:
        file.write(json.dumps(value).replace("{" * 2, "\\u007b" * 2).replace("\x7f", "\\u007f"))
""".strip()

_PARAMETERS: Final = r"""
for name, output in given["parameters"].items():
    value, kind = made.get("parameterValues", {}).get(name), output["parameterType"]
    if value is None and os.path.exists(output["outputFile"]):
        value = open(output["outputFile"]).read()
        value = value if kind == "STRING" else json.loads(value.lower() if kind == "BOOLEAN" else value)
    hand_out(name, value)
""".strip()

_ARTIFACTS: Final = r"""
import shutil
for name, output in given["artifacts"].items():
    old, path = output["artifacts"][0], output["path"]
    told = made.get("artifacts", {}).get(name, output)["artifacts"][0]
    new = dict(old, **{key: value for key, value in told.items() if value})
    custom = new.pop("custom_path", "")
    own = custom or new["uri"].replace(old["uri"], path)
    if os.path.exists(own) and not os.path.exists(path) and (custom or own.startswith((root, path))):
        (shutil.copytree if os.path.isdir(own) else shutil.copy)(own, path)
        new["uri"] = old["uri"]
    hand_out(name, [new])
""".strip()


@dataclass(frozen=True, slots=True)
class Around:
    """Lines of shell before and after KFP's own program."""

    before: str = ""
    after: str = ""


def around(*, parameters: bool, artifacts: bool) -> Around:
    """The lines for a component with such outputs; `$@` are its arguments.

    A function that returns an artifact writes it where `dsl.get_uri` says, beside the other outputs.
    """
    if not (parameters or artifacts):
        return Around()
    parts = [_START, *([_PARAMETERS] if parameters else []), *([_ARTIFACTS] if artifacts else [])]
    program = "\n".join(parts)
    before = f"mkdir -p {OUTPUTS}\n" if artifacts else ""
    return Around(before, f"\n{_HEAD}{HAND_OUT_BEGIN}{program}{HAND_OUT_END}\n")
