"""`withSequence`: what it expands to."""

from __future__ import annotations

from typing import Any

import pytest

from tiphys.errors import ExpressionError
from tiphys.expressions import sequence


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"count": 3}, ["0", "1", "2"]),
        ({"count": "2", "start": "5"}, ["5", "6"]),
        ({"count": 0}, []),
        ({"start": 1, "end": 3}, ["1", "2", "3"]),
        ({"start": "3", "end": 1}, ["3", "2", "1"]),
        ({"end": "-2"}, ["0", "-1", "-2"]),
        ({"start": 2, "end": 2}, ["2"]),
        ({"count": 2, "format": "n%03d"}, ["n000", "n001"]),
        ({"count": 1, "format": "%x|%%"}, ["0|%"]),
        ({"start": 255, "count": 1, "format": "%#X"}, ["0XFF"]),
        ({"count": 1, "format": "x"}, ["x%!(EXTRA int=0)"]),
        ({"count": 1, "format": "%s"}, ["%!s(int=0)"]),
        ({"count": 1, "format": "\\u0041%d"}, ["A0"]),
    ],
)
def test_expansion(data: dict[str, Any], expected: list[str]) -> None:
    assert sequence.expand(sequence.decode(data)) == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "neither end nor count was specified"),
        ({"count": "x"}, 'strconv.Atoi: parsing "x": invalid syntax'),
        ({"start": "1.5", "count": 1}, 'strconv.Atoi: parsing "1.5": invalid syntax'),
        ({"count": "99999999999999999999"}, "value out of range"),
        ({"count": True}, "cannot unmarshal bool into Go struct field Sequence.count of type int32"),
        ({"count": 1.5}, "cannot unmarshal number 1.5 into Go struct field Sequence.count of type int32"),
        ({"count": [1]}, "cannot unmarshal array into Go struct field Sequence.count of type int32"),
        ({"count": 1, "format": 2}, "cannot unmarshal number into Go struct field Sequence.format of type string"),
        ({"count": 100_001}, "more than 100000"),
        ({"end": "9223372036854775807"}, "more than 100000"),
        ({"count": 1, "format": "%1000d"}, "width and precision go up to 999"),
        ({"count": 1, "format": "%*d"}, "width and precision go up to 999"),
        ({"count": 99_999, "format": "%0999d"}, "more than 4194304 bytes"),
        ({"count": 1, "format": '"%d'}, "invalid character"),
    ],
)
def test_mistakes(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        sequence.expand(sequence.decode(data))
    assert message in caught.value.message
