"""`tiphys completion SHELL`: the script that completes commands, options and names of runs."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash:  eval "$(tiphys completion bash)"
    zsh:   eval "$(tiphys completion zsh)"
    fish:  tiphys completion fish | source
    """
    from tiphys.cli.main import cli

    completion_class = get_completion_class(shell)
    if completion_class is None:
        raise click.UsageError(f"click has no completion for {shell}")
    click.echo(completion_class(cli, {}, "tiphys", "_TIPHYS_COMPLETE").source())
