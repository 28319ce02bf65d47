# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup policies: options to Azure's document and back."""

from __future__ import annotations

import copy
import itertools

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.sync import decide
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._policy import rules
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._policy import view as policy
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._policy.policy_type import is_enhanced

ID = "/Subscriptions/s/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/v1/backupPolicies/nightly"

# As recorded from Azure, answers to GET.
RECORDED_STANDARD = {
    "id": ID,
    "name": "nightly",
    "properties": {
        "backupManagementType": "AzureIaasVM",
        "instantRPDetails": {"azureBackupRGNamePrefix": "RG_prefix", "azureBackupRGNameSuffix": "RG_suffix"},
        "schedulePolicy": {
            "schedulePolicyType": "SimpleSchedulePolicy",
            "scheduleRunFrequency": "Daily",
            "scheduleRunTimes": ["2024-04-28T16:30:00Z"],
            "scheduleWeeklyFrequency": 0,
        },
        "retentionPolicy": {
            "retentionPolicyType": "LongTermRetentionPolicy",
            "dailySchedule": {"retentionTimes": ["2024-04-28T16:30:00Z"], "retentionDuration": {"count": 30, "durationType": "Days"}},
            "monthlySchedule": {
                "retentionScheduleFormatType": "Daily",
                "retentionScheduleDaily": {"daysOfTheMonth": [{"date": 1, "isLast": False}]},
                "retentionTimes": ["2024-04-28T16:30:00Z"],
                "retentionDuration": {"count": 60, "durationType": "Months"},
            },
        },
        "tieringPolicy": {"ArchivedRP": {"tieringMode": "TierRecommended", "duration": 0, "durationType": "Invalid"}},
        "instantRpRetentionRangeInDays": 2,
        "timeZone": "UTC",
        "protectedItemsCount": 3,
    },
}
RECORDED_HOURLY = {
    "id": ID,
    "name": "nightly",
    "properties": {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V2",
        "instantRPDetails": {},
        "schedulePolicy": {
            "schedulePolicyType": "SimpleSchedulePolicyV2",
            "scheduleRunFrequency": "Hourly",
            "hourlySchedule": {"interval": 4, "scheduleWindowStartTime": "2024-04-28T08:00:00Z", "scheduleWindowDuration": 12},
        },
        "retentionPolicy": {
            "retentionPolicyType": "LongTermRetentionPolicy",
            "dailySchedule": {"retentionTimes": ["2024-04-28T08:00:00Z"], "retentionDuration": {"count": 30, "durationType": "Days"}},
        },
        "instantRpRetentionRangeInDays": 2,
        "timeZone": "UTC",
        "protectedItemsCount": 0,
    },
}

SCHEDULES = {
    "daily": {"frequency": "daily", "time": "23:30"},
    "weekly": {"frequency": "weekly", "time": "00:00", "days": ["sunday", "monday"]},
    "hourly": {"frequency": "hourly", "time": "08:00", "interval_hours": 6, "window_hours": 12},
}
MONTHLY = [None, {"count": 12, "weeks": ["last", "first"], "days": ["sunday"]}, {"count": 60, "month_days": ["last", 28, "1"]}]
YEARLY = [None, {"count": 10, "months": ["july", "january"], "weeks": ["first"], "days": ["sunday", "monday"]}]
EXTRAS = [
    {},
    {"tiering": {"mode": "recommended"}, "snapshot_resource_group": {"prefix": "snap-", "suffix": "-we"}, "time_zone": "Europe/Berlin"},
    {"tiering": {"mode": "after", "after_months": 3}, "instant_restore_days": 5},
]


def every_kind():
    """Valid options of every kind of policy."""
    for kind, frequency in itertools.product(("standard", "enhanced"), SCHEDULES):
        if (kind, frequency) == ("standard", "hourly"):
            continue
        for monthly, yearly, extra in itertools.product(MONTHLY, YEARLY, EXTRAS):
            base = {"weekly": {"count": 12}} if frequency == "weekly" else {"daily": {"count": 30}, "weekly": {"count": 5, "days": ["friday"]}}
            retention = {**base, "monthly": monthly, "yearly": yearly}
            options = {"name": "nightly", "policy_type": kind, "schedule": SCHEDULES[frequency], "retention": retention, **extra}
            if kind == "enhanced":
                options["consistency"] = "crash_only"
            if not rules.check_change(options, None, policy.wanted(options, None)):
                yield options


def stored(view, present=None):
    """What Azure would answer for a policy with these settings."""
    return {"id": ID, "name": "nightly", "properties": {**policy.to_properties(view, present or {}), "protectedItemsCount": 0}}


def test_there_are_many_kinds():
    assert len(list(every_kind())) > 40


@pytest.mark.parametrize("options", list(every_kind()))
def test_a_policy_reads_back_as_it_was_written(options):
    wanted = policy.wanted(options, None)
    shown = policy.to_view(stored(wanted))
    assert {name: shown[name] for name in policy.SETTINGS} == wanted
    assert not decide(shown, policy.wanted(options, shown)).changed


