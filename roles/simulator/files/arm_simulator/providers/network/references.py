# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who uses what: the back references that a GET of a subnet, an NSG or a public address shows.

Each used resource has a table of its users of its own, so that one more user costs one small write
however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...core.world import World


def _table(target: str) -> str:
    return f"users of {target.rstrip('/').lower()}"


def add(world: World, target: str, user: str, owner: str) -> None:
    """user is the id to be shown, owner the id of the stored resource that it is (a part of)."""
    world.store.put(_table(target), user.lower(), {"id": user, "owner": owner})


def replace(world: World, owner: str, before: Iterable[tuple[str, str]], after: Iterable[tuple[str, str]]) -> None:
    """The owner lets go of the (target, user) pairs it had and takes those it has now."""
    for target, user in before:
        world.store.delete(_table(target), user.lower())
    for target, user in after:
        add(world, target, user, owner)


def users(world: World, target: str) -> list[str]:
    """Ids of those who use the target, oldest first. A user that went with its whole group does not count."""
    found = world.store.tables.get(_table(target), {}).values()
    return [each["id"] for each in found if world.store.resource(each["owner"])]
