"""Letters and words: title, camel, snake and kebab case, initials, wrapping (goutils and xstrings)."""

from __future__ import annotations

import unicodedata
from typing import Final

from tiphys.expressions import go_strings
from tiphys.expressions.functions.casts import byte_slice
from tiphys.expressions.functions.signature import I, S, Table, function
from tiphys.expressions.go_values import GoPanic, from_bytes, to_bytes

_INVALID, _NUMBER, _UPPER, _ALPHABET, _CONNECTOR, _PUNCTUATION, _OTHER = range(7)
_SLOW: Final = 16


def _is_space(char: str) -> bool:
    return char in go_strings.SPACE


def _single(char: str, changed: str) -> str:
    return changed if len(changed) == 1 else char


def _upper(char: str) -> str:
    return _single(char, char.upper())


def _lower(char: str) -> str:
    return _single(char, char.lower())


def _title(char: str) -> str:
    return _single(char, char.title())


def _is_upper(char: str) -> bool:
    return unicodedata.category(char) == "Lu"


def _is_separator(char: str) -> bool:
    """What separates words for strings.Title."""
    if char.isascii():
        return not (char.isalnum() or char == "_")
    return not (char.isalpha() or char.isdecimal()) and _is_space(char)


def title(text: str) -> str:
    out: list[str] = []
    previous = " "
    for char in text:
        out.append(_title(char) if _is_separator(previous) else char)
        previous = char
    return "".join(out)


def untitle(text: str) -> str:
    out: list[str] = []
    start = True
    for char in text:
        if _is_space(char):
            start = True
            out.append(char)
        else:
            out.append(_lower(char) if start else char)
            start = False
    return "".join(out)


def swap_case(text: str) -> str:
    out: list[str] = []
    after_space = True
    for char in text:
        category = unicodedata.category(char)
        if category in ("Lu", "Lt"):
            out.append(_lower(char))
            after_space = False
        elif category == "Ll":
            out.append(_title(char) if after_space else _upper(char))
            after_space = False
        else:
            out.append(char)
            after_space = _is_space(char)
    return "".join(out)


def initials(text: str) -> str:
    """The first byte of each word, as a character."""
    out: list[str] = []
    gap = True
    for byte in to_bytes(text):
        char = chr(byte)
        if _is_space(char):
            gap = True
        elif gap:
            out.append(char)
            gap = False
    return "".join(out)


def no_space(text: str) -> str:
    """Without white space; a text that has any is taken apart into bytes."""
    chars = [chr(byte) for byte in to_bytes(text)]
    kept = [char for char in chars if not _is_space(char)]
    return text if len(kept) == len(chars) else "".join(kept)


def _is_connector(char: str) -> bool:
    return char in "-_" or _is_space(char)


def pascal_case(text: str) -> str:
    """`http_server` becomes `HttpServer`."""
    lead = 0
    while lead < len(text) and _is_connector(text[lead]):
        lead += 1
    out = list(text[:lead])
    rest = text[lead:]
    if not rest:
        return text + text[-1:]
    if len(rest) == 1:
        return "".join(out) + _upper(rest)
    first_upper = _is_upper(rest[0])
    current = _upper(rest[0])
    for char in rest[1:]:
        before, current = current, char
        if _is_connector(current) and _is_connector(before):
            out.append(before)
        elif _is_connector(before):
            first_upper = _is_upper(current)
            current = _upper(current)
        else:
            if first_upper and _is_upper(current):
                current = _lower(current)
            elif first_upper:
                first_upper = False
            out.append(before)
    return "".join([*out, current])


def _kind(char: str) -> int:
    if _is_connector(char):
        return _CONNECTOR
    category = unicodedata.category(char)
    if category[0] == "P":
        return _PUNCTUATION
    if category == "Lu":
        return _UPPER
    if category[0] == "L":
        return _ALPHABET if _has_case_or_plain(char) else _OTHER
    return _NUMBER if category[0] == "N" else _OTHER


def _has_case_or_plain(char: str) -> bool:
    """xstrings counts Han, kana and hangul as no alphabet."""
    name = unicodedata.name(char, "")
    return not name.startswith(("CJK ", "HIRAGANA", "KATAKANA", "HANGUL"))


def _next_word(text: str) -> tuple[int, str, str]:
    if not text:
        return _INVALID, "", ""
    kind = _kind(text[0])
    end = 1
    size = len(text)
    if kind == _UPPER:
        end = _upper_word_end(text)
    elif kind == _ALPHABET:
        while end < size and _kind(text[end]) == _ALPHABET:
            end += 1
    else:
        while end < size and _kind(text[end]) == kind:
            end += 1
    return kind, text[:end], text[end:]


def _upper_word_end(text: str) -> int:
    size = len(text)
    if size == 1:
        return 1
    second = _kind(text[1])
    if second == _ALPHABET:
        end = 2
        while end < size and _kind(text[end]) == _ALPHABET:
            end += 1
        return end
    if second != _UPPER:
        return 1
    end = 2
    while end < size and _kind(text[end]) == _UPPER:
        end += 1
    return end - 1 if end < size and _kind(text[end]) == _ALPHABET else end


