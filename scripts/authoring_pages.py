"""The pages of `docs/reference/authoring`, written from the docstrings of `tiphys.argo`."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tiphys import argo

FOLDER = Path(__file__).parent.parent / "docs" / "reference" / "authoring"

INTRODUCTION = """# `tiphys.argo`: what only Argo can do, said in Python

`from tiphys import argo` beside `from kfp import dsl`. What is said is kept in the IR's own `platforms`
section, also by the stock `kfp dsl compile`; a stock KFP backend ignores it. Kubernetes objects are models of
the `kubernetes` client, dicts or YAML text. Values may be parameters of the pipeline and outputs of tasks
where the target is a component task. Given a group (`loop = dsl.ParallelFor(...)`, `with loop as item:`) or
the call of a sub-pipeline, settings of pods go to every pod in it.

| power | |
|---|---|
"""


def pages() -> dict[Path, str]:
    """Every page with its text."""
    powers: dict[str, list[tuple[str, Callable[..., Any]]]] = {}
    for name in argo.__all__:
        power = getattr(argo, name)
        powers.setdefault(power.__module__.rpartition(".")[2], []).append((name, power))
    written = {FOLDER / f"{module}.md": _page(module, found) for module, found in powers.items()}
    rows = "".join(
        f"| [`argo.{name}`]({power.__module__.rpartition('.')[2]}.md#{name}) | {_first_line(power)} |\n"
        for name, power in sorted((name, getattr(argo, name)) for name in argo.__all__)
    )
    return {FOLDER / "README.md": INTRODUCTION + rows, **written}


def _page(module: str, powers: list[tuple[str, Callable[..., Any]]]) -> str:
    heading = f"# {module.replace('_', ' ').capitalize()}\n"
    return "\n".join([heading, *(_section(name, power) for name, power in powers)])


def _section(name: str, power: Callable[..., Any]) -> str:
    doc = inspect.getdoc(power) or ""
    text, _, rest = doc.partition("Example:\n")
    example, after = _split(rest)
    parts = [f"## {name}", f"```python\nargo.{name}({_parameters(power)})\n```", _links(text.strip())]
    if example:
        parts.append(f"```python\n{example}\n```")
    if after:
        parts.append(after)
    return "\n\n".join(parts) + "\n"


def _parameters(power: Callable[..., Any]) -> str:
    """The parameters with their defaults, and with their types where these say something."""
    written = []
    keywords_begin = False
    for parameter in inspect.signature(power).parameters.values():
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        if parameter.kind is parameter.KEYWORD_ONLY and not keywords_begin:
            written.append("*")
        keywords_begin = keywords_begin or parameter.kind in (
            parameter.KEYWORD_ONLY,
            parameter.VAR_POSITIONAL,
        )
        kind = "" if parameter.annotation == "Any" else f": {parameter.annotation}"
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        written.append(f"{stars}{parameter.name}{kind}{default if kind else default.replace(' ', '')}")
    return ", ".join(written)


def _split(rest: str) -> tuple[str, str]:
    """The indented example, and what stands after it."""
    lines = rest.splitlines()
    end = next((i for i, line in enumerate(lines) if line and not line.startswith("    ")), len(lines))
    return textwrap.dedent("\n".join(lines[:end])).strip(), "\n".join(lines[end:]).strip()


def _links(text: str) -> str:
    return "\n".join(f"<{line}>" if line.startswith("https://") else line for line in text.splitlines())


def _first_line(power: Callable[..., Any]) -> str:
    return (inspect.getdoc(power) or "").partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")
