# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's limits on the rate of requests. Off unless the estate or the settings turn them on.

Two kinds: a bucket of tokens for reads, writes and deletes of the subscription
(https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling),
and the Recovery Services' count per action and hour (recorded traffic). As all durations of Azure,
the hour and the time to refill are divided by the clock's speed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .messages import ArmError

if TYPE_CHECKING:
    from .messages import Request
    from .world import World

BUCKETS = {"reads": (250.0, 25.0), "writes": (200.0, 10.0), "deletes": (200.0, 10.0)}  # size, tokens a second
WINDOW = 3600.0  # seconds
# Requests per window for an action below Microsoft.RecoveryServices; the first pattern that fits counts.
ACTION_LIMITS = (
    (re.compile(r"^vaults/backupJobs/read$", re.IGNORECASE), 150),
    (re.compile(r"^vaults/write$", re.IGNORECASE), 200),
    (re.compile(r"^vaults/delete$", re.IGNORECASE), 50),
    (re.compile(r"^vaults/.*/read$", re.IGNORECASE), 300),
)
_VERBS = {"GET": "read", "HEAD": "read", "DELETE": "delete", "POST": "action"}


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

    def take_token(self, kind: str, now: float, speed: float) -> tuple[int, float]:
        """(tokens left, 0) or (-1, wall seconds until there is one)."""
        size, rate = BUCKETS[kind]
        bucket = self._buckets.setdefault(kind, _Bucket(size, now))
        bucket.tokens = min(size, bucket.tokens + (now - bucket.at) * rate * speed)
        bucket.at = now
        if bucket.tokens < 1:
            return -1, (1 - bucket.tokens) / (rate * speed)
        bucket.tokens -= 1
        return int(bucket.tokens), 0.0

    def count(self, action: str, limit: int, now: float, speed: float) -> tuple[int, float]:
        """(requests left, 0) or (-1, wall seconds until the window ends)."""
        length = WINDOW / speed
        window = self._windows.setdefault(action, _Window(now))
        if now >= window.start + length:
            window.start, window.used = now, 0
        if window.used >= limit:
            return -1, window.start + length - now
        window.used += 1
        return limit - window.used, 0.0


def action_of(request: Request) -> str:
    """'Microsoft.RecoveryServices/vaults/backupJobs/read' of a request; empty outside the Recovery Services."""
    parts = re.split(r"/providers/Microsoft\.RecoveryServices/", request.path.rstrip("/"), maxsplit=1, flags=re.IGNORECASE)
    tail = parts[1] if len(parts) == 2 else ""
    kind = "/".join(tail.split("/")[::2])
    return f"Microsoft.RecoveryServices/{kind}/{_VERBS.get(request.method, 'write')}" if kind else ""


def admit(world: World, request: Request) -> dict[str, str]:
    """Count a request; the headers that tell what is left, or ArmError 429 when nothing is."""
    if not world.settings.throttling:
        return {}
    now, speed = world.clock.now().timestamp(), world.clock.speed
    kind = "reads" if request.method in ("GET", "HEAD") else "deletes" if request.method == "DELETE" else "writes"
    left, wait = world.throttle.take_token(kind, now, speed)
    if left < 0:
        raise _refusal(
            "SubscriptionRequestsThrottled",
            f"Number of '{kind[:-1]}' requests for subscription '{world.settings.subscription_id}' exceeded. ",
            wait,
        )
    headers = {f"x-ms-ratelimit-remaining-subscription-{kind}": str(left)}
    action = action_of(request)
    limit = next((limit for pattern, limit in ACTION_LIMITS if pattern.match(action.partition("/")[2])), None)
    if limit is not None:
        left, wait = world.throttle.count(action.lower(), limit, now, speed)
        if left < 0:
            text = f"Number of requests for action '{action}' exceeded the limit of '{limit}' for time interval '01:00:00'. "
            raise _refusal("ResourceRequestsThrottled", text, wait)
        headers["x-ms-ratelimit-remaining-subscription-resource-requests"] = str(left)
    return headers


def _refusal(code: str, text: str, wait: float) -> ArmError:
    seconds = max(1, math.ceil(wait))
    message = f"{text}Please try again after '{seconds}' seconds."
    return ArmError(429, code, message, gateway=True, headers={"Retry-After": str(seconds)})
