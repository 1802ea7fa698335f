"""What only Argo can do, said in Python beside the real kfp SDK.

`from tiphys import argo` is enough for the settings to be kept: they go into the IR's own `platforms`
section, also by the stock `kfp dsl compile`.
"""

from __future__ import annotations

from tiphys.authoring.continue_on import continue_on
from tiphys.authoring.depends import depends
from tiphys.authoring.fail_fast import fail_fast
from tiphys.authoring.gather import install as _install
from tiphys.authoring.patch import patch
from tiphys.authoring.results import (
    all_failed,
    any_succeeded,
    daemoned,
    done,
    errored,
    failed,
    omitted,
    skipped,
    succeeded,
)
from tiphys.authoring.run_when import run_when
from tiphys.authoring.template import template
from tiphys.authoring.tolerations import tolerations
from tiphys.authoring.transform import transform
from tiphys.authoring.workflow import workflow

__all__ = [
    "all_failed",
    "any_succeeded",
    "continue_on",
    "daemoned",
    "depends",
    "done",
    "errored",
    "fail_fast",
    "failed",
    "omitted",
    "patch",
    "run_when",
    "skipped",
    "succeeded",
    "template",
    "tolerations",
    "transform",
    "workflow",
]

_install()
