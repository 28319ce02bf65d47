# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service accepts as a policy for virtual machines, and the form it gives it.

The rules are those of https://learn.microsoft.com/azure/backup/backup-azure-vms-enhanced-policy,
https://learn.microsoft.com/azure/backup/backup-instant-restore-capability and
https://learn.microsoft.com/azure/backup/backup-azure-arm-userestapi-createorupdatepolicy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from ...core.messages import ArmError
from ...core.store import Document
from ..recovery.recovery_services import newer, service_error

NAME = re.compile(r"[a-zA-Z][-_!a-zA-Z0-9]{2,149}")
FUTURE_TIMES_API = "2024-10-01"
"""From here on a run time that lies ahead is refused; before, recorded traffic shows it accepted."""

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
WEEKS = ("First", "Second", "Third", "Fourth", "Last", "Invalid")
_ZONE = re.compile(r"(UTC([+-]\d\d)?|[A-Z][^/]* Time( \(Mexico\))?|.*Standard Time \d?)")
_TIME = re.compile(r"(?:(\d{4}-\d\d-\d\d)T)?(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]00:?00)?")
_LIMITS = {"daily": ("Days", 9999), "weekly": ("Weeks", 5163), "monthly": ("Months", 1188), "yearly": ("Years", 99)}
_HOURLY_INSTANT = {4: 17, 6: 22, 8: 30, 12: 30, 24: 30}
_MESSAGE = (
    "Input for create or update policy is not in proper format\r\n"
    "Please check format of parameters like schedule time, schedule days, retention time and retention days"
)


def reduces(before: Document, after: Document) -> tuple[bool, bool]:
    """(keeps less, backs up less often): whether the second policy lets any data go sooner or lets more time pass between backups."""
    old, new = before.get("retentionPolicy") or {}, after.get("retentionPolicy") or {}
    pairs = [(_kept_for(old, name), _kept_for(new, name)) for name in ("dailySchedule", "weeklySchedule", "monthlySchedule", "yearlySchedule")]
    pairs.append((before.get("instantRpRetentionRangeInDays", 0), after.get("instantRpRetentionRangeInDays", 0)))
    return any(kept < wanted for wanted, kept in pairs), _gap(after) > _gap(before)


def _kept_for(retention: Document, name: str) -> int:
    return ((retention.get(name) or {}).get("retentionDuration") or {}).get("count", 0)


def _gap(policy: Document) -> int:
    """The longest time between two backups, in hours; 0 for policies of other than VMs."""
    schedule = policy.get("schedulePolicy") or {}
    if policy["backupManagementType"] != "AzureIaasVM":
        return 0
    if "hourlySchedule" in schedule:
        interval, window = schedule["hourlySchedule"]["interval"], schedule["hourlySchedule"]["scheduleWindowDuration"]
        return max(interval, 24 - window)
    days = sorted(map(DAYS.index, _run_days(schedule)))
    return 24 * max(following - day for day, following in zip(days, [*days[1:], days[0] + 7], strict=True))


def refused() -> ArmError:
    """The one answer that the service has for nearly every mistake in a policy."""
    return service_error("BMSUserErrorInvalidPolicyInput", _MESSAGE)


def require(condition: Any) -> None:
    if not condition:
        raise refused()


def normalise(properties: Document, api_version: str, now: datetime) -> Document:
    """Check the properties of a policy and give them as the service answers them, without protectedItemsCount."""
    try:
        return _normalise(_without_nulls(properties), api_version, now)
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise refused() from exc


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _normalise(given: Document, api_version: str, now: datetime) -> Document:
    enhanced = given.get("policyType", "V1") == "V2"
    require(given.get("policyType", "V1") in ("V1", "V2"))
    zone = given.get("timeZone", "UTC")
    require(_ZONE.fullmatch(zone))
    clock = _Clock(now, newer(api_version, FUTURE_TIMES_API))
    schedule = _enhanced_schedule(given["schedulePolicy"], clock) if enhanced else _standard_schedule(given["schedulePolicy"], clock)
    frequency = schedule["scheduleRunFrequency"]
    retention = _retention(given["retentionPolicy"], frequency, _run_days(schedule), clock)
    if frequency != "Hourly":
        times = set(_times_of_day(schedule)) | set(_times_of_day(retention))
        require(len(times) == 1)
    instant = _instant(given.get("instantRpRetentionRangeInDays"), enhanced, schedule, retention)
    result: Document = {"backupManagementType": "AzureIaasVM"}
    if enhanced:
        result["policyType"] = "V2"
    result["instantRPDetails"] = _group_names(given.get("instantRPDetails") or {})
    result["schedulePolicy"] = schedule
    result["retentionPolicy"] = retention
    if given.get("tieringPolicy"):
        result["tieringPolicy"] = {"ArchivedRP": _tiering(given["tieringPolicy"]["ArchivedRP"], retention)}
    result["instantRpRetentionRangeInDays"] = instant
    result["timeZone"] = zone
    if "snapshotConsistencyType" in given:
        require(enhanced and given["snapshotConsistencyType"] == "OnlyCrashConsistent")
        result["snapshotConsistencyType"] = given["snapshotConsistencyType"]
    return result


