from __future__ import annotations

from .playing import ECHO, POD, Play, dag, given, steps, task

GIVER = {**ECHO, "name": "giver", "outputs": {"parameters": [{"name": "o", "valueFrom": {"path": "/o"}}]}}


def test_the_exit_handler_runs_however_the_run_ends() -> None:
    play = Play(dag(task("a")), onExit="pod")
    play.fail("a")
    assert play.run.phase.value == "Running"
    assert play.started == ["a", "onExit"]
    play.end("onExit")
    assert play.run.phase.value == "Failed"


def test_a_failed_exit_handler_fails_the_run() -> None:
    play = Play(dag(task("a")), onExit="pod")
    play.end("a")
    play.fail("onExit")
    assert play.run.phase.value == "Failed"
    assert play.run.message == play.node("onExit").message


def test_the_exit_handler_knows_how_it_went() -> None:
    handler = {**POD, "name": "bye", "container": {"image": "x", "args": ["{{workflow.status}} {{workflow.failures}}"]}}
    play = Play(dag(task("a")), handler, onExit="bye")
    play.fail("a", message="too bad")
    [text] = play.pods["onExit"].containers[0]["args"]
    assert text.startswith("Failed ")
    assert '{\\"displayName\\":\\"a\\",\\"message\\":\\"too bad\\",\\"templateName\\":\\"pod\\",' in text


def test_a_task_waits_for_the_hook_of_the_one_before() -> None:
    hooks = {"exit": {"template": "echo", "arguments": given(x="{{tasks.a.outputs.parameters.o}}")}}
    play = Play(dag(task("a", "giver", hooks=hooks), task("b", after="a")), GIVER)
    play.end("a", o="7")
    assert play.started == ["a", "a.onExit"]
    assert play.pods["a.onExit"].containers[0]["args"] == ["7"]
    play.end("a.onExit")
    assert play.started == ["a", "a.onExit", "b"]
    assert play.node("a").children == [play.node("a.onExit").id, play.node("b").id]


def test_a_hook_starts_when_its_expression_holds() -> None:
    hooks = {"started": {"template": "pod", "expression": "tasks.a.status == 'Running'"}}
    play = Play(dag(task("a", hooks=hooks)))
    assert play.started == ["a"]
    play.pod("a", "Running")
    assert play.started == ["a", "a.hooks.started"]
    play.end("a")
    assert play.run.phase.value == "Running"
    assert play.finish() == "Succeeded"


def test_a_hook_whose_expression_never_holds_is_no_node() -> None:
    hooks = {"failed": {"template": "pod", "expression": "steps.a.status == 'Failed'"}}
    play = Play(steps([task("a", hooks=hooks)], [task("b")]))
    play.end("[0].a")
    assert "[0].a.hooks.failed" not in play.phases()
    assert play.finish() == "Succeeded"


def test_hooks_of_the_workflow() -> None:
    hooks = {"running": {"template": "pod", "expression": "workflow.status == 'Running'"}, "exit": {"template": "pod"}}
    play = Play(dag(task("a")), hooks=hooks)
    assert play.started == ["a", "hooks.running"]
    play.end("a")
    assert play.run.phase.value == "Running"
    play.end("hooks.running")
    assert play.started[2:] == ["onExit"]
    play.end("onExit")
    assert play.run.phase.value == "Succeeded"


def test_exit_handlers_of_steps() -> None:
    play = Play(steps([task("a", onExit="pod")], [task("b")]))
    play.fail("[0].a")
    assert play.started == ["[0].a", "[0].a.onExit"]
    play.end("[0].a.onExit")
    assert play.run.phase.value == "Failed"


def test_each_item_of_a_loop_has_its_exit_handler() -> None:
    play = Play(dag(task("a", withItems=[1, 2], hooks={"exit": {"template": "pod"}}), task("b", after="a")))
    play.end("a(1:2)")
    assert play.started == ["a(0:1)", "a(1:2)", "a(1:2).onExit"]
    assert play.finish() == "Succeeded"
    assert "a(0:1).onExit" in play.phases()
