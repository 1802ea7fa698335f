"""`tiphys compile`: a pipeline becomes a plain Argo Workflow, or KFP IR with our section."""

from __future__ import annotations

import json
from typing import Any

import click

from tiphys.cli.options import (
    artifact_root_option,
    gather_parameters,
    output_option,
    parameter_options,
    print_json,
    size_text,
    source_argument,
    transform_option,
    write_file,
)

ETCD_LIMIT = 1_572_864
"""Bytes that etcd takes in one object by default (1.5 MiB)."""


@click.command("compile")
@source_argument
@click.option(
    "-o",
    "--output-file",
    "file",
    default="-",
    metavar="FILE",
    help="Where to write (default: standard output).",
)
@click.option("--to", "target", type=click.Choice(["argo", "ir"]), default="argo", show_default=True)
@parameter_options
@artifact_root_option
@transform_option
@output_option("json")
def command(
    source: str,
    file: str,
    target: str,
    parameters: tuple[str, ...],
    parameters_file: str | None,
    artifact_root: str | None,
    transforms: tuple[str, ...],
    output: str,
) -> None:
    """Compile SOURCE to a manifest that an unmodified Argo runs, one pod a task.

    With `--output json` the manifest goes to the file alone, and a report of its size is printed.
    """
    values = gather_parameters(parameters, parameters_file)
    if target == "ir":
        from tiphys.loading.ir_text import ir_text
        from tiphys.loading.sources import load

        write_file(file, ir_text(load(source)))
        return
    from tiphys.loading.compilation import compile as compile_pipeline

    compiled = compile_pipeline(
        source, values or None, artifact_root=artifact_root, transforms=list(transforms)
    )
    text = compiled.text
    if output == "json":
        if file != "-":
            write_file(file, text)
        print_json(report(compiled.documents, file if file != "-" else None))
        return
    write_file(file, text)
    for line in warnings(compiled.documents):
        click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {line}", err=True)
    if file != "-":
        facts = report(compiled.documents, file)
        click.echo(
            f"{file}: {size_text(facts['bytes'])}, {facts['templates']} templates, 1 pod a task", err=True
        )


def report(documents: list[dict[str, Any]], file: str | None) -> dict[str, Any]:
    """Size and shape of a manifest. `bytes` is what etcd would store: the JSON text of the Workflow."""
    workflow = documents[0]
    spec = workflow.get("spec") or {}
    templates = spec.get("templates") or []
    kinds = {"pods": 0, "groups": 0}
    for template in templates:
        kinds["groups" if "dag" in template or "steps" in template else "pods"] += 1
    return {
        "file": file,
        "kind": workflow.get("kind"),
        "name": (workflow.get("metadata") or {}).get("name")
        or (workflow.get("metadata") or {}).get("generateName"),
        "bytes": stored_size(workflow),
        "documents": len(documents),
        "templates": len(templates),
        "podTemplates": kinds["pods"],
        "groupTemplates": kinds["groups"],
        "tasks": sum(len((template.get("dag") or {}).get("tasks") or []) for template in templates),
        "podsPerTask": 1,
        "warnings": warnings(documents),
    }


def stored_size(manifest: dict[str, Any]) -> int:
    """Bytes of a manifest as compact JSON."""
    return len(json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode())


def warnings(documents: list[dict[str, Any]]) -> list[str]:
    """What to know about sizes: near etcd's limit a run's status no longer fits beside its spec."""
    return [
        f"{document.get('kind')} is {size_text(size)}: etcd stores {size_text(ETCD_LIMIT)} at most"
        for document in documents
        if (size := stored_size(document)) > ETCD_LIMIT * 2 // 3
    ]
