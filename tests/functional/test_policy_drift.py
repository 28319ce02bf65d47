# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies as others make and change them: what somebody changes in Azure is found and put right, and what there is can be given back."""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from harness import Azure

PLACE = {"vault_name": "vault-we", "resource_group": "backup"}
VAULT = """
resource_groups: [{name: backup, location: westeurope}]
vaults: [{name: vault-we, resource_group: backup, location: westeurope}, {name: other, resource_group: backup, location: westeurope}]
"""
GUARD = "/subscriptions/00000000-0000-4000-8000-0000000000aa/resourceGroups/safe/providers/Microsoft.DataProtection/resourceGuards/guard"
Properties = dict[str, Any]

ALL_TIERS = {
    "daily": {"count": 30},
    "weekly": {"count": 12, "days": ["sunday"]},
    "monthly": {"count": 24, "weeks": ["first"], "days": ["sunday"]},
    "yearly": {"count": 5, "months": ["january"], "month_days": [1, "last"]},
}
WISHES: dict[str, dict[str, Any]] = {
    "standard-daily": {
        "schedule": {"frequency": "daily", "time": "22:30"},
        "time_zone": "UTC",
        "retention": ALL_TIERS,
        "instant_restore_days": 2,
        "snapshot_resource_group": {"prefix": "snap", "suffix": "we"},
        "tiering": {"mode": "after", "after_months": 6},
    },
    "standard-weekly": {
        "schedule": {"frequency": "weekly", "time": "22:30", "days": ["sunday", "friday"]},
        "retention": {"weekly": {"count": 12}},
        "instant_restore_days": 5,
    },
    "enhanced-daily": {
        "policy_type": "enhanced",
        "schedule": {"frequency": "daily", "time": "22:30"},
        "retention": {"daily": {"count": 30}, "monthly": {"count": 12, "month_days": [1, 15]}},
        "consistency": "crash_only",
        "tiering": {"mode": "recommended"},
        "instant_restore_days": 7,
    },
    "enhanced-weekly": {
        "policy_type": "enhanced",
        "schedule": {"frequency": "weekly", "time": "22:30", "days": ["sunday"]},
        "retention": {"weekly": {"count": 12}, "monthly": {"count": 12, "weeks": ["first", "last"], "days": ["sunday"]}},
        "snapshot_resource_group": {"prefix": "", "suffix": ""},
        "tiering": {"mode": "none"},
        "consistency": "application",
        "instant_restore_days": 7,
    },
    "enhanced-hourly": {
        "policy_type": "enhanced",
        "schedule": {"frequency": "hourly", "time": "08:00", "interval_hours": 4, "window_hours": 12},
        "retention": {"daily": {"count": 30}},
        "instant_restore_days": 7,
    },
}


def put(path: str, value: Any) -> Callable[[Properties], None]:
    """Another value at a dotted path; None takes it away."""

    def change(properties: Properties) -> None:
        *way, last = path.split(".")
        for key in way:
            properties = properties.setdefault(key, {})
        properties[last] = value
        if value is None:
            del properties[last]

    return change


def at(time: str) -> Callable[[Properties], None]:
    """Every time of the policy moves, as Azure takes no other change of it."""

    def change(value: Any) -> None:
        for key, each in value.items() if isinstance(value, dict) else ():
            if key in ("scheduleRunTimes", "retentionTimes"):
                value[key] = [f"2020-01-01T{time}:00Z"]
            elif key == "scheduleWindowStartTime":
                value[key] = f"2020-01-01T{time}:00Z"
            else:
                change(each)

    return change


def both(*changes: Callable[[Properties], None]) -> Callable[[Properties], None]:
    def change(properties: Properties) -> None:
        for each in changes:
            each(properties)

    return change


def hourly_to_daily(properties: Properties) -> None:
    del properties["schedulePolicy"]["hourlySchedule"]
    properties["schedulePolicy"] |= {"scheduleRunFrequency": "Daily", "dailySchedule": {"scheduleRunTimes": ["2020-01-01T08:00:00Z"]}}


