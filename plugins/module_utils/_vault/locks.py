# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Resource locks as Azure lists them. Deletions look at them before anything is announced or written."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from .._core.errors import AzureBackupError
from . import lock_rules

if TYPE_CHECKING:
    from .._arm.client import Arm

# https://learn.microsoft.com/rest/api/resources/management-locks, and recorded traffic.
LOCKS_API = "2016-09-01"


def of_subscription(arm: Arm) -> list[dict[str, Any]]:
    """All locks of the subscription and below it."""
    return _list(arm, "", "")


def over_group(arm: Arm, group: str) -> list[dict[str, Any]]:
    """Locks of a group and below it, and of the subscription itself. What may not be read counts as none: Azure names a lock when it refuses."""
    found = arm.together(partial(_allowed, arm, f"/resourceGroups/{group}", ""), partial(_allowed, arm, "", "atScope()"))
    return [lock for some in found for lock in some]


def _allowed(arm: Arm, scope: str, text: str) -> list[dict[str, Any]]:
    try:
        return _list(arm, scope, text)
    except AzureBackupError as exc:
        if exc.status in (403, 404):
            return []
        raise


def _list(arm: Arm, scope: str, text: str) -> list[dict[str, Any]]:
    path = f"/subscriptions/{arm.subscription_id}{scope}/providers/Microsoft.Authorization/locks"
    return list(map(lock_rules.to_view, arm.get_all("read the locks", path, LOCKS_API, text)))
