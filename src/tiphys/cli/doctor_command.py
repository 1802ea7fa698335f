"""`tiphys doctor`: what is in force on this machine, and what is missing."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sqlite3
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

from tiphys.cli.options import output_option, print_json
from tiphys.cli.session import settings_of
from tiphys.settings import Settings


@click.command("doctor")
@output_option("json")
@click.pass_context
def command(ctx: click.Context, /, output: str) -> int:
    """Show settings and where they come from, what this machine offers, and what to do about the rest.

    Ends with 1 if something keeps pipelines from running here.
    """
    settings = settings_of(ctx)
    findings = examine(settings)
    in_force = {
        name: {"value": str(getattr(settings, name)), "from": settings.where.get(name, "default")}
        for name in Settings.__dataclass_fields__
        if name != "where"
    }
    if output == "json":
        print_json({"settings": in_force, "findings": findings})
    else:
        for name, entry in in_force.items():
            click.echo(f"{name:<18} {entry['value'] or '-'}  ({entry['from']})")
        click.echo()
        marks = {
            "ok": click.style("ok     ", fg="green"),
            "missing": click.style("missing", fg="yellow"),
            "bad": click.style("bad    ", fg="red"),
        }
        for finding in findings:
            click.echo(f"{marks[finding['state']]} {finding['what']}: {finding['found']}")
            if finding["remedy"]:
                click.echo(f"        {finding['remedy']}")
    return 1 if any(finding["state"] == "bad" for finding in findings) else 0


def examine(settings: Settings) -> list[dict[str, Any]]:
    """What was found, each with what to do about it."""
    return [
        _found(
            "Python",
            f"{platform.python_version()} on {platform.system()} {platform.machine()}",
            sys.version_info >= (3, 11),
            "install Python 3.11 or later",
            bad=True,
        ),
        _found("CPUs and memory", f"{os.cpu_count()}, {_memory()}", True, ""),
        _found("SQLite", sqlite3.sqlite_version, True, ""),
        _store(settings),
        _package("kfp", "`pip install 'tiphys[kfp]'`: pipelines in Python need the SDK"),
        _package("kfp-kubernetes", "`pip install 'tiphys[kfp]'`: pod settings by kfp.kubernetes"),
        _program("uv", "`pip install uv`: environments of components with packages_to_install", module="uv"),
        _sandbox(),
        _containers(),
        _program("git", "install git: artifacts from git repositories"),
    ]


def _found(what: str, found: str, good: bool, remedy: str, *, bad: bool = False) -> dict[str, Any]:
    state = "ok" if good else "bad" if bad else "missing"
    return {"what": what, "state": state, "found": found, "remedy": "" if good else remedy}


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB"
    except (ValueError, OSError):
        return "unknown"


def _store(settings: Settings) -> dict[str, Any]:
    from tiphys.errors import TiphysError
    from tiphys.runtime.api import open_store
    from tiphys.store.records import Filter

    try:
        store = open_store(settings)
        wrong = list(store.check())
        count = len(store.runs(Filter()))
    except (TiphysError, OSError) as error:
        return _found("store", str(error), False, "see `state_dir` above", bad=True)
    found = f"{settings.state_dir}, {count} runs" + (f": {wrong[0]}" if wrong else "")
    return _found("store", found, not wrong, "move the folder away and start afresh", bad=True)


def _package(name: str, remedy: str) -> dict[str, Any]:
    try:
        return _found(name, version(name), True, "")
    except PackageNotFoundError:
        return _found(name, "not installed", False, remedy)


def _program(name: str, remedy: str, *, module: str = "") -> dict[str, Any]:
    path = shutil.which(name) or (
        importlib.util.find_spec(module) and f"{sys.executable} -m {module}" if module else None
    )
    return _found(name, str(path or "not found"), bool(path), remedy)


def _sandbox() -> dict[str, Any]:
    from tiphys.executors.pod import bwrap

    offered = bwrap.is_offered()
    remedy = "install bubblewrap: containers then see their own absolute paths without Docker"
    return _found(
        "bubblewrap", "works" if offered else "not found, or it may not make namespaces", offered, remedy
    )


def _containers() -> dict[str, Any]:
    from tiphys.executors.container import offered_program

    program = offered_program()
    remedy = "install podman: without it containers run as processes of this machine"
    return _found("podman or docker", program or "neither answers", bool(program), remedy)