def tier(count: int, unit: str, **more: Any) -> Properties:
    return {"retentionTimes": ["2020-01-01T22:30:00Z"], "retentionDuration": {"count": count, "durationType": unit}, **more}


KEPT = "retentionPolicy"
# The wish, what somebody does to the policy, and the setting that differs then.
DRIFT: list[tuple[str, str, Callable[[Properties], None]]] = [
    ("standard-daily", "schedule", at("21:00")),
    ("standard-daily", "time_zone", put("timeZone", "Pacific Standard Time")),
    ("standard-daily", "instant_restore_days", put("instantRpRetentionRangeInDays", 5)),
    ("standard-daily", "snapshot_resource_group", put("instantRPDetails.azureBackupRGNamePrefix", "other")),
    ("standard-daily", "snapshot_resource_group", put("instantRPDetails.azureBackupRGNameSuffix", "ne")),
    ("standard-daily", "snapshot_resource_group", put("instantRPDetails", {})),
    ("standard-daily", "tiering", put("tieringPolicy.ArchivedRP.duration", 9)),
    ("standard-daily", "tiering", put("tieringPolicy.ArchivedRP", {"tieringMode": "TierRecommended", "duration": 0, "durationType": "Invalid"})),
    ("standard-daily", "tiering", put("tieringPolicy", None)),
    ("standard-daily", "retention", put(f"{KEPT}.dailySchedule.retentionDuration.count", 31)),
    ("standard-daily", "retention", put(f"{KEPT}.weeklySchedule.retentionDuration.count", 13)),
    ("standard-daily", "retention", put(f"{KEPT}.weeklySchedule.daysOfTheWeek", ["Sunday", "Monday"])),
    ("standard-daily", "retention", put(f"{KEPT}.weeklySchedule", None)),
    ("standard-daily", "retention", put(f"{KEPT}.monthlySchedule.retentionDuration.count", 25)),
    ("standard-daily", "retention", put(f"{KEPT}.monthlySchedule.retentionScheduleWeekly.weeksOfTheMonth", ["Second"])),
    ("standard-daily", "retention", put(f"{KEPT}.monthlySchedule.retentionScheduleWeekly.daysOfTheWeek", ["Monday"])),
    ("standard-daily", "retention", put(f"{KEPT}.yearlySchedule.retentionDuration.count", 6)),
    ("standard-daily", "retention", put(f"{KEPT}.yearlySchedule.monthsOfYear", ["January", "July"])),
    ("standard-daily", "retention", put(f"{KEPT}.yearlySchedule.retentionScheduleDaily.daysOfTheMonth", [{"date": 1, "isLast": False}])),
    ("standard-daily", "retention", put(f"{KEPT}.yearlySchedule.retentionScheduleDaily.daysOfTheMonth", [{"date": 0, "isLast": True}])),
    (
        "standard-weekly",
        "schedule",
        both(put("schedulePolicy.scheduleRunDays", ["Sunday"]), put(f"{KEPT}.weeklySchedule.daysOfTheWeek", ["Sunday"])),
    ),
    ("standard-weekly", "schedule", at("01:00")),
    ("standard-weekly", "retention", put(f"{KEPT}.weeklySchedule.retentionDuration.count", 13)),
    (
        "standard-weekly",
        "retention",
        put(
            f"{KEPT}.yearlySchedule",
            tier(
                3,
                "Years",
                monthsOfYear=["May"],
                retentionScheduleFormatType="Weekly",
                retentionScheduleWeekly={"daysOfTheWeek": ["Sunday"], "weeksOfTheMonth": ["First"]},
            ),
        ),
    ),
    ("enhanced-daily", "consistency", put("snapshotConsistencyType", None)),
    ("enhanced-daily", "schedule", at("04:30")),
    ("enhanced-daily", "retention", put(f"{KEPT}.monthlySchedule.retentionScheduleDaily.daysOfTheMonth", [{"date": 2, "isLast": False}])),
    ("enhanced-daily", "tiering", put("tieringPolicy.ArchivedRP", {"tieringMode": "DoNotTier", "duration": 0, "durationType": "Invalid"})),
    ("enhanced-weekly", "snapshot_resource_group", put("instantRPDetails", {"azureBackupRGNamePrefix": "snap"})),
    ("enhanced-weekly", "consistency", put("snapshotConsistencyType", "OnlyCrashConsistent")),
    (
        "enhanced-weekly",
        "tiering",
        put("tieringPolicy", {"ArchivedRP": {"tieringMode": "TierRecommended", "duration": 0, "durationType": "Invalid"}}),
    ),
    ("enhanced-weekly", "retention", put(f"{KEPT}.monthlySchedule.retentionScheduleWeekly.weeksOfTheMonth", ["First"])),
    ("enhanced-hourly", "schedule", put("schedulePolicy.hourlySchedule.interval", 6)),
    ("enhanced-hourly", "schedule", put("schedulePolicy.hourlySchedule.scheduleWindowDuration", 24)),
    ("enhanced-hourly", "schedule", put("schedulePolicy.hourlySchedule.scheduleWindowStartTime", "2020-01-01T10:30:00Z")),
    ("enhanced-hourly", "schedule", hourly_to_daily),
]


