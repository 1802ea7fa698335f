"""Run one case of a corpus here, as `tiphys run` would, and read its document and logs."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.corpora.expectation import Case, Observed, prepare

from tiphys.engine.paths import node_paths
from tiphys.report.document import run_document
from tiphys.runtime.api import open_store, start_run
from tiphys.runtime.logs import attempts
from tiphys.runtime.running import locate, stored_artifacts, submission_of
from tiphys.settings import Settings, user_cache_dir


def refusal(run: Mapping[str, Any]) -> str:
    """Why a run of the corpus is not run at all; "" if it is."""
    if run.get("status") is None and not run.get("tasks"):
        return "the case leaves everything open"
    return ""


def run_case(case: Case, run: Mapping[str, Any], state: Path, *, executor: str = "auto") -> Observed:
    """Run the manifest of the case with the arguments of the run."""
    folder = Path(tempfile.mkdtemp(dir=state, prefix=f"{case.name[:40]}-"))
    working = folder / "work"
    working.mkdir()
    arguments = prepare(run, working)
    settings = Settings(
        state_dir=folder / "state",
        executor=executor,
        environments_dir=user_cache_dir(os.environ) / "environments",
    )
    submission = submission_of(str(case.manifest), arguments)
    result = start_run(submission, settings)
    store = open_store(settings)
    artifacts = stored_artifacts(store, settings, result.run.name)
    where = functools.partial(locate, settings)
    document = run_document(result.run, artifacts, locate=where, stuck=result.stuck)
    paths = {path: node_id for node_id, path in node_paths(result.run).items()}

    def log(path: str) -> str:
        name = result.run.nodes[paths[path]].name
        return "".join(
            line.text + "\n"
            for attempt in attempts(store, result.run.name)
            if result.run.nodes[attempt.node_id].name.startswith(name)
            for line in attempt.lines("main")
        )

    return Observed(document, log, working)
