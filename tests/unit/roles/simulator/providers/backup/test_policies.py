# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies: the defaults, the service's form and its refusals, edits and deletions."""

from __future__ import annotations

import copy
from typing import Any

import pytest

TIME = "2020-01-01T02:30:00.000Z"
NEW = "2026-08-01"


def days(count: int = 30, unit: str = "Days") -> dict[str, Any]:
    return {"retentionTimes": [TIME], "retentionDuration": {"count": count, "durationType": unit}}


def daily(**changes: Any) -> dict[str, Any]:
    return {
        "backupManagementType": "AzureIaasVM",
        "timeZone": "UTC",
        "schedulePolicy": {"schedulePolicyType": "SimpleSchedulePolicy", "scheduleRunFrequency": "Daily", "scheduleRunTimes": [TIME]},
        "retentionPolicy": {"retentionPolicyType": "LongTermRetentionPolicy", "dailySchedule": days()},
        **changes,
    }


def weekly(**changes: Any) -> dict[str, Any]:
    schedule = {
        "schedulePolicyType": "SimpleSchedulePolicy",
        "scheduleRunFrequency": "Weekly",
        "scheduleRunDays": ["Monday"],
        "scheduleRunTimes": [TIME],
    }
    retention = {"retentionPolicyType": "LongTermRetentionPolicy", "weeklySchedule": {"daysOfTheWeek": ["Monday"], **days(4, "Weeks")}}
    return daily(schedulePolicy=schedule, retentionPolicy=retention, **changes)


def hourly(interval: int = 4, window: int = 12, **changes: Any) -> dict[str, Any]:
    part = {"interval": interval, "scheduleWindowStartTime": TIME, "scheduleWindowDuration": window}
    schedule = {"schedulePolicyType": "SimpleSchedulePolicyV2", "scheduleRunFrequency": "Hourly", "hourlySchedule": part}
    return daily(policyType="V2", schedulePolicy=schedule, **changes)


def put(vault: Any, properties: Any, name: str = "nightly", api: str = "2024-04-01") -> Any:
    return vault.send("PUT", f"/backupPolicies/{name}", {"properties": properties}, api)


