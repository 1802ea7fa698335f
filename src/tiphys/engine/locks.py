"""Mutexes and semaphores, within a run and across runs: Argo's workflow/sync, in memory.

A `LockTable` belongs to the `Environment`. Holders are `namespace/run` (locks of a workflow) or
`namespace/run/node id` (locks of a template). What a run holds and waits for is mirrored in
`Run.synchronization`, exactly as in `workflow.status.synchronization`; from there `reestablish`
restores the table after a restart.
https://github.com/argoproj/argo-workflows/blob/main/workflow/sync/sync_manager.go
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from tiphys.engine.priority_queue import PriorityQueue
from tiphys.engine.run import Run
from tiphys.errors import NodeError
from tiphys.messages.outputs import Json

SemaphoreLimit = Callable[[str, str, str], int | None]
"""Gives the limit of (namespace, ConfigMap, key), or None when it cannot be read."""

_Kind = Literal["semaphore", "mutex"]
_MUTEX: Final[_Kind] = "mutex"
_SEMAPHORE: Final[_Kind] = "semaphore"


@dataclass(frozen=True, slots=True)
class Acquisition:
    """The answer to `LockTable.try_acquire`.

    `message` and `failed_lock` say what is waited for; `updated`: `Run.synchronization` changed.
    """

    acquired: bool
    updated: bool
    message: str = ""
    failed_lock: str = ""


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry of a template's or workflow's `synchronization`."""

    kind: _Kind
    name: str


@dataclass(slots=True)
class _Lock:
    """A semaphore; a mutex is one of size 1. `free` may lag behind after the limit was lowered."""

    name: str
    limit_now: Callable[[], int | None]
    limit: int = 0
    free: int = 0
    holders: dict[str, None] = field(default_factory=dict)
    pending: PriorityQueue = field(default_factory=PriorityQueue)

    def refresh(self) -> int:
        """Read the limit again; when it cannot be read the last one stays in force."""
        limit = self.limit_now()
        if limit is not None and limit != self.limit:
            self.limit = limit
            self.free = limit - min(len(self.holders), limit)
        return self.limit

    def check(self, holder: str, woken: set[str]) -> tuple[bool, str]:
        """Whether `holder` has or could take the lock now, and if not, what to tell."""
        limit = self.refresh()
        if holder in self.holders:
            return True, ""
        if limit == 0:
            return False, f"Failed to get semaphore limit for {self.name}"
        waiting = f"Waiting for {self.name} lock. Lock status: {limit - len(self.holders)}/{limit}"
        front = self.pending.peek()
        if front is not None and not _same_run(holder, front):
            if len(self.holders) < limit:
                woken.add(_run_key(front))
            return False, waiting
        return (True, "") if self.free >= 1 else (False, waiting)

    def take(self, holder: str, woken: set[str]) -> None:
        """Give the lock to `holder`, who was told by `check` that it can be had."""
        if holder in self.holders:
            return
        self.free -= 1
        self.holders[holder] = None
        self.pending.remove(holder)
        self._wake(woken)

    def restore(self, holder: str) -> None:
        """Take note of a holder from before a restart, whatever the limit says now."""
        if holder not in self.holders:
            self.refresh()
            self.free -= 1 if self.free >= 1 else 0
            self.holders[holder] = None

    def release(self, holder: str, woken: set[str]) -> None:
        """Give the lock back; after the limit was lowered the first ones back free no place."""
        limit = self.refresh()
        if holder not in self.holders:
            return
        del self.holders[holder]
        if len(self.holders) >= limit:
            return
        self.free += 1
        self._wake(woken)

    def _wake(self, woken: set[str]) -> None:
        count = min(len(self.pending), self.refresh() - len(self.holders))
        woken.update(_run_key(key) for key in self.pending.first(max(count, 0)))


