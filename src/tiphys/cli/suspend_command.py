"""`tiphys suspend`: ask the driver of a run."""

from __future__ import annotations

import click

from tiphys.cli.asking import ask_driver
from tiphys.cli.completing import complete_runs


@click.command("suspend")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", shell_complete=complete_runs)
@click.pass_context
def command(ctx: click.Context, /, runs: tuple[str, ...]) -> None:
    """Let no further node of RUN start; running ones go on."""
    from tiphys.messages.events import RunSuspended

    ask_driver(ctx, runs, RunSuspended(), "suspended")
