# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated time. It begins at any instant, runs with the wall clock, can be jumped, and Azure's waits can be shortened."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from .store import Store

EventHandler = Callable[[Any, dict[str, Any]], None]
"""Called with the World, which is made of the clock, and the arguments of the event."""
_handlers: dict[str, EventHandler] = {}
_EPOCH = datetime(1, 1, 1, tzinfo=UTC)
YEARS = range(2000, 2100)
WHAT_AN_INSTANT_IS = "a time in ISO 8601 of the years 2000 to 2099, such as '2026-12-31T23:50:00Z'"


def event(kind: str) -> Callable[[EventHandler], EventHandler]:
    """Register what happens when an event of this kind falls due. Events outlive a restart, so they are named."""

    def register(handler: EventHandler) -> EventHandler:
        _handlers[kind] = handler
        return handler

    return register


def iso(moment: datetime, digits: int = 7) -> str:
    """'2024-04-19T10:23:32.5365173Z', as the Recovery Services write a time."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{moment.microsecond:06d}{'0' * (digits - 6)}Z" if digits else f"{text}Z"


def parse(text: str) -> datetime:
    """The inverse of iso(); accepts 0 to 7 digits of a second."""
    head, _dot, fraction = text.rstrip("Z").partition(".")
    moment = datetime.strptime(head, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    return moment + timedelta(microseconds=int((fraction + "000000")[:6])) if fraction else moment


def ticks(moment: datetime) -> int:
    """.NET ticks: tenths of a microsecond since the year 1."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 10_000_000 + delta.microseconds * 10


def instant(text: Any) -> datetime:
    """The instant of a text in ISO 8601, UTC unless it names another zone; ValueError for any other value."""
    if not isinstance(text, str):
        raise ValueError(WHAT_AN_INSTANT_IS)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as exc:
        raise ValueError(WHAT_AN_INSTANT_IS) from exc
    if moment.year not in YEARS:
        raise ValueError(WHAT_AN_INSTANT_IS)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


class Clock:
    """now() is wall time, from which begin() and the jumps set it apart. speed divides every duration that Azure takes (60 turns a minute into a second)."""

    def __init__(self, world: object, store: Store, speed: float) -> None:
        self._world = world
        self._store = store
        self.speed = speed
        self._virtual: datetime | None = None
        self._due: list[tuple[str, str]] = sorted((doc["due"], key) for key, doc in store.tables.get("events", {}).items())

    @property
    def offset(self) -> float:
        return (self._store.get("meta", "clock") or {}).get("offset", 0.0)

    def now(self) -> datetime:
        if self._virtual is not None:
            return self._virtual
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    def begin(self, moment: datetime) -> None:
        """Set the time of an Azure in which nothing has happened yet."""
        self._store.put("meta", "clock", {"offset": (moment - datetime.now(UTC)).total_seconds()})

    def jump(self, seconds: float) -> None:
        """Move time forward; everything that falls due on the way happens, in order."""
        self._store.put("meta", "clock", {"offset": self.offset + seconds})
        self.run_due()

    def after(self, seconds: float) -> datetime:
        """The moment at which something that takes Azure this many seconds is done."""
        return self.now() + timedelta(seconds=seconds / self.speed)

    def retry_after(self, seconds: float) -> str:
        """A Retry-After value: whole wall seconds, never 0 (clients take 0 for absent and wait 30)."""
        return str(max(1, math.ceil(seconds / self.speed)))

    def at(self, due: datetime, kind: str, /, **args: Any) -> None:
        """Let an event happen at a moment."""
        key = f"{self._store.next_number('event'):012d}"
        self._store.put("events", key, {"due": iso(due), "kind": kind, "args": args})
        heapq.heappush(self._due, (iso(due), key))

    def run_due(self) -> None:
        """Let everything happen that is due, each at its own moment. Cheap when nothing is."""
        now = self.now()
        limit = iso(now)
        while self._due and self._due[0][0] <= limit:
            due, key = heapq.heappop(self._due)
            document = self._store.get("events", key)
            if document is None:
                continue
            self._virtual = parse(due)
            try:
                _handlers[document["kind"]](self._world, document["args"])
            finally:
                self._virtual = None
            self._store.delete("events", key)

    def reset(self) -> None:
        self._due = []
