# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The backup policy of virtual machines: its options, its ARM document and the way between them. Nothing here talks to Azure.

A view of a policy holds, besides facts, these settings, each shaped as the option of its name:

    policy_type              standard | enhanced
    schedule                 {frequency, time, days, interval_hours, window_hours}, None where it does not apply
    time_zone                a Windows id
    retention                {daily, weekly, monthly, yearly}, each None or the tier's suboptions
    instant_restore_days     days
    snapshot_resource_group  {prefix, suffix}
    tiering                  {mode, after_months}
    consistency              application | crash_only
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from .._core.fields import Document, Field, View, choice, fetch, objects, place, view
from .._core.ids import part
from . import time_zones
from .policy_type import of_policy

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKS = ("first", "second", "third", "fourth", "last")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip

SETTINGS = (
    "policy_type", "schedule", "time_zone", "retention", "instant_restore_days", "snapshot_resource_group", "tiering", "consistency",
)  # fmt: skip
SCHEDULE = ("frequency", "time", "days", "interval_hours", "window_hours")
# What a schedule of a frequency is made of, besides frequency and time.
SCHEDULE_PARTS = {"hourly": ("interval_hours", "window_hours"), "daily": (), "weekly": ("days",)}
TIERS = {
    "daily": ("count",),
    "weekly": ("count", "days"),
    "monthly": ("count", "month_days", "weeks", "days"),
    "yearly": ("count", "months", "month_days", "weeks", "days"),
}
# The kind of duration that a tier counts in.
UNITS = {"daily": "Days", "weekly": "Weeks", "monthly": "Months", "yearly": "Years"}
DEFAULT_TIME_ZONE = "UTC"
# https://learn.microsoft.com/azure/backup/backup-instant-restore-capability
DEFAULT_INSTANT_DAYS = {"standard": 2, "enhanced": 7}
STANDARD_WEEKLY_INSTANT_DAYS = 5

# Only the time of day counts. A moment still to come is refused, so the date lies well in the past
# (https://github.com/hashicorp/terraform-provider-azurerm/issues/27619).
_PAST = "2020-01-01"
_NOT_KEPT = ("protectedItemsCount", "resourceGuardOperationRequests")
_SCHEDULE_KEYS = (
    "schedulePolicyType", "scheduleRunFrequency", "scheduleRunTimes", "scheduleRunDays", "hourlySchedule", "dailySchedule", "weeklySchedule",
)  # fmt: skip
_TIMES = ("scheduleRunTimes", "dailySchedule.scheduleRunTimes", "weeklySchedule.scheduleRunTimes")
_NO_TIERING = {"tieringMode": "DoNotTier", "duration": 0, "durationType": "Invalid"}

_read_consistency, _write_consistency = choice(("crash_only", "OnlyCrashConsistent"), ("application", ""))
_read_mode, _write_mode = choice(("none", "DoNotTier"), ("recommended", "TierRecommended"), ("after", "TierAfter"))


# Azure's document to a view.


def _words(values: Any, order: tuple[str, ...]) -> list[str] | None:
    """Names in their natural order, each once: Azure keeps the order they were written in."""
    if not isinstance(values, list):
        return None
    given = [str(value).lower() for value in values]
    return [each for each in order if each in given] + [each for each in dict.fromkeys(given) if each not in order]


def _month_days(values: Iterable[Any] | None) -> list[Any] | None:
    """Numbers in their order, each once, then 'last'. What is neither stays, for the rules to see."""
    if values is None:
        return None
    numbers = {int(value) for value in values if str(value).isdecimal()}
    others = dict.fromkeys(str(value).lower() for value in values if not str(value).isdecimal())
    return [*sorted(numbers), *others]


def _time_of_day(stamp: Any) -> str | None:
    """'2024-04-28T16:30:00Z' is '16:30'."""
    found = re.search(r"(\d\d:\d\d)(:|\Z)", str(stamp or ""))
    return found.group(1) if found else None


def _first(values: Any) -> Any:
    return values[0] if isinstance(values, list) and values else None


