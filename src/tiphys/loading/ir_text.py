"""A pipeline as the text of its IR, with our section: what the stock `kfp dsl compile` would write."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tiphys.errors import BadInput
from tiphys.loading.loaded import Loaded
from tiphys.loading.python_errors import as_bad_input


def ir_text(loaded: Loaded) -> str:
    """The IR as YAML: compiled by the SDK from Python, else as it was read."""
    if loaded.component is not None:
        return _compiled(loaded)
    if loaded.ir is not None and loaded.text:
        return loaded.text
    raise BadInput(
        "this is an Argo manifest: there is no KFP pipeline of which IR could be made",
        place=loaded.place,
        remedy="Give the pipeline's Python file, or lift a manifest of KFP 1.8 with `tiphys lift`.",
    )


def _compiled(loaded: Loaded) -> str:
    from kfp.compiler import Compiler

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pipeline.yaml"
        try:
            Compiler().compile(loaded.component, str(file))
        except (ValueError, TypeError, KeyError, RuntimeError) as error:
            raise as_bad_input(error, Path(loaded.file)) from error
        return file.read_text(encoding="utf-8")
