"""`tiphys lint`: problems with place and remedy, before they cost an hour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiphys.cli.options import output_option, print_json
from tiphys.errors import BadInput, ManifestError, Problem, ProblemsFound, Severity

if TYPE_CHECKING:
    from tiphys.manifest.yaml import Document

ENDINGS = (".yaml", ".yml", ".json")


@click.command("lint")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--fix", "as_fix", is_flag=True, help="Rewrite what has one right form (fields that Argo 4 removed)."
)
@click.option("--target", type=click.Choice(["argo"]), help="Also what a cluster may lack or refuse.")
@click.option("--strict", is_flag=True, help="End with 2 on warnings too.")
@output_option("json", "sarif")
def command(files: tuple[str, ...], as_fix: bool, target: Any, strict: bool, output: str) -> int:
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
        show(problems)
    bad = [
        each
        for each in problems
        if each.severity is Severity.ERROR or (strict and each.severity is Severity.WARNING)
    ]
    return 2 if bad else 0


def read(file: str) -> tuple[list[Document], list[Problem]]:
    """The manifests of a file, a folder or a pipeline; what cannot be read is a problem."""
    path = Path(file)
    if not path.is_dir():
        return read_one(file)
    documents: list[Document] = []
    problems: list[Problem] = []
    for each in manifests_below(path):
        found, wrong = read_one(str(each), strict=False)
        documents += found
        problems += wrong
    return documents, problems


def manifests_below(folder: Path) -> Iterator[Path]:
    """The YAML and JSON files of a folder, hidden ones left out."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix in ENDINGS and path.is_file() and not hidden:
            yield path


def read_one(file: str, *, strict: bool = True) -> tuple[list[Document], list[Problem]]:
    """One file. `strict`: it must hold something that runs."""
    from tiphys.loading.compilation import compile as compile_pipeline
    from tiphys.loading.sources import load
    from tiphys.manifest.yaml import Document, load_documents

    try:
        if not strict:
            text = Path(file).read_bytes()
            if b"argoproj.io" not in text and b"pipelineInfo" not in text:
                return [], []
        if strict and Path(file).suffix in ENDINGS:
            documents = load_documents(Path(file).read_bytes(), file, strict=False)
            if documents and all(isinstance(each.data, dict) and "kind" in each.data for each in documents):
                return list(documents), []
        loaded = load(file)
        if loaded.ir is None:
            return list(loaded.documents), []
        compiled = compile_pipeline(loaded)
        return [Document(each, file, 0, "", index) for index, each in enumerate(compiled.documents)], []
    except ProblemsFound as error:
        return [], error.problems
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror or error}") from error
    except (ManifestError, BadInput) as error:
        return [], [Problem("unreadable", error.message, error.place, error.remedy)]


def fix_files(files: tuple[str, ...]) -> None:
    """Rewrite the manifests among the files in place."""
    from tiphys.checks.fixing import fix
    from tiphys.cli.options import write_file

    for file in files:
        paths = list(manifests_below(Path(file))) if Path(file).is_dir() else [Path(file)]
        for path in paths:
            if path.suffix not in ENDINGS:
                continue
            fixed = fix(path.read_text("utf-8"), str(path))
            if fixed.count:
                write_file(str(path), fixed.text)
                click.echo(f"{path}: {fixed.count} rewritten", err=True)


def show(problems: list[Problem]) -> None:
    """Print the problems and how many there are."""
    colours = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
    for problem in problems:
        severity = click.style(f"{problem.severity}:", fg=colours[problem.severity], bold=True)
        click.echo(
            f"{severity} {problem} [{problem.rule}]"
            if not problem.remedy
            else f"{severity} {with_rule(problem)}"
        )
    counts = {severity: sum(each.severity is severity for each in problems) for severity in Severity}
    words = [f"{count} {severity}{'s' if count > 1 else ''}" for severity, count in counts.items() if count]
    click.echo(", ".join(words) or "no problems")


def with_rule(problem: Problem) -> str:
    """The problem with the name of its rule behind the first line."""
    first, _, rest = str(problem).partition("\n")
    return f"{first} [{problem.rule}]\n{rest}"