def _read_schedule(policy: Any) -> View:
    frequency = str(fetch(policy, "scheduleRunFrequency") or "").lower() or None
    stamp = next(filter(None, (_first(fetch(policy, path)) for path in _TIMES)), None)
    shown = {
        "frequency": frequency,
        "time": _time_of_day(stamp or fetch(policy, "hourlySchedule.scheduleWindowStartTime")),
        "days": _words(fetch(policy, "weeklySchedule.scheduleRunDays") or fetch(policy, "scheduleRunDays"), DAYS),
        "interval_hours": fetch(policy, "hourlySchedule.interval"),
        "window_hours": fetch(policy, "hourlySchedule.scheduleWindowDuration"),
    }
    parts = SCHEDULE_PARTS.get(frequency or "", ())
    return {name: value if name in ("frequency", "time", *parts) else None for name, value in shown.items()}


def _read_tier(name: str, tier: Any) -> View | None:
    if not isinstance(tier, dict) or not tier:
        return None
    by_week = str(tier.get("retentionScheduleFormatType") or "").lower() == "weekly"
    week = tier.get("retentionScheduleWeekly") if by_week else None
    dates = objects(fetch(tier, "retentionScheduleDaily.daysOfTheMonth")) if not by_week else None
    shown = {
        "count": fetch(tier, "retentionDuration.count"),
        "months": _words(tier.get("monthsOfYear"), MONTHS),
        "month_days": _month_days(["last" if each.get("isLast") else each.get("date") for each in dates] if dates else None),
        "weeks": _words(fetch(week, "weeksOfTheMonth"), WEEKS),
        "days": _words(tier.get("daysOfTheWeek") or fetch(week, "daysOfTheWeek"), DAYS),
    }
    return {part: shown[part] for part in TIERS[name]}


def _read_tiering(policy: Any) -> View:
    mode = _read_mode(fetch(policy, "ArchivedRP.tieringMode"))
    mode = mode if mode in ("recommended", "after") else "none"
    return {"mode": mode, "after_months": fetch(policy, "ArchivedRP.duration") if mode == "after" else None}


def _read_group(details: Any) -> View:
    return {
        "prefix": fetch(details, "azureBackupRGNamePrefix") or None,
        "suffix": fetch(details, "azureBackupRGNameSuffix") or None,
    }


_FIELDS = (
    Field("id", "id"),
    Field("name", "name"),
    Field("protected_items", "properties.protectedItemsCount", lambda value: value or 0),
    Field("schedule", "properties.schedulePolicy", _read_schedule),
    Field("time_zone", "properties.timeZone", lambda value: (time_zones.resolve(str(value)) or value) if value else None),
    Field("retention", "properties.retentionPolicy", lambda value: {name: _read_tier(name, fetch(value, f"{name}Schedule")) for name in TIERS}),
    Field("instant_restore_days", "properties.instantRpRetentionRangeInDays"),
    Field("snapshot_resource_group", "properties.instantRPDetails", _read_group),
    Field("tiering", "properties.tieringPolicy", _read_tiering),
    Field("consistency", "properties.snapshotConsistencyType", lambda value: _read_consistency(value or "")),
)


def to_view(document: Document) -> View:
    """A policy in the words of the modules."""
    shown = view(_FIELDS, document)
    policy_id = document.get("id") or ""
    return {
        **shown,
        "vault_name": part(policy_id, "vaults"),
        "resource_group": part(policy_id, "resourceGroups"),
        "policy_type": of_policy(document),
    }


def to_options(shown: View) -> View:
    """The options that make just this policy, whatever one there is of its name: what it does not have stands there as none."""
    options = {"name": shown["name"], **{name: _without_nulls(shown[name]) for name in SETTINGS if shown[name] is not None}}
    options["snapshot_resource_group"] = {name: text or "" for name, text in shown["snapshot_resource_group"].items()}
    return options


def _without_nulls(value: Any) -> Any:
    return {name: _without_nulls(each) for name, each in value.items() if each is not None} if isinstance(value, dict) else value


# A view to Azure's document.


