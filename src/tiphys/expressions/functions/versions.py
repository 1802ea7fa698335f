"""Semantic versions and constraints on them (Masterminds/semver)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tiphys.expressions import go_values as go
from tiphys.expressions.functions.signature import B, S, Table, function
from tiphys.expressions.go_format import json_string
from tiphys.expressions.go_quote import quote
from tiphys.expressions.go_values import Func, GoPanic, GoType, Struct, Uint64, func_type

_LOOSE = (
    r"v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?"
    r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
    r"(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
)
_VERSION = re.compile(_LOOSE)
_X = r"[0-9|x|X|\*]+"
_CONSTRAINED = (
    rf"v?({_X})(\.{_X})?(\.{_X})?"
    r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
    r"(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
)
_OPERATORS = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^"
_CONSTRAINT = re.compile(rf"\s*({_OPERATORS})\s*({_CONSTRAINED})\s*")
_RANGE = re.compile(rf"\s*({_CONSTRAINED})\s+-\s+({_CONSTRAINED})\s*")
_FIND = re.compile(rf"(?:{_OPERATORS})\s*{_CONSTRAINED}")
_VALID = re.compile(rf"(\s*(?:{_OPERATORS})\s*{_CONSTRAINED}\s*)((?:\s+|,\s*)(?:{_OPERATORS})\s*{_CONSTRAINED}\s*)*")
_MAX_UINT64 = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Version:
    major: int
    minor: int
    patch: int
    pre: str = ""
    metadata: str = ""
    original: str = ""

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        text += f"-{self.pre}" if self.pre else ""
        return text + (f"+{self.metadata}" if self.metadata else "")


def parse(text: str) -> Version:
    """semver.NewVersion; raises `GoPanic`."""
    if len(text) > 256:
        raise GoPanic("version string is too long (max 256 bytes)")
    match = _VERSION.fullmatch(text)
    if match is None:
        raise GoPanic("invalid semantic version")
    major, minor, patch = (_segment(match[index]) for index in (1, 2, 3))
    pre, metadata = match[5] or "", match[8] or ""
    for part in pre.split(".") if pre else []:
        if part.isdecimal() and len(part) > 1 and part[0] == "0":
            raise GoPanic("version segment starts with 0")
    return Version(major, minor, patch, pre, metadata, text)


def _segment(text: str | None) -> int:
    digits = (text or "0").removeprefix(".")
    number = int(digits)
    if number > _MAX_UINT64:
        raise GoPanic(f"error parsing version segment: strconv.ParseUint: parsing {quote(digits)}: value out of range")
    return number


def compare(a: Version, b: Version) -> int:
    """-1, 0 or 1; a pre-release is less than the version itself."""
    first, second = (a.major, a.minor, a.patch), (b.major, b.minor, b.patch)
    if first != second:
        return 1 if first > second else -1
    if a.pre == b.pre:
        return 0
    if not a.pre or not b.pre:
        return 1 if not a.pre else -1
    return _compare_pre(a.pre, b.pre)


def _compare_pre(a: str, b: str) -> int:
    first, second = a.split("."), b.split(".")
    size = max(len(first), len(second))
    first += [""] * (size - len(first))
    second += [""] * (size - len(second))
    for left, right in zip(first, second, strict=True):
        if left != right:
            return _compare_part(left, right)
    return 0


def _compare_part(a: str, b: str) -> int:
    if not a or not b:
        return -1 if not a else 1
    numbers = [part.isdecimal() and int(part) <= _MAX_UINT64 for part in (a, b)]
    if all(numbers):
        return 1 if int(a) > int(b) else -1
    if any(numbers):
        return -1 if numbers[0] else 1
    return 1 if a > b else -1


@dataclass(frozen=True, slots=True)
class _Constraint:
    """One condition; `minor` and `patch` say which parts are left open (`1.x`)."""

    operator: str
    version: Version
    dirty: bool = False
    minor: bool = False
    patch: bool = False

    def holds(self, version: Version, pre_allowed: bool) -> bool:
        if version.pre and not pre_allowed:
            return False
        return _CHECKS[self.operator](version, self)


def _not_equal(v: Version, c: _Constraint) -> bool:
    if c.dirty:
        if c.version.major != v.major:
            return True
        if c.minor:
            return False
        if c.version.minor != v.minor:
            return True
        if c.patch:
            return bool(v.pre or c.version.pre) and _compare_pre(v.pre, c.version.pre) != 0
        if c.version.patch != v.patch:
            return True
    return compare(v, c.version) != 0


def _greater(v: Version, c: _Constraint) -> bool:
    if not c.dirty or v.major != c.version.major:
        return compare(v, c.version) == 1 if not c.dirty else v.major > c.version.major
    if c.minor:
        return False
    if c.patch:
        return v.minor > c.version.minor
    return compare(v, c.version) == 1


def _less_or_equal(v: Version, c: _Constraint) -> bool:
    if not c.dirty:
        return compare(v, c.version) <= 0
    same_major = v.major == c.version.major
    return not (v.major > c.version.major or (same_major and v.minor > c.version.minor and not c.minor))


def _tilde(v: Version, c: _Constraint) -> bool:
    if compare(v, c.version) < 0:
        return False
    if (c.version.major, c.version.minor, c.version.patch) == (0, 0, 0) and not c.minor and not c.patch:
        return True
    return v.major == c.version.major and (v.minor == c.version.minor or c.minor)


def _equal(v: Version, c: _Constraint) -> bool:
    return _tilde(v, c) if c.dirty else compare(v, c.version) == 0


def _caret(v: Version, c: _Constraint) -> bool:
    if compare(v, c.version) < 0:
        return False
    if c.version.major > 0 or c.minor:
        return v.major == c.version.major
    if v.major > 0:
        return False
    if c.version.minor > 0 or c.patch:
        return v.minor == c.version.minor
    return v.minor == 0 and c.version.patch == v.patch


_CHECKS: dict[str, Callable[[Version, _Constraint], bool]] = {
    "": _equal,
    "=": _equal,
    "!=": _not_equal,
    ">": _greater,
    "<": lambda v, c: compare(v, c.version) < 0,
    **dict.fromkeys((">=", "=>"), lambda v, c: compare(v, c.version) >= 0),
    **dict.fromkeys(("<=", "=<"), _less_or_equal),
    **dict.fromkeys(("~", "~>"), _tilde),
    "^": _caret,
}


def _constraints(text: str) -> list[list[_Constraint]]:
    if len(text) > 512:
        raise GoPanic("constraint string is too long (max 512 bytes)")
    for match in list(_RANGE.finditer(text)):
        text = text.replace(match[0], f">= {match[1]}, <= {match[11]} ", 1)
    groups = text.split("||")
    if len(groups) > 32:
        raise GoPanic("too many constraint groups (max 32)")
    return [_group(group) for group in groups]


def _group(text: str) -> list[_Constraint]:
    if _VALID.fullmatch(text) is None:
        raise GoPanic(f"improper constraint: {quote(text)}")
    return [_constraint(match[0]) for match in _FIND.finditer(text)]


def _is_open(part: str) -> bool:
    return part in ("", "x", "X", "*")


def _constraint(text: str) -> _Constraint:
    match = _CONSTRAINT.fullmatch(text)
    if match is None:
        raise GoPanic(f"improper constraint: {quote(text)}")
    major, minor, patch, pre = match[3], match[4] or "", match[5] or "", match[6] or ""
    flags: dict[str, bool] = {}
    written = match[2]
    if _is_open(major):
        written, flags = f"0.0.0{pre}", {"dirty": True}
    elif _is_open(minor.removeprefix(".")):
        written, flags = f"{major}.0.0{pre}", {"dirty": True, "minor": True}
    elif _is_open(patch.removeprefix(".")):
        written, flags = f"{major}{minor}.0{pre}", {"dirty": True, "patch": True}
    try:
        version = parse(written)
    except GoPanic:
        raise GoPanic("constraint parser error") from None
    return _Constraint(match[1], version, **flags)


def satisfies(constraint: str, version: str) -> bool:
    """sprig's semverCompare."""
    groups = _constraints(constraint)
    parsed = parse(version)
    return any(all(each.holds(parsed, any(other.version.pre for other in group)) for each in group) for group in groups)