class LockTable:
    """All locks of an environment.

    Runs that should look again because a lock became free are gathered; the driver fetches them
    with `take_woken` and sends each a `ResourceReported`.
    """

    def __init__(self, semaphore_limit: SemaphoreLimit) -> None:
        self._semaphore_limit = semaphore_limit
        self._locks: dict[str, _Lock] = {}
        self._woken: set[str] = set()

    def try_acquire(
        self, run: Run, node_id: str, synchronization: dict[str, Json], priority: int = 0
    ) -> Acquisition:
        """Take all locks of `synchronization` or none; `node_id` is "" for those of the workflow.

        Raises `NodeError` with Argo's text when the locks cannot exist.
        """
        holder = holder_key(run, node_id)
        items = _items(synchronization, run.namespace)
        failed = self._queue(run, holder, items, priority)
        if failed is not None:
            raise NodeError(failed)
        message = failed_lock = ""
        for item in items:
            possible, why = self._locks[item.name].check(holder, self._woken)
            if not possible and not failed_lock:
                message, failed_lock = why, item.name
        status = _status(run)
        if failed_lock:
            updated = False
            for item in items:
                holders = list(self._locks[item.name].holders)
                updated |= _note_waiting(status[item.kind], item, holders)
            return Acquisition(False, updated, message, failed_lock)
        updated = False
        for item in items:
            self._locks[item.name].take(holder, self._woken)
            updated |= _note_acquired(status[item.kind], item, holder)
        return Acquisition(True, updated)

    def room(self, run: Run, name: str) -> int:
        """How many nodes of the run could take the lock now."""
        lock = self._locks.get(name)
        if lock is None:
            return 1
        lock.refresh()
        front = lock.pending.peek()
        if front is not None and not _same_run(holder_key(run, "any"), front):
            return 0
        return lock.free

    def release(self, run: Run, node_id: str, synchronization: dict[str, Json] | None) -> None:
        """Give back what the node holds of `synchronization`, and leave the queues."""
        if not synchronization:
            return
        holder = holder_key(run, node_id)
        try:
            items = _items(synchronization, run.namespace)
        except NodeError:
            return  # such locks were never given out
        for item in items:
            lock = self._locks.get(item.name)
            if lock is None:
                continue
            lock.release(holder, self._woken)
            lock.pending.remove(holder)
            if run.synchronization and item.kind in run.synchronization:
                _note_released(run.synchronization[item.kind], item, holder)

    def release_all(self, run: Run) -> list[str]:
        """Give back everything at the end of a run; returns the nodes that wait no longer.

        Their `synchronization_status` is for the caller to clear.
        """
        if run.synchronization is None:
            return []
        for kind in (_SEMAPHORE, _MUTEX):
            status = run.synchronization.get(kind) or {}
            for holding in status.get("holding") or []:
                lock = self._locks.get(holding[kind])
                for holder in _holders(kind, holding) if lock else ():
                    lock.release(holder, self._woken)  # type: ignore[union-attr]
            for waiting in status.get("waiting") or []:
                if lock := self._locks.get(waiting[kind]):
                    lock.pending.remove(holder_key(run, ""))
        waiting_nodes = []
        for node in run.nodes.values():
            name = (node.synchronization_status or {}).get("waiting")
            if not name:
                continue
            if lock := self._locks.get(name):
                lock.pending.remove(holder_key(run, node.id))
            waiting_nodes.append(node.id)
        run.synchronization = None
        return waiting_nodes

    def reestablish(self, run: Run) -> None:
        """Take over what `run` held before a restart."""
        for kind in (_SEMAPHORE, _MUTEX):
            status = (run.synchronization or {}).get(kind) or {}
            for holding in status.get("holding") or []:
                lock = self._lock(_Item(kind, holding[kind]))
                for holder in _holders(kind, holding):
                    lock.restore(holder)

    def forget(self, namespace: str, name: str) -> None:
        """Drop every trace of a run that no longer exists."""
        run = f"{namespace}/{name}"
        for lock in self._locks.values():
            for holder in [each for each in lock.holders if _run_key(each) == run]:
                lock.release(holder, self._woken)
            for holder in [each for each in lock.pending.waiters() if _run_key(each) == run]:
                lock.pending.remove(holder)

    def take_woken(self) -> set[str]:
        """The runs (`namespace/name`) that should look again since this was asked last."""
        woken, self._woken = self._woken, set()
        return woken

    def _queue(self, run: Run, holder: str, items: list[_Item], priority: int) -> str | None:
        for item in items:
            lock = self._locks.get(item.name)
            if lock is None:
                lock = self._new_lock(item)
                if item.kind == _SEMAPHORE and lock.refresh() == 0:
                    return f"failed to initialize semaphore {item.name} with limit"
                self._locks[item.name] = lock
            _status(run).setdefault(item.kind, {})
            if holder not in lock.holders:
                lock.pending.add(holder, priority, run.created_at)
        return None

    def _lock(self, item: _Item) -> _Lock:
        if item.name not in self._locks:
            self._locks[item.name] = self._new_lock(item)
        return self._locks[item.name]

    def _new_lock(self, item: _Item) -> _Lock:
        if item.kind == _MUTEX:
            return _Lock(item.name, lambda: 1, limit=1, free=1)
        namespace, _, config_map, key = item.name.split("/", 3)
        return _Lock(item.name, lambda: self._semaphore_limit(namespace, config_map, key))


def holder_key(run: Run, node_id: str) -> str:
    """The name under which a run (`node_id` "") or one of its nodes holds locks."""
    key = f"{run.namespace}/{run.name}"
    return f"{key}/{node_id}" if node_id else key


