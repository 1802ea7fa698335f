"""Inputs that may be one of some values only.

Argo knows such choices for the parameters of the run alone. For what a task gives, the compiler has to see
that it is one of them: a constant, or an input of the pipeline or group that may be no more than that.
"""

from __future__ import annotations

from typing import Any

from tiphys.compiler.graph import Graph
from tiphys.compiler.lowered import Source
from tiphys.compiler.transport import encode, typed
from tiphys.errors import CompileError, Unsupported
from tiphys.ir.model import ParameterArgument, ParameterInput

Json = Any


def choices(spec: ParameterInput) -> list[str]:
    """The choices of a parameter of the run as people write them: strings without quotes."""
    found = [typed(each, spec.parameter_type) for each in spec.literals]
    texts = [each if isinstance(each, str) else encode(each) for each in found]
    return [*texts, "null"] if texts and spec.is_optional and not spec.has_default else texts


def check(source: Source, spec: ParameterInput, argument: ParameterArgument, graph: Graph, what: str) -> None:
    """Refuse a value that is none of the literals of an input, or of which that cannot be known."""
    allowed = _texts(spec)
    listed = ", ".join(f"`{each}`" for each in choices(spec))
    if source.known is not None:
        value = typed(source.known[0], spec.parameter_type)
        if encode(value) not in allowed and not (value is None and spec.is_optional):
            raise CompileError(f"{graph.path}/{what} cannot be `{source.known[0]}`", remedy=f"Give one of {listed}.")
        return
    outer = graph.component.input_definitions.parameters.get(argument.component_input_parameter)
    if outer is None or not outer.literals or not _texts(outer) <= allowed:
        raise Unsupported(
            f"{graph.path}/{what} may only be one of {listed}, and Argo cannot check what the run gives to it",
            remedy="Let the input take any value, and check it in the component.",
        )


def _texts(spec: ParameterInput) -> set[str]:
    return {encode(typed(each, spec.parameter_type)) for each in spec.literals}
