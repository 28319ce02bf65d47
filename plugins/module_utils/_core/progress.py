# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""A line now and then that says how far long work has come, the same in a terminal and in a log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# Short work says nothing; long work not so often that a night's log fills with it.
FIRST_SECONDS = 15.0
LATER_SECONDS = 60.0


class Progress:
    """Tells 'doing: 320 of 1,000, about 2 min left'. May be told from many threads."""

    def __init__(self, tell: Callable[[str], None], doing: str, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._doing = doing
        self._total = total
        self._clock = clock
        self._lock = threading.Lock()
        self._begun = clock()
        self._next = self._begun + FIRST_SECONDS
        self._done = 0

    def step(self) -> None:
        """One more is done."""
        with self._lock:
            self._done += 1
            self._say()

    def at(self, done: int) -> None:
        """So many are done."""
        with self._lock:
            self._done = done
            self._say()

    def _say(self) -> None:
        now = self._clock()
        if now < self._next or self._done >= self._total:
            return
        self._next = now + LATER_SECONDS
        passed = now - self._begun
        rest = f"about {_minutes(passed * (self._total - self._done) / self._done)} left" if self._done else f"for {_minutes(passed)} now"
        self._tell(f"{self._doing}: {self._done:,} of {self._total:,}, {rest}")


def _minutes(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
