# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What Azure takes as a backup policy, told in plain words before it is asked: its own answer is one code for all of it.

The rules see settings as in _domain.policy, where None is what is not known. So the same rules judge
the options alone, before anything is read, and the whole policy as it would be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from .._core.errors import Problem
from . import time_zones
from .view import DAYS, MONTHS, SCHEDULE_PARTS, SETTINGS, STANDARD_WEEKLY_INSTANT_DAYS, TIERS, UNITS, WEEKS, View, settings, shorter

# https://github.com/hashicorp/terraform-provider-azurerm, the resource backup_policy_vm
NAME = re.compile(r"[a-zA-Z][-_!a-zA-Z0-9]{2,149}")
_TIME = re.compile(r"([01]\d|2[0-3]):(00|30)")
_GROUP_PART = re.compile(r"[-\w.()]*")
# https://learn.microsoft.com/azure/backup/backup-instant-restore-capability
GROUP_NAME_MAX = 74
# What a tier may count, in its unit, and how many recovery points one item may have in all:
# https://learn.microsoft.com/azure/backup/backup-support-matrix-iaas and the limits of Azure PowerShell.
COUNTS = {"daily": (7, 9999), "weekly": (1, 5163), "monthly": (1, 1188), "yearly": (1, 99)}
RECOVERY_POINTS_MAX = 9999
# Days of a unit, as Azure counts a month.
UNIT_DAYS = {"daily": 1, "weekly": 7, "monthly": 31, "yearly": 366}
WORDS = {"days": DAYS, "weeks": WEEKS, "months": MONTHS}
# https://learn.microsoft.com/azure/backup/backup-azure-vms-enhanced-policy
INTERVAL_HOURS = (4, 6, 8, 12)
WINDOW_HOURS = (4, 24)
INSTANT_DAYS = {"standard": (1, 5), "enhanced": (1, 30)}
ENHANCED_WEEKLY_INSTANT_DAYS = (5, 20)
HOURLY_INSTANT_DAYS_MAX = {4: 17, 6: 22}
# Months, from the checks of Azure PowerShell: how long a point is kept before and after it goes to the archive.
TIERING_MONTHS_MIN = 3
ARCHIVE_MONTHS_MIN = 6

PolicyRule = Callable[[View], Iterator[Problem]]


def check_name(name: str | None, option: str = "name") -> list[Problem]:
    if name is None or NAME.fullmatch(name):
        return []
    return [Problem(option, f"'{name}' is no policy name: 3 to 150 letters, digits and '-', '_', '!', the first one a letter")]


def check_options(options: View) -> list[Problem]:
    """What is wrong with the options alone. They may be half valid."""
    problems = check_name(options.get("name"))
    if options.get("state") == "absent":
        return problems + ([Problem("create_only", "cannot be used with state=absent")] if options.get("create_only") else [])
    return problems + check_settings(settings(options, None))


def check_change(options: View, before: View | None, after: View) -> list[Problem]:
    """What is wrong with the policy as it would be. Where Azure has taken what breaks a rule, it is left to Azure."""
    if before is None and all(options.get(each) is None for each in SETTINGS):
        text = f"there is no policy '{options.get('name')}' in vault '{options.get('vault_name')}', and no schedule and retention to create it with"
        return [Problem("name", text)]
    if before is None:
        return check_settings(after) + _missing(after)
    if after["policy_type"] != before["policy_type"]:
        return [Problem("policy_type", _other_type(before, after["policy_type"]))]  # the rules of the other type are beside the point
    problems = [each for each in check_settings(after) + _missing(after) if each not in check_settings(before)]
    lost = shorter(before, after)
    if lost and before["protected_items"] and not options.get("allow_shorter_retention"):
        text = (
            f"the {_enumerate(lost)} retention gets shorter for {before['protected_items']} protected items, and Azure removes their recovery "
            "points beyond it for good; set allow_shorter_retention if that is meant"
        )
        problems.append(Problem("retention", text))
    return problems


