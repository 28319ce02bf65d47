# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runs of a policy's schedule: each backs up the items of the policy and plans the next.

When the clock is jumped over many runs, only the first and the last of them happen: a month ahead costs two runs and not thirty.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ...core.clock import event
from ...core.store import Document
from ..recovery.recovery_services import vault_of, vm_items
from . import backup_runs, recovery_points, schedules

if TYPE_CHECKING:
    from ...core.world import World

_UNITS = {"Days": 1, "Weeks": 7, "Months": 31, "Years": 366}
_RUNNING = ("IRPending", "Protected")


@event("policy-run")
def _run(world: World, args: Document) -> None:
    policy = world.store.resource(args["policy"])
    if policy is None or policy.get("_run") != args["run"]:
        return
    if not policy["properties"]["protectedItemsCount"]:
        world.store.put_resource({**policy, "_run": ""})
        return
    _back_up(world, policy)
    schedule, now = policy["properties"]["schedulePolicy"], world.clock.now()
    wall = datetime.now(UTC) + timedelta(seconds=world.clock.offset)
    due = schedules.following(schedule, now)
    world.store.put_resource(schedules.plan(world, policy, max(due, schedules.latest(schedule, wall)) if due < wall else due))


def _back_up(world: World, policy: Document) -> None:
    key, expires = policy["id"].lower(), world.clock.now() + timedelta(days=_kept_days(policy["properties"]["retentionPolicy"]))
    started = []
    for item in vm_items(world, vault_of(policy["id"])):
        properties = item["properties"]
        if properties["policyId"].lower() == key and properties["protectionState"] in _RUNNING:
            recovery_points.expire(world, item)
            started.append(backup_runs.start(world, item, {"VM Name": properties["friendlyName"]}, expires))
    backup_runs.run(world, started)


def _kept_days(retention: Document) -> int:
    durations = [part["retentionDuration"] for part in retention.values() if isinstance(part, dict)]
    return max(each["count"] * _UNITS[each["durationType"]] for each in durations)
