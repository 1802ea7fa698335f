"""The `tiphys` command: a table of commands, each in a file of its own, loaded when it is called.

`tiphys --help` imports click and nothing else of weight, so that it answers at once.
Exit status: 0 succeeded, 1 the run failed, 2 bad input, 130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from tiphys.errors import ProblemsFound, TiphysError

COMMANDS: dict[str, str] = {
    "run": "Run a pipeline or a manifest here.",
    "simulate": "Show what would run, be skipped or omitted, without running anything.",
    "compile": "Compile a pipeline to a plain Argo Workflow, or to KFP IR.",
    "lint": "Find problems before they cost an hour.",
    "list": "List the runs.",
    "get": "Show a run: its nodes, states, times and outputs.",
    "logs": "Print the logs of a run or of one of its nodes.",
    "retry": "Run the failed nodes of a completed run again.",
    "stop": "Stop a run; its exit handlers still run.",
    "terminate": "Stop a run at once, without exit handlers.",
    "suspend": "Let no further node of a run start.",
    "resume": "Resume a suspended run, or approve a suspended node.",
    "delete": "Delete completed runs and what they left.",
    "cron": "Run CronWorkflows here.",
    "doctor": "Show what is in force on this machine, and what is missing.",
    "completion": "Print the shell's completion script.",
}
"""Name → help, in the order in which `--help` lists them; `cli/<name>.py` holds `command`."""


class Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"tiphys.cli.{cmd_name}_command")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table itself: nothing is imported for `--help`."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with a suggestion when the name is nearly right."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            import difflib

            near = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            ctx.fail(f"No such command `{name}`.{hint}")
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import version

    click.echo(f"tiphys {version('tiphys')}")
    ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, callback=_version, expose_value=False, is_eager=True, help="Show the version."
)
@click.option(
    "--state-dir",
    type=click.Path(file_okay=False),
    envvar="TIPHYS_STATE_DIR",
    help="Where runs are kept (default: .tiphys of the project, else the user's state directory).",
)
@click.pass_context
def cli(ctx: click.Context, /, **options: Any) -> None:
    """KFP pipelines with every power of Argo Workflows, run here and on Kubernetes."""
    ctx.obj = {name: value for name, value in options.items() if value is not None}


def show_error(error: TiphysError) -> None:
    """Write an error as its three parts: what and where, then what to do."""
    problems = error.problems if isinstance(error, ProblemsFound) else None
    if problems is None:
        click.echo(f"{click.style('error:', fg='red', bold=True)} {error}", err=True)
        return
    for problem in problems:
        colour = "red" if problem.severity == "error" else "yellow"
        click.echo(f"{click.style(f'{problem.severity}:', fg=colour, bold=True)} {problem}", err=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every `TiphysError` ends as one clear message."""
    try:
        code = cli.main(args=arguments, prog_name="tiphys", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except TiphysError as error:
        show_error(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader has gone (`tiphys list | head`): nothing is left to tell anybody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
