"""fmt.Sprintf for one integer: what a `withSequence.format` does with a number."""

from __future__ import annotations

import re
from typing import Final

from tiphys.errors import ExpressionError
from tiphys.expressions.go_quote import is_printable, quote

MAX_WIDTH: Final = 999
_DIRECTIVE = re.compile(r"%([#0+\- ]*)(\*|[0-9]*)(?:\.(\*|[0-9]*))?(.?)", re.DOTALL)
_BASES = {"b": 2, "o": 8, "O": 8, "d": 10, "v": 10, "x": 16, "X": 16}
_DIGITS = "0123456789abcdef"


def format_int(form: str, number: int) -> str:
    """The format with the number in its first verb; what does not fit is shown as Go shows it.

    >>> format_int("n%03d", 7), format_int("%d-%d", 1), format_int("%s", 5), format_int("x", 2)
    ('n007', '1-%!d(MISSING)', '%!s(int=5)', 'x%!(EXTRA int=2)')
    """
    used = False
    out: list[str] = []
    at = 0
    for match in _DIRECTIVE.finditer(form):
        out.append(form[at : match.start()])
        at = match.end()
        flags, width, precision, verb = match[1], match[2], match[3], match[4]
        if width == "*" or precision == "*" or ((width or "0").isdecimal() and int(width or "0") > MAX_WIDTH):
            raise ExpressionError(f"withSequence.format {quote(form)}: width and precision go up to {MAX_WIDTH}")
        if precision and int(precision) > MAX_WIDTH:
            raise ExpressionError(f"withSequence.format {quote(form)}: width and precision go up to {MAX_WIDTH}")
        if verb == "%":
            out.append("%")
        elif not verb:
            out.append("%!(NOVERB)")
        elif used:
            out.append(f"%!{verb}(MISSING)")
        else:
            used = True
            out.append(_directive(flags, int(width or "0"), precision, verb, number))
    out.append(form[at:])
    if not used:
        out.append(f"%!(EXTRA int={number})")
    return "".join(out)


def _directive(flags: str, width: int, precision: str | None, verb: str, number: int) -> str:
    if verb == "v":
        flags = flags.replace("+", "").replace("#", "")
    if verb in _BASES:
        return _integer(flags, width, precision, verb, number)
    if verb == "T":
        return _pad("int"[: int(precision or "0")] if precision is not None else "int", flags, width)
    if verb in "cqU":
        return _character(flags, width, precision, verb, number)
    return f"%!{verb}(int={_integer(flags, width, precision, 'd', number)})"


def _integer(flags: str, width: int, precision: str | None, verb: str, number: int) -> str:
    digits = _to_base(abs(number), _BASES[verb])
    if precision is not None:
        least = int(precision or "0")
        if least == 0 and number == 0:
            return " " * width
        digits = digits.rjust(least, "0")
    elif "0" in flags and "-" not in flags:
        sign_width = 1 if number < 0 or "+" in flags or " " in flags else 0
        digits = digits.rjust(width - sign_width, "0")
    if "#" in flags and verb in "oO" and not digits.startswith("0"):
        digits = "0" + digits
    if verb == "X":
        digits = digits.upper()
    prefix = {"b": "0b", "x": "0x", "X": "0X"}.get(verb, "") if "#" in flags else ""
    prefix = "0o" if verb == "O" else prefix
    sign = "-" if number < 0 else "+" if "+" in flags else " " if " " in flags else ""
    return _pad(sign + prefix + digits, flags.replace("0", ""), width)


def _to_base(number: int, base: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, base)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def _character(flags: str, width: int, precision: str | None, verb: str, number: int) -> str:
    valid = 0 <= number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
    char = chr(number) if valid else "\ufffd"
    if verb == "c":
        return _pad(char, flags, width)
    if verb == "q":
        shown = quote(char, "'")
        if "+" in flags and not shown.isascii():
            shown = f"'\\u{ord(char):04x}'" if char <= "\uffff" else f"'\\U{ord(char):08x}'"
        return _pad(shown, flags, width)
    least = max(int(precision or "0"), 4) if precision else 4
    shown = f"U+{number % (1 << 64):0{least}X}"
    if "#" in flags and valid and is_printable(char):
        shown += f" '{char}'"
    return _pad(shown, flags.replace("0", ""), width)


def _pad(text: str, flags: str, width: int) -> str:
    if "-" in flags:
        return text.ljust(width)
    return text.rjust(width, "0" if "0" in flags else " ")