def to_properties(settings: View, present: Document) -> Document:
    """The whole properties for a PUT. present are those the policy has: what no option stands for is kept.

    Schedule and every retention time go together, as Azure refuses times that differ
    (https://github.com/hashicorp/terraform-provider-azurerm/issues/27444).
    """
    stamp = f"{_PAST}T{settings['schedule']['time']}:00Z"
    properties = {name: value for name, value in present.items() if name not in _NOT_KEPT}
    properties |= {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V2" if settings["policy_type"] == "enhanced" else present.get("policyType"),
        "timeZone": settings["time_zone"],
        "instantRpRetentionRangeInDays": settings["instant_restore_days"],
        "instantRPDetails": _write_group(settings["snapshot_resource_group"], present.get("instantRPDetails")),
        "snapshotConsistencyType": _write_consistency(settings["consistency"]) or None,
        "schedulePolicy": _write_schedule(settings, stamp, present.get("schedulePolicy")),
        "retentionPolicy": _write_retention(settings["retention"], stamp, present.get("retentionPolicy")),
        "tieringPolicy": _write_tiering(settings["tiering"], present.get("tieringPolicy")),
    }
    return {name: value for name, value in properties.items() if value is not None}


def _title(words: Iterable[str] | None) -> list[str]:
    return [each.capitalize() for each in words or ()]


def _write_group(group: View, present: Any) -> Document:
    managed = {"azureBackupRGNamePrefix": group["prefix"], "azureBackupRGNameSuffix": group["suffix"]}
    return {name: value for name, value in {**(present or {}), **managed}.items() if value}


def _write_tiering(tiering: View, present: Any) -> Document | None:
    if tiering["mode"] == "none":
        return {**present, "ArchivedRP": _NO_TIERING} if present else None
    months = tiering["after_months"]
    duration = {"duration": months or 0, "durationType": "Months" if months else "Invalid"}
    return {**(present or {}), "ArchivedRP": {"tieringMode": _write_mode(tiering["mode"]), **duration}}


def _write_schedule(settings: View, stamp: str, present: Any) -> Document:
    schedule = settings["schedule"]
    enhanced = settings["policy_type"] == "enhanced"
    frequency = schedule["frequency"]
    document: Document = {name: value for name, value in (present or {}).items() if name not in _SCHEDULE_KEYS}
    document["schedulePolicyType"] = "SimpleSchedulePolicyV2" if enhanced else "SimpleSchedulePolicy"
    document["scheduleRunFrequency"] = frequency.capitalize()
    if frequency == "hourly":
        document["hourlySchedule"] = {
            "interval": schedule["interval_hours"],
            "scheduleWindowStartTime": stamp,
            "scheduleWindowDuration": schedule["window_hours"],
        }
        return document
    runs: Document = {"scheduleRunTimes": [stamp]}
    if frequency == "weekly":
        runs["scheduleRunDays"] = _title(schedule["days"])
    return {**document, f"{frequency}Schedule": runs} if enhanced else {**document, **runs}


def _write_retention(retention: View, stamp: str, present: Any) -> Document:
    document: Document = {name: value for name, value in (present or {}).items() if name not in [f"{tier}Schedule" for tier in TIERS]}
    document["retentionPolicyType"] = "LongTermRetentionPolicy"
    for name, tier in retention.items():
        if tier:
            document[f"{name}Schedule"] = _write_tier(name, tier, stamp)
    return document


def _write_tier(name: str, tier: View, stamp: str) -> Document:
    document: Document = {"retentionTimes": [stamp], "retentionDuration": {"count": tier["count"], "durationType": UNITS[name]}}
    if name == "weekly":
        document["daysOfTheWeek"] = _title(tier["days"])
    if name == "yearly":
        document["monthsOfYear"] = _title(tier["months"])
    if "month_days" not in tier:
        return document
    if tier["month_days"]:
        # The last day goes as date 0, as Microsoft's own clients send it.
        dates = [{"date": 0, "isLast": True} if each == "last" else {"date": each, "isLast": False} for each in tier["month_days"]]
        document["retentionScheduleFormatType"] = "Daily"
        document["retentionScheduleDaily"] = {"daysOfTheMonth": dates}
    else:
        document["retentionScheduleFormatType"] = "Weekly"
        place(document, "retentionScheduleWeekly.daysOfTheWeek", _title(tier["days"]))
        place(document, "retentionScheduleWeekly.weeksOfTheMonth", _title(tier["weeks"]))
    return document


# Options to a view.

