"""Arguments and options that several commands share."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from tiphys.errors import BadInput

F = TypeVar("F", bound=Callable[..., Any])

source_argument = click.argument("source", metavar="SOURCE")
"""`pipeline.py[:function]`, KFP IR, an Argo manifest (YAML or JSON), a package of one, or `-`."""


def parameter_options(function: F) -> F:
    """`-p name=value` and `--parameters FILE`."""
    function = click.option(
        "--parameters",
        "parameters_file",
        metavar="FILE",
        help="A YAML or JSON file that maps names of parameters to values; `-p` wins over it.",
    )(function)
    return click.option(
        "-p",
        "--parameter",
        "parameters",
        multiple=True,
        metavar="NAME=VALUE",
        help="The value of a parameter; may be given several times.",
    )(function)


def output_option(*choices: str, default: str = "text") -> Callable[[F], F]:
    """`-o/--output FORMAT`."""
    return click.option(
        "--output",
        "output",
        type=click.Choice([default, *choices]),
        default=default,
        show_default=True,
        help="The form in which the result is printed.",
    )


transform_option = click.option(
    "--transform",
    "transforms",
    multiple=True,
    metavar="MODULE:FUNCTION",
    help="A function that changes the compiled manifest; may be given several times.",
)

artifact_root_option = click.option(
    "--artifact-root",
    metavar="URL",
    help="Where artifacts go: s3://bucket[/prefix]; without it a parameter of the workflow says.",
)


def gather_parameters(words: tuple[str, ...], file: str | None) -> dict[str, Any]:
    """The values of `--parameters FILE` and `-p name=value`, as `tiphys.loading` takes them."""
    from tiphys.loading.arguments import from_file, from_words

    values: dict[str, Any] = dict(from_file(file)) if file else {}
    return {**values, **from_words(words)}


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def write_file(path: str, text: str) -> None:
    """Write a result whole or not at all: what was there is never half lost. `-` is standard output."""
    if path == "-":
        sys.stdout.write(text)
        return
    target = Path(path)
    beside = target.with_name(f".{target.name}.tiphys")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise BadInput(f"{path} cannot be written: {error.strerror or error}") from error


def size_text(size: int) -> str:
    """A number of bytes for people: `14.2 KiB`."""
    if size < 1024:
        return f"{size} B"
    number = size / 1024
    for unit in ("KiB", "MiB", "GiB"):
        if number < 1024 or unit == "GiB":
            return f"{number:.1f} {unit}"
        number /= 1024
    raise AssertionError("the last unit has no limit")
