"""What the commands that drive or read runs have in common: settings, the store, a view, the ending."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.console import Console

from tiphys.cli.options import print_json
from tiphys.cli.view import PlainView, Silent, TreeView, View, show_summary
from tiphys.settings import Settings, load_settings

if TYPE_CHECKING:
    from tiphys.engine.run import Run
    from tiphys.runtime.api import RunResult
    from tiphys.store.port import Store

F = TypeVar("F", bound=Callable[..., Any])

SHOWN_TYPES = ("system.HTML", "system.Markdown")
"""Artifacts made for people: the end of a run says where they lie."""


def view_options(function: F) -> F:
    """`--plain`."""
    return click.option(
        "--plain",
        is_flag=True,
        help="One line for each change instead of a live tree (the default without a terminal).",
    )(function)


def settings_of(ctx: click.Context, flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force, the flags of the command and of `tiphys` itself included."""
    return load_settings({**(ctx.obj or {}), **(flags or {})})


@dataclass
class Session:
    """One call of a command that drives a run."""

    settings: Settings
    view: View
    console: Console
    output: str

    def notice(self, text: str) -> None:
        """Tell the user something beside the result."""
        click.echo(f"{click.style('note:', fg='cyan')} {text}", err=True)

    def follow(self, drive: Callable[[], RunResult]) -> int:
        """Show a run while it is driven, then how it ended; the exit status."""
        with self.view:
            result = drive()
        self.show_end(result)
        return result.exit_code

    def show_end(self, result: RunResult) -> None:
        """Print the document, or the tree, what failed, and where the results lie."""
        from tiphys.report.remedies import remedies
        from tiphys.runtime.api import open_store

        document = document_of(result.run, open_store(self.settings), self.settings, stuck=result.stuck)
        if self.output == "json":
            print_json(document)
            return
        from tiphys.report.summary import summarise

        show_summary(self.console, summarise(result.run))
        if result.stuck:
            self.console.print(f"[red]Argo would wait for ever:[/] {result.stuck}")
        for remedy in remedies(result.run):
            self.console.print(f"[cyan]hint:[/] {remedy}", highlight=False)
        show_results(self.console, document)


def session(ctx: click.Context, flags: Mapping[str, Any], *, output: str, plain: bool) -> Session:
    """A session with the view that fits the output and the terminal."""
    from tiphys.runtime.clock import Clock

    console = Console(highlight=False, soft_wrap=True)
    view: View
    if output == "json":
        view = Silent()
    elif plain or not console.is_terminal or os.environ.get("CI"):
        view = PlainView(console)
    else:
        view = TreeView(console, Clock().now)
    return Session(settings_of(ctx, flags), view, console, output)


def document_of(run: Run, store: Store, settings: Settings, *, stuck: str = "") -> dict[str, Any]:
    """The JSON document of a stored run."""
    from tiphys.report.document import run_document
    from tiphys.report.remedies import remedies
    from tiphys.runtime.running import locate, stored_artifacts

    artifacts = stored_artifacts(store, settings, run.name)
    where = functools.partial(locate, settings)
    return run_document(run, artifacts, locate=where, stuck=stuck, notes=remedies(run))


def show_results(console: Console, document: Mapping[str, Any]) -> None:
    """The run's outputs, and the artifacts that are made for people to look at."""
    for name, value in document["outputs"].items():
        console.print(f"[bold]{name}[/] = {value!r}", markup=True, highlight=False)
    pages = [entry for entry in document["artifacts"] if entry.get("type") in SHOWN_TYPES]
    for entry in pages:
        console.print(f"{entry['task']}/{entry['name']}: {entry['path']}", markup=False, highlight=False)