_ORDERED: dict[str, Callable[[Any], Any]] = {
    "days": lambda value: _words(value, DAYS),
    "weeks": lambda value: _words(value, WEEKS),
    "months": lambda value: _words(value, MONTHS),
    "month_days": _month_days,
}


def _given(options: Any) -> View:
    """The suboptions that are set, in canonical form."""
    return {name: _ORDERED.get(name, lambda value: value)(value) for name, value in (options or {}).items() if value is not None}


def settings(options: View, present: View | None) -> View:
    """The settings as the options want them, over those that are present; nothing is made up where both are silent.

    A schedule, snapshot_resource_group and tiering are changed by their parts, a retention is replaced whole.
    """
    present = present or {}
    schedule = _schedule(options.get("schedule"), present.get("schedule"))
    tiering = _given(options.get("tiering"))
    group = {name: value or None for name, value in (options.get("snapshot_resource_group") or {}).items() if value is not None}
    zone = options.get("time_zone")
    plain = {name: options[name] if options.get(name) is not None else present.get(name) for name in ("policy_type", "instant_restore_days", "consistency")}
    return {
        **plain,
        "schedule": schedule,
        "time_zone": (time_zones.resolve(zone) or zone) if zone is not None else present.get("time_zone"),
        "retention": _retention(options.get("retention"), present.get("retention"), schedule),
        "snapshot_resource_group": {"prefix": None, "suffix": None, **(present.get("snapshot_resource_group") or {}), **group},
        "tiering": {"mode": None, "after_months": None, **(tiering or present.get("tiering") or {})},
    }


def _schedule(options: Any, present: View | None) -> View:
    """Of what is present only that stays which the new frequency has; what is given stays, for the rules to judge."""
    given = _given(options)
    frequency = given.get("frequency") or (present or {}).get("frequency")
    kept = ("frequency", "time", *SCHEDULE_PARTS.get(frequency or "", ()))
    return {name: given.get(name, (present or {}).get(name) if name in kept else None) for name in SCHEDULE}


def _retention(options: Any, present: View | None, schedule: View) -> View | None:
    """Weekly backups are kept by the days they are taken on, so those days need not be said twice."""
    if options is not None:
        given = {name: dict.fromkeys(TIERS[name]) | _given(options[name]) for name in TIERS if options.get(name) is not None}
        retention: View | None = {name: given.get(name) for name in TIERS}
    else:
        retention = present
    weekly = (retention or {}).get("weekly")
    said = ((options or {}).get("weekly") or {}).get("days")
    if retention and weekly and schedule["frequency"] == "weekly" and schedule["days"] and said is None:
        retention = {**retention, "weekly": {**weekly, "days": schedule["days"]}}
    return retention


def wanted(options: View, before: View | None) -> View:
    """All settings as they shall be: those of settings(), and where something is new its defaults.

    A Standard policy that becomes weekly gets the only number of instant restore days that Azure takes.
    """
    asked = settings(options, before)
    if before is None:
        policy_type = asked["policy_type"] or "standard"
        defaults = {
            "policy_type": policy_type,
            "time_zone": DEFAULT_TIME_ZONE,
            "instant_restore_days": DEFAULT_INSTANT_DAYS[policy_type],
            "consistency": "application",
        }
        asked = {name: defaults.get(name) if value is None else value for name, value in asked.items()}
        asked["tiering"] = {**asked["tiering"], "mode": asked["tiering"]["mode"] or "none"}
        asked["retention"] = asked["retention"] or dict.fromkeys(TIERS)
    was, becomes = (before or {}).get("schedule", {}).get("frequency"), asked["schedule"]["frequency"]
    if (asked["policy_type"], becomes) == ("standard", "weekly") and was != becomes and options.get("instant_restore_days") is None:
        asked["instant_restore_days"] = STANDARD_WEEKLY_INSTANT_DAYS
    return asked


def shorter(before: View, after: View) -> list[str]:
    """The retention tiers that go or count less: what they kept longer is removed by Azure's next clean-up."""
    old, new = before["retention"], after["retention"]
    return [name for name in TIERS if old[name] and (old[name]["count"] or 0) > ((new[name] or {}).get("count") or 0)]