def _other_type(before: View, wanted: str) -> str:
    text = f"policy {before['name']} is {before['policy_type']} and a policy's type cannot be changed; "
    if wanted == "enhanced":
        return text + "create an enhanced policy under another name and move the items to it with the module protection, which cannot be undone"
    return text + "items of an enhanced policy cannot go back to a standard one; create a standard policy under another name for other VMs"


def check_settings(view: View) -> list[Problem]:
    """Every rule that is broken by what is known."""
    return [problem for rule in _RULES for problem in rule(view)]


def _missing(view: View) -> list[Problem]:
    """What a whole policy must have."""
    schedule, retention = view["schedule"], view["retention"] or {}
    frequency = schedule["frequency"] or ""
    kind = f"needed for {_article(frequency)} schedule" if frequency else "needed for a new policy"
    parts = ("frequency", "time", *SCHEDULE_PARTS.get(frequency, ()))
    problems = [Problem(f"schedule.{name}", kind) for name in parts if schedule[name] is None]
    needed = {"hourly": "daily", "daily": "daily", "weekly": "weekly"}.get(frequency)
    if needed and not retention.get(needed):
        problems.append(Problem(f"retention.{needed}", f"needed with {_article(frequency)} schedule: it says how long each backup is kept"))
    weekly, group = retention.get("weekly"), view["snapshot_resource_group"]
    if weekly and weekly["days"] is None and frequency:
        problems.append(Problem("retention.weekly.days", f"needed with {_article(frequency)} schedule: the days whose backups are kept"))
    if group["suffix"] and not group["prefix"]:
        problems.append(Problem("snapshot_resource_group.prefix", "needed with a suffix; Azure puts a number between the two"))
    return problems


def _article(word: str) -> str:
    return f"an {word}" if word == "hourly" else f"a {word}"


def _enumerate(words: Any) -> str:
    *most, last = [str(word) for word in words]
    return f"{', '.join(most)} and {last}" if most else last


def _tiers(view: View) -> list[tuple[str, View]]:
    return [(name, tier) for name, tier in (view["retention"] or {}).items() if tier]


def _between(option: str, value: Any, low: int, high: int, of: str, why: str = "") -> Iterator[Problem]:
    if value is not None and not low <= value <= high:
        allowed = f"{low}" if low == high else f"{low} to {high}"
        yield Problem(option, f"{value} is out of range: {allowed} {of}{why}")


def _times(view: View) -> Iterator[Problem]:
    time = view["schedule"]["time"]
    if time is None or _TIME.fullmatch(str(time)):
        return
    text = f"'{time}' is no time of a backup: 'HH:MM' with the minutes 00 or 30, 00:00 to 23:30"
    if str(time).isdecimal():
        text += "; in YAML it must stand in quotes"
    yield Problem("schedule.time", text)


def _words(view: View) -> Iterator[Problem]:
    """Not left to the argument spec, which would take no null: results have nulls and may be given back."""
    places = [("schedule", view["schedule"]), *((f"retention.{name}", tier) for name, tier in _tiers(view))]
    for place, part in places:
        for name, known in WORDS.items():
            unknown = [each for each in part.get(name) or [] if each not in known]
            if unknown:
                yield Problem(f"{place}.{name}", f"{_enumerate(unknown)}: only {', '.join(known)}")


def _schedule_parts(view: View) -> Iterator[Problem]:
    schedule = view["schedule"]
    frequency = schedule["frequency"]
    for owner, parts in SCHEDULE_PARTS.items():
        for name in parts:
            if schedule[name] is not None and frequency not in (None, owner):
                yield Problem(f"schedule.{name}", f"only for {_article(owner)} schedule, this one is {frequency}")
    if schedule["days"] == []:
        yield Problem("schedule.days", "empty; name at least one day of the week")
    if frequency == "hourly" and view["policy_type"] == "standard":
        yield Problem("schedule.frequency", "hourly needs policy_type enhanced; a standard policy is daily or weekly")


def _window(view: View) -> Iterator[Problem]:
    window, interval = view["schedule"]["window_hours"], view["schedule"]["interval_hours"]
    if interval is not None and interval not in INTERVAL_HOURS:
        yield Problem("schedule.interval_hours", f"{interval} is none of {_enumerate(INTERVAL_HOURS)}")
    yield from _between("schedule.window_hours", window, *WINDOW_HOURS, "hours")
    if window and interval and window % interval:
        yield Problem("schedule.window_hours", f"{window} is no multiple of interval_hours, {interval}")


