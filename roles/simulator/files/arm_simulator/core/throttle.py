# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The counters behind Azure's limits on the rate of requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MODES = ("off", "real", "scaled")


def mode_of(value: Any) -> str:
    """The mode that a setting names; YAML takes off and on for false and true."""
    if isinstance(value, bool):
        return "scaled" if value else "off"
    return str(value)


@dataclass
class _Bucket:
    tokens: float
    at: float


@dataclass
class _Window:
    start: float
    used: int = 0


class Throttle:
    """The counters of one subscription; they are not kept over a restart."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}
        self._windows: dict[str, _Window] = {}

    def take_token(self, name: str, size: float, rate: float, now: float) -> tuple[int, float]:
        """(tokens left, 0) or (-1, wall seconds until there is one). rate is in tokens a wall second."""
        bucket = self._buckets.setdefault(name, _Bucket(size, now))
        bucket.tokens = min(size, bucket.tokens + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.tokens < 1:
            return -1, (1 - bucket.tokens) / rate
        bucket.tokens -= 1
        return int(bucket.tokens), 0.0

    def count(self, action: str, limit: int, length: float, now: float) -> tuple[int, float]:
        """(requests left, wall seconds until the window of this length ends); -1 requests when there is none left."""
        window = self._windows.setdefault(action, _Window(now))
        if now >= window.start + length:
            window.start, window.used = now, 0
        rest = window.start + length - now
        if window.used >= limit:
            return -1, rest
        window.used += 1
        return limit - window.used, rest
