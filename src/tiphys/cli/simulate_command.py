"""`tiphys simulate`: what would run, be skipped or omitted? Nothing is executed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from tiphys.cli.options import (
    gather_parameters,
    output_option,
    parameter_options,
    print_json,
    source_argument,
)
from tiphys.errors import BadInput


@click.command("simulate")
@source_argument
@parameter_options
@click.option("--fail", "failed", multiple=True, metavar="SELECTOR", help="A task that fails.")
@click.option("--error", "errored", multiple=True, metavar="SELECTOR", help="A task that ends in Error.")
@click.option("--outcomes", "outcomes_file", metavar="FILE", help="A YAML or JSON file: selector → outcome.")
@click.option("--matrix", "as_matrix", is_flag=True, help="Fail one task after the other; a row for each.")
@output_option("json", "junit")
def command(
    source: str,
    parameters: tuple[str, ...],
    parameters_file: str | None,
    failed: tuple[str, ...],
    errored: tuple[str, ...],
    outcomes_file: str | None,
    as_matrix: bool,
    output: str,
) -> int:
    """Say what becomes of every task of SOURCE, given what fails. Nothing is executed.

    \b
    tiphys simulate pipeline.py --fail 'for-loop-1[2]/train'
    tiphys simulate pipeline.py --matrix
    """
    values = gather_parameters(parameters, parameters_file)
    outcomes = gather_outcomes(failed, errored, outcomes_file)
    if as_matrix:
        return show_matrix(source, values, outcomes, output)
    from tiphys.simulate.simulation import simulate

    simulated = simulate(source, values, outcomes)
    if output == "json":
        from tiphys.report.document import run_document

        print_json(run_document(simulated.run, stuck=simulated.stuck))
    elif output == "junit":
        click.echo(simulated.junit())
    else:
        from tiphys.cli.view import show_summary

        console = Console(highlight=False, soft_wrap=True)
        show_summary(console, simulated.summary())
        if simulated.stuck:
            console.print(f"[red]Argo would wait for ever:[/] {simulated.stuck}", markup=True)
    return 0 if simulated.phase == "Succeeded" else 1


def gather_outcomes(failed: tuple[str, ...], errored: tuple[str, ...], file: str | None) -> dict[str, Any]:
    """The outcomes of a file, then those of `--fail` and `--error`."""
    outcomes: dict[str, Any] = {}
    if file:
        from tiphys.manifest.yaml import load_documents

        try:
            text = Path(file).read_bytes()
        except OSError as error:
            raise BadInput(f"{file} cannot be read: {error.strerror or error}") from error
        documents = load_documents(text, file)
        if len(documents) != 1 or not isinstance(documents[0].data, dict):
            raise BadInput(
                f"{file} does not map selectors to outcomes", remedy="write `train: Failed`, one a line"
            )
        outcomes.update(documents[0].data)
    outcomes.update(dict.fromkeys(failed, "Failed"))
    outcomes.update(dict.fromkeys(errored, "Error"))
    return outcomes


def show_matrix(source: str, values: dict[str, Any], outcomes: dict[str, Any], output: str) -> int:
    """Print one row for each task that may fail."""
    from tiphys.simulate.matrix import matrix

    rows = matrix(source, values, outcomes=outcomes)
    if output == "json":
        print_json(
            [
                {
                    "task": row.task,
                    "phase": row.phase,
                    "handled": row.handled,
                    "stuck": row.stuck,
                    "changed": dict(row.changed),
                    "states": dict(row.states),
                }
                for row in rows.rows
            ]
        )
    elif output == "junit":
        raise click.UsageError("--matrix has no JUnit form; use --output json")
    else:
        click.echo(rows.table())
    return 0