# -- versions as values of an expression

_TYPE = GoType("*semver.Version", "ptr", elem=GoType("semver.Version", "struct"))
_STRUCT = GoType("semver.Version", "struct")


def _value(version: Version, go_type: GoType = _TYPE) -> Struct:
    def method(call: Callable[..., Any], *inputs: GoType, output: GoType = S) -> Func:
        return Func(call, func_type(*inputs, output=output))

    def ordered(test: Callable[[int], Any], output: GoType) -> Func:
        return method(lambda other: test(compare(version, _version_of(other))), _TYPE, output=output)

    methods = {
        "Major": method(lambda: Uint64(version.major), output=go.UINT64),
        "Minor": method(lambda: Uint64(version.minor), output=go.UINT64),
        "Patch": method(lambda: Uint64(version.patch), output=go.UINT64),
        "Prerelease": method(lambda: version.pre),
        "Metadata": method(lambda: version.metadata),
        "Original": method(lambda: version.original),
        "String": method(lambda: str(version)),
        "MarshalJSON": method(lambda: json_string(str(version)), output=go.BYTES),
        "Compare": ordered(lambda order: order, go.INT),
        "Equal": ordered(lambda order: order == 0, B),
        "LessThan": ordered(lambda order: order < 0, B),
        "LessThanEqual": ordered(lambda order: order <= 0, B),
        "GreaterThan": ordered(lambda order: order > 0, B),
        "GreaterThanEqual": ordered(lambda order: order >= 0, B),
        "IncMajor": method(lambda: _next(version, version.major + 1, 0, 0), output=_STRUCT),
        "IncMinor": method(lambda: _next(version, version.major, version.minor + 1, 0), output=_STRUCT),
        "IncPatch": method(
            lambda: _next(version, version.major, version.minor, version.patch + (not version.pre)),
            output=_STRUCT,
        ),
    }
    return Struct(go_type, {}, methods)


def blank() -> Struct:
    """A version as a deep copy leaves it: its fields are private and do not go along."""
    return _value(Version(0, 0, 0))


def _next(version: Version, major: int, minor: int, patch: int) -> Struct:
    changed = Version(major, minor, patch)
    lead = "v" if version.original.startswith("v") else ""
    return _value(Version(major, minor, patch, original=lead + str(changed)), _STRUCT)


def _version_of(value: Any) -> Version:
    if not isinstance(value, Struct):
        raise GoPanic("runtime error: invalid memory address or nil pointer dereference")
    return parse(str(value.methods["String"].call()))


FUNCTIONS: Table = {
    "semver": function(lambda text: _value(parse(text)), S, output=_TYPE, fails=True),
    "semverCompare": function(satisfies, S, S, output=B, fails=True),
}
