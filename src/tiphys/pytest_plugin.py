"""The pytest plugin: collects `*.scenario.yaml` (see `tiphys.testing`).

It is loaded by every pytest of the environment, so nothing is imported before such a file is met.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pytest

    from tiphys.testing import ScenarioFile

SUFFIXES: Final = (".scenario.yaml", ".scenario.yml")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Collect scenario files wherever they lie."""
    if not file_path.name.endswith(SUFFIXES):
        return None
    from tiphys.testing import ScenarioFile

    collected: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path)
    return collected
