"""Each rule finds what it is about, at its place, and nothing else."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tiphys.checks import all_rules, check, problems_to_json, problems_to_sarif
from tiphys.manifest.yaml import Document, dump, load_documents

HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = load_documents((HERE / "cases.yaml").read_text(encoding="utf-8"))[0].data
LIBRARY = "kind: WorkflowTemplate\nmetadata: {name: lib}\nspec:\n  templates:\n"
_MEASURED = {"long-argument", "too-large", "not-yaml", "omitted-with-loop"}  # not to be written down as a case
_COMPANIONS = {
    # rules that a case of another rule cannot help breaking as well
    "cycle": {"unknown-task"},
    "removed-field": {"lock-held-twice"},
    "bad-memoize": {"memoize-default"},
    "memoize-with-retry": set[str](),
    "daemon-fills-parallelism": set[str](),
    "depends-never-true": {"when-needs-quotes"},
    "when-does-not-parse": {"when-needs-quotes"},
}


def _documents(spec: dict[str, Any], file: str = "wf.yaml") -> list[Document]:
    workflow = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "w"},
        "spec": {"entrypoint": "main", **spec},
    }
    return load_documents(dump(workflow), file)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["rule"])
def test_the_rule_finds_its_case(case: dict[str, Any]) -> None:
    found = check(_documents(case["spec"]), target=case.get("target"))
    places = {problem.place.path for problem in found if problem.rule == case["rule"]}
    assert places == {f"spec.{each['path']}" for each in case["at"]}
    for each in case["at"]:
        texts = [f"{p.message} {p.remedy}" for p in found if p.place.path == f"spec.{each['path']}"]
        assert any(each.get("says", "") in text for text in texts), texts
    assert all(problem.place.line and problem.remedy for problem in found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["rule"])
def test_no_case_breaks_other_rules_by_accident(case: dict[str, Any]) -> None:
    rules = {problem.rule for problem in check(_documents(case["spec"]), target=case.get("target"))}
    notes = {name for name, rule in all_rules().items() if rule.severity == "note"}
    assert rules - {case["rule"]} - _COMPANIONS.get(case["rule"], set()) - notes == set()


def test_every_rule_has_a_case() -> None:
    assert {case["rule"] for case in CASES} | _MEASURED == set(all_rules())


def test_sizes_are_measured() -> None:
    container = {"image": "a", "args": ["x" * 200_000]}
    spec = {"templates": [{"name": "main", "container": container}]}
    assert [problem.rule for problem in check(_documents(spec))] == ["long-argument"]
    container["args"] = ["x" * 90_000] * 13
    assert [problem.rule for problem in check(_documents(spec))] == ["too-large"]


def test_templates_are_found_across_files() -> None:
    calls = _documents({"templates": [{"name": "main", "steps": [[
        {"name": "a", "templateRef": {"name": "lib", "template": "x"}}]]}]})  # fmt: skip
    library = load_documents(f"{LIBRARY}  - {{name: x, container: {{image: a}}}}", "lib.yaml")
    assert [problem.rule for problem in check(calls)] == ["unknown-template"]
    assert check([*calls, *library]) == []


def test_an_error_in_another_file_is_placed_there() -> None:
    calls = _documents({"workflowTemplateRef": {"name": "lib"}})
    problems = check([*calls, *load_documents(f"{LIBRARY}  - name: main\n    container: {{}}", "lib.yaml")])
    assert {(problem.place.file, problem.place.line) for problem in problems} == {("lib.yaml", 5)}


def test_other_kinds_are_passed_over() -> None:
    assert check(load_documents("kind: ConfigMap\ndata: {a: b}\n---\n- 1\n---\njust a text")) == []


def test_cron_workflows_have_their_places() -> None:
    text = (
        "kind: CronWorkflow\nmetadata: {name: c}\nspec:\n  schedules: ['* * * *']\n  workflowSpec:\n"
        "    entrypoint: nope\n    templates:\n    - {name: main, container: {image: a}}\n"
    )
    [problem] = check(load_documents(text, "c.yaml"))
    assert (problem.rule, problem.place.line) == ("invalid-spec", 3)
    [problem] = check(load_documents(text.replace("* * * *", "* * * * *"), "c.yaml"))
    assert (problem.rule, problem.place.line) == ("unknown-template", 6)
    assert problem.message == "cannot validate Workflow: template name 'nope' undefined"


def test_formats() -> None:
    problems = check(_documents({"templates": [{"name": "main", "container": {"imag": "a", "image": "a"}}]}))
    [plain] = problems_to_json(problems)
    assert plain["rule"] == "unknown-field"
    assert (plain["file"], plain["line"], plain["path"]) == (
        "wf.yaml",
        10,
        "spec.templates[0].container.imag",
    )
    log = json.loads(json.dumps(problems_to_sarif(problems, "1.0")))
    run = log["runs"][0]
    assert run["tool"]["driver"]["rules"][0]["id"] == run["results"][0]["ruleId"] == "unknown-field"
    region = run["results"][0]["locations"][0]["physicalLocation"]
    assert region == {"artifactLocation": {"uri": "wf.yaml"}, "region": {"startLine": 10}}


def test_the_page_of_rules_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE.parents[2] / "scripts"))
    import lint_rules

    for page, text in lint_rules.pages().items():
        assert page.read_text(encoding="utf-8") == text, "run scripts/docs"
    sys.modules.pop("lint_rules")


SUITES = Path(os.environ.get("TIPHYS_SUITES", HERE.parents[3] / "shared"))
GOOD = [
    *sorted(SUITES.glob("corpora/hera/*.yaml")),
    *(path for path in sorted(SUITES.glob("corpora/kfp18/*.yaml")) if path.stem != "v38_partial_failure"),
]


@pytest.mark.skipif(not GOOD, reason="the suites of the peers are not here (TIPHYS_SUITES)")
def test_good_manifests_have_no_errors() -> None:
    for path in GOOD:
        problems = check(load_documents(path.read_text(encoding="utf-8"), path.name))
        assert [str(problem) for problem in problems if problem.severity == "error"] == []


@pytest.mark.parametrize(("need", "is_warned"), [("for-loop-1", True), ("for-loop-1 || for-loop-1.Failed", False)])
def test_a_report_that_waits_for_the_success_of_its_loop_is_warned_about(need: str, is_warned: bool) -> None:
    [document] = _documents(
        {
            "templates": [
                {"name": "one", "container": {"image": "a", "command": ["a"]}},
                {
                    "name": "main",
                    "dag": {
                        "tasks": [
                            {"name": "for-loop-1", "template": "one", "withItems": ["a"]},
                            {
                                "name": "report",
                                "template": "one",
                                "depends": need,
                                "arguments": {
                                    "parameters": [{"name": "x", "value": "{{=tasks['for-loop-1']?.outputs}}"}]
                                },
                            },
                        ]
                    },
                },
            ]
        }
    )
    document.data["metadata"]["annotations"] = {"tiphys.io/pipeline": "p"}
    found = [problem for problem in check([document]) if problem.rule == "omitted-with-loop"]
    assert [problem.place.path for problem in found] == ["spec.templates[1].dag.tasks[1]"] * is_warned
    assert all("argo.run_when" in problem.remedy for problem in found)
