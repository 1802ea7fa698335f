"""The nodes of a run, and what must be known of them without looking at all of them.

Every change of a node goes through here, so that the counts by which Argo decides (active and failed
children of a boundary, active pods, nodes that are not done) are always there, and so that the driver
can be told which rows changed. Argo counts by walking all nodes (node_counters.go).
"""

from __future__ import annotations

from typing import Final

from tiphys.engine import naming, transitions
from tiphys.engine.panic import Panic
from tiphys.engine.run import Node, Run
from tiphys.messages.phases import NodePhase, NodeType

_CHILD_TYPES: Final = frozenset({NodeType.POD, NodeType.STEPS, NodeType.DAG})
_UNFINISHED: Final = frozenset({NodePhase.PENDING, NodePhase.RUNNING})
_FAILURES: Final = frozenset({NodePhase.FAILED, NodePhase.ERROR})
_DONE: Final = frozenset({NodePhase.SUCCEEDED, NodePhase.SKIPPED, NodePhase.OMITTED})
EXECUTABLE: Final = frozenset(
    {NodeType.POD, NodeType.HTTP, NodeType.PLUGIN, NodeType.CONTAINER, NodeType.SUSPEND}
)
"""Types whose progress is their own and not the sum of their children's (progress/updater.go)."""

_FEW: Final = 16
"""Up to so many children are searched one by one."""


class Tally:
    """Counts over the nodes of one boundary."""

    __slots__ = ("active_children", "active_pods", "open", "unsuccessful")

    def __init__(self) -> None:
        self.active_children = 0
        self.unsuccessful = 0
        self.active_pods = 0
        self.open = 0


