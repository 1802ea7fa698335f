"""What the corpus says that a compiled pod must carry."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tiphys.compiler import compile_ir
from tiphys.ir import load_file

from .playing import Played, play

SUITES = Path(os.environ.get("TIPHYS_SUITES", Path(__file__).parents[4] / "shared"))
KFP2 = SUITES / "corpora" / "kfp2"


def expectations() -> list[Any]:
    if not KFP2.exists():
        return []
    found = [json.loads(file.read_text()) for file in sorted(KFP2.glob("*.expect.json"))]
    return [pytest.param(case["case"], case["argo_expect"], id=case["case"]) for case in found if "argo_expect" in case]


@pytest.mark.suite
@pytest.mark.parametrize(("case", "expected"), expectations())
def test_pods_carry_their_settings(case: str, expected: dict[str, Any]) -> None:
    [workflow] = compile_ir(load_file(KFP2 / f"{case}.yaml"), artifact_root="s3://bucket")
    for field, value in expected.pop("spec", {}).items():
        assert workflow["spec"][field] == value
    handed = {"name": "dyn-secret", "mem": "64Mi"}
    played = play(workflow, lambda path, _: {"Output": handed.get(path, "unset")})
    for task, wanted in expected.items():
        for field, value in wanted.items():
            missing = lacks(carried(played, task, field), value)
            assert not missing, f"{task}: {field} lacks {missing}"


def carried(played: Played, task: str, field: str) -> Any:
    template, main = played.templates[task], played.containers[task]
    patch = json.loads(template.get("podSpecPatch", "{}"))
    if field != "volumes":
        return main.get(field) or patch.get(field) or template.get(field)
    paths = {mount["name"]: mount["mountPath"] for mount in main.get("volumeMounts", [])}
    return [{**volume, "mountPath": paths.get(volume["name"])} for volume in template.get("volumes", [])]


def lacks(found: Any, wanted: Any) -> Any:
    """What of `wanted` is not in `found`; nothing if all of it is."""
    if isinstance(wanted, dict):
        held = found if isinstance(found, dict) else {}
        return {key: value for key, value in wanted.items() if key not in held or lacks(held[key], value)}
    if isinstance(wanted, list):
        held = found if isinstance(found, list) else []
        return [each for each in wanted if all(lacks(one, each) for one in held)]
    return None if found == wanted else wanted
