# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused of a backup policy before Azure is asked."""

from __future__ import annotations

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._policy import rules, view

DAILY = {"schedule": {"frequency": "daily", "time": "22:00"}, "retention": {"daily": {"count": 30}}}
WEEKLY = {"schedule": {"frequency": "weekly", "time": "22:00", "days": ["sunday", "monday"]}, "retention": {"weekly": {"count": 12}}}
HOURLY = {
    "policy_type": "enhanced",
    "schedule": {"frequency": "hourly", "time": "08:00", "interval_hours": 4, "window_hours": 12},
    "retention": {"daily": {"count": 30}},
}
FIRST_SUNDAY = {"weeks": ["first"], "days": ["sunday"]}


def merged(base, changes):
    """base with the changes put into it, level by level."""
    both = {**base}
    for name, value in changes.items():
        both[name] = merged(base[name], value) if isinstance(value, dict) and isinstance(base.get(name), dict) else value
    return both


def problems(options, before=None):
    """Texts by option of everything wrong with a new or an existing policy, as the module tells it."""
    found = rules.check_options(options) or rules.check_change(options, before, view.wanted(options, before))
    return {option: "; ".join(each.text for each in found if each.option == option) for option in {each.option for each in found}}


def existing(options, **facts):
    return {"id": "/x", "name": "nightly", "protected_items": 0, **view.wanted(options, None), **facts}


@pytest.mark.parametrize("options", [DAILY, WEEKLY, HOURLY, merged(DAILY, {"policy_type": "enhanced"}), merged(WEEKLY, {"policy_type": "enhanced"})])
def test_good_policies_have_no_problem(options):
    assert problems(options) == {}


