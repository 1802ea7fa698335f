"""`tiphys terminate`: ask the driver of a run."""

from __future__ import annotations

import click

from tiphys.cli.asking import ask_driver
from tiphys.cli.completing import complete_runs


@click.command("terminate")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", shell_complete=complete_runs)
@click.pass_context
def command(ctx: click.Context, /, runs: tuple[str, ...]) -> None:
    """Stop RUN at once; exit handlers do not run."""
    from tiphys.messages.events import RunTerminated

    ask_driver(ctx, runs, RunTerminated(), "terminated")
