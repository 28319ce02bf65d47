# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Backups that are asked for: who can have one, who needs one, and the request. Nothing here talks to Azure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .._core.errors import Problem
from .._core.fields import Document
from .._items.view import Item
from .._jobs.view import moment

# Azure PowerShell keeps a backup that is asked for between one day and 99 years.
RETAIN_DAYS = (1, 36_135)
# A VM that is backed up has this view, one that is not the other: what a task changes.
IDLE = {"backup": None}
UNDER_WAY = {"backup": "in_progress"}


def check(options: dict[str, Any]) -> list[Problem]:
    problems = []
    days = options.get("retain_days")
    if days is not None and not RETAIN_DAYS[0] <= days <= RETAIN_DAYS[1]:
        problems.append(Problem("retain_days", f"{days} is out of range: {RETAIN_DAYS[0]} to {RETAIN_DAYS[1]} days"))
    if options.get("retain_until") is not None and moment(options["retain_until"]) is None:
        problems.append(Problem("retain_until", f"'{options['retain_until']}' is no time: ISO 8601, for example 2027-01-31T00:00:00Z"))
    hours = options.get("older_than_hours")
    if hours is not None and hours < 1:
        problems.append(Problem("older_than_hours", f"{hours} is out of range: 1 or more"))
    return problems


def expiry(options: dict[str, Any], now: datetime) -> datetime:
    """Until when the recovery point is kept."""
    return moment(options.get("retain_until")) or now + timedelta(days=options["retain_days"])


def check_expiry(options: dict[str, Any], now: datetime) -> list[Problem]:
    kept = expiry(options, now) - now
    if RETAIN_DAYS[0] <= kept / timedelta(days=1) <= RETAIN_DAYS[1]:
        return []
    return [Problem("retain_until", f"{options['retain_until']} is {'less than a day' if kept < timedelta(days=1) else 'more than 99 years'} ahead")]


def request(expires: datetime) -> Document:
    return {"properties": {"objectType": "IaasVMBackupRequest", "recoveryPointExpiryTimeInUTC": f"{expires:%Y-%m-%dT%H:%M:%S}.000Z"}}


def obstacle(item: Item | None, vault_name: str) -> str | None:
    """Why a VM cannot be backed up now, by its protected item; None when it can."""
    if item is None:
        return f"vault {vault_name} does not protect it; the module protection does that"
    if item.state != "protected":
        return f"its protection is {item.state}; the module protection with state protected resumes it"
    return None


def recent(item: Item | None, hours: int | None, now: datetime) -> str | None:
    """Why no backup is needed: the latest recovery point is younger than so many hours."""
    latest = moment(item.last_recovery_point) if item else None
    if hours is None or latest is None or now - latest > timedelta(hours=hours):
        return None
    return f"its latest recovery point, of {latest:%Y-%m-%dT%H:%M:%SZ}, is not older than {hours} hours"