def _zone(view: View) -> Iterator[Problem]:
    zone = view["time_zone"]
    if zone is None or time_zones.resolve(zone):
        return
    alike = time_zones.near(zone)
    hint = f"; did you mean {' or '.join(repr(each) for each in alike)}?" if alike else ""
    yield Problem("time_zone", f"'{zone}' is neither a Windows time zone id, for example 'W. Europe Standard Time', nor an IANA name{hint}")


def _counts(view: View) -> Iterator[Problem]:
    for name, tier in _tiers(view):
        yield from _between(f"retention.{name}.count", tier["count"], *COUNTS[name], UNITS[name].lower())


def _weekly_retention(view: View) -> Iterator[Problem]:
    schedule, retention = view["schedule"], view["retention"] or {}
    weekly = retention.get("weekly")
    if weekly and weekly["days"] == []:
        yield Problem("retention.weekly.days", "empty; name at least one day of the week")
    if schedule["frequency"] != "weekly":
        return
    if retention.get("daily"):
        yield Problem("retention.daily", "not with a weekly schedule, which makes no daily backups; use retention.weekly")
    if weekly and weekly["days"] and schedule["days"] and weekly["days"] != schedule["days"]:
        text = f"must be the days of the schedule, {_enumerate(schedule['days'])}, not {_enumerate(weekly['days'])}; leave it out to follow the schedule"
        yield Problem("retention.weekly.days", text)


def _long_retention(view: View) -> Iterator[Problem]:
    for name, tier in _tiers(view):
        if name in ("monthly", "yearly"):
            yield from _format(f"retention.{name}", tier)
            yield from _on_backup_days(f"retention.{name}", tier, view["schedule"])
    yearly = (view["retention"] or {}).get("yearly")
    if yearly and not yearly["months"]:
        yield Problem("retention.yearly.months", "needed: the months whose backups are kept")


def _format(option: str, tier: View) -> Iterator[Problem]:
    """Points are picked by dates or by weekdays, never by both."""
    by_week = tier["weeks"] is not None or tier["days"] is not None
    if tier["month_days"] is not None and by_week:
        yield Problem(option, "takes either month_days or weeks and days, not both")
    elif by_week and not (tier["weeks"] and tier["days"]):
        yield Problem(option, "needs both weeks and days, for example the first sunday")
    elif not by_week and not tier["month_days"]:
        yield Problem(option, "needs month_days, or weeks and days: which backups are kept")
    wrong = [each for each in tier["month_days"] or [] if each != "last" and each not in range(1, 29)]
    if wrong:
        yield Problem(f"{option}.month_days", f"{_enumerate(wrong)}: a day is 1 to 28, or last; not every month has more")


def _on_backup_days(option: str, tier: View, schedule: View) -> Iterator[Problem]:
    if schedule["frequency"] != "weekly":
        return
    if tier["month_days"]:
        yield Problem(f"{option}.month_days", "not with a weekly schedule; use weeks and days")
    other = [each for each in tier["days"] or [] if schedule["days"] and each not in schedule["days"]]
    if other:
        yield Problem(f"{option}.days", f"{_enumerate(other)}: the schedule makes backups on {_enumerate(schedule['days'])} only")


def recovery_points(retention: View) -> int:
    """How many recovery points of one item a retention keeps at least.

    Each tier adds those that are older than everything the finer tiers keep; closer than that, one
    backup may serve several tiers.
    """
    points, covered = 0, 0
    for name in TIERS:
        tier = retention.get(name)
        if not tier or not tier["count"]:
            continue
        reach = tier["count"] * UNIT_DAYS[name]
        points += max(0, reach - covered) // UNIT_DAYS[name] * _points_of_unit(tier)
        covered = max(covered, reach)
    return points


def _points_of_unit(tier: View) -> int:
    a_month = len(tier.get("month_days") or ()) or len(tier.get("weeks") or ()) * len(tier.get("days") or ())
    return (a_month or len(tier.get("days") or ()) or 1) * (len(tier.get("months") or ()) or 1)


