"""Expressions: in `{{=…}}`, in hooks, retries, outputs and schedules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tiphys.checks.rules import rule
from tiphys.checks.subject import Known, Manifest, Path, Template, strings_in
from tiphys.errors import ExpressionError, Problem
from tiphys.expressions.expr import nodes as n
from tiphys.expressions.expr.identifiers import identifiers_of
from tiphys.expressions.expr.parser import parse

Json = Any

DOES_NOT_PARSE: Final = rule("expression-does-not-parse")
UNGUARDED: Final = rule("unguarded-coalescing")
OUT_OF_SCOPE: Final = rule("output-expression-scope")
COMPARES_TEXT: Final = rule("retry-compares-text")

_TAG: Final = re.compile(r"\{\{=(.*?)\}\}", re.DOTALL)
_ANY_TAG: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_EXPRESSION_FIELDS: Final = frozenset({"expression", "fromExpression", "successCondition"})
_OF_RETRIES: Final = frozenset({"exitCode", "status", "duration", "message"})
_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})


def check(manifest: Manifest, _known: Known) -> Iterator[Problem]:
    """Parse every expression of a manifest."""
    for template in manifest.templates():
        yield from _check_scope(template)
    for path, text in strings_in(manifest.value.get("spec") or {}, ("spec",)):
        if path[-1] in _EXPRESSION_FIELDS and "resource" not in path:
            # Argo puts the values of tags in before it reads the expression; any word does here
            yield from _check(manifest, path, _ANY_TAG.sub("x", text))
        for match in _TAG.finditer(text):
            yield from _check(manifest, path, match[1])


def _check_scope(template: Template) -> Iterator[Problem]:
    if template.type not in ("DAG", "Steps"):
        return
    for index, parameter in enumerate((template.data.get("outputs") or {}).get("parameters") or []):
        source = (parameter.get("valueFrom") or {}).get("expression") or ""
        for name in identifiers_of(source) or ():
            if name.startswith("workflow."):
                path = (*template.path, "outputs", "parameters", index, "valueFrom", "expression")
                yield template.manifest.problem(OUT_OF_SCOPE, path, f"`{name}` is not known here")


def _check(manifest: Manifest, path: Path, source: str) -> Iterator[Problem]:
    if not source.strip():
        return
    try:
        tree = parse(source)
    except ExpressionError as error:
        shown = source.strip() if len(source) < 80 else f"{source.strip()[:77]}…"
        yield manifest.problem(DOES_NOT_PARSE, path, f"`{shown}`: {error.message.splitlines()[0]}")
        return
    for node in n.walk(tree):
        if isinstance(node, n.BinaryNode):
            if node.operator == "??" and _is_unguarded_output(node.left):
                message = "an error as long as there is no global output"
                yield manifest.problem(UNGUARDED, path, message)
            if node.operator in _COMPARISONS and "retryStrategy" in path and _compares_text(node):
                yield manifest.problem(COMPARES_TEXT, path, "compares a text of `lastRetry` with a number")


def _is_unguarded_output(node: n.Node) -> bool:
    names = []
    while isinstance(node, n.MemberNode) and isinstance(node.property, n.StringNode) and not node.optional:
        names.append(node.property.value)
        node = node.node
    is_output = isinstance(node, n.IdentifierNode) and node.value == "workflow" and names[-1:] == ["outputs"]
    return is_output and len(names) > 1


def _compares_text(node: n.BinaryNode) -> bool:
    sides = (node.left, node.right)
    return any(isinstance(side, n.IntegerNode | n.FloatNode) for side in sides) and any(map(_is_text, sides))


def _is_text(node: n.Node) -> bool:
    match node:
        case n.MemberNode(node=n.IdentifierNode(value="lastRetry"), property=n.StringNode(value=name)):
            return name in _OF_RETRIES
    return False