class _Clock:
    """Reads run and retention times: whole half hours in UTC, not ahead of now where the api-version says so."""

    def __init__(self, now: datetime, refuse_future: bool) -> None:
        self._now = now
        self._refuse = refuse_future

    def read(self, text: str) -> str:
        match = _TIME.fullmatch(text)
        require(match and match.group(3) in ("00", "30") and match.group(4) in (None, "00"))
        assert match is not None
        hours, minutes = int(match.group(2)), int(match.group(3))
        if match.group(1) is None:
            moment = last_occurrence(self._now, hours, minutes)
        else:
            moment = datetime.strptime(match.group(1), "%Y-%m-%d").replace(hour=hours, minute=minutes, tzinfo=UTC)
            require(not self._refuse or moment <= self._now)
        return f"{moment:%Y-%m-%dT%H:%M:00Z}"

    def times(self, texts: list[str]) -> list[str]:
        require(len(texts) == 1)
        return [self.read(texts[0])]


def last_occurrence(now: datetime, hours: int, minutes: int) -> datetime:
    """The latest moment before now at this time of day."""
    moment = now.replace(hour=hours, minute=minutes, second=0, microsecond=0)
    return moment if moment <= now else moment - timedelta(days=1)


def _standard_schedule(given: Document, clock: _Clock) -> Document:
    require(given["schedulePolicyType"] == "SimpleSchedulePolicy" and given["scheduleRunFrequency"] in ("Daily", "Weekly"))
    schedule: Document = {"schedulePolicyType": "SimpleSchedulePolicy", "scheduleRunFrequency": given["scheduleRunFrequency"]}
    if given["scheduleRunFrequency"] == "Weekly":
        schedule["scheduleRunDays"] = _days(given["scheduleRunDays"])
    schedule["scheduleRunTimes"] = clock.times(given["scheduleRunTimes"])
    schedule["scheduleWeeklyFrequency"] = given.get("scheduleWeeklyFrequency", 0)
    return schedule


def _enhanced_schedule(given: Document, clock: _Clock) -> Document:
    frequency = given["scheduleRunFrequency"]
    require(given["schedulePolicyType"] == "SimpleSchedulePolicyV2" and frequency in ("Hourly", "Daily", "Weekly"))
    schedule: Document = {"schedulePolicyType": "SimpleSchedulePolicyV2", "scheduleRunFrequency": frequency}
    if frequency == "Hourly":
        hourly = given["hourlySchedule"]
        interval, window = int(hourly["interval"]), int(hourly["scheduleWindowDuration"])
        require(interval in _HOURLY_INSTANT and 4 <= window <= 24 and window % interval == 0)
        start = clock.read(hourly["scheduleWindowStartTime"])
        schedule["hourlySchedule"] = {"interval": interval, "scheduleWindowStartTime": start, "scheduleWindowDuration": window}
    elif frequency == "Daily":
        schedule["dailySchedule"] = {"scheduleRunTimes": clock.times(given["dailySchedule"]["scheduleRunTimes"])}
    else:
        weekly = given["weeklySchedule"]
        schedule["weeklySchedule"] = {
            "scheduleRunDays": _days(weekly["scheduleRunDays"]),
            "scheduleRunTimes": clock.times(weekly["scheduleRunTimes"]),
        }
    return schedule


def _days(days: list[str], allowed: Iterable[str] = DAYS) -> list[str]:
    require(days and set(days) <= set(allowed) and len(set(days)) == len(days))
    return days


def _run_days(schedule: Document) -> list[str]:
    return schedule.get("scheduleRunDays") or (schedule.get("weeklySchedule") or {}).get("scheduleRunDays") or list(DAYS)


