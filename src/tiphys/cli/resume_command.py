"""`tiphys resume`: let a suspended run go on, or answer a node that waits for a person."""

from __future__ import annotations

from typing import Any

import click

from tiphys.cli.completing import complete_runs
from tiphys.cli.options import output_option
from tiphys.cli.session import session, view_options
from tiphys.errors import BadInput


@click.command("resume")
@click.argument("run", shell_complete=complete_runs)
@click.argument("selector", required=False)
@click.option(
    "--set", "values", multiple=True, metavar="NAME=VALUE", help="An output that the node waits for."
)
@view_options
@output_option("json")
@click.pass_context
def command(
    ctx: click.Context, /, run: str, selector: str | None, values: tuple[str, ...], **options: Any
) -> int:
    """Resume RUN, or only the suspended nodes that SELECTOR names.

    If nobody drives the run, it is driven from here to its end.
    """
    from tiphys.engine.selectors import find
    from tiphys.messages.events import NodeSet, RunResumed
    from tiphys.messages.phases import NodePhase, NodeType
    from tiphys.runtime.api import ask, load_run, open_store, resume_run

    here = session(ctx, {}, output=options["output"], plain=options["plain"])
    store = open_store(here.settings)
    found = load_run(store, store.run(run).name)
    if found.phase.is_completed:
        raise BadInput(f"{found.name} has already ended", remedy="`tiphys retry` goes over it once more")
    given = pairs(values)
    waiting = [
        node_id
        for node_id in (find(found, selector) if selector else found.nodes)
        if found.nodes[node_id].type is NodeType.SUSPEND and found.nodes[node_id].phase is NodePhase.RUNNING
    ]
    if (selector or given) and not waiting:
        raise BadInput("no suspended node is meant", remedy=f"`tiphys get {found.name}` shows which wait")
    driven = True
    for node_id in waiting:
        if given:
            ask(store, found.name, NodeSet(f"id={node_id}", given))
        driven = ask(store, found.name, RunResumed(f"id={node_id}"))
    if not selector:
        driven = ask(store, found.name, RunResumed())
    if driven:
        click.echo(f"{found.name}: asked to go on")
        return 0
    return here.follow(
        lambda: resume_run(found.name, here.settings, on_change=here.view.on_change, notice=here.notice)
    )


def pairs(words: tuple[str, ...]) -> dict[str, str]:
    """`name=value` words as a mapping."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise BadInput(f"`{word}` is not of the form `name=value`")
        found[name] = value
    return found
