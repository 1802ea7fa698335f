"""expr-lang, the language of `{{=…}}`, hooks, retries and `depends`."""

from tiphys.expressions.ambient import Ambient
from tiphys.expressions.expr.failure import CompileFailure, RefusedExpression, RunFailure
from tiphys.expressions.expr.program import Program, compile, evaluate, evaluate_bool

__all__ = [
    "Ambient",
    "CompileFailure",
    "Program",
    "RefusedExpression",
    "RunFailure",
    "compile",
    "evaluate",
    "evaluate_bool",
]