def _items(synchronization: dict[str, Json], namespace: str) -> list[_Item]:
    semaphores = [each or {} for each in synchronization.get("semaphores") or []]
    mutexes = [each or {} for each in synchronization.get("mutexes") or []]
    for group in (semaphores, mutexes):
        if any(one == other for i, one in enumerate(group) for other in group[i + 1 :]):
            raise NodeError("requested configuration is invalid: duplicate synchronization item found")
    names = [_Item(_SEMAPHORE, _semaphore_name(each, namespace)) for each in semaphores]
    return names + [_Item(_MUTEX, _mutex_name(each, namespace)) for each in mutexes]


def _semaphore_name(semaphore: dict[str, Json], namespace: str) -> str:
    reference, database = semaphore.get("configMapKeyRef"), semaphore.get("database")
    invalid = "requested configuration is invalid: "
    if reference is not None and database is not None:
        raise NodeError(f"{invalid}invalid semaphore with both ConfigMapKeyRef and Database")
    if database is not None:
        raise NodeError(
            f"database session is not available for semaphore "
            f"{semaphore.get('namespace') or namespace}/Database/{database.get('key', '')}"
        )
    if reference is None:
        raise NodeError(f"{invalid}cannot get LockName for a Semaphore without a ConfigMapRef or Database")
    where = semaphore.get("namespace") or namespace
    return f"{where}/ConfigMap/{reference.get('name', '')}/{reference.get('key', '')}"


def _mutex_name(mutex: dict[str, Json], namespace: str) -> str:
    where = mutex.get("namespace") or namespace
    if mutex.get("database"):
        name = f"{where}/Database/{mutex.get('name', '')}"
        raise NodeError(f"database session is not available for mutex {name}")
    return f"{where}/Mutex/{mutex.get('name', '')}"


def _status(run: Run) -> dict[str, Json]:
    if run.synchronization is None:
        run.synchronization = {}
    return run.synchronization


def _find(entries: list[dict[str, Json]], item: _Item) -> dict[str, Json] | None:
    return next((each for each in entries if each[item.kind] == item.name), None)


def _note_waiting(status: dict[str, Json], item: _Item, holders: list[str]) -> bool:
    waiting = status.setdefault("waiting", [])
    entry = _find(waiting, item)
    if item.kind == _SEMAPHORE:
        if entry is None:
            waiting.append({_SEMAPHORE: item.name, "holders": holders})
        else:
            entry["holders"] = holders
        return True
    if not holders:
        return False
    if entry is None:
        waiting.append({_MUTEX: item.name, "holder": holders[0]})
        return True
    changed = bool(entry["holder"] != holders[0])
    entry["holder"] = holders[0]
    return changed


def _note_acquired(status: dict[str, Json], item: _Item, holder: str) -> bool:
    holding = status.setdefault("holding", [])
    entry = _find(holding, item)
    if item.kind == _MUTEX:
        if entry is None:
            holding.append({_MUTEX: item.name, "holder": holder})
            return True
        changed = bool(entry["holder"] != holder)
        entry["holder"] = holder
        return changed
    updated = False
    if entry is None:
        holding.append({_SEMAPHORE: item.name, "holders": [holder]})
        updated = True
    elif holder not in entry["holders"]:
        entry["holders"].append(holder)
        updated = True
    waiting = status.get("waiting") or []
    waited = _find(waiting, item)
    if waited is not None:
        before = len(waited["holders"])
        waited["holders"] = [each for each in waited["holders"] if each != holder]
        if not waited["holders"]:
            waiting.remove(waited)
        updated |= len(waited["holders"]) != before or not waited["holders"]
    return updated


def _note_released(status: dict[str, Json], item: _Item, holder: str) -> None:
    holding = status.get("holding") or []
    entry = _find(holding, item)
    if entry is None:
        return
    if item.kind == _SEMAPHORE:
        entry["holders"] = [each for each in entry["holders"] if each != holder]
    elif entry["holder"] == holder:
        holding.remove(entry)


def _holders(kind: _Kind, holding: dict[str, Json]) -> list[str]:
    return list(holding["holders"]) if kind == _SEMAPHORE else [holding["holder"]]


def _run_key(holder: str) -> str:
    return "/".join(holder.split("/")[:2])


def _same_run(holder: str, other: str) -> bool:
    # Argo compares only the workflow's name, and only among keys of the same level
    # https://github.com/argoproj/argo-workflows/blob/main/workflow/sync/semaphore.go (isSameWorkflowNodeKeys)
    mine, others = holder.split("/"), other.split("/")
    return len(mine) == len(others) and mine[1] == others[1]
