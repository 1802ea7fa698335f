"""The reference pages of `tiphys.argo` say what the code says."""

import subprocess
import sys
from pathlib import Path


def test_pages_are_up_to_date() -> None:
    script = Path(__file__).parents[3] / "scripts" / "docs"
    run = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"run `scripts/docs`:\n{run.stdout}{run.stderr}"
