"""The comment with which the SDK heads its YAML, cut off before the YAML is read.

The SDK writes defaults into that comment as they are: one with a line break leaves lines without `#`, and
the file is no YAML any more, or says something else.
https://github.com/kubeflow/pipelines/blob/sdk-2.17.0/sdk/python/kfp/compiler/pipeline_spec_builder.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_HEADS = ("# PIPELINE DEFINITION", "# COMPONENT DEFINITION")
_FIELD = re.compile(
    r"^(?:components|defaultPipelineRoot|deploymentSpec|pipelineInfo|root|schemaVersion|sdkVersion):",
    re.MULTILINE,
)


def bodies(text: str) -> Iterator[str]:
    """The text without its header: first the likeliest reading, then what is left should that be wrong.

    Lines keep their numbers: what is cut off is replaced by empty lines.

    >>> list(bodies("# PIPELINE DEFINITION\\n# Inputs:\\n#  a: str [Default: 'x\\ny']\\nroot: {}"))
    ['\\n\\n\\n\\nroot: {}']
    """
    if not text.startswith(_HEADS):
        yield text
        return
    found = False
    for match in _FIELD.finditer(text):
        found = True
        yield "\n" * text.count("\n", 0, match.start()) + text[match.start() :]
    if not found:
        yield text