def _points(view: View) -> Iterator[Problem]:
    points = recovery_points(view["retention"] or {})
    if points > RECOVERY_POINTS_MAX:
        yield Problem("retention", f"keeps {points} recovery points or more of each VM; Azure has at most {RECOVERY_POINTS_MAX}")


def _instant(view: View) -> Iterator[Problem]:
    days, policy_type, schedule = view["instant_restore_days"], view["policy_type"], view["schedule"]
    low, high, why = *INSTANT_DAYS.get(policy_type or "enhanced", (1, 30)), ""
    if schedule["frequency"] == "weekly" and policy_type:
        weekly = {"standard": (STANDARD_WEEKLY_INSTANT_DAYS, STANDARD_WEEKLY_INSTANT_DAYS), "enhanced": ENHANCED_WEEKLY_INSTANT_DAYS}
        low, high, why = *weekly[policy_type], " with a weekly schedule"
    elif schedule["interval_hours"] in HOURLY_INSTANT_DAYS_MAX:
        high, why = HOURLY_INSTANT_DAYS_MAX[schedule["interval_hours"]], f" with a backup every {schedule['interval_hours']} hours"
    kind = f" in {'a standard' if policy_type == 'standard' else 'an enhanced'} policy" if policy_type else ""
    yield from _between("instant_restore_days", days, low, high, "days", kind + why)
    for name in ("daily", "weekly"):
        tier = (view["retention"] or {}).get(name)
        if tier and days and tier["count"] and schedule["frequency"] in ((None, "daily", "hourly") if name == "daily" else ("weekly",)):
            kept = tier["count"] * UNIT_DAYS[name]
            if days > kept:
                yield Problem("instant_restore_days", f"{days} is longer than the backups themselves are kept, {kept} days by retention.{name}")


def _tiering(view: View) -> Iterator[Problem]:
    mode, after, retention = view["tiering"]["mode"], view["tiering"]["after_months"], view["retention"]
    if mode == "after" and after is None:
        yield Problem("tiering.after_months", "needed with mode after")
    if mode != "after" and after is not None:
        yield Problem("tiering.after_months", "only with mode after")
        return
    if after is not None and after < TIERING_MONTHS_MIN:
        yield Problem("tiering.after_months", f"{after} is out of range: at least {TIERING_MONTHS_MIN} months")
    if mode in (None, "none") or retention is None or (mode == "after" and after is None):
        return
    monthly, yearly = ((retention.get(name) or {}).get("count") or 0 for name in ("monthly", "yearly"))
    least = TIERING_MONTHS_MIN + ARCHIVE_MONTHS_MIN if mode == "recommended" else after + ARCHIVE_MONTHS_MIN
    if max(monthly, yearly * 12) < least:
        text = f"{mode} moves only what is kept long: it needs retention.monthly of at least {least} months or retention.yearly of at least {-(-least // 12)}"
        yield Problem("tiering.mode", text)


def _consistency(view: View) -> Iterator[Problem]:
    if view["consistency"] == "crash_only" and view["policy_type"] == "standard":
        yield Problem("consistency", "crash_only needs policy_type enhanced")


def _snapshot_group(view: View) -> Iterator[Problem]:
    group = view["snapshot_resource_group"]
    parts = {name: group[name] or "" for name in ("prefix", "suffix")}
    option = "snapshot_resource_group"
    for name, text in parts.items():
        if not _GROUP_PART.fullmatch(text):
            yield Problem(f"{option}.{name}", f"'{text}': letters, digits, '.', '_', '-', '(' and ')' only")
    if parts["suffix"].endswith("."):
        yield Problem(f"{option}.suffix", "must not end in '.'")
    if sum(map(len, parts.values())) > GROUP_NAME_MAX:
        yield Problem(option, f"prefix and suffix have {sum(map(len, parts.values()))} characters together, at most {GROUP_NAME_MAX}")


_RULES: tuple[PolicyRule, ...] = (
    _words, _times, _schedule_parts, _window, _zone, _counts, _weekly_retention, _long_retention, _points, _instant, _tiering, _consistency, _snapshot_group,
)  # fmt: skip
