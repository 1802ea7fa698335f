"""`tiphys retry`: go once more over a run that has ended."""

from __future__ import annotations

from typing import Any

import click

from tiphys.cli.completing import complete_runs
from tiphys.cli.options import gather_parameters, output_option, parameter_options
from tiphys.cli.session import session, view_options


@click.command("retry")
@click.argument("run", shell_complete=complete_runs)
@click.option(
    "--failed",
    is_flag=True,
    help="Every failed or omitted node and what depends on it, also of a run that succeeded.",
)
@click.option(
    "--restart-successful", is_flag=True, help="Also restart the nodes that the field selector finds."
)
@click.option(
    "--node-field-selector", "selector", default="", metavar="FIELDS", help="Such as templateName=train."
)
@parameter_options
@view_options
@output_option("json")
@click.pass_context
def command(ctx: click.Context, /, run: str, **options: Any) -> int:
    """Run the failed nodes of RUN again, as `argo retry` does; those that succeeded keep their results."""
    from tiphys.messages.events import RunRetried
    from tiphys.runtime.api import retry_run

    here = session(ctx, {}, output=options["output"], plain=options["plain"])
    given = gather_parameters(options["parameters"], options["parameters_file"])
    retry = RunRetried(
        restart_successful=options["restart_successful"],
        selector=options["selector"],
        parameters={name: str(value) for name, value in given.items()},
        failed=options["failed"],
    )
    return here.follow(
        lambda: retry_run(run, here.settings, retry, on_change=here.view.on_change, notice=here.notice)
    )
