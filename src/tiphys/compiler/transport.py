r"""How values travel through a compiled manifest: as JSON text in which no Argo tag can stand.

Argo scans values for tags again after it substituted them. Here `{{` is written `\u007b\u007b`, which
every reader of JSON turns back, so a value is data whatever it holds. All else that is not printable ASCII
is escaped too: Argo puts values into its templates as Go quotes them, and for some signs that is no JSON.
This is the only module that writes such texts and the expressions that make them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from tiphys.errors import CompileError

Json = Any

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_WORDS: Final = frozenset(
    "and contains else endsWith false if in let matches nil not or startsWith true".split()  # noqa: SIM905
)
_TAG: Final = re.compile(r"\{\{(.*?)\}\}")
_BRACES: Final = "'\\u007b\\u007b'"
_ESCAPED_BRACES: Final = "'\\\\u007b\\\\u007b'"
NULL: Final = "null"


def encode(value: Json) -> str:
    r"""The text of a value.

    >>> print(encode({"a": "{{x}}", "n": 2**60}))
    {"a":"\u007b\u007bx}}","n":1152921504606846976}
    """
    try:
        text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    except ValueError:
        raise CompileError(
            "infinity and not-a-number cannot be passed between tasks: JSON has no word for them",
            remedy="Pass a string.",
        ) from None
    return text.replace("{{", "\\u007b\\u007b").replace("\x7f", "\\u007f")


def decode(text: str) -> Json:
    """The value of a text; the opposite of `encode`."""
    return json.loads(text)


def among(text: str, choices: Sequence[str]) -> str:
    r"""A text as one of `choices` has it: where people choose, strings stand without quotes.

    >>> among('"small"', ["small", "large"]), among("3", ["1", "3"]), among('"x"', ["small"])
    ('small', '3', '"x"')
    """
    if text in choices or not text.startswith('"'):
        return text
    plain_text = json.loads(text)
    return plain_text if plain_text in choices else text


def literal(text: str) -> str:
    r"""`text` as a string in an expression; no braces stay side by side, they would end or begin a tag.

    >>> print(literal("it's {{x}}"))
    'it\'s \u007b\u007bx\u007d\u007d'
    """
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    escaped = escaped.replace("\t", "\\t").replace("{{", "\\u007b\\u007b").replace("}}", "\\u007d\\u007d")
    return "'" + "".join(_visible(character) for character in escaped) + "'"


def _visible(character: str) -> str:
    code = ord(character)
    return character if code >= 0x20 and not 0xD800 <= code < 0xE000 else f"\\u{code:04x}"


def path(*names: str) -> str:
    """A variable in an expression.

    >>> path("inputs", "parameters", "a-b")
    "inputs.parameters['a-b']"
    """
    head, *rest = names
    return head + "".join(f".{name}" if is_plain(name) else f"[{literal(name)}]" for name in rest)


def optional_path(*names: str) -> str:
    """A variable of a task that may not be there: nil then.

    The task itself must be there: inside a DAG that is a task, `tasks` holds `tasks.name` from the start,
    and Argo would evaluate the expression before the task has run if that were no error.
    https://github.com/argoproj/argo-workflows/blob/v4.1.2/workflow/controller/operator.go#L2247

    >>> optional_path("tasks", "a-b", "outputs", "parameters", "x")
    "tasks['a-b'].outputs?.parameters?.x"
    """
    *first, member = names[:3]
    return path(*first, member) + "".join(
        f"?.{name}" if is_plain(name) else f"?.[{literal(name)}]" for name in names[3:]
    )


def is_plain(name: str) -> bool:
    """True if a name can stand after a dot in an expression."""
    return bool(_IDENTIFIER.match(name)) and name not in _WORDS


@dataclass(frozen=True, slots=True)
class Value:
    """A value in two spellings: where a manifest takes a text (`field`), and inside an expression.

    Both yield the same transport text.
    """

    field: str
    expression: str


def constant(value: Json) -> Value:
    """A value that is known."""
    text = encode(value)
    return Value(text, literal(text))


def text_of(field: str) -> Value:
    """A text in which tags stand, all of whose values are words without special signs.

    >>> print(text_of("a/{{workflow.name}}").expression)
    'a/' + workflow.name
    """
    spelt = [
        (f"({part[1:]})" if part[0] == "=" else path(*part.strip().split("."))) if index % 2 else literal(part)
        for index, part in enumerate(_TAG.split(field))
        if part
    ]
    return Value(field, joined(spelt))


def string_of(field: str) -> Value:
    """The same as a JSON string."""
    return text_of(f'"{field}"')


def meets_brace(texts: Sequence[str]) -> bool:
    """True if a brace stands where a tag begins, which would begin it too early."""
    return any(left.endswith("{") and right.startswith("{{") for left, right in pairwise(texts))


def structure(data: Json) -> Value:
    """A JSON document in which values of the run stand as `Value`.

    >>> structure({"a": [1, variable("inputs", "parameters", "x")]}).field
    '{"a":[1,{{inputs.parameters.x}}]}'
    """
    parts: list[str | Value] = []
    _write(data, parts)
    field = "".join(part if isinstance(part, str) else part.field for part in parts)
    return Value(field, joined(_spelt(parts)))


def _write(data: Json, parts: list[str | Value]) -> None:
    if isinstance(data, Value):
        parts.append(data)
    elif isinstance(data, dict):
        for index, (key, item) in enumerate(data.items()):
            if isinstance(key, Value):
                parts += [", " if index else "{ ", key, ":"]  # a brace before a tag would begin it too early
            else:
                parts.append(("," if index else "{") + encode(key) + ":")
            _write(item, parts)
        parts.append("}" if data else "{}")
    elif isinstance(data, list):
        for index, item in enumerate(data):
            parts.append("," if index else "[")
            _write(item, parts)
        parts.append("]" if data else "[]")
    else:
        parts.append(encode(data))


def _spelt(parts: list[str | Value]) -> Iterator[str]:
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield literal(text)
        yield f"({part.expression})" if ";" in part.expression or "??" in part.expression else part.expression
        text = ""
    if text:
        yield literal(text)


def is_known(value: Value) -> bool:
    """True if the value holds nothing of the run: its text is final."""
    return "{{" not in value.field


def variable(*names: str) -> Value:
    """What Argo holds under a name, which is transport text already."""
    return Value("{{" + ".".join(names) + "}}", path(*names))


def computed(expression: str) -> Value:
    """What an expression yields, which is transport text."""
    return Value("{{=" + expression + "}}", expression)


def safe(expression: str) -> str:
    """The expression's JSON text, with `{{` written as transport wants it."""
    return f"replace({expression}, {_BRACES}, {_ESCAPED_BRACES})"


