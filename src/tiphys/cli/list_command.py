"""`tiphys list`: the runs, the newest first."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from tiphys.cli.options import output_option, print_json
from tiphys.cli.session import settings_of

PHASES = ("Pending", "Running", "Succeeded", "Failed", "Error")


@click.command("list")
@click.option("--phase", "phases", multiple=True, type=click.Choice(PHASES), help="Only runs in this phase.")
@click.option("--prefix", default="", help="Only runs whose names begin so.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@output_option("json", "name")
@click.pass_context
def command(ctx: click.Context, /, phases: tuple[str, ...], prefix: str, limit: int, output: str) -> None:
    """List the runs of this project."""
    from tiphys.runtime.api import open_store
    from tiphys.store.records import Filter

    store = open_store(settings_of(ctx))
    rows = store.runs(Filter(phases=phases, prefix=prefix, limit=limit))
    if output == "name":
        for row in rows:
            click.echo(row.name)
    elif output == "json":
        print_json(
            [
                {
                    "name": row.name,
                    "phase": row.phase or "Pending",
                    "message": row.message,
                    "createdAt": row.created_at,
                    "startedAt": row.started_at,
                    "finishedAt": row.finished_at,
                    "progress": row.progress,
                    "driven": store.is_driven(row.name),
                }
                for row in rows
            ]
        )
    elif not rows:
        click.echo("no runs yet; `tiphys run pipeline.py` makes one")
    else:
        width = max(len(row.name) for row in rows)
        for row in rows:
            when = datetime.fromtimestamp(row.created_at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
            seconds = (
                f"{row.finished_at - row.started_at:.1f} s"
                if row.started_at is not None and row.finished_at is not None
                else ""
            )
            phase = row.phase or "Pending"
            if phase in ("Pending", "Running") and not store.is_driven(row.name):
                phase += " (no driver)"
            line = f"{row.name:<{width}}  {phase:<9}  {when}  {seconds:>9}  {row.progress}  {row.message}"
            click.echo(line.rstrip())
