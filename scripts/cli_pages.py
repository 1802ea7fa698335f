"""The reference page of the command line, made from the commands' own help."""

from __future__ import annotations

from pathlib import Path

import click

from tiphys.cli.main import COMMANDS, cli

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "cli.md"
HEAD = """# Command line

Made from `tiphys COMMAND --help` by `make docs`.

Exit status: 0 succeeded, 1 the run failed, 2 bad input, 130 interrupted.
"""


def pages() -> dict[Path, str]:
    """The one page, with a section a command."""
    context = click.Context(cli, info_name="tiphys", max_content_width=100)
    parts = [HEAD]
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if command is None:
            raise LookupError(f"the table names `{name}`, which is no command")
        own = click.Context(command, info_name=name, parent=context, max_content_width=100)
        parts.append(f"\n## tiphys {name}\n\n```text\n{command.get_help(own)}\n```\n")
    return {PAGE: "".join(parts)}