@pytest.fixture(scope="module")
def policy_id() -> Callable[[Azure, str], str]:
    return lambda azure, name: azure.id("backup", "Microsoft.RecoveryServices/vaults/backupPolicies", "vault-we", name)


@pytest.mark.parametrize(("kind", "setting", "change"), DRIFT, ids=[f"{kind}-{setting}-{n}" for n, (kind, setting, _change) in enumerate(DRIFT)])
def test_what_somebody_changes_is_found_shown_and_put_right(
    azure: Azure, policy_id: Callable[[Azure, str], str], kind: str, setting: str, change: Callable[[Properties], None]
) -> None:
    azure.estate(VAULT)
    wish = {**PLACE, "name": kind, **WISHES[kind]}
    as_wished = azure.module("policy", **wish)["policy"]
    document = azure.send("GET", policy_id(azure, kind))
    changed = copy.deepcopy(document["properties"])
    change(changed)
    assert changed != document["properties"]
    azure.send("PUT", policy_id(azure, kind), {"properties": changed})
    azure.clear_ledger()
    predicted = azure.module("policy", check=True, diff=True, **wish)
    assert predicted["changed"] and azure.writes() == []
    assert setting in predicted["diff"]["before"] and predicted["diff"]["before"][setting] != predicted["diff"]["after"][setting]
    done = azure.module("policy", diff=True, **wish)
    assert done["diff"] == predicted["diff"] and done["policy"] == as_wished and len(azure.writes()) == 1
    azure.clear_ledger()
    assert not azure.module("policy", **wish)["changed"] and azure.writes() == []


def test_the_drift_of_every_setting_is_tested() -> None:
    """All but the type, which nothing can change."""
    settings = {setting for _kind, setting, _change in DRIFT} | {"policy_type"}
    assert settings == {name for wish in WISHES.values() for name in wish}


@pytest.mark.parametrize("wanted", ["standard", "enhanced"])
def test_a_policy_of_another_type_in_its_place_is_refused_with_the_way_out(azure: Azure, policy_id: Callable[[Azure, str], str], wanted: str) -> None:
    """Somebody deletes it and makes one of the other type."""
    azure.estate(VAULT)
    other = {"standard": "enhanced", "enhanced": "standard"}[wanted]
    azure.module("policy", **PLACE, name="nightly", **{**WISHES[f"{wanted}-daily"], "policy_type": wanted})
    azure.delete(policy_id(azure, "nightly"))
    azure.module("policy", **PLACE, name="nightly", **{**WISHES[f"{other}-daily"], "policy_type": other})
    azure.clear_ledger()
    for check in (True, False):
        refused = azure.module("policy", check=check, **PLACE, name="nightly", policy_type=wanted)
        assert [each["option"] for each in refused["problems"]] == ["policy_type"] and "under another name" in refused["msg"]
    assert azure.writes() == []


