"""A pipeline as the text of its IR, our section included, as the stock SDK would write and read it."""

from __future__ import annotations

from pathlib import Path

from tiphys.errors import BadInput
from tiphys.ir.reading import unpacked
from tiphys.loading.loaded import Loaded
from tiphys.loading.python_objects import kfp_documents
from tiphys.manifest.dumping import dump_all


def ir_text(loaded: Loaded) -> str:
    """One or two YAML documents: the PipelineSpec and, where there is any setting, the PlatformSpec.

    What was IR when it was loaded comes back as it was.
    """
    if loaded.component is not None:
        pipeline, platform = kfp_documents(loaded.component)
        return dump_all([pipeline, platform] if platform.get("platforms") else [pipeline])
    if loaded.ir is not None and loaded.file and Path(loaded.file).is_file():
        return unpacked(Path(loaded.file)).decode("utf-8-sig")
    raise BadInput(
        "an Argo manifest has no IR",
        place=loaded.place,
        remedy="Give a kfp pipeline.",
    )
