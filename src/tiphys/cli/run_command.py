"""`tiphys run`: a pipeline or a manifest runs here, with a live tree of its nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from tiphys.cli.options import (
    gather_parameters,
    output_option,
    parameter_options,
    print_json,
    transform_option,
)
from tiphys.cli.session import Session, session, view_options
from tiphys.errors import BadInput, InvalidSpec


@click.command("run")
@click.argument("source", metavar="SOURCE", required=False)
@parameter_options
@click.option("--name", default="", help="The name of the run (default: the workflow's, made unique).")
@click.option("--entrypoint", default="", help="The template to run instead of the workflow's own.")
@click.option(
    "-f",
    "--with",
    "resource_files",
    multiple=True,
    metavar="FILE",
    help="Further manifests: WorkflowTemplates, ConfigMaps, Secrets.",
)
@transform_option
@click.option(
    "--executor", type=click.Choice(["auto", "warm", "process", "container"]), help="What starts pods."
)
@click.option(
    "--max-parallel", type=click.IntRange(min=0), help="Pods at once (0: as many as there are CPUs)."
)
@click.option("--artifact-root", metavar="FOLDER", help="The folder in which artifacts are kept.")
@click.option("--resume", metavar="RUN", help="Go on with a run whose driver died.")
@click.option("--dry-run", is_flag=True, help="Compile and check, and start nothing.")
@view_options
@output_option("json")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> int:
    """Run SOURCE here: pipeline.py[:function], KFP IR, an Argo manifest, a Hera file.

    Ends with 0 if the run succeeded, 1 if it failed, 2 for bad input, 130 if it was interrupted.

    \b
    tiphys run pipeline.py -p rates='[0.1, 0.5]'
    tiphys run workflow.yaml --output json
    tiphys run --resume @latest
    """
    flags = {name: options[name] for name in ("executor", "max_parallel", "artifact_root")}
    if options["resume"] and options["source"]:
        raise click.UsageError("give SOURCE or --resume, not both")
    if not options["resume"] and not options["source"]:
        raise click.UsageError("give SOURCE, or --resume RUN")
    here = session(ctx, flags, output=options["output"], plain=options["plain"])
    if options["resume"]:
        from tiphys.runtime.api import resume_run

        return here.follow(
            lambda: resume_run(
                options["resume"], here.settings, on_change=here.view.on_change, notice=here.notice
            )
        )
    values = gather_parameters(options["parameters"], options["parameters_file"])
    from tiphys.runtime.running import submission_of

    submission = submission_of(
        options["source"],
        values,
        name=options["name"],
        entrypoint=options["entrypoint"],
        resources=read_resources(options["resource_files"]),
        transforms=list(options["transforms"]),
    )
    if options["dry_run"]:
        return show_dry(here, submission.documents)
    from tiphys.runtime.api import start_run

    return here.follow(
        lambda: start_run(submission, here.settings, on_change=here.view.on_change, notice=here.notice)
    )


def read_resources(files: tuple[str, ...]) -> list[dict[str, Any]]:
    """The manifests of the files, in order."""
    from tiphys.manifest.yaml import load_documents

    found: list[dict[str, Any]] = []
    for file in files:
        try:
            text = Path(file).read_bytes()
        except OSError as error:
            raise BadInput(f"{file} cannot be read: {error.strerror or error}") from error
        for document in load_documents(text, file):
            if not isinstance(document.data, dict) or "kind" not in document.data:
                raise BadInput("not a manifest: it has no `kind`", place=document.place(()))
            found.append(document.data)
    return found


def show_dry(here: Session, documents: Sequence[Mapping[str, Any]]) -> int:
    """Check what would run as Argo does, and say what it is."""
    from tiphys.validation.answers import validate_workflow

    wrong = validate_workflow(dict(documents[0]), [dict(each) for each in documents[1:]], mode="lint")
    if wrong:
        raise InvalidSpec(f"invalid spec: {wrong}", remedy="`tiphys lint` says where")
    templates = (documents[0].get("spec") or {}).get("templates") or []
    if here.output == "json":
        print_json({"documents": documents})
    else:
        here.console.print(f"would run {len(templates)} templates; nothing was started", markup=False)
    return 0
