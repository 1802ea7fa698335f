"""Settings and a store of their own for each test, and workflows made of a few words."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tiphys.runtime.api import open_store
from tiphys.settings import Settings
from tiphys.store.port import Store


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        state_dir=tmp_path / "state", environments_dir=tmp_path / "environments", max_parallel=4, offline=True
    )


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    made = open_store(settings)
    yield made
    made.close()


@pytest.fixture
def workflow() -> Any:
    """Makes a Workflow: tasks of the main DAG, and a shell command for each template."""

    def make(tasks: list[dict[str, Any]], commands: dict[str, str], **spec: Any) -> dict[str, Any]:
        templates = [
            {"name": name, "container": {"image": "any", "command": ["sh", "-c", command]}}
            for name, command in commands.items()
        ]
        main = {"name": "main", "dag": {"tasks": tasks}}
        return {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"generateName": "wf-"},
            "spec": {
                "entrypoint": "main",
                "templates": [main, *spec.pop("templates", []), *templates],
                **spec,
            },
        }

    return make
