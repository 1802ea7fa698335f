"""`when` conditions: govaluate's language as Argo uses it, with bare words as strings.

Four steps, as in the library: tokens, a check of what may follow what, a tree of stages, evaluation. Numbers
are float64, dates in quotes are their Unix time, and every mistake has govaluate's words. A text is evaluated
once and remembered.
"""

from __future__ import annotations

from typing import Final

from tiphys.errors import ExpressionError
from tiphys.expressions.go_format import sprint
from tiphys.expressions.govaluate.evaluate import evaluate as evaluate_stage
from tiphys.expressions.govaluate.failure import Failure
from tiphys.expressions.govaluate.lexer import STRING, VARIABLE, Token, check_syntax, tokenize
from tiphys.expressions.govaluate.planner import Stage, plan, with_patterns
from tiphys.expressions.short_cache import short_cache

MAX_SOURCE: Final = 64 * 1024


def evaluate(condition: str) -> bool:
    """Whether a task with this condition (already substituted) runs; an empty one is true.

    >>> evaluate("heads == 'heads' && 2 > 1"), evaluate("a in (b, c)")
    (True, False)
    """
    answer = _evaluated(condition)
    if isinstance(answer, str):
        raise ExpressionError(answer)
    return answer


@short_cache(1024)
def _evaluated(condition: str) -> bool | str:
    """The result, or the message of the error."""
    if condition == "":
        return True
    if len(condition) > MAX_SOURCE:
        return f"Invalid 'when' expression: it is longer than {MAX_SOURCE} characters"
    try:
        tokens = tokenize(condition)
        check_syntax(tokens)
        tokens = with_patterns(tokens)
    except Failure as failure:
        hint = ' (hint: try wrapping the affected expression in quotes ("))' if "Invalid token" in failure.text else ""
        return f"Invalid 'when' expression '{condition}': {failure.text}{hint}"
    words = [Token(STRING, token.value) if token.kind == VARIABLE else token for token in tokens]
    stage: Stage | None = None
    problem = ""
    try:
        check_syntax(words)
        words = with_patterns(words)
    except Failure as failure:
        problem = f"Failed to parse 'when' expression '{condition}': {failure.text}"
    try:
        stage = plan(tokens if problem else words)
    except Failure as failure:
        problem = f"Invalid 'when' expression '{condition}': {failure.text}"
    if problem:
        return problem
    try:
        result = None if stage is None else evaluate_stage(stage)
    except Failure as failure:
        return f"Failed to evaluate 'when' expresion '{condition}': {failure.text}"
    if result is True or result is False:
        return bool(result)
    return f"Expected boolean evaluation for '{condition}'. Got {sprint(result)}"
