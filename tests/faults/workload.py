"""Runs that are killed and gone on with, and the checker of what must hold whatever happened.

The commands of the tasks write to a ledger outside of tiphys, which tiphys never reads: when each of them
started and ended. Each driver is a fork of the test, so that no interpreter has to start for it.
"""

from __future__ import annotations

import collections
import itertools
import os
import signal
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tiphys import failpoints
from tiphys.runtime.api import load_run, open_store, resume_run, start_run
from tiphys.runtime.submission import Submission
from tiphys.settings import Settings

_SECONDS = 60
"""A driver that takes longer is ended: a run never hangs."""

TASK = """
exec 9>>"$LEDGER"
echo "start $NODE $(date +%s%N)" >&9
{work}
echo "end $NODE $(date +%s%N)" >&9
"""

CHAIN = """
metadata: {name: NAME}
spec:
  entrypoint: main
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: make}
      - name: b
        template: take
        depends: a
        arguments:
          parameters: [{name: p, value: "{{tasks.a.outputs.parameters.p}}"}]
          artifacts: [{name: i, from: "{{tasks.a.outputs.artifacts.o}}"}]
      - name: c
        template: take
        depends: b
        arguments:
          parameters: [{name: p, value: "{{tasks.b.outputs.parameters.p}}"}]
          artifacts: [{name: i, from: "{{tasks.b.outputs.artifacts.o}}"}]
"""

FAN_OUT = """
metadata: {name: NAME}
spec:
  entrypoint: main
  onExit: plain
  templates:
  - name: main
    dag:
      tasks:
      - {name: list, template: items}
      - {name: each, template: plain, depends: list, withParam: "{{tasks.list.outputs.parameters.items}}"}
      - {name: flaky, template: flaky, depends: list}
      - {name: last, template: plain, depends: "each && flaky"}
"""

KINDS = {"chain": CHAIN, "fan-out": FAN_OUT}

COMMANDS = {
    "make": "echo content > /tmp/o; echo value > /tmp/p",
    "take": 'test "$(cat /tmp/i)" = content && cp /tmp/i /tmp/o && echo value > /tmp/p',
    "items": "echo '[1,2,3,4]' > /tmp/items",
    "plain": "true",
    "flaky": 'test "$ATTEMPT" != 0 || exit 1',
}

OUTPUTS = {
    "make": {
        "parameters": [{"name": "p", "valueFrom": {"path": "/tmp/p"}}],
        "artifacts": [{"name": "o", "path": "/tmp/o"}],
    },
    "items": {"parameters": [{"name": "items", "valueFrom": {"path": "/tmp/items"}}]},
}


def workflow(kind: str, name: str, ledger: str) -> dict[str, object]:
    """The manifest of a run."""
    made = yaml.safe_load(KINDS[kind].replace("NAME", name))
    made |= {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
    for template in COMMANDS:
        if template in KINDS[kind]:
            made["spec"]["templates"].append(_template(template, ledger))
    return made


def _template(name: str, ledger: str) -> dict[str, object]:
    attempt = "{{retries}}" if name == "flaky" else ""
    env = {"LEDGER": ledger, "NODE": "{{pod.name}}", "ATTEMPT": attempt}
    template: dict[str, object] = {
        "name": name,
        "container": {
            "image": "any",
            "command": ["sh", "-c", TASK.replace("{work}", COMMANDS[name]).replace("$(", "$$(")],
            "env": [{"name": key, "value": value} for key, value in env.items()],
        },
        "outputs": OUTPUTS.get("make" if name == "take" else name, {}),
    }
    if name == "take":
        template["inputs"] = {"parameters": [{"name": "p"}], "artifacts": [{"name": "i", "path": "/tmp/i"}]}
    if name == "flaky":
        template["retryStrategy"] = {"limit": "3"}
    return template


@dataclass
class Trial:
    """One run, driven by processes of its own that may be killed."""

    folder: Path
    kind: str
    name: str = "trial"
    codes: list[int] = field(default_factory=list)

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    @property
    def reached(self) -> set[str]:
        """The failpoints that were reached."""
        path = self.folder / "reached"
        return set(path.read_text().split()) if path.exists() else set()

    def drive(self, verb: str, faults: str = "") -> int:
        """Start the run or go on with it in a process of its own; gives its exit status."""
        pid = os.fork()
        if pid == 0:
            self._drive(verb, faults)
        status = os.waitpid(pid, 0)[1]
        self.codes.append(os.waitstatus_to_exitcode(status))
        return self.codes[-1]

    def _drive(self, verb: str, faults: str) -> None:
        code = 99
        try:
            signal.alarm(_SECONDS)
            out = os.open(self.folder / "told", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(out, 1)
            os.dup2(out, 2)
            os.environ[failpoints.VARIABLE] = faults
            os.environ[failpoints.LEDGER] = str(self.folder / "reached")
            failpoints.arm(os.environ)
            code = drive(self.folder, verb, self.name, self.kind)
        except BaseException:  # noqa: BLE001 (the fork must not run on into the test)
            (self.folder / "trouble").write_text(traceback.format_exc())
        finally:
            os._exit(code)

    @property
    def told(self) -> str:
        """What the drivers said."""
        paths = [self.folder / "told", self.folder / "trouble"]
        return "".join(path.read_text() for path in paths if path.exists())

    def to_the_end(self) -> None:
        """Go on with the run, undisturbed, until it has ended."""
        for _ in range(3):
            if self.drive("resume" if self.exists() else "start") == 0:
                return

    def exists(self) -> bool:
        store = open_store(settings(self.folder))
        try:
            return any(each.name == self.name for each in store.runs())
        finally:
            store.close()

    def violations(self, most_starts: int) -> list[str]:
        """What must hold and does not: one sentence each."""
        found = []
        store = open_store(settings(self.folder))
        run = load_run(store, self.name)
        found += [f"the store is damaged: {each}" for each in store.check()]
        if run.phase != "Succeeded":
            found.append(f"the run ended {run.phase}: {run.message} ({self.codes}) {self.told[-2000:]}")
        found += [f"{each.pod_name} is still wanted" for each in store.attempts(self.name, wanted_only=True)]
        for saved in store.artifacts(self.name):
            if not Path(saved.path).exists():
                found.append(f"artifact {saved.name} of {saved.node_id} is gone")
        sequences = [each.sequence for each in store.events(self.name)]
        if sequences != list(range(len(sequences))):
            found.append(f"the history has gaps: {sequences}")
        store.close()
        return found + self._ledger_violations(most_starts)

    def _ledger_violations(self, most_starts: int) -> list[str]:
        found = []
        lines = collections.defaultdict(list)
        for line in self.ledger.read_text().splitlines():
            what, node, _ = line.split()
            lines[node].append(what)
        for node, seen in lines.items():
            if seen.count("start") > most_starts:
                found.append(f"{node} ran {seen.count('start')} times: {seen}")
            if (
                any(one == other == "start" for one, other in itertools.pairwise(seen))
                and "flaky" not in node
            ):
                found.append(f"{node} may have run twice at once: {seen}")
        return found


def settings(folder: Path) -> Settings:
    """The settings of a trial."""
    return Settings(state_dir=folder / "state", environments_dir=folder / "environments", max_parallel=3)


def drive(folder: Path, verb: str, name: str, kind: str) -> int:
    """Drive a run in this process."""
    if verb == "start":
        documents = [workflow(kind, name, str(folder / "ledger"))]
        return start_run(Submission(documents), settings(folder), notice=print).exit_code
    return resume_run(name, settings(folder), notice=print).exit_code