def quoted(expression: str) -> str:
    """The transport text of a string, given as an expression that yields the string itself."""
    return safe(f"toJson({expression})")


def entry(name: str, type: str, *, nullable: bool) -> Value:
    """An argument of the workflow: plain text or a JSON literal, as `argo submit -p` and people write it."""
    variable_path = path("workflow", "parameters", name)
    if type in ("NUMBER_INTEGER", "NUMBER_DOUBLE"):
        return variable("workflow", "parameters", name)
    if type == "BOOLEAN":
        return computed(f"lower({variable_path})")
    if type != "STRING":
        return computed(safe(variable_path))
    null = "v == 'null' || " if nullable else ""
    literal_text = "len(v) > 1 && v startsWith '\"' && v endsWith '\"'"
    return computed(f"let v = {variable_path}; " + safe(f"{null}{literal_text} ? v : toJson(v)"))


def inner(expression: str, type: str = "") -> str:
    """What stands between the quotes when a value is written into a longer string."""
    if type == "STRING":
        return _unquoted(expression)
    if type in ("NUMBER_INTEGER", "NUMBER_DOUBLE", "BOOLEAN"):
        return expression
    if type in ("LIST", "STRUCT"):
        return _unquoted(f"toJson({expression})")
    return f"(let v = {expression}; " + _unquoted("(v startsWith '\"' ? v : toJson(v))") + ")"


def _unquoted(expression: str) -> str:
    return f"sprig.trimPrefix('\"', sprig.trimSuffix('\"', {expression}))"


def as_text(expression: str) -> str:
    """A value as a string: what is no string becomes the text that says it, null stays."""
    return f"(let v = {expression}; v startsWith '\"' || v == 'null' ? v : {quoted('v')})"


def plain(expression: str, type: str) -> str:
    """The value itself, as a program takes it on its command line: strings without quotes, null empty."""
    if type == "STRING":
        return f"fromJSON({expression}) ?? ''"
    if type in ("NUMBER_INTEGER", "NUMBER_DOUBLE", "BOOLEAN", "LIST", "STRUCT"):
        return f"({expression} == 'null' ? '' : {expression})"
    return f"(let v = {expression}; v startsWith '\"' ? fromJSON(v) : (v == 'null' ? '' : v))"


def or_else(expression: str, otherwise: str) -> str:
    """The first expression, or the second where the first is nil."""
    return f"({expression} ?? {otherwise})"


def joined(parts: Iterable[str]) -> str:
    """Expressions that yield texts, one after the other."""
    return " + ".join(parts)


def number(value: float) -> int | float:
    """A number as its author wrote it: the IR carries whole numbers as `3.0`.

    >>> number(3.0), number(0.5)
    (3, 0.5)
    """
    if isinstance(value, float) and math.isfinite(value) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def whole_numbers(value: Json) -> Json:
    """`value` with `3.0` written `3` at any depth."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list):
        return [whole_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: whole_numbers(item) for key, item in value.items()}
    return value


def typed(value: Json, type: str) -> Json:
    """A value of the IR in the form that its declared type wants."""
    if value is None or isinstance(value, bool):
        return value
    if type == "NUMBER_DOUBLE" and isinstance(value, int):
        return float(value)
    if type == "NUMBER_DOUBLE":
        return value
    if type == "STRING" and not isinstance(value, str):
        return json.dumps(whole_numbers(value), ensure_ascii=False)
    return whole_numbers(value)
