"""JSON paths as Argo's `jsonpath()` takes them: the dialect of evilmonkeyinc/jsonpath, errors included."""

from tiphys.expressions.jsonpath.query import query, query_text

__all__ = ["query", "query_text"]
