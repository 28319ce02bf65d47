# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""How a VM is covered by backups, and how far that has drifted from what was asked for. Nothing here talks to Azure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from .._core.fields import mapping, texts
from .._core.ids import key
from .._jobs.view import moment
from .._policy import policy_type
from .values import hours_since, number, word

COVERAGES = (
    "protected", "unprotected", "wrong_policy", "stopped", "suspended", "soft_deleted", "other_vault", "stale", "inconsistent", "unknown",
)  # fmt: skip
_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def allowed_hours(policy: Mapping[str, Any], thresholds: Mapping[str, Any]) -> float:
    """How old the last backup may be by its policy: the longest time between two, and some hours for a job to start and end."""
    schedule = mapping(policy.get("schedule"))
    grace = number(thresholds["backup_grace_hours"]) or 0
    frequency = schedule.get("frequency")
    if frequency == "daily":
        return 24 + grace
    if frequency == "weekly":
        return _longest_week_gap(texts(schedule.get("days"))) * 24 + grace
    if frequency == "hourly":
        interval, window = number(schedule.get("interval_hours")) or 24, number(schedule.get("window_hours")) or 24
        return max(interval, 24 - window) + grace
    return number(thresholds["backup_age_hours_max"]) or 0


def _longest_week_gap(days: list[str]) -> int:
    """Days between two backups of a week: monday and friday are four and three apart."""
    order = sorted({_DAY_NAMES.index(word(each)) for each in days if word(each) in _DAY_NAMES})
    if not order:
        return 7
    return max((later - earlier) % 7 or 7 for earlier, later in zip(order, [*order[1:], order[0]], strict=True))


def age_hours(item: Mapping[str, Any], now: datetime) -> float | None:
    """Hours since the last backup; None when there was none or Azure does not say."""
    last = moment(item.get("last_backup_time"))
    return None if last is None else hours_since(now, last)


def wrong_policy(item: Mapping[str, Any], wanted: Iterable[str]) -> bool:
    """Whether the item's policy is none of those asked for; * stands for any characters."""
    patterns = [each.lower() for each in wanted]
    return bool(patterns) and not any(fnmatchcase(word(item.get("policy")), each) for each in patterns)


def is_inconsistent(item: Mapping[str, Any], policies: Iterable[Mapping[str, Any]]) -> str | None:
    """Why the item does not follow its policy; None when nothing shows that. policies: those of its vault."""
    if item.get("policy_inconsistent") is True:
        return f"Azure says that the item does not follow policy '{item.get('policy')}'."
    known = {key(each.get("name")): each for each in policies}
    policy = known.get(key(item.get("policy")))
    if policy is None:
        return f"The item's policy '{item.get('policy')}' is not in the vault."
    if item.get("policy_type") not in (policy.get("policy_type"), policy_type.UNKNOWN, None):
        return f"The item is of type {item.get('policy_type')}, its policy '{item.get('policy')}' of type {policy.get('policy_type')}."
    return None


def coverage(facts: Any) -> str:
    """One word for a VM. facts: its Facts; an item that could not be looked for in every vault is unknown when it was not found."""
    item = facts.of("item")
    if not item:
        return "unknown" if "item" in facts.unread else "unprotected"
    state = str(item.get("state"))
    if state == "soft_deleted":
        return state
    vaults = [key(each) for each in facts.wanted.get("vaults") or ()]
    if vaults and key(item.get("vault_id")) not in vaults:
        return "other_vault"
    if state != "protected":
        return state if state in COVERAGES else "unknown"
    return _drift(facts, item)


def _drift(facts: Any, item: dict[str, Any]) -> str:
    """What is wrong with backups that go on, the worst first."""
    if wrong_policy(item, facts.wanted.get("policies") or ()):
        return "wrong_policy"
    if "policies" not in facts.unread and is_inconsistent(item, facts.list_of("policies")):
        return "inconsistent"
    age = age_hours(item, facts.now)
    waiting = age is None and word(item.get("protection_state")) == "irpending"
    if not waiting and (age is None or age > allowed_hours(facts.of("policy"), facts.thresholds)):
        return "stale"
    return "protected"
