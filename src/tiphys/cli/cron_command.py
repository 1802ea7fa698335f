"""`tiphys cron`: CronWorkflows on this machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from tiphys.cli.run_command import read_resources
from tiphys.cli.session import settings_of
from tiphys.errors import BadInput

if TYPE_CHECKING:
    from tiphys.runtime.cron import CronDriver


@click.group("cron")
def command() -> None:
    """Run CronWorkflows here: `next`, `run`, `backfill`."""


@command.command("next")
@click.argument("file")
@click.option("-n", "count", type=click.IntRange(1, 1000), default=5, show_default=True, help="How many times.")
@click.pass_context
def next_times(ctx: click.Context, /, file: str, count: int) -> None:
    """Print the next times at which FILE fires."""
    driver = driver_of(ctx, file)
    moment: float | None = driver.now()
    for _ in range(count):
        moment = driver.cron.next_time(moment) if moment is not None else None
        if moment is None:
            break
        click.echo(datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z"))


@command.command("run")
@click.argument("file")
@click.pass_context
def run(ctx: click.Context, /, file: str) -> None:
    """Fire the runs of FILE at their times, until it is interrupted."""
    driver_of(ctx, file).drive()


@command.command("backfill")
@click.argument("file")
@click.option(
    "--start", required=True, metavar="TIME", help="The first time, such as 2026-11-01 or 2026-11-01T06:00:00Z."
)
@click.option("--end", required=True, metavar="TIME", help="The last time.")
@click.pass_context
def backfill(ctx: click.Context, /, file: str, start: str, end: str) -> int:
    """Run FILE for every scheduled time between two times that has no run yet."""
    results = driver_of(ctx, file).backfill(moment_of(start), moment_of(end))
    return max((result.exit_code for result in results), default=0)


def moment_of(text: str) -> float:
    """A time in ISO form as seconds since the epoch; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"`{text}` is no time", remedy="write 2026-11-01 or 2026-11-01T06:00:00Z") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def driver_of(ctx: click.Context, file: str) -> CronDriver:
    """The driver of the one CronWorkflow of a file; the other documents are its resources."""
    from tiphys.runtime.clock import Clock
    from tiphys.runtime.cron import CronDriver

    documents: list[dict[str, Any]] = read_resources((file,))
    crons = [each for each in documents if each["kind"] == "CronWorkflow"]
    if len(crons) != 1:
        raise BadInput(f"{file} holds {len(crons)} CronWorkflows", remedy="give a file with one")
    resources = [each for each in documents if each is not crons[0]]
    return CronDriver(crons[0], settings_of(ctx), Clock().now, time.sleep, click.echo, resources)
