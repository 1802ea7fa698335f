"""Leaving a wish for the process that drives a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tiphys.cli.session import settings_of
from tiphys.errors import BadInput

if TYPE_CHECKING:
    from tiphys.messages.events import Event


def ask_driver(ctx: click.Context, runs: tuple[str, ...], event: Event, done: str) -> None:
    """Leave `event` for the drivers of `runs`, and say what will become of it."""
    from tiphys.runtime.api import ask, open_store

    store = open_store(settings_of(ctx))
    rows = [store.run(name) for name in runs]
    over = [row.name for row in rows if row.phase in ("Succeeded", "Failed", "Error")]
    if over:
        raise BadInput(f"{', '.join(over)} has already ended", remedy="`tiphys list` shows what runs")
    for row in rows:
        if ask(store, row.name, event):
            click.echo(f"{row.name}: asked to be {done}")
        else:
            click.echo(
                f"{row.name}: nobody drives it; it is {done} when `tiphys run --resume {row.name}` goes on"
            )