def _lowered(kind: int, word: str, connector: str) -> str:
    if kind not in (_UPPER, _CONNECTOR):
        return word
    return "".join(connector if _is_connector(char) else _lower(char) for char in word)


def _connected(text: str, connector: str) -> str:
    """Words in lower case with a connector between them, as xstrings finds them."""
    out: list[str] = []
    kind, word, rest = _next_word(text)
    stops = (_CONNECTOR, _PUNCTUATION)
    while rest:
        if kind != _CONNECTOR:
            out.append(_lowered(kind, word, connector))
        previous, last = kind, word
        kind, word, rest = _next_word(rest)
        if previous == _NUMBER:
            kind, word, rest = _take_run(out, kind, word, rest, connector)
            if kind not in (_INVALID, *stops):
                out.append(connector)
        elif previous == _CONNECTOR:
            out.append(_lowered(previous, last, connector))
        elif previous != _PUNCTUATION:
            kind, word, rest = _after_letters(out, kind, word, rest, connector)
    out.append(_lowered(kind, word, connector))
    return "".join(out)


def _take_run(out: list[str], kind: int, word: str, rest: str, connector: str) -> tuple[int, str, str]:
    while kind in (_ALPHABET, _NUMBER):
        out.append(_lowered(kind, word, connector))
        kind, word, rest = _next_word(rest)
    return kind, word, rest


def _after_letters(out: list[str], kind: int, word: str, rest: str, connector: str) -> tuple[int, str, str]:
    stops = (_CONNECTOR, _PUNCTUATION)
    if kind != _NUMBER:
        if kind not in stops:
            out.append(connector)
        return kind, word, rest
    if not rest:
        return kind, word, rest
    last = word
    kind, word, rest = _next_word(rest)
    if kind != _ALPHABET:
        out.append(last)
        if kind not in stops:
            out.append(connector)
        return kind, word, rest
    out.append(connector)
    out.append(last)
    kind, word, rest = _take_run(out, kind, word, rest, connector)
    if kind not in (_INVALID, *stops):
        out.append(connector)
    return kind, word, rest


def snake_case(text: str) -> str:
    """`HTTPServer` becomes `http_server`."""
    return _connected(text, "_")


def kebab_case(text: str) -> str:
    """`HTTPServer` becomes `http-server`."""
    return _connected(text, "-")


def wrap(width: int, text: str, newline: str = "\n", *, long_words: bool = False) -> str:
    """goutils.WrapCustom, in bytes."""
    data = to_bytes(text)
    width = max(width, 1)
    out: list[bytes] = []
    end_line = to_bytes(newline or "\n")
    if len(data) // width * len(end_line) > go_strings.MAX_TEXT:
        raise GoPanic("memory budget exceeded")
    offset = 0
    while len(data) - offset > width:
        if data[offset : offset + 1] == b" ":
            offset += 1
            continue
        space = data.rfind(b" ", offset, offset + width + 1)
        if space >= offset:
            out += [data[offset:space], end_line]
            offset = space + 1
        elif long_words:
            out += [data[offset : offset + width], end_line]
            offset += width
        else:
            space = data.find(b" ", offset + width)
            if space < 0:
                break
            out += [data[offset:space], end_line]
            offset = space + 1
    return from_bytes(b"".join([*out, data[offset:]]))


def abbreviate(text: str, offset: int, width: int) -> str:
    """goutils.AbbreviateFull; a width that is too small gives nothing."""
    size = len(to_bytes(text))
    if not text or width < 4:
        return ""
    if size <= width:
        return text
    offset = min(offset, size)
    if size - offset < width - 3:
        offset = size - (width - 3)
    if offset <= 4:
        return byte_slice(text, 0, width - 3) + "..."
    if width < 7:
        return ""
    if offset + width - 3 < size:
        return "..." + abbreviate(byte_slice(text, offset, size), 0, width - 3)
    return "..." + byte_slice(text, size - (width - 3), size)


def _abbrev(width: int, text: str) -> str:
    return text if width < 4 else abbreviate(text, 0, width)


def _abbrev_both(left: int, right: int, text: str) -> str:
    return text if right < 4 or (left > 0 and right < 7) else abbreviate(text, left, right)


FUNCTIONS: Table = {
    "title": function(title, S, output=S, slow=_SLOW),
    "untitle": function(untitle, S, output=S, slow=_SLOW),
    "swapcase": function(swap_case, S, output=S, slow=_SLOW),
    "initials": function(initials, S, output=S, slow=_SLOW),
    "nospace": function(no_space, S, output=S, slow=_SLOW),
    "camelcase": function(pascal_case, S, output=S, slow=_SLOW),
    "snakecase": function(snake_case, S, output=S, slow=_SLOW),
    "kebabcase": function(kebab_case, S, output=S, slow=_SLOW),
    "wrap": function(lambda width, text: wrap(width, text), I, S, output=S, slow=_SLOW),
    "wrapWith": function(
        lambda width, newline, text: wrap(width, text, newline, long_words=True), I, S, S, output=S, slow=_SLOW
    ),
    "abbrev": function(_abbrev, I, S, output=S, slow=_SLOW),
    "abbrevboth": function(_abbrev_both, I, I, S, output=S, slow=_SLOW),
}