# Everything that policies are made of, in all kinds.

SCHEDULES = {
    "standard-daily": {"frequency": "daily", "time": "22:30"},
    "standard-weekly": {"frequency": "weekly", "time": "00:00", "days": ["friday", "sunday"]},
    "enhanced-hourly": {"frequency": "hourly", "time": "06:30", "interval_hours": 6, "window_hours": 18},
    "enhanced-daily": {"frequency": "daily", "time": "03:00"},
    "enhanced-weekly": {"frequency": "weekly", "time": "23:30", "days": ["sunday"]},
}
BY_WEEK = {"weeks": ["first", "last"], "days": ["sunday"]}
BY_DATE = {"month_days": [1, 28, "last"]}
LONG: list[dict[str, Any]] = [
    {},
    {"monthly": {"count": 60, **BY_WEEK}},
    {"yearly": {"count": 10, "months": ["june", "january"], **BY_WEEK}},
    {"monthly": {"count": 60, **BY_DATE}, "yearly": {"count": 10, "months": ["december"], **BY_DATE}},
    {"monthly": {"count": 60, **BY_DATE}, "yearly": {"count": 10, "months": ["december"], **BY_WEEK}},
]
TIERING = [None, {"mode": "none"}, {"mode": "recommended"}, {"mode": "after", "after_months": 3}]
GROUP = [None, {"prefix": "snap"}, {"prefix": "snap", "suffix": "we"}]
CONSISTENCY = [None, "application", "crash_only"]


def everything() -> Iterator[dict[str, Any]]:
    for kind, long, tiering in itertools.product(SCHEDULES, LONG, TIERING):
        weekly = SCHEDULES[kind]["frequency"] == "weekly"
        if (weekly and any("month_days" in each for each in long.values())) or (not long and tiering and tiering["mode"] != "none"):
            continue
        yield {"kind": kind, "long": long, "tiering": tiering}


def wishes() -> list[dict[str, Any]]:
    """A policy of each kind with each form of retention and tiering; the other settings take turns."""
    made = []
    for number, each in enumerate(everything()):
        policy_type, frequency = each["kind"].split("-")
        base: dict[str, Any] = {"weekly": {"count": 12}} if frequency == "weekly" else {"daily": {"count": 40}}
        if frequency != "weekly" and number % 2:
            base["weekly"] = {"count": 20, "days": ["saturday", "monday"]}
        wish = {
            "name": f"p{number:03}",
            "policy_type": policy_type,
            "schedule": SCHEDULES[each["kind"]],
            "retention": {**base, **each["long"]},
            "tiering": each["tiering"],
            "time_zone": ["UTC", "Europe/Berlin", None][number % 3],
            "snapshot_resource_group": GROUP[number % 3],
            "consistency": CONSISTENCY[number % 3] if policy_type == "enhanced" else None,
        }
        made.append({name: value for name, value in wish.items() if value is not None})
    return made


def test_what_policy_info_shows_can_be_given_back_and_to_another_vault(azure: Azure) -> None:
    azure.estate(VAULT)
    wanted = wishes()
    assert len(wanted) > 50
    for wish in wanted:
        made = azure.module("policy", **PLACE, **wish)
        assert made.get("changed"), made
    shown = azure.module("policy_info", **PLACE)["policies"]
    assert len(shown) == len(wanted) + 2
    azure.clear_ledger()
    for each in shown:
        again = azure.module("policy", **PLACE, **each["options"])
        assert again.get("changed") is False, again
    assert azure.writes() == []
    target = {**PLACE, "vault_name": "other"}
    for each in shown:
        assert not azure.module("policy", **target, **each["options"]).get("failed")
    copies = azure.module("policy_info", **target)["policies"]
    assert [each["options"] for each in copies] == [each["options"] for each in shown]


