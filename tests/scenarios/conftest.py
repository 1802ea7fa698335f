"""Every YAML file here is a file of scenarios."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiphys.testing import ScenarioFile


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Collect it."""
    if file_path.suffix != ".yaml":
        return None
    collected: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path)
    return collected