BAD = [
    # names: https://github.com/hashicorp/terraform-provider-azurerm
    (DAILY, {"name": "ab"}, "name", "3 to 150"),
    (DAILY, {"name": "1abc"}, "name", "first one a letter"),
    # times
    (DAILY, {"schedule": {"time": "22:15"}}, "schedule.time", "00 or 30"),
    (DAILY, {"schedule": {"time": "24:00"}}, "schedule.time", "00:00 to 23:30"),
    (DAILY, {"schedule": {"time": "1320"}}, "schedule.time", "quotes"),
    (DAILY, {"schedule": {"time": None}}, "schedule.time", "needed for a daily schedule"),
    ({"retention": {"daily": {"count": 30}}}, {}, "schedule.frequency", "needed for a new policy"),
    # parts of other frequencies
    (DAILY, {"schedule": {"days": ["monday"]}}, "schedule.days", "only for a weekly schedule"),
    (DAILY, {"schedule": {"interval_hours": 4}}, "schedule.interval_hours", "only for an hourly schedule"),
    (HOURLY, {"schedule": {"days": ["monday"]}}, "schedule.days", "this one is hourly"),
    (WEEKLY, {"schedule": {"days": None}}, "schedule.days", "needed for a weekly schedule"),
    (WEEKLY, {"schedule": {"days": []}}, "schedule.days", "empty"),
    (HOURLY, {"schedule": {"interval_hours": None}}, "schedule.interval_hours", "needed for an hourly schedule"),
    # hourly
    (HOURLY, {"policy_type": None}, "schedule.frequency", "needs policy_type enhanced"),
    (HOURLY, {"policy_type": "standard"}, "schedule.frequency", "needs policy_type enhanced"),
    (HOURLY, {"schedule": {"window_hours": 3}}, "schedule.window_hours", "4 to 24"),
    (HOURLY, {"schedule": {"window_hours": 28}}, "schedule.window_hours", "4 to 24"),
    (HOURLY, {"schedule": {"window_hours": 10}}, "schedule.window_hours", "no multiple of interval_hours, 4"),
    (HOURLY, {"schedule": {"interval_hours": 5, "window_hours": 10}}, "schedule.interval_hours", "5 is none of 4, 6, 8 and 12"),
    # words
    (WEEKLY, {"schedule": {"days": ["sunday", "Funday"]}}, "schedule.days", "funday: only monday, tuesday"),
    (DAILY, {"retention": {"yearly": {"count": 5, "months": ["brumaire"], **FIRST_SUNDAY}}}, "retention.yearly.months", "brumaire: only january"),
    (DAILY, {"retention": {"monthly": {"count": 5, "weeks": ["fifth"], "days": ["monday"]}}}, "retention.monthly.weeks", "fifth: only first"),
    # time zones
    (DAILY, {"time_zone": "Europe/Berln"}, "time_zone", "'Europe/Berlin'"),
    (DAILY, {"time_zone": "xyzzy"}, "time_zone", "neither a Windows"),
    # retention
    (DAILY, {"retention": {"daily": {"count": 6}}}, "retention.daily.count", "7 to 9999 days"),
    (DAILY, {"retention": {"daily": {"count": 10000}}}, "retention.daily.count", "7 to 9999 days"),
    (WEEKLY, {"retention": {"weekly": {"count": 5164}}}, "retention.weekly.count", "1 to 5163 weeks"),
    (DAILY, {"retention": {"monthly": {"count": 1189, "month_days": ["1"]}}}, "retention.monthly.count", "1 to 1188 months"),
    (DAILY, {"retention": {"yearly": {"count": 100, "months": ["may"], "month_days": ["1"]}}}, "retention.yearly.count", "1 to 99 years"),
    (DAILY, {"retention": None}, "retention.daily", "needed with a daily schedule"),
    (DAILY, {"retention": {"daily": None, "weekly": {"count": 5, "days": ["monday"]}}}, "retention.daily", "needed with a daily schedule"),
    (HOURLY, {"retention": {"daily": None}}, "retention.daily", "needed with an hourly schedule"),
    (WEEKLY, {"retention": {"weekly": None}}, "retention.weekly", "needed with a weekly schedule"),
    (WEEKLY, {"retention": {"daily": {"count": 30}}}, "retention.daily", "not with a weekly schedule"),
    (WEEKLY, {"retention": {"weekly": {"days": ["sunday"]}}}, "retention.weekly.days", "the days of the schedule, monday and sunday, not sunday"),
    (DAILY, {"retention": {"weekly": {"count": 5}}}, "retention.weekly.days", "needed with a daily schedule"),
    (DAILY, {"retention": {"weekly": {"count": 5, "days": []}}}, "retention.weekly.days", "empty"),
    (DAILY, {"retention": {"monthly": {"count": 5}}}, "retention.monthly", "needs month_days, or weeks and days"),
    (DAILY, {"retention": {"monthly": {"count": 5, "month_days": []}}}, "retention.monthly", "needs month_days, or weeks and days"),
    (DAILY, {"retention": {"monthly": {"count": 5, "weeks": ["first"]}}}, "retention.monthly", "both weeks and days"),
    (DAILY, {"retention": {"monthly": {"count": 5, "month_days": ["1"], **FIRST_SUNDAY}}}, "retention.monthly", "not both"),
    (DAILY, {"retention": {"monthly": {"count": 5, "month_days": ["29", "x", "0"]}}}, "retention.monthly.month_days", "0, 29 and x: a day is 1 to 28"),
    (DAILY, {"retention": {"yearly": {"count": 5, **FIRST_SUNDAY}}}, "retention.yearly.months", "needed"),
    (WEEKLY, {"retention": {"monthly": {"count": 5, "month_days": ["1"]}}}, "retention.monthly.month_days", "not with a weekly schedule"),
    (
        WEEKLY,
        {"retention": {"yearly": {"count": 5, "months": ["may"], "weeks": ["last"], "days": ["monday", "friday"]}}},
        "retention.yearly.days",
        "friday: the schedule makes backups on monday and sunday only",
    ),
    (WEEKLY, {"schedule": {"days": list(view.DAYS)}, "retention": {"weekly": {"count": 5163}}}, "retention", "36141 recovery points"),
    # instant restore
    (DAILY, {"instant_restore_days": 6}, "instant_restore_days", "1 to 5 days in a standard policy"),
    (DAILY, {"instant_restore_days": 31}, "instant_restore_days", "1 to 30 days"),
    (DAILY, {"instant_restore_days": 0}, "instant_restore_days", "1 to 30 days"),
    (WEEKLY, {"instant_restore_days": 2}, "instant_restore_days", "out of range: 5 days in a standard policy with a weekly schedule"),
    (WEEKLY, {"policy_type": "enhanced", "instant_restore_days": 21}, "instant_restore_days", "5 to 20 days"),
    (WEEKLY, {"policy_type": "enhanced", "instant_restore_days": 4}, "instant_restore_days", "5 to 20 days"),
    (HOURLY, {"instant_restore_days": 18}, "instant_restore_days", "1 to 17 days"),
    (
        HOURLY,
        {"instant_restore_days": 23, "schedule": {"interval_hours": 6}},
        "instant_restore_days",
        "1 to 22 days in an enhanced policy with a backup every 6 hours",
    ),
    (
        DAILY,
        {"policy_type": "enhanced", "instant_restore_days": 8, "retention": {"daily": {"count": 7}}},
        "instant_restore_days",
        "longer than the backups themselves are kept, 7 days",
    ),
    # tiering: the limits of Azure PowerShell
    (DAILY, {"tiering": {"mode": "recommended"}}, "tiering.mode", "at least 9 months or retention.yearly of at least 1"),
    (
        DAILY,
        {"tiering": {"mode": "recommended"}, "retention": {"monthly": {"count": 8, "month_days": ["1"]}}},
        "tiering.mode",
        "at least 9 months",
    ),
    (
        DAILY,
        {"tiering": {"mode": "after", "after_months": 7}, "retention": {"yearly": {"count": 1, "months": ["may"], "month_days": ["1"]}}},
        "tiering.mode",
        "at least 13 months or retention.yearly of at least 2",
    ),
    (DAILY, {"tiering": {"mode": "after"}}, "tiering.after_months", "needed with mode after"),
    (DAILY, {"tiering": {"mode": "after", "after_months": 2}}, "tiering.after_months", "at least 3"),
    (DAILY, {"tiering": {"mode": "none", "after_months": 3}}, "tiering.after_months", "only with mode after"),
    # the rest
    (DAILY, {"consistency": "crash_only"}, "consistency", "needs policy_type enhanced"),
    (DAILY, {"snapshot_resource_group": {"prefix": "a b"}}, "snapshot_resource_group.prefix", "letters, digits"),
    (DAILY, {"snapshot_resource_group": {"prefix": "a", "suffix": "b."}}, "snapshot_resource_group.suffix", "must not end"),
    (DAILY, {"snapshot_resource_group": {"suffix": "b"}}, "snapshot_resource_group.prefix", "needed with a suffix"),
    (DAILY, {"snapshot_resource_group": {"prefix": "a" * 70, "suffix": "b" * 5}}, "snapshot_resource_group", "75 characters together, at most 74"),
]


