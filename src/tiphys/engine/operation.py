"""What the rules of the engine work on: the run, its nodes, the outside world, the present moment.

This is Argo's wfOperationCtx, but it lives as long as the machine and not for one reconciliation. Frames
(`kinds/dag.py`, `kinds/steps.py`) keep what is known of a DAG or Steps node under way; they can always be
built again from the nodes. Functions that answer as Go's do return a node and an error, either of which
may be None.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final, Protocol

import msgspec

from tiphys.engine import naming
from tiphys.engine.arguments import Inputs
from tiphys.engine.environment import Environment
from tiphys.engine.node_table import NodeTable
from tiphys.engine.panic import Panic
from tiphys.engine.run import Node, Run
from tiphys.engine.substitution import fill, plan_of
from tiphys.engine.templates import TemplateBase, Templates
from tiphys.engine.workflow_variables import WorkflowVariables
from tiphys.errors import ExpressionError, NodeError
from tiphys.expressions.ambient import NOTHING, Ambient
from tiphys.messages.decisions import Decision, StartTask
from tiphys.messages.events import Event
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, NodeType, WorkflowPhase

PARALLELISM_REACHED: Final = NodeError("Max parallelism reached")
MAX_DEPTH_EXCEEDED: Final = NodeError(
    "Maximum recursion depth exceeded. "
    "See https://argo-workflows.readthedocs.io/en/latest/scaling/#maximum-recursion-depth"
)
TIMEOUT: Final = NodeError("timeout")
REQUEUE: Final = NodeError("requeue")
"""Errors that the rules tell apart by identity (the sentinels at the top of operator.go)."""

_VOLATILE: Final = re.compile(rb"workflow\.(status|duration|failures|outputs)|toJson\(workflow")
"""Variables of the workflow that change while it runs."""

_WAITERS_TRIED: Final = 50
"""So many nodes that wait for a lock are tried beyond those that can have it."""

MAX_DEPTH: Final = 100
RETRY_AFTER: Final = 10.0
"""Seconds after which Argo looks again when it does not know what it waits for."""

TICK: Final = 1e-6
"""Argo compares with "after": a timer is due just behind its time."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a template is executed (executeTemplateOpts)."""

    boundary_id: str = ""
    on_exit: bool = False
    execution_deadline: float | None = None
    node_flag: Mapping[str, bool] | None = None

    def retried(self, execution_deadline: float | None) -> Options:
        """The options for an attempt of a retried node."""
        flag = {**(self.node_flag or {}), "retried": True}
        return replace(self, node_flag=flag, execution_deadline=execution_deadline)


@dataclass(frozen=True, slots=True)
class Call:
    """A template about to be executed as a node.

    `reference` is the step, task or hook that calls it, `base` is where it stands, `template` is the
    template with inputs and variables filled in, `inner` is where names used by the template are looked up.
    """

    node_name: str
    reference: Mapping[str, Json]
    is_task: bool
    base: TemplateBase
    inner: TemplateBase
    template: dict[str, Json]
    options: Options


class Frame(Protocol):
    """A DAG or Steps node under way."""

    queued: bool

    def mark(self, node_name: str) -> None:
        """Have the part of the frame looked at to which the node belongs."""

    def watches(self, node_name: str) -> bool:
        """Whether anything may have to be done when the node starts to run."""


Answer = tuple[Node | None, NodeError | None]
Execute = Callable[["Operation", Call], Answer]


