# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the recordings of resource groups and locks are replayed, and what is known to differ."""

from __future__ import annotations

import re

from .replay import Exchange, Replay, Rule

FILES = ("cli2024-test_resource_group", "cli2024-test_cannotdelete_resource_group_lock")

REASONS: dict[tuple[str, int], str] = {
    ("cli2024-test_resource_group", 18): "the simulator does not export templates",
}
"""Why an exchange of a file is allowed to differ."""

_GROUP = re.compile(r"(/subscriptions/[^/]+/resourcegroups/[^/]+)", re.IGNORECASE)


def seed(replay: Replay, exchange: Exchange) -> None:
    """Make the group that the recording's preparer made."""
    group = _GROUP.match(exchange.path)
    if group is None or exchange.status == 404 or (exchange.method == "PUT" and group.group(1) == exchange.path):
        return
    if replay.world.store.resource(group.group(1)) is None:
        made = replay.send("PUT", group.group(1), {"api-version": "2024-07-01"}, {"location": "westus"})
        assert made.status == 201, made.body


RULES = [Rule(r"^/subscriptions/", seed)]
