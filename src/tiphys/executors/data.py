"""Data templates: a list of the objects under a key, put through expressions.

Done without a process, like resource templates: the attempt's record is written at once.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from typing import Any, Final

from tiphys.artifacts.folder import Folder
from tiphys.artifacts.locations import is_local, key_of, relocated
from tiphys.artifacts.trees import entries
from tiphys.errors import TiphysError, Unsupported
from tiphys.executors.pod import attempt as files
from tiphys.executors.port import Attempt, Hub, Report, Surroundings
from tiphys.expressions.expr import evaluate
from tiphys.expressions.go_format import to_json

Json = Any

_CANNOT: Final = 64


class DataExecutor:
    """Does data templates."""

    name = "data"

    def __init__(self, hub: Hub, surroundings: Surroundings) -> None:
        self.hub = hub
        self.folder = Folder(surroundings.artifacts)

    def start(self, attempt: Attempt) -> None:
        """List, transform, write the record, and tell."""
        main: dict[str, Json] = {"name": "main", "exit_code": 0, "reason": "Completed"}
        outputs = None
        try:
            outputs = {"result": to_json(self._data(attempt.start.template))}
        except TiphysError as error:
            message = f"unable to process data template: {error}"
            main = {"name": "main", "exit_code": _CANNOT, "reason": "Error", "message": message}
        phase = "Failed" if outputs is None else "Succeeded"
        status = {"phase": phase, "containers": [main], "outputs": outputs}
        files.write_record(attempt.directory, {"token": attempt.token, "status": status})
        self.hub.tell(Report(attempt.key, attempt.token, "ended"))

    def stop(self, attempt: Attempt, grace: float) -> None:
        """It is over already."""

    def close(self) -> None:
        """Nothing is held."""

    def _data(self, template: Mapping[str, Json]) -> Json:
        settings = template["data"]
        source = (settings.get("source") or {}).get("artifactPaths")
        if source is None:
            raise Unsupported("the source of a data template is artifactPaths")
        found: Json = self._keys(relocated(source, template.get("archiveLocation")))
        for step in settings.get("transformation") or []:
            found = evaluate(str(step.get("expression", "")), {"data": found})
        return found

    def _keys(self, place: Mapping[str, Json]) -> list[str]:
        if not is_local(place):
            raise Unsupported(
                "objects can be listed in the folder of local artifacts only, not in a remote store yet",
                remedy="list them in a container template",
            )
        key = key_of(place).strip("/")
        root = self.folder.path(key) if key else self.folder.root
        if not root.is_dir():
            return [key] if root.exists() else []
        below = [relative for relative, status in entries(root) if stat.S_ISREG(status.st_mode)]
        return [f"{key}/{each}" if key else each for each in below]