def changed(properties: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    result = copy.deepcopy(properties)
    place = result
    *parents, last = path.split(".")
    for parent in parents:
        place = place[parent]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return result


def test_a_new_vault_has_three_policies(vault: Any) -> None:
    assert vault.names("/backupPolicies") == ["HourlyLogBackup", "DefaultPolicy", "EnhancedPolicy"]
    assert vault.names("/backupPolicies", "backupManagementType eq 'AzureIaasVM'") == ["DefaultPolicy", "EnhancedPolicy"]
    assert vault.send("GET", "/backupPolicies/none").status == 404


def test_the_service_gives_a_policy_its_own_form(vault: Any) -> None:
    answer = put(vault, daily())
    assert answer.status == 200
    assert list(answer.body["properties"].items()) == [
        ("backupManagementType", "AzureIaasVM"),
        ("instantRPDetails", {}),
        (
            "schedulePolicy",
            {
                "schedulePolicyType": "SimpleSchedulePolicy",
                "scheduleRunFrequency": "Daily",
                "scheduleRunTimes": ["2020-01-01T02:30:00Z"],
                "scheduleWeeklyFrequency": 0,
            },
        ),
        (
            "retentionPolicy",
            {
                "retentionPolicyType": "LongTermRetentionPolicy",
                "dailySchedule": {"retentionTimes": ["2020-01-01T02:30:00Z"], "retentionDuration": {"count": 30, "durationType": "Days"}},
            },
        ),
        ("instantRpRetentionRangeInDays", 2),
        ("timeZone", "UTC"),
        ("protectedItemsCount", 0),
    ]
    assert put(vault, answer.body["properties"]).body == answer.body


@pytest.mark.parametrize(
    ("properties", "instant"),
    [(daily(), 2), (weekly(), 5), (hourly(), 7), (hourly(12, 24, instantRpRetentionRangeInDays=30), 30), (daily(timeZone="W. Europe Standard Time"), 2)],
)
def test_good_policies(vault: Any, properties: Any, instant: int) -> None:
    answer = put(vault, properties)
    assert answer.status == 200, answer.body
    assert answer.body["properties"]["instantRpRetentionRangeInDays"] == instant


MONTHLY = {"retentionScheduleFormatType": "Daily", "retentionScheduleDaily": {"daysOfTheMonth": [{"date": 1}]}, **days(12, "Months")}
TIERED = changed(daily(), "retentionPolicy.monthlySchedule", MONTHLY)


@pytest.mark.parametrize(
    "properties",
    [
        daily(timeZone="Europe/Berlin"),
        daily(policyType="V2"),
        daily(policyType="V3"),
        daily(snapshotConsistencyType="OnlyCrashConsistent"),
        daily(instantRpRetentionRangeInDays=6),
        daily(tieringPolicy={"ArchivedRP": {"tieringMode": "TierRecommended"}}),
        changed(TIERED, "tieringPolicy", {"ArchivedRP": {"tieringMode": "TierAfter", "duration": 7, "durationType": "Months"}}),
        changed(daily(), "schedulePolicy.scheduleRunTimes", ["2020-01-01T02:15:00Z"]),
        changed(daily(), "schedulePolicy.scheduleRunTimes", ["2020-01-01T03:30:00Z"]),
        changed(daily(), "schedulePolicy.scheduleRunTimes", [TIME, TIME]),
        changed(daily(), "retentionPolicy.dailySchedule", None),
        changed(daily(), "retentionPolicy.dailySchedule", days(6)),
        changed(daily(), "retentionPolicy.dailySchedule", days(10_000)),
        changed(daily(), "retentionPolicy.dailySchedule", days(30, "Weeks")),
        changed(daily(), "retentionPolicy.weeklySchedule", {"daysOfTheWeek": ["Mon"], **days(4, "Weeks")}),
        weekly(instantRpRetentionRangeInDays=4),
        changed(weekly(), "retentionPolicy.dailySchedule", days()),
        changed(weekly(), "retentionPolicy.weeklySchedule.daysOfTheWeek", ["Sunday"]),
        changed(weekly(), "retentionPolicy.monthlySchedule", MONTHLY),
        hourly(5, 10),
        hourly(4, 10),
        hourly(4, 12, instantRpRetentionRangeInDays=18),
        changed(hourly(), "policyType", None),
        {},
        {"backupManagementType": "AzureIaasVM"},
    ],
)
def test_bad_policies(vault: Any, properties: Any) -> None:
    answer = put(vault, properties)
    assert (answer.status, answer.body["error"]["code"]) == (400, "BMSUserErrorInvalidPolicyInput")
    assert vault.send("GET", "/backupPolicies/nightly").status == 404


def test_tiering_with_long_retention(vault: Any) -> None:
    tier = {"tieringMode": "TierAfter", "duration": 6, "durationType": "Months"}
    answer = put(vault, changed(TIERED, "tieringPolicy", {"ArchivedRP": tier}))
    assert answer.body["properties"]["tieringPolicy"] == {"ArchivedRP": tier}


def test_instant_restore_must_not_outlast_the_vault(vault: Any) -> None:
    answer = put(vault, changed(hourly(12, 12, instantRpRetentionRangeInDays=20), "retentionPolicy.dailySchedule", days(10)))
    assert answer.body["error"]["code"] == "BMSUserErrorInstantRPRetentionExceedsVaultedRetention"


def test_times_ahead_are_refused_by_new_apis(vault: Any) -> None:
    ahead = f"{vault.world.clock.now().year + 1}-01-01T02:30:00Z"
    properties = changed(daily(), "schedulePolicy.scheduleRunTimes", [ahead])
    assert put(vault, properties, api=NEW).status == 400
    assert put(vault, properties, api="2024-04-01").status == 200
    short = changed(changed(daily(), "schedulePolicy.scheduleRunTimes", ["02:30:00Z"]), "retentionPolicy.dailySchedule.retentionTimes", ["02:30:00Z"])
    assert put(vault, short, api=NEW).status == 200
    for name in ("DefaultPolicy", "EnhancedPolicy"):
        assert put(vault, vault.get(f"/backupPolicies/{name}")["properties"], name, NEW).status == 200


@pytest.mark.parametrize("name", ["ab", "1abc", "a" * 151, "has space"])
def test_bad_names(vault: Any, name: str) -> None:
    assert put(vault, daily(), name).status == 400


def test_the_type_of_a_policy_stays(vault: Any) -> None:
    put(vault, daily())
    assert put(vault, hourly()).status == 400


def test_a_policy_in_use_counts_its_items_and_stays(vault: Any) -> None:
    put(vault, daily())
    for name in ("web1", "web2"):
        vault.vm(name)
        vault.protect(name, "nightly")
    assert vault.get("/backupPolicies/nightly")["properties"]["protectedItemsCount"] == 2
    refused = vault.send("DELETE", "/backupPolicies/nightly")
    assert (refused.status, refused.body["error"]["code"]) == (400, "BMSUserErrorPolicyObjectInUse")
    vault.protect("web1")
    vault.stop("web2")
    assert vault.get("/backupPolicies/nightly")["properties"]["protectedItemsCount"] == 0
    assert vault.send("DELETE", "/backupPolicies/nightly").status == 200
    assert vault.send("DELETE", "/backupPolicies/nightly").status == 204


def test_an_edit_configures_each_item(vault: Any) -> None:
    put(vault, daily())
    for name in ("web1", "web2"):
        vault.vm(name)
        vault.protect(name, "nightly")
    before = len(vault.get("/backupJobs")["value"])
    put(vault, changed(daily(), "retentionPolicy.dailySchedule", days(60)))
    vault.world.clock.jump(60)
    jobs = vault.get("/backupJobs")["value"]
    assert len(jobs) == before + 2
    assert {(each["properties"]["operation"], each["properties"]["status"]) for each in jobs[:2]} == {("ConfigureBackup", "Completed")}


def test_an_immutable_vault_keeps_retention(vault: Any) -> None:
    put(vault, daily())
    vault.patch({"properties": {"securitySettings": {"immutabilitySettings": {"state": "Unlocked"}}}})
    assert put(vault, changed(daily(), "retentionPolicy.dailySchedule", days(60))).status == 200
    assert put(vault, changed(daily(), "retentionPolicy.dailySchedule", days(59))).status == 400


def test_where_the_estate_says_so_a_policy_in_use_is_changed_by_an_operation(bare: Any) -> None:
    vault = bare
    entry = {"name": "safe", "resource_group": "app", "asynchronous_policies": True, "items": [{"vm": "app/web"}]}
    vault.azure.load({"vms": [{"name": "web", "resource_group": "app"}], "vaults": [entry]})
    path = "/backupPolicies/DefaultPolicy"
    body = {"properties": vault.get(path)["properties"]}
    body["properties"]["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = 40
    unused = vault.send("PUT", "/backupPolicies/unused", body)
    assert unused.status == 200
    answer = vault.send("PUT", path, body)
    assert (answer.status, answer.body) == (202, None)
    assert f"{path}/operations/" in answer.headers["Azure-AsyncOperation"]
    assert f"{path}/operationResults/" in answer.headers["Location"]
    assert vault.azure.follow(answer.headers["Azure-AsyncOperation"]).body["status"] == "InProgress"
    assert vault.azure.follow(answer.headers["Location"]).status == 202
    assert vault.get(path)["properties"]["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] == 30
    vault.world.clock.jump(60)
    assert vault.azure.follow(answer.headers["Azure-AsyncOperation"]).body["status"] == "Succeeded"
    result = vault.azure.follow(answer.headers["Location"])
    assert (result.status, result.body) == (200, vault.get(path))
    assert result.body["properties"]["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] == 40
    (job,) = vault.get("/backupJobs", _filter="operation eq 'ConfigureBackup'")["value"]
    assert job["properties"]["entityFriendlyName"] == "web"


def test_where_the_estate_says_so_a_policy_is_deleted_by_an_operation(bare: Any) -> None:
    bare.azure.load({"vaults": [{"name": "safe", "resource_group": "app", "asynchronous_policies": True}]})
    answer = bare.send("DELETE", "/backupPolicies/DefaultPolicy")
    assert answer.status == 202
    assert bare.send("GET", "/backupPolicies/DefaultPolicy").status == 200
    bare.world.clock.jump(60)
    assert bare.azure.follow(answer.headers["Location"]).status == 204
    assert bare.send("GET", "/backupPolicies/DefaultPolicy").status == 404
