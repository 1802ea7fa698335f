"""What each pipeline compiles to, to the byte. `scripts/golden` rewrites the files; review reads the diff."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tiphys.compiler import compile_ir
from tiphys.errors import TiphysError
from tiphys.ir import load_file
from tiphys.manifest.decoding import decode
from tiphys.manifest.yaml import dump_all, load_documents

HERE = Path(__file__).parent
SUITES = Path(os.environ.get("TIPHYS_SUITES", HERE.parents[2] / "shared"))
ARGO = os.environ.get("TIPHYS_ARGO", "")
CASES = sorted(each.parent.name for each in HERE.glob("*/ir.yaml"))


def compiled(file: Path) -> str:
    return dump_all(compile_ir(load_file(file), artifact_root="s3://artifacts"))


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    text = compiled(HERE / name / "ir.yaml")
    assert text == (HERE / name / "argo.yaml").read_text(), "run scripts/golden and read the diff"
    assert text == compiled(HERE / name / "ir.yaml")


@pytest.mark.parametrize("name", CASES)
def test_fits_argos_types(name: str) -> None:
    [document] = load_documents((HERE / name / "argo.yaml").read_text())
    decode(document.data, "v1alpha1.Workflow", strict=True)


def test_the_scenario_is_small() -> None:
    assert len((HERE / "partial_failure" / "argo.yaml").read_bytes()) < 16 << 10


def peers() -> Iterator[Path]:
    """IR of the kfp project, and the corpus."""
    for folder in (
        "corpora/kfp2",
        "upstream/kfp2/sdk_compiled_pipelines/valid",
        "upstream/kfp2/kubernetes_platform",
    ):
        yield from sorted((SUITES / folder).rglob("*.yaml"))
        yield from sorted((SUITES / folder).rglob("*.json"))


def is_ir(file: Path) -> bool:
    return not file.name.endswith(("expect.json", "test_data_config.yaml"))


@pytest.mark.suite
def test_everything_that_kfp_compiles_can_be_compiled() -> None:
    files = [file for file in peers() if is_ir(file)]
    if not files:
        pytest.skip(f"no pipelines under {SUITES}")
    refused = []
    for file in files:
        try:
            [document] = load_documents(compiled(file))
            decode(document.data, "v1alpha1.Workflow", strict=True)
        except TiphysError as error:
            refused.append(f"{file.name}: {error}")
    assert refused == []


@pytest.mark.suite
@pytest.mark.live
def test_argo_lint(tmp_path: Path) -> None:
    """The real `argo lint` accepts every compiled manifest; `TIPHYS_ARGO` says where it is."""
    if not ARGO:
        pytest.skip("TIPHYS_ARGO does not name an argo binary")
    files = [*(HERE / name / "ir.yaml" for name in CASES), *(file for file in peers() if is_ir(file))]
    for number, file in enumerate(files):
        (tmp_path / f"{number:03}-{file.parent.name}-{file.stem}.yaml").write_text(compiled(file))
    lint = subprocess.run(
        [ARGO, "lint", "--offline", *sorted(map(str, tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert lint.returncode == 0, lint.stdout[-3000:] + lint.stderr[-3000:]
