# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's limits on the rate of requests, off unless the estate or the settings turn them on.

Three kinds: a bucket of tokens for reads, writes and deletes of the subscription
(https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling), the Recovery
Services' count per action and hour (recorded traffic), and Resource Graph's count per caller and five seconds
(https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests). In the mode
real they are Azure's own; in the mode scaled the hour and the time to refill are divided by the clock's speed.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from ..core.clock import iso
from ..core.messages import ArmError

if TYPE_CHECKING:
    from ..core.messages import Request
    from ..core.world import World

BUCKETS = {"reads": (250.0, 25.0), "writes": (200.0, 10.0), "deletes": (200.0, 10.0)}  # size, tokens a second
GLOBAL = 15  # the whole subscription has that many times the size and rate
WINDOW = 3600.0  # seconds
QUERIES, QUERY_WINDOW = 15, 5.0  # of Resource Graph; seconds
# Requests per window for an action below Microsoft.RecoveryServices; the first pattern that fits counts. None: not counted.
ACTION_LIMITS = tuple(
    (re.compile(pattern, re.IGNORECASE), limit)
    for pattern, limit in (
        (r"vaults/backupJobs/read", 150),
        (r"vaults/write", 200),
        (r"vaults/delete", 50),
        (r"vaults/(backupResourceGuardProxies|operationStatus|operationResults|usages|privateLinkResources)/read", None),
        (r"vaults/.*/read", 300),
    )
)
_VERBS = {"GET": "read", "HEAD": "read", "DELETE": "delete", "POST": "action"}


def action_of(request: Request) -> str:
    """'Microsoft.RecoveryServices/vaults/backupJobs/read' of a request; empty outside the Recovery Services."""
    parts = re.split(r"/providers/Microsoft\.RecoveryServices/", request.path.rstrip("/"), maxsplit=1, flags=re.IGNORECASE)
    tail = parts[1] if len(parts) == 2 else ""
    kind = "/".join(tail.split("/")[::2])
    return f"Microsoft.RecoveryServices/{kind}/{_VERBS.get(request.method, 'write')}" if kind else ""


def _scale(world: World) -> float:
    return world.clock.speed if world.settings.throttling == "scaled" else 1.0


def admit(world: World, request: Request) -> dict[str, str]:
    """Count a request; the headers that tell what is left, or ArmError 429 when nothing is.

    An action with a count of its own is not counted in the subscription's buckets (recorded traffic has but the one header).
    """
    if world.settings.throttling == "off":
        return {}
    action = action_of(request)
    limit = next((limit for pattern, limit in ACTION_LIMITS if pattern.fullmatch(action.partition("/")[2])), None)
    return _admit_action(world, action, limit) if limit else _admit_kind(world, request)


def _admit_action(world: World, action: str, limit: int) -> dict[str, str]:
    left, wait = world.throttle.count(action.lower(), limit, WINDOW / _scale(world), world.clock.now().timestamp())
    if left < 0:
        text = f"Number of requests for action '{action}' exceeded the limit of '{limit}' for time interval '01:00:00'. "
        raise _refusal("ResourceRequestsThrottled", text, wait)
    return {"x-ms-ratelimit-remaining-subscription-resource-requests": str(left)}


def _admit_kind(world: World, request: Request) -> dict[str, str]:
    now, scale = world.clock.now().timestamp(), _scale(world)
    kind = "reads" if request.method in ("GET", "HEAD") else "deletes" if request.method == "DELETE" else "writes"
    size, rate = BUCKETS[kind]
    headers = {}
    # A bucket for each caller, and one for all of them.
    for name, factor, header in ((f"{kind} {request.caller}", 1, kind), (kind, GLOBAL, f"global-{kind}")):
        left, wait = world.throttle.take_token(name, size * factor, rate * factor * scale, now)
        if left < 0:
            text = f"Number of '{kind[:-1]}' requests for subscription '{world.settings.subscription_id}' exceeded. "
            raise _refusal("SubscriptionRequestsThrottled", text, wait)
        headers[f"x-ms-ratelimit-remaining-subscription-{header}"] = str(left)
    return headers


def admit_query(world: World, caller: str) -> dict[str, str]:
    """Count a query of Resource Graph. Its headers are always there; without limits they tell of a quota nobody uses."""
    if world.settings.throttling == "off":
        return _quota(QUERIES - 1, QUERY_WINDOW)
    left, wait = world.throttle.count(f"query {caller}", QUERIES, QUERY_WINDOW / _scale(world), world.clock.now().timestamp())
    if left >= 0:
        return _quota(left, wait)
    advice = (
        "Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed. "
        "Please see https://aka.ms/resourcegraph-throttling for help."
    )
    message = f"Please provide below info when asking for support: timestamp = {iso(world.clock.now())}, correlationId = {world.new_id()}."
    headers = {"Retry-After": str(max(1, math.ceil(wait))), **_quota(0, wait)}
    raise ArmError(429, "RateLimiting", message, headers=headers, details=[{"code": "RateLimiting", "message": advice}])


def _quota(left: int, seconds: float) -> dict[str, str]:
    whole = math.ceil(seconds)
    resets = f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return {"x-ms-user-quota-remaining": str(left), "x-ms-user-quota-resets-after": resets}


def _refusal(code: str, text: str, wait: float) -> ArmError:
    seconds = max(1, math.ceil(wait))
    message = f"{text}Please try again after '{seconds}' seconds."
    return ArmError(429, code, message, gateway=True, headers={"Retry-After": str(seconds)})