class NodeTable:
    """All nodes of a run by id.

    `open` are those not fulfilled, `daemons` those that are daemoned, `unsynced` those that an executor has
    still to report of.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.nodes = run.nodes
        self.changed: set[str] = set()
        self.open: dict[str, None] = {}
        self.daemons: dict[str, None] = {}
        self.unsynced: dict[str, None] = {}
        self.active_pods = 0
        self.progress_done = 0
        self.progress_total = 0
        self.version = 0
        self.ended: list[str] = []
        self._finished: list[Node] = []
        self._marks: dict[str, int] = {}
        self._ids: dict[str, str] = {}
        self._tallies: dict[str, Tally] = {}
        self._child_sets: dict[str, set[str]] = {}
        for node in self.nodes.values():
            self._count_progress(node, 1)
            self._recount(node)

    # --- reading

    def id_of(self, name: str) -> str:
        """The id of the node of that name, whether it exists or not."""
        known = self._ids.get(name)
        if known is None:
            known = self._ids[name] = naming.node_id(self.run.name, name)
        return known

    def named(self, name: str) -> Node | None:
        """The node of that name, if it exists."""
        return self.nodes.get(self.id_of(name))

    def tally(self, boundary_id: str) -> Tally:
        """The counts of a boundary."""
        found = self._tallies.get(boundary_id)
        if found is None:
            found = self._tallies[boundary_id] = Tally()
        return found

    def is_part_of_exit_handler(self, node: Node) -> bool:
        """Whether the node or one of its boundaries is an exit handler (NodeStatus.IsPartOfExitHandler)."""
        current: Node | None = node
        while current is not None:
            if current.display_name.endswith(".onExit"):
                return True
            current = self.nodes.get(current.boundary_id) if current.boundary_id else None
        return False

    # --- changing

    def add(self, node: Node) -> Node:
        """Take in a new node."""
        if node.id in self.nodes:
            raise Panic(f"node {node.name} already initialized")
        if node.type in EXECUTABLE and not node.progress:
            node.progress = "1/1" if node.phase in _DONE else "0/1"
        self.nodes[node.id] = node
        self._count_progress(node, 1)
        self._recount(node)
        self.touch(node)
        return node

    def touch(self, node: Node) -> None:
        """Note that the node changed in a field that nothing is counted by."""
        self.changed.add(node.id)
        self.version += 1

    def mark_phase(self, node: Node, phase: NodePhase, now: float, message: str | None = None) -> Node:
        """Set phase and message; a node that is fulfilled by it is finished now (markNodePhase)."""
        if node.phase is not phase:
            transitions.check(node.name, node.phase, phase)
            node.phase = phase
            if phase in _DONE and node.type in EXECUTABLE:
                self._finished.append(node)
            self._changed(node)
        if message is not None and message != node.message:
            node.message = message
            self.touch(node)
        if node.finished_at is None and node.is_fulfilled:
            node.finished_at = now
            self.touch(node)
        return node

    def set_daemoned(self, node: Node, daemoned: bool) -> None:
        """Mark the node as a daemon that is ready, or as none any more."""
        if node.daemoned is not daemoned:
            node.daemoned = daemoned
            self._changed(node)

    def set_synced(self, node: Node, synced: bool) -> None:
        """Note whether an executor has still to report of the node."""
        if node.synced is not synced:
            node.synced = synced
            self._changed(node)

    def set_pod_exists(self, node: Node, exists: bool) -> None:
        """Note that the node has a pod, or has none any more."""
        if node.pod_exists is not exists:
            node.pod_exists = exists
            self._changed(node)

    def set_waiting(self, node: Node, lock: str) -> None:
        """Note which lock the node waits for; "" for none."""
        status = {"waiting": lock} if lock else None
        if node.synchronization_status != status:
            node.synchronization_status = status
            self._changed(node)

    def set_retried(self, node: Node) -> None:
        """Flag a node as one of several attempts."""
        node.node_flag = {**(node.node_flag or {}), "retried": True}
        self._changed(node)

    def complete_progress(self) -> None:
        """Nodes that stand as succeeded at the end of a reconciliation have made all their progress."""
        for node in self._finished:
            if node.phase in _DONE:
                self.set_progress(node, _completed(node.progress))
        self._finished.clear()

    def set_progress(self, node: Node, progress: str) -> None:
        """Note what the executor says of its progress."""
        if progress and node.progress != progress:
            self._count_progress(node, -1)
            node.progress = _completed(progress) if node.phase in _DONE else progress
            self._count_progress(node, 1)
            self.touch(node)

    def add_child(self, parent: Node, child_id: str) -> None:
        """Put a node below another one, once (addChildNode)."""
        children = parent.children
        if len(children) < _FEW:
            if child_id in children:
                return
        else:
            known = self._child_sets.get(parent.id)
            if known is None or len(known) != len(children):
                known = self._child_sets[parent.id] = set(children)
            if child_id in known:
                return
            known.add(child_id)
        children.append(child_id)
        self.touch(parent)

    # --- counting

    def _changed(self, node: Node) -> None:
        self._recount(node)
        self.changed.add(node.id)
        self.version += 1

    def _recount(self, node: Node) -> None:
        """Bring all counts up to date with a node that was added or changed."""
        marks = _marks(node)
        before = self._marks.get(node.id, 0)
        if marks == before:
            return
        self._marks[node.id] = marks
        tally = self.tally(node.boundary_id)
        tally.active_children += (marks & _ACTIVE) - (before & _ACTIVE)
        tally.unsuccessful += ((marks & _UNSUCCESSFUL) - (before & _UNSUCCESSFUL)) >> 1
        tally.open += ((marks & _BLOCKS) - (before & _BLOCKS)) >> 2
        pods = ((marks & _POD) - (before & _POD)) >> 3
        tally.active_pods += pods
        self.active_pods += pods
        other = marks ^ before
        if other & _OPEN:
            _keep(self.open, node.id, marks & _OPEN)
            if not marks & _OPEN:
                self.ended.append(node.id)
        if other & _DAEMON:
            _keep(self.daemons, node.id, marks & _DAEMON)
        if other & _UNSYNCED:
            _keep(self.unsynced, node.id, marks & _UNSYNCED)

    def _count_progress(self, node: Node, by: int) -> None:
        if node.type in EXECUTABLE:
            done, _, total = node.progress.partition("/")
            if total:
                self.progress_done += by * int(done)
                self.progress_total += by * int(total)


_ACTIVE: Final = 1
_UNSUCCESSFUL: Final = 2
_BLOCKS: Final = 4
_POD: Final = 8
_OPEN: Final = 16
_DAEMON: Final = 32
_UNSYNCED: Final = 64


def _marks(node: Node) -> int:
    """What a node counts for, as bits."""
    marks = 0
    phase = node.phase
    if node.type in _CHILD_TYPES:
        if phase in _UNFINISHED:
            marks = _ACTIVE
            if node.pod_exists and not (node.synchronization_status or _NOTHING).get("waiting"):
                marks |= _POD
        elif phase in _FAILURES:
            marks = _UNSUCCESSFUL
    if not node.is_fulfilled:
        flag = node.node_flag
        attempt = flag is not None and flag.get("retried") and not flag.get("hooked")
        marks |= _OPEN if attempt else _OPEN | _BLOCKS
    if node.daemoned:
        marks |= _DAEMON
    if not node.synced:
        marks |= _UNSYNCED
    return marks


_NOTHING: Final[dict[str, str]] = {}


def _keep(nodes: dict[str, None], node_id: str, keep: int) -> None:
    if keep:
        nodes[node_id] = None
    else:
        nodes.pop(node_id, None)


def _completed(progress: str) -> str:
    total = progress.partition("/")[2] or "1"
    return f"{total}/{total}"
