"""Node field selectors, as `--node-field-selector` of argo takes them: `phase=Failed,templateName!=prepare`.

https://github.com/kubernetes/apimachinery/blob/v0.35.4/pkg/fields/selector.go
"""

from __future__ import annotations

from dataclasses import dataclass

from tiphys.engine.run import Node
from tiphys.errors import BadInput


@dataclass(frozen=True, slots=True)
class _Term:
    field: str
    value: str
    equal: bool


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """Terms that must all hold; no term at all holds for every node."""

    terms: tuple[_Term, ...]

    def matches(self, node: Node) -> bool:
        """Whether the node is meant. Fields that it does not have are empty texts.

        >>> from tiphys.messages.phases import NodePhase, NodeType
        >>> node = Node("wf-1", "wf.a", "a", NodeType.POD, NodePhase.FAILED)
        >>> parse_field_selector("phase=Failed,displayName!=b").matches(node)
        True
        """
        fields = _fields(node)
        return all((fields.get(term.field, "") == term.value) is term.equal for term in self.terms)


def parse_field_selector(text: str) -> FieldSelector:
    """The selector that `text` spells; raises `BadInput` with Kubernetes' words."""
    return FieldSelector(tuple(_term(part, text) for part in sorted(_parts(text)) if part))


def _fields(node: Node) -> dict[str, str]:
    reference = node.template_ref
    fields = {
        "displayName": node.display_name,
        "templateName": node.template_name if reference is None else str(reference.get("template", "")),
        "phase": node.phase.value,
        "name": node.name,
        "id": node.id,
    }
    if reference is not None:
        fields["templateRef.name"] = str(reference.get("name", ""))
        fields["templateRef.template"] = str(reference.get("template", ""))
    for parameter in (node.inputs or {}).get("parameters") or ():
        fields[f"inputs.parameters.{parameter['name']}.value"] = str(parameter.get("value") or "")
    return fields


def _parts(text: str) -> list[str]:
    parts = [""]
    escaped = False
    for char in text:
        if char == "," and not escaped:
            parts.append("")
            continue
        escaped = char == "\\" and not escaped
        parts[-1] += char
    return parts


def _term(part: str, text: str) -> _Term:
    for index in range(len(part)):
        for operator in ("!=", "==", "="):
            if part.startswith(operator, index):
                value = _unescaped(part[index + len(operator) :])
                return _Term(part[:index], value, operator != "!=")
    raise BadInput(
        f"invalid selector: '{text}'; can't understand '{part}'",
        remedy="Write terms such as `displayName=train` or `phase!=Succeeded`, joined by commas.",
    )


def _unescaped(text: str) -> str:
    value = ""
    escaped = False
    for char in text:
        if escaped and char not in "\\,=":
            raise BadInput(f"invalid field selector: invalid escape sequence: \\{char}")
        if not escaped and char in ",=":
            raise BadInput(f"invalid field selector: unescaped character in value: {ord(char)}")
        escaped = char == "\\" and not escaped
        if not escaped:
            value += char
    if escaped:
        raise BadInput("invalid field selector: invalid escape sequence: \\")
    return value
