"""Functions that change the compiled manifest: `argo.transform` and `--transform module:function`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from tiphys.errors import BadInput, CompileError
from tiphys.loading.loaded import Loaded, Manifest, Transform
from tiphys.loading.python_errors import as_bad_input
from tiphys.loading.python_files import load_module


def named(reference: str) -> Transform:
    """The function that `module:function` or `file.py:function` names."""
    module_name, colon, function_name = reference.rpartition(":")
    if not colon:
        raise BadInput(f"transform `{reference}` is not of the form `module:function`")
    if module_name.endswith(".py") and not Path(module_name).is_file():
        raise BadInput(f"there is no file {module_name}")
    try:
        module: Any = load_module(Path(module_name)) if module_name.endswith(".py") else _imported(module_name)
    except ModuleNotFoundError as error:
        raise BadInput(
            f"transform `{reference}`: {error}",
            remedy="Name a module that Python finds, or a file: `transforms.py:function`.",
        ) from None
    found = module
    for part in function_name.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise BadInput(f"`{module_name}` has no function `{function_name}`")
    function: Transform = found
    return function


def _imported(name: str) -> ModuleType:
    """A module of that name, from the current folder or installed."""
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(here)


def transforms_of(loaded: Loaded, given: Sequence[Transform | str]) -> list[Transform]:
    """The functions to apply, the author's own first; an error if one that the IR names is not at hand."""
    functions = [named(each) if isinstance(each, str) else each for each in given]
    wanted = loaded.ir.argo.config.transforms if loaded.ir is not None else []
    at_hand = {_name(function) for function in (*loaded.transforms, *functions)}
    for reference in wanted:
        if reference.rpartition(":")[2] not in at_hand:
            module, _, function = reference.rpartition(":")
            raise CompileError(
                f"the pipeline changes its manifest with `{reference}`, which the IR names but does not hold",
                place=loaded.place,
                remedy=f"Give the function: `--transform {module.replace('.', '/')}.py:{function}`.",
            )
    return [*loaded.transforms, *(each for each in functions if each not in loaded.transforms)]


def apply(transforms: Iterable[Transform], workflow: Manifest) -> Manifest:
    """The workflow after each function had its turn."""
    for transform in transforms:
        try:
            answer = transform(workflow)
        except Exception as error:  # noqa: BLE001 # the function is the user's, so is what it raises
            file = getattr(getattr(transform, "__code__", None), "co_filename", "")
            raise as_bad_input(error, Path(file)) from None
        if answer is not None:
            workflow = answer
        if not isinstance(workflow, dict):
            raise CompileError(f"transform `{_name(transform)}` answers {type(workflow).__name__}, not a manifest")
    return workflow


def _name(function: Transform) -> str:
    return str(getattr(function, "__qualname__", repr(function)))
