"""Signals while a run is driven: the first asks it to stop, the second not even to run exit handlers.

The third is the user's last word: the driver leaves, and what runs goes on without it. A wakeup
descriptor tells the driver at once; handlers only count.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Final, Self

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Counts how often the user asked for the end; only the main thread can be told."""

    def __init__(self, wakeup_descriptor: int) -> None:
        self.count = 0
        self._wakeup = wakeup_descriptor
        self._old: dict[signal.Signals, object] = {}
        self._old_wakeup = -1

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._old_wakeup = signal.set_wakeup_fd(self._wakeup, warn_on_full_buffer=False)
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._old[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        if self._old or self._old_wakeup != -1:
            signal.set_wakeup_fd(self._old_wakeup)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count > 2:
            raise KeyboardInterrupt
