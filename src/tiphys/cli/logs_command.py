"""`tiphys logs`: what the containers of a run wrote, also while they write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tiphys.cli.completing import complete_runs
from tiphys.cli.session import settings_of
from tiphys.cli.terminal import printable

if TYPE_CHECKING:
    from tiphys.engine.run import Run


@click.command("logs")
@click.argument("run", shell_complete=complete_runs)
@click.argument("selector", required=False)
@click.option("-c", "--container", help="Only this container (default: all, `main` first).")
@click.option("-f", "--follow", is_flag=True, help="Go on until the pod has ended.")
@click.option("-t", "--timestamps", is_flag=True, help="Print the time of each line.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    run: str,
    selector: str | None,
    container: str | None,
    follow: bool,
    timestamps: bool,
) -> None:
    """Print the logs of RUN (`@latest`: the newest), or of the nodes that SELECTOR names."""
    from tiphys.engine.paths import node_paths
    from tiphys.engine.selectors import find
    from tiphys.runtime.api import load_run, open_store
    from tiphys.runtime.logs import attempts

    store = open_store(settings_of(ctx))
    found = load_run(store, store.run(run).name)
    wanted = set(with_descendants(found, find(found, selector))) if selector else None
    paths = node_paths(found)
    logs = [each for each in attempts(store, found.name) if wanted is None or each.node_id in wanted]
    named = len(logs) > 1
    for attempt in logs:
        for name in attempt.containers:
            if container and name != container:
                continue
            label = paths.get(attempt.node_id, attempt.pod_name)
            head = label if name == "main" else f"{label}/{name}"
            for line in attempt.lines(name, follow=follow):
                prefix = f"{head}: " if named or name != "main" else ""
                time = f"{line.time} " if timestamps else ""
                text = printable(line.text)
                click.echo(f"{time}{prefix}{text}", nl=not text.endswith("\n"))


def with_descendants(run: Run, ids: list[str]) -> list[str]:
    """The nodes and all that lie below them: what they hold, their items and attempts."""
    known = set(ids)
    names = [run.nodes[node_id].name for node_id in ids]
    for node in run.nodes.values():
        extends = any(node.name.startswith((f"{name}(", f"{name}.", f"{name}[")) for name in names)
        if extends or node.boundary_id in known:
            known.add(node.id)
    return list(known)
