"""Looking at manifests before they cost an hour: problems as values, with place and remedy."""

from tiphys.checks.check import check
from tiphys.checks.files import documents_of, read_files
from tiphys.checks.fixing import fix
from tiphys.checks.formats import problems_to_json, problems_to_sarif
from tiphys.checks.rules import Rule, all_rules

__all__ = [
    "Rule",
    "all_rules",
    "check",
    "documents_of",
    "fix",
    "problems_to_json",
    "problems_to_sarif",
    "read_files",
]
