# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulated Azure: its state, its clock, its operations and its settings."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from .clock import Clock
from .faults import Faults
from .ledger import Ledger
from .operations import Operations
from .store import Store
from .throttle import Throttle


@dataclass
class Settings:
    """What the simulator was started with. speed: see Clock. latency: seconds added to each answer.

    throttling: off, real (Azure's limits on the wall clock) or scaled (divided by speed too). token_lifetime: seconds.
    clock_at: the time at which an Azure made anew begins, the wall clock's if None.
    """

    base_url: str = "https://localhost:443"
    tenant_id: str = "11111111-1111-4111-8111-111111111111"
    subscription_id: str = "00000000-0000-4000-8000-000000000001"
    client_id: str = "22222222-2222-4222-8222-222222222222"
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    token_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    speed: float = 60.0
    latency: float = 0.0
    page_size: int = 200
    throttling: str = "off"
    token_lifetime: float = 3600.0
    clock_at: datetime | None = None
    agent_silence: float = 30.0
    """After how many seconds of wall time without a report the agent of a real guest is not ready."""


class World:
    def __init__(self, settings: Settings | None = None, journal: Path | None = None) -> None:
        self.settings = settings or Settings()
        self._tuned = {name: getattr(self.settings, name) for name in ("latency", "page_size", "speed", "throttling", "token_lifetime", "agent_silence")}
        self.store = Store(journal)
        self.clock = Clock(self, self.store, self.settings.speed)
        self.store.now = self.clock.now
        self.operations = Operations(self, self.store, self.clock)
        self.faults = Faults()
        self.ledger = Ledger()
        self.throttle = Throttle()
        self.heard: dict[str, float] = {}
        """When the agent of a real guest was last heard, by the VM's id in lower case, in seconds of the monotonic clock."""
        self.resumed = False
        """Whether the state is that of an earlier start."""
        self.estate: dict[str, Any] | None = None
        """The estate of the start, as read, for a reset."""
        if self.store.get("meta", "complete") is None:
            self.empty()

    @staticmethod
    def new_id() -> str:
        return str(uuid.uuid4())

    def mark_complete(self) -> None:
        """Note that the state is whole, so that a restart goes on with it; one cut short in the making is made anew."""
        self.store.put("meta", "complete", {"subscription_id": self.settings.subscription_id, "tenant_id": self.settings.tenant_id})

    def empty(self, clock_at: datetime | None = None) -> None:
        """An Azure with nothing in it, at a time or that of the start."""
        self.store.clear()
        begin = clock_at or self.settings.clock_at
        if begin:
            self.clock.begin(begin)

    def reset(self, clock_at: datetime | None = None) -> None:
        """Back to an empty Azure with the settings of the start."""
        for name, value in self._tuned.items():
            setattr(self.settings, name, value)
        self.clock.speed = self.settings.speed
        self.empty(clock_at)
        self.mark_complete()
        self.clock.reset()
        self.faults.clear()
        self.ledger.clear()
        self.throttle = Throttle()
        self.heard.clear()
