"""The compiler: KFP's IR becomes a plain Argo Workflow."""

from tiphys.compiler.compile import compile_ir

__all__ = ["compile_ir"]
