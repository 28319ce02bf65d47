# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When backups run by schedule: one event for each policy that has items, at its next run.

Run times are taken as UTC, whatever the policy's time zone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ...core.clock import iso, parse
from ...core.store import Document
from . import policy_rules

if TYPE_CHECKING:
    from ...core.world import World


def planned(world: World, policy: Document) -> Document:
    """The policy with its next run planned, if it has items and no run is planned yet for its schedule. To be stored."""
    properties = policy["properties"]
    if not properties["protectedItemsCount"] or properties["backupManagementType"] != "AzureIaasVM":
        return policy
    if policy.get("_run", "") > iso(world.clock.now()):
        return policy
    return plan(world, policy, following(properties["schedulePolicy"], world.clock.now()))


def plan(world: World, policy: Document, due: datetime) -> Document:
    """The policy with a run planned for this moment. To be stored."""
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


def latest(schedule: Document, moment: datetime) -> datetime:
    """The last run up to a moment."""
    return next(run for back in range(9) for run in reversed(_runs_of(schedule, moment - timedelta(days=back))) if run <= moment)
