"""`tiphys delete`: remove runs that have ended, their logs and artifacts."""

from __future__ import annotations

import click

from tiphys.cli.completing import complete_runs
from tiphys.cli.session import settings_of


@click.command("delete")
@click.argument("runs", nargs=-1, metavar="RUN...", shell_complete=complete_runs)
@click.option("--completed", is_flag=True, help="All runs that have ended.")
@click.pass_context
def command(ctx: click.Context, /, runs: tuple[str, ...], completed: bool) -> None:
    """Delete RUNs with their logs and artifacts. A run that is being driven is refused."""
    from tiphys.runtime.api import delete_run, open_store
    from tiphys.store.records import Filter

    if not runs and not completed:
        raise click.UsageError("give RUN, or --completed")
    settings = settings_of(ctx)
    store = open_store(settings)
    names = [store.run(name).name for name in runs]
    if completed:
        names += [row.name for row in store.runs(Filter(phases=("Succeeded", "Failed", "Error")))]
    for name in dict.fromkeys(names):
        delete_run(store, settings, name)
        click.echo(f"{name}: deleted")
