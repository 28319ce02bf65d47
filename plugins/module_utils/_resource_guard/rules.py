# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Multi-user authorization: which operations a Resource Guard may want approved, and how the approval is sent.

A vault under a Resource Guard has a proxy, which names the critical operations and for each of them the
guard's requests. The id of such a request, sent along, is the second consent; without it Azure refuses.
Concept: https://learn.microsoft.com/azure/backup/multi-user-authorization-concept. The operations' names
are those of recorded traffic and of Microsoft's own client.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import Problem
from .._core.fields import Document, mapping, objects, place
from .._core.ids import key

OPTION = "resource_guard_operation_requests"
ARGUMENTS: dict[str, dict[str, Any]] = {OPTION: {"type": "list", "elements": "str"}, "resource_guard_tenant_id": {"type": "str"}}
# A vault has one proxy at most, always of this name.
PROXY = "VaultProxy"

_VAULT = "Microsoft.RecoveryServices/vaults"
_ITEM = f"{_VAULT}/backupFabrics/protectionContainers/protectedItems"
DELETE_ITEM = f"{_ITEM}/delete"
CHANGE_ITEM = f"{_ITEM}/write"
STOP_ITEM = f"{_ITEM}/write#stopProtectionWithRetainData"
CHANGE_POLICY = f"{_VAULT}/backupPolicies/write"
DISABLE_SOFT_DELETE = f"{_VAULT}/backupconfig/write"
REDUCE_IMMUTABILITY = f"{_VAULT}/write#reduceImmutabilityState"
CHANGE_ENCRYPTION = f"{_VAULT}/write#modifyEncryptionSettings"
DELETE_PROXY = f"{_VAULT}/backupResourceGuardProxies/delete"
_WHAT = {
    DELETE_ITEM: "deleting backup data",
    CHANGE_ITEM: "giving an item a policy that keeps less or backs up less often",
    STOP_ITEM: "stopping protection",
    CHANGE_POLICY: "making a policy keep less or back up less often",
    DISABLE_SOFT_DELETE: "disabling soft delete",
    REDUCE_IMMUTABILITY: "reducing immutability",
    CHANGE_ENCRYPTION: "changing the encryption",
    DELETE_PROXY: "taking the vault from its Resource Guard",
}
_REQUEST = re.compile(
    r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.DataProtection/resourceGuards/[^/\s]+/[^/\s]+Requests/[^/\s]+/?", re.IGNORECASE
)


@dataclass(frozen=True)
class Guard:
    """The Resource Guard of a vault. id is empty when it has none; requests: id of the guard's default request, by operation."""

    id: str = ""
    requests: dict[str, str] = field(default_factory=dict)


def check_guard(options: dict[str, Any]) -> list[Problem]:
    """What is wrong with the option alone."""
    wrong = [str(each) for each in options.get(OPTION) or () if not _REQUEST.fullmatch(str(each))]
    form = "/subscriptions/.../resourceGroups/.../providers/Microsoft.DataProtection/resourceGuards/NAME/deleteProtectedItemRequests/default"
    return [Problem(OPTION, f"'{each}' is no id of a request to a Resource Guard; it looks like {form}") for each in wrong]


def read(proxies: Iterable[Document]) -> Guard:
    """The guard that a vault's list of proxies names."""
    for proxy in proxies:
        properties = mapping(proxy.get("properties"))
        details = objects(properties.get("resourceGuardOperationDetails"))
        requests = {str(each.get("vaultCriticalOperation")): str(each.get("defaultResourceRequest") or "") for each in details}
        return Guard(str(properties.get("resourceGuardResourceId") or ""), requests)
    return Guard()


def requests(guard: Guard, options: dict[str, Any], *operations: str) -> list[str]:
    """Those of the given ids that are requests for one of these operations; what else is given is for other tasks."""
    collections = [_collection(guard.requests[each]) for each in operations if each in guard.requests]
    return [each for each in options.get(OPTION) or () if _collection(each) in collections]


def missing(guard: Guard, options: dict[str, Any], operations: Iterable[str]) -> list[Problem]:
    """One problem for each critical operation that the guard wants a request for and that has none, with the id to give."""
    wanting = [each for each in dict.fromkeys(operations) if each in guard.requests and not requests(guard, options, each)]
    return [
        Problem(
            OPTION,
            f"{_WHAT.get(each, each)} needs an approved request to Resource Guard {guard.id}: give {guard.requests[each]}, "
            "with a principal that holds the role Backup MUA Operator on the guard",
        )
        for each in wanting
    ]


def approved(body: Document, ids: Iterable[str]) -> Document:
    """The body of a PUT or PATCH with these request ids in its properties."""
    ids = list(ids)
    if ids:
        body = {**body, "properties": dict(mapping(body.get("properties")))}
        place(body, "properties.resourceGuardOperationRequests", ids)
    return body


def unlock_body(ids: Iterable[str], item_id: str | None) -> Document:
    """The body of the unlockDelete that must come before an item is deleted, or the proxy itself (None)."""
    body: Document = {"resourceGuardOperationRequests": list(ids)}
    return {**body, "resourceToBeDeleted": item_id} if item_id else body


def _collection(request_id: str) -> str:
    return key(request_id).rpartition("/")[0]


# What is critical about a policy, as Microsoft's own client decides it.


def weaker(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What a policy view loses against another, in words: retention of a tier, instant restore, time between backups. Empty when nothing.

    For CHANGE_POLICY compare the policy before and after; for CHANGE_ITEM the item's policy and its new one.
    """
    old, new = before.get("retention") or {}, after.get("retention") or {}
    lost = [f"{tier} retention" for tier in old if _count(old[tier]) > _count(new.get(tier))]
    if (before.get("instant_restore_days") or 0) > (after.get("instant_restore_days") or 0):
        lost.append("instant restore days")
    if hours_between_backups(after.get("schedule")) > hours_between_backups(before.get("schedule")):
        lost.append("time between backups")
    return lost


def _count(tier: Any) -> int:
    return int(mapping(tier).get("count") or 0)


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def hours_between_backups(schedule: Any) -> int:
    """The longest time between two backups of a schedule view {frequency, days, interval_hours, window_hours}; 0 when it is not known."""
    schedule = mapping(schedule)
    frequency = schedule.get("frequency")
    if frequency == "hourly":
        interval, window = schedule.get("interval_hours") or 0, schedule.get("window_hours") or 24
        return max(interval, 24 - window)
    if frequency == "daily":
        return 24
    days = sorted(_DAYS.index(each) for each in schedule.get("days") or () if each in _DAYS)
    if frequency != "weekly" or not days:
        return 0
    return 24 * max(following - day for day, following in zip(days, [*days[1:], days[0] + 7], strict=True))


# What is critical about a vault.

SOFT_DELETE = {"Disabled": 0, "Enabled": 1, "AlwaysON": 2}
IMMUTABILITY = {"Disabled": 0, "Unlocked": 1, "Locked": 2}


def vault_operations(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The critical operations in a change of a vault view."""
    found = []
    if rank(SOFT_DELETE, after.get("soft_delete")) < rank(SOFT_DELETE, before.get("soft_delete")):
        found.append(DISABLE_SOFT_DELETE)
    if rank(IMMUTABILITY, after.get("immutability")) < rank(IMMUTABILITY, before.get("immutability")):
        found.append(REDUCE_IMMUTABILITY)
    if before.get("encryption") != after.get("encryption"):
        found.append(CHANGE_ENCRYPTION)
    return found


def rank(order: dict[str, int], state: Any) -> int:
    return order.get(str(state), 0)
