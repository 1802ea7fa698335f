"""The command of a container component: KFP's placeholders become values of the pod.

Argo scans a pod's container once more before it starts it, so a value that holds `{{` may not stand in
`container.args`. Such arguments go into `podSpecPatch`, which is JSON: the value's own text stands in it,
and nothing reads it for tags after it is decoded. Arguments whose number depends on values go there too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tiphys.compiler import placeholders
from tiphys.compiler.lowered import Flag, Flags
from tiphys.compiler.placeholders import Concat, IfPresent, Placeholder
from tiphys.compiler.transport import (
    Value,
    computed,
    constant,
    encode,
    inner,
    literal,
    meets_brace,
    path,
    safe,
    string_of,
    structure,
    text_of,
)
from tiphys.errors import Unsupported


@dataclass(frozen=True, slots=True)
class Inside:
    """What stands between the quotes of an argument: an expression."""

    expression: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text with Argo's tags that yield words without special signs."""

    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON document, whose braces and quotes are part of the argument."""

    value: Value


Piece = str | Inside | Words | Document


@dataclass(frozen=True, slots=True)
class PodNames:
    """What placeholders stand for in one pod.

    `parameters` maps KFP's name of an input to (Argo's name, type, flags). `find` answers for all else.
    """

    where: str
    parameters: Mapping[str, tuple[str, str, Flags]]
    executor_input: Value
    find: Callable[[Placeholder], Piece | None]


@dataclass(frozen=True, slots=True)
class Arguments:
    """A list of arguments: `plain` for the container, or the JSON text of it for `podSpecPatch`."""

    plain: list[str] | None
    patch: Value | None = None


def arguments(texts: Sequence[str], names: PodNames) -> Arguments:
    """The arguments that texts of the IR stand for."""
    elements: list[list[Piece] | IfPresent] = []
    for text in texts:
        _flatten(placeholders.argument(text), names, elements)
    if any(isinstance(element, IfPresent) for element in elements):
        return Arguments(None, _counted_later(elements, names))
    lists = [element for element in elements if not isinstance(element, IfPresent)]
    plain = [_plain(pieces) for pieces in lists]
    if all(text is not None for text in plain):
        return Arguments([text for text in plain if text is not None])
    return Arguments(None, structure([_quoted(pieces) for pieces in lists]))


def text(text: str, names: PodNames) -> tuple[str | None, Value]:
    """One text: as it may stand in the container (None if it may not), and as a JSON string."""
    pieces = _pieces(placeholders.argument(text), names)
    return _plain(pieces), _quoted(pieces)


def _flatten(element: str | Concat | IfPresent, names: PodNames, out: list[list[Piece] | IfPresent]) -> None:
    if not isinstance(element, IfPresent):
        out.append(_pieces(element, names))
        return
    present = _is_present(element, names)
    if present is None:
        out.append(element)
        return
    for item in element.then if present else element.otherwise:
        _flatten(item, names, out)


def _is_present(element: IfPresent, names: PodNames) -> bool | None:
    """Whether an input is given; None if only the run knows."""
    if element.name not in names.parameters:
        return False
    _, _, flags = names.parameters[element.name]
    if Flag.ABSENT in flags:
        return False
    return None if Flag.NULL in flags else True


def _pieces(element: str | Concat | IfPresent, names: PodNames) -> list[Piece]:
    if isinstance(element, Concat):
        return [piece for item in element.items for piece in _pieces(item, names)]
    if isinstance(element, IfPresent):
        present = _is_present(element, names)
        then = [piece for item in element.then for piece in _pieces(item, names)]
        otherwise = [piece for item in element.otherwise for piece in _pieces(item, names)]
        if present is not None:
            return then if present else otherwise
        return [Inside(f"({_null(element, names)} ? {_inside(otherwise)} : {_inside(then)})")]
    pieces: list[Piece] = []
    for part in placeholders.parts(element):
        if isinstance(part, str):
            pieces.append(part)
        else:
            pieces.append(_piece(part, names))
    return pieces


def _piece(part: Placeholder, names: PodNames) -> Piece:
    if not part.steps:
        return Document(names.executor_input)
    if part.parameter:
        known = names.parameters.get(part.parameter)
        if known is None:
            raise Unsupported(f"{names.where}: `{part.text}` names an input that the component does not have")
        name, type, flags = known
        variable = path("inputs", "parameters", name)
        if Flag.ABSENT in flags:
            return ""
        if type in ("NUMBER_INTEGER", "NUMBER_DOUBLE", "BOOLEAN") and not flags:
            return Words("{{inputs.parameters." + name + "}}")
        if Flag.NULL in flags:
            return Inside(f"({variable} == 'null' ? '' : {inner(variable, _certain(type, flags))})")
        return Inside(inner(variable, _certain(type, flags)))
    found = names.find(part)
    if found is None:
        raise Unsupported(f"{names.where}: nothing in the pod stands for `{part.text}`")
    return found


def _certain(type: str, flags: Flags) -> str:
    return "" if Flag.LOOSE in flags else type


def _null(element: IfPresent, names: PodNames) -> str:
    return path("inputs", "parameters", names.parameters[element.name][0]) + " == 'null'"


def _plain(pieces: Sequence[Piece]) -> str | None:
    """The text for `container.args`, if nothing in it could be taken for a tag."""
    if len(pieces) == 1 and isinstance(pieces[0], Document):
        return pieces[0].value.field
    out = ""
    for piece in pieces:
        if isinstance(piece, (Inside, Document)) or (isinstance(piece, str) and "{{" in piece):
            return None
        text = piece.text if isinstance(piece, Words) else piece
        if out.endswith("{") and text.startswith("{"):
            return None
        out += text
    return out


def _quoted(pieces: Sequence[Piece]) -> Value:
    """The argument as a JSON string."""
    if all(isinstance(piece, str) for piece in pieces):
        return constant("".join(piece for piece in pieces if isinstance(piece, str)))
    texts = [
        encode(piece)[1:-1] if isinstance(piece, str) else piece.text
        for piece in pieces
        if isinstance(piece, (str, Words))
    ]
    if len(texts) == len(pieces) and not meets_brace(texts):
        return string_of("".join(texts))
    if len(pieces) == 1 and isinstance(pieces[0], Inside):
        whole = _unwrapped(pieces[0].expression)
        if whole is not None:
            return whole
    return computed(safe(f"'\"' + {_inside(pieces)} + '\"'"))


def _unwrapped(expression: str) -> Value | None:
    """The value itself where an argument is nothing but a string input."""
    head, tail = "sprig.trimPrefix('\"', sprig.trimSuffix('\"', ", "))"
    name = expression.removeprefix(head).removesuffix(tail)
    if expression != f"{head}{name}{tail}" or not name.startswith("inputs.parameters"):
        return None
    plain = name.removeprefix("inputs.parameters").removeprefix(".").removeprefix("['").removesuffix("']")
    return Value("{{inputs.parameters." + plain + "}}", name)


def _inside(pieces: Sequence[Piece]) -> str:
    """The expression of what stands between the quotes."""
    written = []
    for piece in pieces:
        if isinstance(piece, Inside):
            written.append(piece.expression)
        elif isinstance(piece, Document):
            written.append(inner(piece.value.expression, "STRUCT"))
        elif isinstance(piece, Words):
            written.append(text_of(piece.text).expression)
        else:
            written.append(literal(encode(piece)[1:-1]))
    return " + ".join(written) or "''"


def _counted_later(elements: Sequence[list[Piece] | IfPresent], names: PodNames) -> Value:
    """The whole list as one expression: each element with a comma before it, the first comma cut."""
    parts = " + ".join(_with_comma(element, names) for element in elements)
    return computed(safe(f"'[' + sprig.trimPrefix(',', {parts}) + ']'"))


def _with_comma(element: list[Piece] | IfPresent | str | Concat, names: PodNames) -> str:
    if isinstance(element, IfPresent):
        present = _is_present(element, names)
        then, otherwise = (
            " + ".join(_with_comma(item, names) for item in branch) or "''"
            for branch in (element.then, element.otherwise)
        )
        if present is not None:
            return then if present else otherwise
        return f"({_null(element, names)} ? {otherwise} : {then})"
    pieces = element if isinstance(element, list) else _pieces(element, names)
    return f"',\"' + {_inside(pieces)} + '\"'"
