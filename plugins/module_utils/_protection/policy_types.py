# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Standard or Enhanced: which type of policy an item has or had, also where Azure's list of items does not say."""

from __future__ import annotations

from collections.abc import Iterable

from .._core.errors import AzureBackupError
from .._core.ids import key
from .._policy import policy_type
from .._task.module import Run
from .surroundings import Held

# What may not be listed, and what Azure does not list of an item in soft delete.
_NOT_LISTED = (400, 403, 404)


def types_of(run: Run, held: Iterable[Held]) -> dict[str, str | None]:
    """By item id: standard, enhanced or unknown; None for an item without recovery points that nothing else tells of: nothing binds it yet.

    Asked in this order, each only where the one before does not say: the item, the policy of its name in its vault, its recovery points.
    """
    untold = [each for each in held if each.item.policy_type == policy_type.UNKNOWN]
    places = {each.place.key: each.place for each in untold if each.item.last_policy and not each.place.policies}
    run.arm.together(*(place.read_policies for place in places.values()))
    found: dict[str, str | None] = {each.item.id: _by_policy(each) for each in untold}
    unread = [each for each in untold if found[each.item.id] == policy_type.UNKNOWN]
    found |= dict(zip([each.item.id for each in unread], run.arm.each(_by_points, unread), strict=True))
    return {each.item.id: each.item.policy_type for each in held} | found


def _by_policy(held: Held) -> str:
    document = held.place.policies.get(key(held.item.last_policy)) if held.item.last_policy else None
    return policy_type.of_policy(document) if document else policy_type.UNKNOWN


def _by_points(held: Held) -> str | None:
    if not held.item.has_data:
        return None
    try:
        points = held.place.vault.points(held.item.id)
    except AzureBackupError as exc:
        if exc.status in _NOT_LISTED:
            return policy_type.UNKNOWN
        raise
    return policy_type.of_points(points) if points else None