class Operation:
    """The state that all rules share. `now` is the time of the step, `decisions` what it led to.

    `inbox` are reports not taken in yet, `missing` nodes whose pod is gone, `asked` those whose task the
    agent was told.
    """

    def __init__(self, run: Run, environment: Environment, kinds: Mapping[str, Execute]) -> None:
        self.run = run
        self.environment = environment
        self.kinds = kinds
        self.templates = Templates(run, environment)
        self.nodes = NodeTable(run)
        self.variables = WorkflowVariables(run, environment)
        self.inputs = Inputs(environment, run.namespace)
        self.now = 0.0
        self.ambient = NOTHING
        self.depth = 0
        self.active_pods = 0
        self.decisions: list[Decision] = []
        self.inbox: list[Event] = []
        self.missing: dict[str, None] = {}
        self.asked: set[str] = set()
        self.frames: dict[str, Frame] = {}
        self.prepared: dict[str, Call] = {}
        self.unnamed: set[str] = set()
        self.timed: set[str] = set()
        self.lock_waiters: dict[str, dict[str, None]] = {}
        self.held: dict[str, dict[str, Json]] = {}
        self.volumes: list[dict[str, Json]] = []
        self.tasks: dict[str, StartTask] = {}
        self.results_wanted: dict[int, tuple[Mapping[str, Json], frozenset[str]]] = {}
        self.timers: list[tuple[float, str]] = []
        self.again: dict[str, None] = {}
        self.requeued = False
        self._retry_affinity: bool | None = None
        self._volatile: dict[int, tuple[Mapping[str, Json], bool]] = {}
        self.troubles: dict[str, str] = {}

    def begin(self, now: float) -> None:
        """Begin a step."""
        self.now = now
        self.decisions = []
        self.requeued = False
        self.troubles.clear()
        self.ambient = self.inputs.ambient = Ambient(now, self.run.uid.encode())

    # --- the run

    @property
    def spec(self) -> dict[str, Json]:
        """The spec in force."""
        return self.run.stored_spec

    @property
    def shutdown(self) -> str:
        """`Stop`, `Terminate` or ""."""
        return str(self.spec.get("shutdown") or "")

    def should_execute(self, on_exit: bool) -> bool:
        """Whether pods may still start (ShutdownStrategy.ShouldExecute)."""
        shutdown = self.shutdown
        return not shutdown or (shutdown == "Stop" and on_exit)

    @property
    def deadline(self) -> float | None:
        """When the run must have ended (getWorkflowDeadline)."""
        seconds = self.spec.get("activeDeadlineSeconds")
        if seconds is None or self.run.started_at is None:
            return None
        return float(int(self.run.started_at)) + int(seconds)

    @property
    def deadline_exceeded(self) -> bool:
        """Whether that time has passed."""
        deadline = self.deadline
        return deadline is not None and self.now > deadline

    def retry_strategy(self, template: Mapping[str, Json]) -> dict[str, Json] | None:
        """The template's retry strategy or the workflow's."""
        own = template.get("retryStrategy")
        found: dict[str, Json] | None = own if own is not None else self.spec.get("retryStrategy")
        return found

    def pod_name(self, node: Node) -> str:
        """The name of a node's pod."""
        ref = node.template_ref
        template_name = str(ref.get("template", "")) if ref else node.template_name
        return naming.pod_name(self.run.name, node.name, template_name)

    def pod_name_of(self, node_name: str, template: Mapping[str, Json]) -> str:
        """The name of the pod that a node of that name would have."""
        return naming.pod_name(self.run.name, node_name, str(template.get("name") or ""))

    def is_volatile(self, template: Mapping[str, Json], arguments: Mapping[str, Json] | None) -> bool:
        """Whether the template, once filled in, may become another one while it runs."""
        known = self._volatile.get(id(template))
        if known is None or known[0] is not template:
            known = (template, _VOLATILE.search(msgspec.json.encode(template)) is not None)
            self._volatile[id(template)] = known
        return known[1] or (bool(arguments) and _VOLATILE.search(msgspec.json.encode(arguments)) is not None)

    @property
    def volumes_have_tags(self) -> bool:
        """Whether `spec.volumes` refers to what steps or tasks put out."""
        return plan_of(self.spec.get("volumes") or []) is not None

    def fill_volumes(self, values: Mapping[str, Any]) -> None:
        """Fill what a step or task knows into the volumes of all pods that follow in this pass.

        Argo does it whenever it resolves a step or task (substituteParamsInVolumes).
        """
        try:
            self.volumes = fill(self.volumes, plan_of(self.volumes), values)
        except ExpressionError as error:
            raise NodeError(error.message) from error

    @property
    def any_retry_affinity(self) -> bool:
        """Whether any retry strategy wants other hosts, so that pods must be told where attempts failed."""
        if self._retry_affinity is None:
            text = msgspec.json.encode([self.spec, self.run.stored_templates])
            self._retry_affinity = b'"nodeAntiAffinity"' in text
        return self._retry_affinity

    # --- looking again

    def mark(self, node: Node) -> None:
        """Have everything looked at that depends on this node: its frame, and those around it."""
        current = node
        while current.boundary_id:
            frame = self.frames.get(current.boundary_id)
            if frame is not None:
                known = frame.queued
                frame.mark(current.name)
                if known:
                    return
            boundary = self.nodes.nodes.get(current.boundary_id)
            if boundary is None:
                return
            current = boundary

    def look_again(self, node: Node) -> None:
        """Have the node looked at in every pass until it no longer asks for it."""
        self.again[node.id] = None

    def requeue(self, node_name: str = "", why: BaseException | None = None) -> None:
        """Nothing can be done now and nobody will tell when it can (woc.requeue).

        `node_name` is the node that cannot begin, `why` what is missing.
        """
        self.requeued = True
        if node_name and why is not None:
            self.troubles[node_name] = str(why)

    def waits_in_vain(self, node: Node) -> bool:
        """Whether the node waits for a lock that cannot be had now, and for nothing else."""
        if node.synchronization_status is None:
            return False
        lock = node.synchronization_status.get("waiting")
        if not lock or node.id in self.timed or self.environment.locks.room(self.run, lock) > 0:
            return False
        self.lock_waiters.setdefault(lock, {})[node.id] = None
        return True

    def waiters_with_room(self) -> list[Node]:
        """Nodes that wait for a lock which can be had now, the first of many."""
        found: list[Node] = []
        for name, waiters in self.lock_waiters.items():
            room = self.environment.locks.room(self.run, name)
            if room > 0 and waiters:
                found.extend(self._first_waiters(name, waiters, room))
        return found

    def _first_waiters(self, name: str, waiters: dict[str, None], room: int) -> list[Node]:
        # Argo lets all of them try in each round; with very many, those at the front will do
        found: list[Node] = []
        for node_id in list(islice(waiters, room + _WAITERS_TRIED)):
            node = self.nodes.nodes.get(node_id)
            waits = node is not None and (node.synchronization_status or {}).get("waiting") == name
            if node is not None and waits and not node.is_done:
                found.append(node)
            else:
                del waiters[node_id]
        return found

    def wake_at(self, time: float, node: Node | None) -> None:
        """Have the node (None: the run) looked at when the time has passed (woc.requeueAfter)."""
        self.look_at(time + TICK, node)

    def look_at(self, time: float, node: Node | None) -> None:
        """Have the node (None: the run) looked at when the time has come."""
        heapq.heappush(self.timers, (time, node.id if node is not None else ""))

    # --- nodes

    def new_node(
        self,
        name: str,
        node_type: NodeType,
        phase: NodePhase,
        reference: Mapping[str, Json],
        base: TemplateBase,
        options: Options,
        message: str = "",
    ) -> Node:
        """A node that comes into being now (initializeNode)."""
        boundary = self.nodes.nodes.get(options.boundary_id) if options.boundary_id else None
        node = Node(
            id=self.nodes.id_of(name),
            name=name,
            display_name=naming.display_name(name, boundary.name) if boundary else name,
            type=node_type,
            phase=phase,
            template_name=str(reference.get("template") or ""),
            template_ref=reference.get("templateRef"),
            template_scope=base.template_scope,
            boundary_id=options.boundary_id,
            started_at=self.now,
            message=message,
            node_flag=dict(options.node_flag) if options.node_flag else None,
            on_exit=options.on_exit,
        )
        if node.is_fulfilled:
            node.finished_at = self.now
        return self.nodes.add(node)

    def new_executable_node(self, call: Call, node_type: NodeType, phase: NodePhase, message: str = "") -> Node:
        """A node that executes a template (initializeExecutableNode)."""
        node = self.new_node(call.node_name, node_type, phase, call.reference, call.base, call.options, message)
        inputs = call.template.get("inputs")
        if inputs and (inputs.get("parameters") or inputs.get("artifacts")):
            node.inputs = inputs
        memoize = call.template.get("memoize")
        if memoize:
            node.memoization_status = {
                "hit": False,
                "key": memoize.get("key", ""),
                "cacheName": ((memoize.get("cache") or {}).get("configMap") or {}).get("name", ""),
            }
        return node

    def error_node(
        self,
        node: Node | None,
        name: str,
        reference: Mapping[str, Json],
        base: TemplateBase,
        options: Options,
        error: NodeError,
    ) -> Node:
        """Mark the node as an error, making it if need be (initializeNodeOrMarkError)."""
        if node is not None:
            return self.mark_error(node, error)
        return self.new_node(name, NodeType.SKIPPED, NodePhase.ERROR, reference, base, options, error.message)

    def mark_phase(self, node: Node, phase: NodePhase, message: str | None = None) -> Node:
        """Set a node's phase, and its message if one is given."""
        return self.nodes.mark_phase(node, phase, self.now, message)

    def mark_error(self, node: Node, error: NodeError) -> Node:
        """Make an Error of a node (markNodeError)."""
        return self.mark_phase(node, NodePhase.ERROR, error.message)

    def release_locks(self, node: Node) -> None:
        """Give back the locks that the node holds."""
        held = self.held.pop(node.id, None)
        if held is not None:
            self.environment.locks.release(self.run, node.id, held)
            for waiter in self.waiters_with_room():
                self.mark(waiter)

    def add_child(self, parent: Node | None, child_id: str) -> None:
        """Put a node below another."""
        if parent is None:
            raise Panic("was unable to obtain node for nodeID")
        self.nodes.add_child(parent, child_id)

    @property
    def workflow_running(self) -> bool:
        """Whether the run is under way."""
        return self.run.phase in (WorkflowPhase.PENDING, WorkflowPhase.RUNNING)
