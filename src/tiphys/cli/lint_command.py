"""`tiphys lint`: problems with place and remedy, before they cost an hour."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiphys.cli.options import output_option, print_json
from tiphys.errors import BadInput, Place, Problem, ProblemsFound, Severity

if TYPE_CHECKING:
    from tiphys.manifest.yaml import Document

ENDINGS = (".yaml", ".yml", ".json")


@click.command("lint")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--fix", "as_fix", is_flag=True, help="Rewrite what has one right form (fields that Argo 4 removed).")
@click.option("--target", type=click.Choice(["argo"]), help="Also what a cluster may lack or refuse.")
@click.option("--strict", is_flag=True, help="End with 2 on warnings too.")
@click.option("--notes", "with_notes", is_flag=True, help="Show notes too, not only how many there are.")
@output_option("json", "sarif")
def command(files: tuple[str, ...], as_fix: bool, target: Any, strict: bool, with_notes: bool, output: str) -> int:
    """Find problems in FILEs and folders: pipelines, IR, manifests. Templates are found across them.

    Ends with 2 if there is an error.
    """
    from tiphys.checks.check import check
    from tiphys.checks.formats import problems_to_json, problems_to_sarif

    if as_fix:
        fix_files(files)
    documents: list[Document] = []
    problems: list[Problem] = []
    for file in files:
        found, wrong = read(file)
        documents += found
        problems += wrong
    problems += check(documents, target=target)
    if output == "json":
        print_json(problems_to_json(problems))
    elif output == "sarif":
        from importlib.metadata import version

        print_json(problems_to_sarif(problems, version("tiphys")))
    else:
        show(problems, with_notes=with_notes)
    bad = [
        each for each in problems if each.severity is Severity.ERROR or (strict and each.severity is Severity.WARNING)
    ]
    return 2 if bad else 0


def read(file: str) -> tuple[list[Document], list[Problem]]:
    """The manifests of a file, a folder or a pipeline; what cannot be read is a problem."""
    from tiphys.checks.files import documents_of, read_files
    from tiphys.loading.compilation import compile as compile_pipeline

    if not is_pipeline(file):
        found = read_files([file])
        return found.documents, found.problems
    try:
        return documents_of(compile_pipeline(file).documents, file), []
    except ProblemsFound as error:
        return [], error.problems
    except BadInput as error:
        place = error.place if error.place.file else Place(file)
        return [], [Problem("not-compiled", error.message, place, error.remedy)]


def is_pipeline(file: str) -> bool:
    """True for Python files and for KFP IR, which are compiled before they are looked at."""
    from tiphys.loading.sources import load

    path = Path(file)
    if path.is_dir() or not path.exists():
        return not path.is_dir() and ".py" in file
    if path.suffix not in ENDINGS:
        return True
    try:
        return load(file).ir is not None
    except BadInput:
        return False


def fix_files(files: tuple[str, ...]) -> None:
    """Rewrite the manifests among the files in place."""
    from tiphys.checks.fixing import fix
    from tiphys.cli.options import write_file

    for file in files:
        below = sorted(Path(file).rglob("*")) if Path(file).is_dir() else [Path(file)]
        for path in below:
            if path.suffix not in ENDINGS or not path.is_file():
                continue
            fixed = fix(path.read_text("utf-8"), str(path))
            if fixed.count:
                write_file(str(path), fixed.text)
                click.echo(f"{path}: {fixed.count} rewritten", err=True)


def show(problems: list[Problem], *, with_notes: bool) -> None:
    """Print the problems and how many there are; notes are only counted unless they are asked for."""
    colours = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
    for problem in problems:
        if problem.severity is Severity.NOTE and not with_notes:
            continue
        severity = click.style(f"{problem.severity}:", fg=colours[problem.severity], bold=True)
        click.echo(
            f"{severity} {problem} [{problem.rule}]" if not problem.remedy else f"{severity} {with_rule(problem)}"
        )
    counts = {severity: sum(each.severity is severity for each in problems) for severity in Severity}
    words = [f"{count} {severity}{'s' if count > 1 else ''}" for severity, count in counts.items() if count]
    click.echo(", ".join(words) or "no problems")


def with_rule(problem: Problem) -> str:
    """The problem with the name of its rule behind the first line."""
    first, _, rest = str(problem).partition("\n")
    return f"{first} [{problem.rule}]\n{rest}"
