"""Errors of JSON paths, in the library's words."""

from __future__ import annotations

from typing import Any

from tiphys.expressions.go_values import kind_of


class Failure(Exception):
    """`text` is the message; `family` decides whether an outer step wraps it once more."""

    def __init__(self, text: str, family: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.family = family


TOKEN = "invalid token"  # noqa: S105 - a family of errors
TARGET = "invalid token target"
EXPRESSION = "invalid expression"


def unexpected(text: str, index: int) -> Failure:
    return Failure(f"unexpected token '{text}' at index {index}")


def bad_format(token: str) -> Failure:
    return Failure(f"invalid token. '{token}' does not match any token format", TOKEN)


def bad_expression(text: str) -> Failure:
    return Failure(f"invalid expression. invalid format '{text}'", EXPRESSION)


def in_expression(reason: Failure) -> Failure:
    return reason if reason.family == EXPRESSION else Failure(f"invalid expression. {reason.text}", EXPRESSION)


def in_token(token_type: str, reason: Failure) -> Failure:
    if reason.family in (TOKEN, TARGET):
        return reason
    return Failure(f"{token_type}: invalid token {reason.text}", TOKEN)


def bad_target(token_type: str, value: Any, *expected: str) -> Failure:
    got = "nil" if value is None else kind_of(value)
    return Failure(f"{token_type}: invalid token target. expected [{' '.join(expected)}] got [{got}]", TARGET)


def bad_argument(token_type: str, got: str, *expected: str) -> Failure:
    return Failure(f"{token_type}: invalid token argument. expected [{' '.join(expected)}] got [{got}]", TOKEN)


def bad_result(value: Any, *expected: str) -> Failure:
    got = "nil" if value is None else kind_of(value)
    return Failure(f"unexpected expression result. expected [{' '.join(expected)}] got [{got}]")


def out_of_range(token_type: str) -> Failure:
    return Failure(f"{token_type}: invalid token out of range", TOKEN)