@pytest.mark.parametrize(("base", "changes", "option", "text"), BAD)
def test_bad_policies(base, changes, option, text):
    found = problems(merged(base, changes))
    assert option in found
    assert text in found[option]


GOOD = [
    (DAILY, {"name": "a_!" + "b" * 147}),
    (DAILY, {"schedule": {"time": "00:30"}}),
    (HOURLY, {"schedule": {"window_hours": 24}, "instant_restore_days": 17}),
    (HOURLY, {"schedule": {"interval_hours": 12}, "instant_restore_days": 30}),
    (HOURLY, {"schedule": {"interval_hours": 8, "window_hours": 24}, "instant_restore_days": 30}),
    (DAILY, {"retention": {"daily": {"count": 9999}}}),
    (WEEKLY, {"retention": {"weekly": {"count": 4000}, "monthly": {"count": 5, **FIRST_SUNDAY}}}),
    (WEEKLY, {"policy_type": "enhanced", "instant_restore_days": 20}),
    (DAILY, {"tiering": {"mode": "recommended"}, "retention": {"monthly": {"count": 9, "month_days": ["last"]}}}),
    (DAILY, {"tiering": {"mode": "after", "after_months": 3}, "retention": {"monthly": {"count": 9, "month_days": ["28"]}}}),
    (DAILY, {"tiering": {"mode": "after", "after_months": 6}, "retention": {"yearly": {"count": 1, "months": ["may"], **FIRST_SUNDAY}}}),
    (DAILY, {"snapshot_resource_group": {"prefix": "a" * 70, "suffix": "b" * 4}}),
    (DAILY, {"time_zone": "Europe/Berlin"}),
    (WEEKLY, {"schedule": {"days": ["Sunday", "MONDAY"]}}),
]


