"""Regular expressions of Go."""

from __future__ import annotations

import pytest

from tiphys.expressions import regexp
from tiphys.expressions.go_values import GoPanic


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("a*", "baac", ["", "aa", ""]),
        ("", "日本", ["", "", ""]),
        ("[a-z]", "1a2b", ["a", "b"]),
        ("^", "ab", [""]),
        ("x", "ab", []),
        ("(?i)A", "aA", ["a", "A"]),
        (r"\bé", "é", []),
    ],
)
def test_find_all(pattern: str, text: str, found: list[str]) -> None:
    assert regexp.find_all(pattern, text, -1) == found
    assert regexp.find_all(pattern, text, 1) == found[:1]


def test_split() -> None:
    assert regexp.split(",+", "a,,b,c", -1) == ["a", "b", "c"]
    assert regexp.split(",", "a,b,c", 2) == ["a", "b,c"]
    assert regexp.split("", "ab", -1) == ["a", "b"]
    assert regexp.split("x*", "axbxc", -1) == ["a", "b", "c"]
    assert regexp.split("a", "", -1) == [""]


def test_replace() -> None:
    assert regexp.replace_all("a(x*)b", "-ab-axxb-", "${1}W") == "-W-xxW-"
    assert regexp.replace_all("a(x*)b", "-ab-axxb-", "$1W$$") == "-$-$-"
    assert regexp.replace_all("(?P<n>.)", "ab", "${n}${n}") == "aabb"
    assert regexp.replace_all("a*", "baac", "X") == "XbXcX"
    assert regexp.replace_all_literal("a", "aa", "$1") == "$1$1"


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "error parsing regexp: missing closing ): `(`"),
        ("a**", "error parsing regexp: invalid nested repetition operator: `**`"),
        ("[a", "error parsing regexp: missing closing ]: `[a`"),
        ("*", "error parsing regexp: missing argument to repetition operator: `*`"),
        ("a(?=b)", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`"),
        (r"\q", r"error parsing regexp: invalid escape sequence: `\q`"),
        ("a{1001}", "error parsing regexp: invalid repeat count: `{1001}`"),
        ("a" * 5000, "a pattern is longer than 4096 characters"),
    ],
)
def test_mistakes(pattern: str, message: str) -> None:
    with pytest.raises(GoPanic) as caught:
        regexp.matches(pattern, "a")
    assert caught.value.message == message


def test_meta_characters() -> None:
    assert regexp.quote_meta("a.b+[c]$") == r"a\.b\+\[c\]\$"
