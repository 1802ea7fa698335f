"""What a user could do about tasks that did not run, said after the run and by simulate.

The mistake that everybody makes: a task waits for a loop or task that may fail, and is omitted with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tiphys.engine.paths import node_paths
from tiphys.engine.run import Node, Run
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, WorkflowPhase
from tiphys.report.document import is_compiled

MOST = 5
"""More hints than this nobody reads."""


def remedies(run: Run) -> list[str]:
    """One sentence for each omitted task of which a need itself failed, where that made the run fail."""
    found: list[str] = []
    if run.phase is WorkflowPhase.SUCCEEDED:
        return found
    paths: dict[str, str] = {}
    for node, failed in _omitted_by_failure(run):
        paths = paths or node_paths(run)
        name = paths[node.id]
        how = (
            f'`argo.run_when({_identifier(name)}, "all_done")` in the pipeline runs it all the same'
            if is_compiled(run)
            else f"`depends: {' && '.join(_with_failure(each) for each in failed)}` runs it all the same"
        )
        found.append(f"`{name}` did not run because {_listed(failed)} failed; {how}")
        if len(found) == MOST:
            break
    return found


def _omitted_by_failure(run: Run) -> Iterator[tuple[Node, list[str]]]:
    templates = {str(each.get("name")): each for each in run.stored_spec.get("templates") or []}
    failed: dict[str, set[str]] = {}
    for node in run.nodes.values():
        if node.phase.is_failure:
            failed.setdefault(node.boundary_id, set()).add(node.display_name)
    for node in run.nodes.values():
        holder = run.nodes.get(node.boundary_id)
        if node.phase is not NodePhase.OMITTED or holder is None:
            continue
        needs = _needs(templates.get(holder.template_name) or {}, node.display_name)
        culprits = sorted(needs & failed.get(node.boundary_id, set()))
        if culprits and not _is_one_of_many(run, node):
            yield node, culprits


def _is_one_of_many(run: Run, node: Node) -> bool:
    """True inside an item of a loop: there a failure usually is one of several, and expected."""
    holder = run.nodes.get(node.boundary_id)
    while holder is not None:
        if "(" in holder.display_name:
            return True
        holder = run.nodes.get(holder.boundary_id)
    return False


def _needs(template: Mapping[str, Json], task: str) -> set[str]:
    for each in (template.get("dag") or {}).get("tasks") or []:
        if each.get("name") == task:
            words = re.findall(r"[A-Za-z0-9_-]+", str(each.get("depends") or ""))
            return {*words, *(each.get("dependencies") or [])}
    return set()


def _with_failure(task: str) -> str:
    return f"({task} || {task}.Failed || {task}.Errored)"


def _listed(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _identifier(path: str) -> str:
    return path.rpartition("/")[2].replace("-", "_")
