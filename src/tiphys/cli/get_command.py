"""`tiphys get`: a stored run, as a tree, as JSON, or as Argo's Workflow."""

from __future__ import annotations

import click
from rich.console import Console

from tiphys.cli.completing import complete_runs
from tiphys.cli.options import output_option, print_json
from tiphys.cli.session import document_of, settings_of, show_results


@click.command("get")
@click.argument("run", shell_complete=complete_runs)
@click.argument("selector", required=False)
@output_option("json", "yaml")
@click.pass_context
def command(ctx: click.Context, /, run: str, selector: str | None, output: str) -> None:
    """Show RUN (`@latest`: the newest), or one of its nodes by SELECTOR.

    `--output yaml` prints the Workflow with its status in Argo's own form.
    """
    from tiphys.runtime.api import load_run, open_store

    settings = settings_of(ctx)
    store = open_store(settings)
    found = load_run(store, store.run(run).name)
    if output == "yaml":
        from tiphys.engine.status import workflow_object
        from tiphys.manifest.dumping import dump

        click.echo(dump(workflow_object(found)), nl=False)
        return
    document = document_of(found, store, settings)
    if selector:
        from tiphys.engine.paths import node_paths
        from tiphys.engine.selectors import find

        ids = find(found, selector)
        known = node_paths(found, ids)
        paths = {known[node_id] for node_id in ids}
        document["tasks"] = {path: task for path, task in document["tasks"].items() if path in paths}
        print_json(document["tasks"])
        return
    if output == "json":
        print_json(document)
        return
    from tiphys.cli.view import show_summary
    from tiphys.report.summary import summarise

    console = Console(highlight=False, soft_wrap=True)
    show_summary(console, summarise(found))
    show_results(console, document)
