"""The page `docs/reference/lint-rules.md`, written from `src/tiphys/checks/rules.toml`."""

from __future__ import annotations

from pathlib import Path

from tiphys.checks import Rule, all_rules

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "lint-rules.md"

INTRODUCTION = """# Lint rules

`tiphys lint FILE…` looks at workflows, WorkflowTemplates, ClusterWorkflowTemplates and CronWorkflows,
offline, without running anything. All files are looked at together: templates are found across them. What Argo's own
validation refuses is refused with Argo's message; the other rules are about what Argo accepts and what then
does not work.

An **error** keeps a manifest from running, a **warning** says what may go wrong, a **note** is worth knowing.
Rules marked *fixable* are rewritten by `--fix`; those with a target count only with `--target`.
"""


def pages() -> dict[Path, str]:
    """The page and its text."""
    rules = all_rules().values()
    rows = "".join(f"| [`{rule.name}`](#{rule.name}) | {_marks(rule)} | {rule.title} |\n" for rule in rules)
    table = f"| rule | | |\n|---|---|---|\n{rows}"
    return {PAGE: "\n".join([INTRODUCTION, table, *map(_section, rules)])}


def _marks(rule: Rule) -> str:
    marks = [str(rule.severity)]
    if rule.is_fixable:
        marks.append("fixable")
    if rule.target:
        marks.append(f"`--target {rule.target}`")
    return ", ".join(marks)


def _section(rule: Rule) -> str:
    return f"## {rule.name}\n\n{rule.title} ({_marks(rule)}).\n\n{rule.why}\n\nRemedy: {rule.instead}.\n"
