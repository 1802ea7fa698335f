"""After the driver died: what was under way is found again by the store's rows and the attempts' locks.

The machine goes on from the rows of the run. An attempt that was committed as wanted lives (its lock is
held), has ended (its record says how), or never was; none is started while another of its pod lives.
"""

from __future__ import annotations

from tiphys.failpoints import failpoint
from tiphys.runtime.driver import Driver
from tiphys.runtime.rows import load_start
from tiphys.store.port import Store


def readopt(driver: Driver, store: Store) -> None:
    """Tell the driver of an earlier driver's history and attempts."""
    run = driver.machine.run
    rows = store.attempts(run.name)
    numbers: dict[str, int] = {}
    for row in rows:
        numbers[row.pod_name] = max(row.number, numbers.get(row.pod_name, 0))
    driver.dispatch.know(numbers)
    driver.places.update({row.id: row.place for row in store.nodes(run.name)})
    driver.sequence = 1 + max((row.sequence for row in store.events(run.name)), default=-1)
    failpoint("recovery.loaded")
    for row in rows:
        if row.phase == "wanted":
            driver.dispatch.readopt(load_start(row), row.number, row.token)
