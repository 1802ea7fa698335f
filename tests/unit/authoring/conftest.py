"""A pipeline compiled by the stock kfp compiler, as the two documents that it writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp import compiler

Compile = Callable[[Any], tuple[dict[str, Any], dict[str, Any]]]


@pytest.fixture
def compile_ir(tmp_path: Path) -> Compile:
    """Compile a pipeline; answers the PipelineSpec and `platforms.argo`."""

    def compile_(pipeline: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        file = tmp_path / "pipeline.yaml"
        compiler.Compiler().compile(pipeline, str(file))
        documents = list(yaml.safe_load_all(file.read_text()))
        section = documents[1]["platforms"].get("argo", {}) if len(documents) > 1 else {}
        return documents[0], section

    return compile_
