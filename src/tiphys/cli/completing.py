"""What the shell completes beside commands and options: the names of runs."""

from __future__ import annotations

import click

from tiphys.errors import TiphysError


def complete_runs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of stored runs that begin so, the newest first."""
    from tiphys.cli.session import settings_of
    from tiphys.runtime.api import open_store
    from tiphys.store.records import Filter

    root = ctx.find_root()
    root.obj = root.obj or {}
    try:
        rows = open_store(settings_of(ctx)).runs(Filter(prefix=incomplete, limit=50))
    except TiphysError:
        # A store that cannot be read has nothing to complete; the command itself will say what is wrong.
        return []
    names = [row.name for row in rows]
    return [*names, "@latest"] if "@latest".startswith(incomplete) else names
