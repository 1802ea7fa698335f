"""How a run looks in a terminal while it goes: a tree of nodes that stays readable with thousands of them.

Large groups fold: what succeeded or waits is counted, what runs or failed is shown. Without a terminal
(`--plain`, CI) each change of a phase is one line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from tiphys.engine.paths import node_paths
from tiphys.engine.run import Run
from tiphys.messages.phases import NodeType
from tiphys.report.summary import Row, Summary, summarise

MARKS = {
    "Pending": ("·", "dim"),
    "Running": ("●", "cyan"),
    "Succeeded": ("✔", "green"),
    "Skipped": ("○", "dim"),
    "Omitted": ("○", "dim"),
    "Failed": ("✖", "red"),
    "Error": ("✖", "red"),
}
"""Phase → mark and colour."""

FOLD_ABOVE = 12
"""A group with more children than this shows those that run or failed and counts the rest."""

WORTH_SHOWING = {"Running", "Failed", "Error"}


class View(Protocol):
    """What `run`, `retry` and `resume` tell about a run that goes on."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def on_change(self, run: Run, changed: Iterable[str]) -> None:
        """Nodes of `run` with these ids changed."""


class Silent:
    """`--output json`: nothing is shown until the end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def on_change(self, run: Run, changed: Iterable[str]) -> None:
        """Say nothing."""


class PlainView(Silent):
    """One line for each new phase of a node."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.phases: dict[str, str] = {}

    def on_change(self, run: Run, changed: Iterable[str]) -> None:
        """Print what changed."""
        ids = [each for each in changed if each in run.nodes and run.nodes[each].type is not NodeType.STEP_GROUP]
        paths = node_paths(run, ids)
        for node_id in ids:
            node = run.nodes[node_id]
            if self.phases.get(node_id) == node.phase:
                continue
            self.phases[node_id] = node.phase
            note = f"  {node.message}" if node.message else ""
            self.console.print(f"{node.phase:<9} {paths[node_id]}{note}", markup=False, highlight=False)


class TreeView(Silent):
    """A live tree; drawn at most eight times a second, however fast the run goes."""

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self.console = console
        self.clock = clock
        self.run: Run | None = None
        self.live = Live(console=console, get_renderable=self._draw, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def on_change(self, run: Run, changed: Iterable[str]) -> None:
        """Remember what to draw next."""
        self.run = run

    def _draw(self) -> Text:
        if self.run is None:
            return Text("starting …", style="dim")
        room = max(4, self.console.size.height - 3)
        return tree_text(summarise(self.run), now=self.clock(), lines=room)


def tree_text(summary: Summary, *, now: float, lines: int = 0) -> Text:
    """The tree of a run as text; `lines` > 0 folds until it fits."""
    rows = fold(summary.rows, FOLD_ABOVE)
    if lines and len(rows) > lines:
        rows = fold(summary.rows, 3)
    if lines and len(rows) > lines:
        rows = [*rows[: lines - 1], (rows[-1][0], f"… {len(rows) - lines + 1} more lines")]
    text = Text()
    for row, folded in rows:
        if folded:
            text.append("  " * (row.depth + 1) + folded + "\n", style="dim")
        else:
            text.append_text(row_text(row, now))
    return text


def fold(rows: list[Row], above: int) -> list[tuple[Row, str]]:
    """Rows to show, each with the text that stands for folded siblings below it (or "")."""
    shown: list[tuple[Row, str]] = []
    hidden_below: int | None = None
    folding: list[int] = []
    for row in rows:
        if hidden_below is not None and row.depth > hidden_below:
            continue
        hidden_below = None
        while folding and folding[-1] >= row.depth:
            folding.pop()
        if folding and folding[-1] == row.depth - 1 and row.phase not in WORTH_SHOWING:
            hidden_below = row.depth
            continue
        shown.append((row, ""))
        if sum(row.counts.values()) > above:
            folding.append(row.depth)
            parts = ", ".join(f"{count} {phase.lower()}" for phase, count in sorted(row.counts.items()))
            shown.append((row, f"{sum(row.counts.values())} nodes: {parts}"))
    return shown


def row_text(row: Row, now: float) -> Text:
    """One node: mark, name, time, and why it failed."""
    mark, colour = MARKS.get(row.phase, ("?", "magenta"))
    if row.handled:
        colour = "yellow"
    text = Text("  " * row.depth)
    text.append(f"{mark} ", style=colour)
    text.append(row.name, style="bold" if row.depth == 0 else "")
    seconds = row.duration
    if seconds is None and row.started_at is not None and row.phase == "Running":
        seconds = max(0.0, now - row.started_at)
    if seconds is not None and row.phase not in ("Omitted", "Skipped", "Pending"):
        text.append(f"  {seconds:.1f} s", style="dim")
    if row.attempts > 1:
        text.append(f"  {row.attempts} attempts", style="dim")
    if row.phase in ("Omitted", "Skipped"):
        text.append(f"  {row.phase.lower()}", style="dim")
    elif row.message:
        text.append(f"  {row.message}", style=colour)
    if row.handled:
        text.append("  handled", style="yellow")
    return text.append("\n")


def show_summary(console: Console, summary: Summary) -> None:
    """The final tree, the run's end, and what failed."""
    console.print(tree_text(summary, now=time.monotonic()), end="")
    colour = "green" if summary.phase == "Succeeded" else "red"
    message = f" ({escape(summary.message)})" if summary.message else ""
    console.print(f"[bold {colour}]{summary.phase}[/] {escape(summary.name)}{message}", highlight=False)
    for sentence in summary.failures:
        style = "yellow" if sentence.endswith(", handled") else "red"
        console.print(f"[{style}]{escape(sentence)}[/]", highlight=False)