def test_what_a_policy_has_and_the_other_has_not_goes(azure: Azure) -> None:
    """The options of one given to the other make it the same, in all that they differ in."""
    azure.estate(VAULT)
    azure.module("policy", **PLACE, name="rich", **WISHES["standard-daily"])
    azure.module("policy", **PLACE, name="plain", schedule={"frequency": "daily", "time": "01:00"}, retention={"daily": {"count": 60}})
    (plain,) = azure.module("policy_info", **PLACE, name="plain")["policies"]
    assert azure.module("policy", **PLACE, **{**plain["options"], "name": "rich"})["changed"]
    (rich,) = azure.module("policy_info", **PLACE, name="rich")["policies"]
    assert {**rich["options"], "name": "plain"} == plain["options"]


# Under a Resource Guard.

LESS: list[dict[str, Any]] = [
    {"retention": {"daily": {"count": 10}}, "allow_shorter_retention": True},
    {"instant_restore_days": 1},
    {"schedule": {"frequency": "weekly", "days": ["sunday"]}, "retention": {"daily": None, "weekly": {"count": 200}}, "allow_shorter_retention": True},
]


@pytest.mark.parametrize("change", LESS)
def test_less_needs_the_approval_of_the_guard(azure: Azure, change: dict[str, Any]) -> None:
    azure.estate(VAULT.replace("{name: vault-we, ", f"{{name: vault-we, resource_guard: '{GUARD}', "))
    wish = {**PLACE, "name": "DefaultPolicy", **change}
    for check in (True, False):
        refused = azure.module("policy", check=check, **wish)
        assert [each["option"] for each in refused["problems"]] == ["resource_guard_operation_requests"], refused
        assert "updateProtectionPolicyRequests/default" in refused["msg"]
    assert azure.writes() == []
    approval = {"resource_guard_operation_requests": [f"{GUARD}/updateProtectionPolicyRequests/default"]}
    predicted = azure.module("policy", check=True, diff=True, **wish, **approval)
    done = azure.module("policy", diff=True, **wish, **approval)
    assert predicted["diff"] == done["diff"] and done["changed"]
    azure.clear_ledger()
    assert not azure.module("policy", **wish)["changed"] and azure.writes() == []


def test_the_guard_may_be_of_another_tenant(azure: Azure) -> None:
    subscription, tenant = "66666666-6666-4666-8666-666666666666", "55555555-5555-4555-8555-555555555555"
    foreign = re.sub("/subscriptions/[^/]+", f"/subscriptions/{subscription}", GUARD)
    azure.estate(f"other_tenants: [{{tenant_id: {tenant}, subscriptions: ['{subscription}']}}]")
    azure.estate(VAULT.replace("{name: vault-we, ", f"{{name: vault-we, resource_guard: '{foreign}', "))
    requests = {"resource_guard_operation_requests": [f"{foreign}/updateProtectionPolicyRequests/default"]}
    less = {**PLACE, "name": "DefaultPolicy", "retention": {"daily": {"count": 7}}, "allow_shorter_retention": True, **requests}
    assert azure.module("policy", **less)["error"]["code"] == "LinkedAuthorizationFailed"
    assert azure.module("policy", **less, resource_guard_tenant_id=tenant)["changed"]


def test_more_needs_no_approval(azure: Azure) -> None:
    azure.estate(VAULT.replace("{name: vault-we, ", f"{{name: vault-we, resource_guard: '{GUARD}', "))
    approval = {"resource_guard_operation_requests": [f"{GUARD}/updateProtectionPolicyRequests/default"]}
    azure.clear_ledger()
    done = azure.module("policy", **PLACE, name="DefaultPolicy", retention={"daily": {"count": 90}}, instant_restore_days=5, **approval)
    assert done["changed"]
    (write,) = azure.requests(writes="true")
    assert "resourceGuardOperationRequests" not in write["body"]["properties"]
    wrong = azure.module("policy", **PLACE, name="DefaultPolicy", resource_guard_operation_requests=["yes"])
    assert [each["option"] for each in wrong["problems"]] == ["resource_guard_operation_requests"]