def _times_of_day(part: Any) -> Iterable[str]:
    """Every time of day in a schedule or a retention."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in ("scheduleRunTimes", "retentionTimes"):
                yield from (each[11:] for each in value)
            else:
                yield from _times_of_day(value)


def _retention(given: Document, frequency: str, run_days: list[str], clock: _Clock) -> Document:
    require(given["retentionPolicyType"] == "LongTermRetentionPolicy")
    weekly = frequency == "Weekly"
    require(("dailySchedule" in given) is not weekly)
    require(not weekly or "weeklySchedule" in given)
    retention: Document = {"retentionPolicyType": "LongTermRetentionPolicy"}
    if "dailySchedule" in given:
        part = _kept("daily", given["dailySchedule"], clock)
        require(not 2 <= part["retentionDuration"]["count"] <= 6)
        retention["dailySchedule"] = part
    if "weeklySchedule" in given:
        days = _days(given["weeklySchedule"]["daysOfTheWeek"])
        require(set(days) == set(run_days) if weekly else True)
        retention["weeklySchedule"] = {"daysOfTheWeek": days, **_kept("weekly", given["weeklySchedule"], clock)}
    for name in ("monthly", "yearly"):
        if f"{name}Schedule" in given:
            retention[f"{name}Schedule"] = _long_term(name, given[f"{name}Schedule"], run_days if weekly else None, clock)
    return retention


def _kept(name: str, given: Document, clock: _Clock) -> Document:
    unit, most = _LIMITS[name]
    count = given["retentionDuration"]["count"]
    require(given["retentionDuration"]["durationType"] == unit and isinstance(count, int) and 1 <= count <= most)
    return {"retentionTimes": clock.times(given["retentionTimes"]), "retentionDuration": {"count": count, "durationType": unit}}


def _long_term(name: str, given: Document, run_days: list[str] | None, clock: _Clock) -> Document:
    kind = given["retentionScheduleFormatType"]
    require(kind == "Weekly" or (kind == "Daily" and run_days is None))
    part: Document = {"retentionScheduleFormatType": kind}
    if name == "yearly":
        months = given["monthsOfYear"]
        require(months and len(set(months)) == len(months))
        part["monthsOfYear"] = months
    if kind == "Daily":
        days = given["retentionScheduleDaily"]["daysOfTheMonth"]
        require(days and all(each.get("isLast") or 1 <= each["date"] <= 31 for each in days))
        part["retentionScheduleDaily"] = {
            "daysOfTheMonth": [{"date": each.get("date", 0), "isLast": bool(each.get("isLast"))} for each in days]
        }
    else:
        weekly = given["retentionScheduleWeekly"]
        part["retentionScheduleWeekly"] = {
            "daysOfTheWeek": _days(weekly["daysOfTheWeek"], run_days or DAYS),
            "weeksOfTheMonth": _days(weekly["weeksOfTheMonth"], WEEKS),
        }
    return {**part, **_kept(name, given, clock)}


def _instant(given: Any, enhanced: bool, schedule: Document, retention: Document) -> int:
    weekly = schedule["scheduleRunFrequency"] == "Weekly"
    days = given if given is not None else (5 if weekly else 7 if enhanced else 2)
    require(isinstance(days, int))
    most = 30 if enhanced else 5
    if enhanced and weekly:
        most = 20
    if "hourlySchedule" in schedule:
        most = _HOURLY_INSTANT[schedule["hourlySchedule"]["interval"]]
    require((5 if weekly else 1) <= days <= most)
    daily = retention.get("dailySchedule")
    if daily and days > daily["retentionDuration"]["count"]:
        raise service_error(
            "BMSUserErrorInstantRPRetentionExceedsVaultedRetention", "The instant restore retention must not be longer than the daily retention."
        )
    return days


def _group_names(given: Document) -> Document:
    names = {key: given[key] for key in ("azureBackupRGNamePrefix", "azureBackupRGNameSuffix") if given.get(key)}
    require(sum(map(len, names.values())) <= 74)
    return names


def _tiering(given: Document, retention: Document) -> Document:
    mode, duration, unit = given["tieringMode"], given.get("duration", 0), given.get("durationType", "Invalid")
    require(mode in ("TierRecommended", "TierAfter", "DoNotTier"))
    months = [
        retention[f"{name}Schedule"]["retentionDuration"]["count"] * factor
        for name, factor in (("monthly", 1), ("yearly", 12))
        if f"{name}Schedule" in retention
    ]
    if mode == "TierRecommended":
        require(months and max(months) >= 9)
    if mode == "TierAfter":
        require(unit == "Months" and duration >= 3 and months and max(months) >= duration + 6)
    return {"tieringMode": mode, "duration": duration, "durationType": unit}