@pytest.mark.parametrize("options", list(every_kind()))
def test_what_is_shown_can_be_given_back(options):
    shown = policy.to_view(stored(policy.wanted(options, None)))
    again = {name: shown[name] for name in ("name", *policy.SETTINGS)}
    assert rules.check_options(again) == []
    assert policy.wanted(again, shown) == {name: shown[name] for name in policy.SETTINGS}
    assert policy.wanted(again, None) == {name: shown[name] for name in policy.SETTINGS}


def test_recorded_standard_policy():
    shown = policy.to_view(RECORDED_STANDARD)
    assert shown == {
        "id": ID,
        "name": "nightly",
        "vault_name": "v1",
        "resource_group": "backup",
        "protected_items": 3,
        "policy_type": "standard",
        "schedule": {"frequency": "daily", "time": "16:30", "days": None, "interval_hours": None, "window_hours": None},
        "time_zone": "UTC",
        "retention": {
            "daily": {"count": 30},
            "weekly": None,
            "monthly": {"count": 60, "month_days": [1], "weeks": None, "days": None},
            "yearly": None,
        },
        "instant_restore_days": 2,
        "snapshot_resource_group": {"prefix": "RG_prefix", "suffix": "RG_suffix"},
        "tiering": {"mode": "recommended", "after_months": None},
        "consistency": "application",
    }


@pytest.mark.parametrize("stamp", ["2019-07-03T16:30:00.000Z", "1999-01-01T16:30:00+00:00", "16:30:00Z", "16:30"])
def test_only_the_time_of_day_counts(stamp):
    document = copy.deepcopy(RECORDED_STANDARD)
    document["properties"]["schedulePolicy"]["scheduleRunTimes"] = [stamp]
    assert policy.to_view(document) == policy.to_view(RECORDED_STANDARD)


def test_the_order_of_days_is_no_difference():
    options = {"schedule": {"days": ["monday", "sunday", "monday"]}}
    assert policy.settings(options, None)["schedule"]["days"] == ["monday", "sunday"]
    turned = {"schedule": {"days": ["sunday", "monday"]}}
    assert policy.settings(options, None) == policy.settings(turned, None)


@pytest.mark.parametrize("document", [RECORDED_STANDARD, RECORDED_HOURLY])
def test_nothing_asked_is_nothing_changed(document):
    shown = policy.to_view(document)
    assert not decide(shown, policy.wanted({"name": "nightly"}, shown)).changed
    assert rules.check_change({}, shown, policy.wanted({}, shown)) == []


def test_enhanced_is_known_by_either_mark():
    assert is_enhanced(RECORDED_HOURLY)
    assert is_enhanced({"properties": {"schedulePolicy": {"schedulePolicyType": "SimpleSchedulePolicyV2"}}})
    assert not is_enhanced(RECORDED_STANDARD)
    assert not is_enhanced({"properties": {"policyType": "V1"}})
    assert not is_enhanced({"properties": {"policyType": None}})


def test_a_write_sends_the_new_time_everywhere_and_in_the_past():
    shown = policy.to_view(RECORDED_STANDARD)
    sent = policy.to_properties(policy.wanted({"schedule": {"time": "04:00"}}, shown), RECORDED_STANDARD["properties"])
    times = [
        sent["schedulePolicy"]["scheduleRunTimes"],
        sent["retentionPolicy"]["dailySchedule"]["retentionTimes"],
        sent["retentionPolicy"]["monthlySchedule"]["retentionTimes"],
    ]
    assert times == [["2020-01-01T04:00:00Z"]] * 3


def test_a_write_keeps_what_no_option_stands_for():
    document = copy.deepcopy(RECORDED_HOURLY)
    properties = document["properties"]
    properties["instantAccessSnapshotEnabled"] = True
    properties["schedulePolicy"]["new"] = {"a": 1}
    properties["retentionPolicy"]["new"] = 2
    properties["instantRPDetails"]["new"] = "x"
    shown = policy.to_view(document)
    sent = policy.to_properties(policy.wanted({"retention": {"daily": {"count": 60}}}, shown), properties)
    assert sent["instantAccessSnapshotEnabled"] is True
    assert sent["schedulePolicy"]["new"] == {"a": 1}
    assert sent["retentionPolicy"]["new"] == 2
    assert sent["instantRPDetails"] == {"new": "x"}
    assert "protectedItemsCount" not in sent
    assert sent["timeZone"] == "UTC"


