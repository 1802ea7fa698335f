"""What is read is what Go reads, what is written is read back by everybody, and no text can hurt."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tiphys.errors import ManifestError
from tiphys.manifest.scalars import through_json
from tiphys.manifest.yaml import dump, dump_all, load_documents

# As sigs.k8s.io/yaml 1.6.0 reads them (`YAMLToJSON` of `a: <text>`).
GO_READS = {
    "y": True, "Yes": True, "on": True, "TRUE": True, "n": False, "No": False, "OFF": False,
    "yEs": "yEs", "oN": "oN", "tRue": "tRue", "~": None, "Null": None, "nUll": "nUll", "": None,
    "0": 0, "007": 7, "017": 15, "08": 8, "09": 9, "0o17": 15, "0O17": 15, "0x1F": 31, "0b101": 5,
    "-0b11": -3, "-017": -15, "0b2": "0b2", "0o8": "0o8", "0xg": "0xg", "1_000": 1000, "1__0": 10,
    "_1": "_1", "1_": 1, "0x_1": 1, "1e3": 1000, "1.e3": 1000, "1.0": 1, "1.10": 1.1, ".5": 0.5,
    ".5_0": 0.5, "._5": "._5", "5.": 5, "-0": 0, "1e999": "1e999", "1e21": 1e21,
    "1e20": 100000000000000000000, "9223372036854775808": 9223372036854775808,
    "18446744073709551615": 18446744073709551615, "18446744073709551616": 18446744073709552000,
    "-9223372036854775809": -9223372036854776000, "0x1ffffffffffffffff": "0x1ffffffffffffffff",
    "12:30": "12:30", "190:20:30": "190:20:30", "2024-01-01": "2024-01-01",
    "2024-01-01T00:00:00Z": "2024-01-01T00:00:00Z", "1.2.3": "1.2.3", "1-2": "1-2", ".": ".", "=": "=",
    "!!str 5": "5", '!!int "5"': 5, "!!float 5": 5, "!!bool yes": True, "!!binary aGVsbG8=": "hello",
    "!!binary /w==": "\ufffd", "!foo 5": "5", "!!python/object:os.system x": "x", '"y"': "y",
    "|-\n y": "y", "1e-7": 1e-7, "0.000001": 0.000001,
}  # fmt: skip


@pytest.mark.parametrize("text", GO_READS)
def test_scalars_are_read_as_go_reads_them(text: str) -> None:
    [document] = load_documents(f"a: {text}\n")
    value = document.data["a"]
    assert value == GO_READS[text]
    assert type(value) is type(GO_READS[text])


def test_keys_become_text() -> None:
    [document] = load_documents("{1: a, yes: b, 1.5: c, 0x1F: d, n: e}")
    assert document.data == {"1": "a", "true": "b", "1.5": "c", "31": "d", "false": "e"}


def test_merge_keys_as_go_merges_them() -> None:
    text = "a: &x {b: 1, c: 2}\nd: {<<: *x, b: 3}\ne: {b: 3, <<: *x}\nf: {<<: [*x, {b: 7, g: 8}]}\n"
    [document] = load_documents(text)
    assert document.data["d"] == {"b": 3, "c": 2}
    assert document.data["e"] == {"b": 1, "c": 2}
    assert document.data["f"] == {"b": 1, "c": 2, "g": 8}
    assert [key.key for key in document.repeated] == ["b", "b", "b"]


def test_aliases_are_copies() -> None:
    [document] = load_documents("a: &x [1]\nb: *x\n")
    document.data["a"].append(2)
    assert document.data["b"] == [1]


def test_several_documents_keep_their_places() -> None:
    first, second = load_documents("# head\na: 1\n---\n\n---\nb:\n- c: 2\n  d: 3\n", "wf.yaml")
    assert (first.data, second.data) == ({"a": 1}, {"b": [{"c": 2, "d": 3}]})
    assert str(second.place(("b", 0, "d"))) == "wf.yaml:8: b[0].d"
    assert str(second.place(("b", 0, "nothing", "here"))) == "wf.yaml:7: b[0].nothing.here"


def test_json_that_is_no_yaml() -> None:
    [document] = load_documents('{"a": "\\ud83d\\ude00 \\ud800 \\/", "b": 100000000000000000000000}')
    assert document.data == {"a": "😀 \ufffd /", "b": 1e23}
    assert dump(document.data)


def test_json_is_read_exactly_and_has_places() -> None:
    text = '{\n "a": 9007199254740993,\n "b": [1.0, "\\ud83d\\ude00"]}'
    [document] = load_documents(text, "wf.json")
    assert document.data == {"a": 9007199254740993, "b": [1, "😀"]}
    assert document.place(("b",)).line == 3


BROKEN = {
    "a: 1\nb: 2\na: 3": (3, "the key `a` is written twice"),
    '{"a": 1,\n"a": 2}': (2, "the key `a` is written twice"),
    "a: &x [*x]": (1, "contains itself"),
    "a: *b": (1, "no anchor `&b`"),
    "a: [1": (2, "not valid YAML"),
    "a: \x00": (0, "not valid YAML"),
    "a: \ud800": (0, "not valid YAML"),
    "? [a]\n: 1": (1, "a list cannot be the key"),
    "? \n: 1": (1, "null cannot be the key"),
    "x: .nan": (1, "infinity and not-a-number"),
    "a: !!int x": (1, "not a value for the tag `!!int`"),
    "a: !!binary $$": (1, "not base64"),
    "a: &a [1]\nb: {<<: *a}": (2, "`<<` takes a mapping"),
    "[" * 100_000: (1, "nested more than 100 levels"),
    "{a: " * 20_000: (1, "nested more than 100 levels"),
}


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: text[:12])
def test_broken_texts_are_refused_with_their_line(text: str) -> None:
    line, message = BROKEN[text]
    with pytest.raises(ManifestError, match=message) as caught:
        load_documents(text, "wf.yaml")
    assert caught.value.place.line == line
    assert caught.value.remedy


def test_not_strict_takes_the_later_key_and_remembers() -> None:
    [document] = load_documents("a: 1\nb: 2\na:\n  c: 3", strict=False)
    assert document.data == {"a": {"c": 3}, "b": 2}
    assert [(key.key, key.line) for key in document.repeated] == [("a", 4)]


def _bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


def _deep_by_aliases() -> str:
    lines = [f"a0: &a0 {'[' * 60}{']' * 60}"]
    lines += [f"a{n}: &a{n} {'[' * 60}*a{n - 1}{']' * 60}" for n in range(1, 40)]
    return "\n".join(lines)


def _merges() -> str:
    keys = ", ".join(f"k{n}: {n}" for n in range(2000))
    return f"base: &base {{{keys}}}\n" + "\n".join(f"m{n}:\n  <<: *base" for n in range(500))


@pytest.mark.parametrize("text", [_bomb(9), _bomb(30), _deep_by_aliases(), _merges()])
def test_bombs_are_refused_at_once(text: str) -> None:
    began = time.perf_counter()
    with pytest.raises(ManifestError, match="more than"):
        load_documents(text)
    assert time.perf_counter() - began < 1.0


# --- writing ------------------------------------------------------------------------------------------

AMBIGUOUS = [
    "y",
    "n",
    "on",
    "No",
    "TRUE",
    "Off",
    "~",
    "null",
    "<<",
    "=",
    "1e3",
    "1e+5",
    "0o17",
    "017",
    "0x1",
    "0b1",
    "1_000",
    "1,000",
    "1.",
    "+1",
    "-0",
    ".inf",
    "12:30",
    "1:2:3",
    "2024-01-01",
]
AMBIGUOUS.append("")


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_strings_that_somebody_reads_otherwise_are_quoted(text: str) -> None:
    assert dump({"a": text}) == f'a: "{text}"\n'
    assert dump({text: 1}) == f'"{text}": 1\n'


def test_texts_of_several_lines_are_literal_blocks() -> None:
    assert dump({"a": "x\n  y\n"}) == "a: |\n  x\n    y\n"
    assert dump({"a": "x\ny"}) == "a: |-\n  x\n  y\n"
    assert dump({"a": "x\n\n"}) == 'a: "x\\n\\n"\n'


def test_order_is_kept_and_nothing_is_shared() -> None:
    shared = [1]
    assert dump({"b": shared, "a": shared}) == "b:\n- 1\na:\n- 1\n"


def test_what_cannot_be_written_is_an_error() -> None:
    for data in ({"a": float("nan")}, {"a": float("inf")}, {1: "a"}):
        with pytest.raises(ManifestError):
            dump(data)


_texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.text(st.sampled_from("01_.:+-eExoyYnN~ \n\t#{}[]'\"|>%@`&*!?=,"), max_size=12),
    st.sampled_from(AMBIGUOUS),
)
_trees = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(1 << 63), (1 << 64) - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        _texts,
    ),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(_texts, children, max_size=4),
    max_leaves=12,
)


def _through_go(value: Any) -> Any:
    """Whole floats are integers once they went through Go's JSON."""
    if isinstance(value, dict):
        return {key: _through_go(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_through_go(part) for part in value]
    return through_json(value) if isinstance(value, float) else value


@given(_trees)
def test_what_is_written_is_read_back_by_us_and_by_pyyaml(tree: Any) -> None:
    text = dump({"data": tree})
    [document] = load_documents(text)
    assert document.data == {"data": _through_go(tree)}
    assert yaml.safe_load(text) == {"data": tree}


@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"%@#,?\n 0<~."), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        documents = load_documents(text)
    except ManifestError:
        return
    assert [d.data for d in load_documents(dump_all(d.data for d in documents))] == [d.data for d in documents]