@pytest.mark.parametrize(("base", "changes"), GOOD)
def test_limits_are_inside(base, changes):
    assert problems(merged(base, changes)) == {}


def test_everything_wrong_is_told_at_once():
    options = merged(DAILY, {"name": "x", "time_zone": "Berln", "instant_restore_days": 99, "retention": {"daily": {"count": 1}}})
    assert set(problems(options)) == {"name", "time_zone", "instant_restore_days", "retention.daily.count"}


def test_part_of_a_policy_is_judged_by_what_is_known():
    for part in ({"schedule": {"days": ["monday"]}}, {"tiering": {"mode": "recommended"}}, {"snapshot_resource_group": {"suffix": "x"}}):
        assert rules.check_options(part) == []


def test_absent_asks_for_a_name_only():
    assert rules.check_options({"state": "absent", "name": "nightly", "time_zone": "x", "retention": {"daily": {"count": 1}}}) == []


def test_options_and_policy_are_judged_together():
    before = existing(merged(DAILY, {"policy_type": "enhanced", "instant_restore_days": 20}))
    assert problems({"retention": {"daily": {"count": 10}}}, before)["instant_restore_days"].startswith("20 is longer")
    assert "retention.weekly" in problems({"schedule": {"frequency": "weekly", "days": ["monday"]}}, before)
    assert problems({"schedule": {"frequency": "hourly", "interval_hours": 4, "window_hours": 8}}, before)["instant_restore_days"].startswith("20 is out")


def test_what_azure_has_already_taken_does_not_stand_in_the_way():
    before = existing(DAILY, instant_restore_days=40, time_zone="Lunar Standard Time")
    assert problems({"retention": {"daily": {"count": 60}}}, before) == {}


@pytest.mark.parametrize(("there", "wanted", "way"), [("standard", "enhanced", "cannot be undone"), ("enhanced", "standard", "for other VMs")])
def test_the_type_of_a_policy_stays(there, wanted, way):
    before = existing(merged(DAILY, {"policy_type": there}))
    assert way in problems({"policy_type": wanted}, before)["policy_type"]
    assert problems({"policy_type": there}, before) == {}


def test_shorter_retention_of_items_needs_consent():
    before = existing(merged(DAILY, {"retention": {"weekly": {"count": 10, "days": ["monday"]}}}), protected_items=4)
    options = {"retention": {"daily": {"count": 20}}}
    assert "daily and weekly retention gets shorter for 4 protected items" in problems(options, before)["retention"]
    assert problems({**options, "allow_shorter_retention": True}, before) == {}
    assert problems(options, {**before, "protected_items": 0}) == {}
    longer = {"retention": {"daily": {"count": 40}, "weekly": {"count": 10, "days": ["tuesday"]}}}
    assert problems(longer, before) == {}


@pytest.mark.parametrize(
    ("retention", "points"),
    [
        ({"daily": {"count": 30}}, 30),
        ({"daily": {"count": 70}, "weekly": {"count": 10, "days": ["monday"]}}, 70),
        ({"daily": {"count": 7}, "weekly": {"count": 10, "days": ["monday", "friday"]}}, 7 + 9 * 2),
        ({"daily": {"count": 31}, "monthly": {"count": 3, "month_days": [1, "last"]}}, 31 + 2 * 2),
        ({"daily": {"count": 366}, "yearly": {"count": 2, "months": ["may", "june"], **FIRST_SUNDAY}}, 366 + 2),
    ],
)
def test_recovery_points(retention, points):
    assert rules.recovery_points(retention) == points
