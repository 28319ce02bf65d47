# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups by schedule: one event for each policy that has items, at its next run.

Run times are taken as UTC, whatever the policy's time zone. When the clock is jumped over many
runs, only the first and the last of them happen: a month ahead costs two runs and not thirty.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..clock import event, iso, parse
from ..store import Document
from . import backup_points, policy_rules
from .recovery import vault_of, vm_items

if TYPE_CHECKING:
    from ..world import World

_UNITS = {"Days": 1, "Weeks": 7, "Months": 31, "Years": 366}
_RUNNING = ("IRPending", "Protected")


def planned(world: World, policy: Document) -> Document:
    """The policy with its next run planned, if it has items and no run is planned yet for its schedule. To be stored."""
    properties = policy["properties"]
    if not properties["protectedItemsCount"] or properties["backupManagementType"] != "AzureIaasVM":
        return policy
    if policy.get("_run", "") > iso(world.clock.now()):
        return policy
    return _plan(world, policy, following(properties["schedulePolicy"], world.clock.now()))


def _plan(world: World, policy: Document, due: datetime) -> Document:
    world.clock.at(due, "policy-run", policy=policy["id"], run=iso(due))
    return {**policy, "_run": iso(due)}


def _times(schedule: Document) -> list[tuple[int, int]]:
    """(hour, minute) of each run of a day."""
    hourly = schedule.get("hourlySchedule")
    if hourly:
        start = parse(hourly["scheduleWindowStartTime"])
        offsets = range(0, hourly["scheduleWindowDuration"] + 1, hourly["interval"])
        return sorted({((start.hour + hours) % 24, start.minute) for hours in offsets})
    part = schedule.get("dailySchedule") or schedule.get("weeklySchedule") or schedule
    return [(parse(text).hour, parse(text).minute) for text in part["scheduleRunTimes"]]


def _days(schedule: Document) -> list[str]:
    part = schedule.get("weeklySchedule") or schedule
    return part.get("scheduleRunDays") or list(policy_rules.DAYS)


def _runs_of(schedule: Document, day: datetime) -> list[datetime]:
    name = policy_rules.DAYS[(day.weekday() + 1) % 7]
    if name not in _days(schedule):
        return []
    return [day.replace(hour=hour, minute=minute, second=0, microsecond=0) for hour, minute in _times(schedule)]


def following(schedule: Document, moment: datetime) -> datetime:
    """The first run after a moment."""
    return next(run for ahead in range(9) for run in _runs_of(schedule, moment + timedelta(days=ahead)) if run > moment)


def _latest(schedule: Document, moment: datetime) -> datetime:
    """The last run up to a moment."""
    return next(run for back in range(9) for run in reversed(_runs_of(schedule, moment - timedelta(days=back))) if run <= moment)


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
    due = following(schedule, now)
    world.store.put_resource(_plan(world, policy, max(due, _latest(schedule, wall)) if due < wall else due))


def _back_up(world: World, policy: Document) -> None:
    from . import backup_runs  # policies is imported by the modules that backup_runs needs

    key, expires = policy["id"].lower(), world.clock.now() + timedelta(days=_kept_days(policy["properties"]["retentionPolicy"]))
    started = []
    for item in vm_items(world, vault_of(policy["id"])):
        properties = item["properties"]
        if properties["policyId"].lower() == key and properties["protectionState"] in _RUNNING:
            backup_points.expire(world, item)
            started.append(backup_runs.start(world, item, {"VM Name": properties["friendlyName"]}, expires))
    backup_runs.run(world, started)


def _kept_days(retention: Document) -> int:
    durations = [part["retentionDuration"] for part in retention.values() if isinstance(part, dict)]
    return max(each["count"] * _UNITS[each["durationType"]] for each in durations)
