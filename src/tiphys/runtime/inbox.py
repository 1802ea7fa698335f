"""Where the driver waits: descriptors of executors, reports from threads, and time."""

from __future__ import annotations

import collections
import os
import selectors
from collections.abc import Callable

from tiphys.executors.port import Report


class Inbox:
    """The `Hub` of executors."""

    def __init__(self) -> None:
        self.reports: collections.deque[Report] = collections.deque()
        self._selector = selectors.DefaultSelector()
        self._waking, self._wake = os.pipe()
        os.set_blocking(self._waking, False)
        os.set_blocking(self._wake, False)
        self._selector.register(self._waking, selectors.EVENT_READ, self._drain)

    @property
    def wakeup_descriptor(self) -> int:
        """A descriptor that wakes the driver when something is written to it (for signals)."""
        return self._wake

    def watch(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Call back when the descriptor can be read."""
        self._selector.register(descriptor, selectors.EVENT_READ, callback)

    def unwatch(self, descriptor: int) -> None:
        """Stop calling back."""
        self._selector.unregister(descriptor)

    def tell(self, report: Report) -> None:
        """Take a report, from any thread."""
        self.reports.append(report)
        self.wake()

    def wake(self) -> None:
        """End the present `wait`, from any thread."""
        try:
            os.write(self._wake, b"\0")
        except BlockingIOError:
            return  # it will wake anyhow

    def wait(self, seconds: float | None) -> None:
        """Wait until something happens, or for so long; then handle all that is there."""
        for key, _ in self._selector.select(0 if self.reports else seconds):
            key.data()

    def close(self) -> None:
        """Let go of the descriptors."""
        self._selector.close()
        os.close(self._waking)
        os.close(self._wake)

    def _drain(self) -> None:
        try:
            while os.read(self._waking, 4096):
                pass
        except BlockingIOError:
            return