def test_a_daily_policy_becomes_weekly():
    shown = policy.to_view(RECORDED_STANDARD)
    options = {
        "schedule": {"frequency": "weekly", "days": ["saturday"]},
        "retention": {"weekly": {"count": 10}},
        "tiering": {"mode": "none"},
    }
    wanted = policy.wanted(options, shown)
    sent = policy.to_properties(wanted, RECORDED_STANDARD["properties"])
    assert sent["schedulePolicy"] == {
        "schedulePolicyType": "SimpleSchedulePolicy",
        "scheduleRunFrequency": "Weekly",
        "scheduleRunTimes": ["2020-01-01T16:30:00Z"],
        "scheduleRunDays": ["Saturday"],
        "scheduleWeeklyFrequency": 0,
    }
    assert sent["retentionPolicy"] == {
        "retentionPolicyType": "LongTermRetentionPolicy",
        "weeklySchedule": {
            "daysOfTheWeek": ["Saturday"],
            "retentionTimes": ["2020-01-01T16:30:00Z"],
            "retentionDuration": {"count": 10, "durationType": "Weeks"},
        },
    }
    assert sent["instantRpRetentionRangeInDays"] == 5
    assert sent["tieringPolicy"] == {"ArchivedRP": {"tieringMode": "DoNotTier", "duration": 0, "durationType": "Invalid"}}


def test_weekly_enhanced_has_its_days_in_weekly_schedule():
    options = {"policy_type": "enhanced", "schedule": SCHEDULES["weekly"], "retention": {"weekly": {"count": 4}}}
    sent = policy.to_properties(policy.wanted(options, None), {})
    assert sent["policyType"] == "V2"
    assert sent["schedulePolicy"] == {
        "schedulePolicyType": "SimpleSchedulePolicyV2",
        "scheduleRunFrequency": "Weekly",
        "weeklySchedule": {"scheduleRunDays": ["Monday", "Sunday"], "scheduleRunTimes": ["2020-01-01T00:00:00Z"]},
    }


def test_the_last_day_of_the_month():
    options = {"schedule": SCHEDULES["daily"], "retention": {"daily": {"count": 7}, "monthly": {"count": 1, "month_days": ["last", "1"]}}}
    sent = policy.to_properties(policy.wanted(options, None), {})
    days = sent["retentionPolicy"]["monthlySchedule"]["retentionScheduleDaily"]["daysOfTheMonth"]
    assert days == [{"date": 1, "isLast": False}, {"date": 0, "isLast": True}]


def test_retention_days_follow_a_weekly_schedule():
    options = {"schedule": SCHEDULES["weekly"], "retention": {"weekly": {"count": 4}}}
    shown = policy.to_view(stored(policy.wanted(options, None)))
    after = policy.wanted({"schedule": {"days": ["friday"]}}, shown)
    assert after["retention"]["weekly"] == {"count": 4, "days": ["friday"]}
    assert rules.check_change({}, shown, after) == []


def test_a_tier_that_is_not_listed_goes():
    shown = policy.to_view(RECORDED_STANDARD)
    change = decide(shown, policy.wanted({"retention": {"daily": {"count": 30}}, "tiering": {"mode": "none"}}, shown))
    assert change.differing == ("retention", "tiering")
    assert change.diff()["before"]["retention"]["monthly"]["count"] == 60
    assert change.diff()["after"]["retention"]["monthly"] is None
    assert policy.shorter(change.before, change.after) == ["monthly"]


def test_an_empty_prefix_goes_back_to_azures_own_group():
    shown = policy.to_view(RECORDED_STANDARD)
    wanted = policy.wanted({"snapshot_resource_group": {"prefix": "", "suffix": ""}}, shown)
    assert wanted["snapshot_resource_group"] == {"prefix": None, "suffix": None}
    assert policy.to_properties(wanted, RECORDED_STANDARD["properties"])["instantRPDetails"] == {}


def test_crash_consistent_back_to_application_consistent():
    properties = {**RECORDED_HOURLY["properties"], "snapshotConsistencyType": "OnlyCrashConsistent"}
    shown = policy.to_view({**RECORDED_HOURLY, "properties": properties})
    assert shown["consistency"] == "crash_only"
    sent = policy.to_properties(policy.wanted({"consistency": "application"}, shown), properties)
    assert "snapshotConsistencyType" not in sent


def test_defaults_of_a_new_policy():
    options = {"schedule": SCHEDULES["daily"], "retention": {"daily": {"count": 30}}}
    wanted = policy.wanted(options, None)
    assert (wanted["policy_type"], wanted["time_zone"], wanted["instant_restore_days"], wanted["consistency"]) == ("standard", "UTC", 2, "application")
    assert policy.wanted({**options, "policy_type": "enhanced"}, None)["instant_restore_days"] == 7
    assert "policyType" not in policy.to_properties(wanted, {})
    assert "tieringPolicy" not in policy.to_properties(wanted, {})


def test_an_unknown_shape_is_shown_and_not_a_crash():
    shown = policy.to_view({"id": ID, "name": "x", "properties": {}})
    assert shown["schedule"]["frequency"] is None
    assert shown["retention"] == dict.fromkeys(policy.TIERS)
