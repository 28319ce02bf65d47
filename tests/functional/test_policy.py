# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules policy and policy_info against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Azure

PLACE = {"vault_name": "vault-we", "resource_group": "backup"}
NIGHTLY = {
    **PLACE,
    "name": "nightly",
    "schedule": {"frequency": "daily", "time": "22:30"},
    "time_zone": "Europe/Berlin",
    "retention": {"daily": {"count": 30}, "monthly": {"count": 12, "weeks": ["first"], "days": ["sunday"]}},
}
GROUP = "resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]\n"
VAULT = GROUP + "vaults: [{name: vault-we, resource_group: backup, location: westeurope}]\n"
USED = GROUP + """
vms: [{name: web, count: 2, resource_group: app}]
vaults:
  - name: vault-we
    resource_group: backup
    location: westeurope
    items: [{vm: app/web-0001, policy: DefaultPolicy, state: Protected}, {vm: app/web-0002, policy: DefaultPolicy, state: Protected}]
"""
KINDS: dict[str, dict[str, Any]] = {
    "standard-daily": {
        "schedule": {"frequency": "daily", "time": "00:00"},
        "retention": {
            "daily": {"count": 7},
            "weekly": {"count": 4, "days": ["friday", "monday"]},
            "monthly": {"count": 12, "month_days": [1, "last", 15]},
            "yearly": {"count": 3, "months": ["december", "june"], "weeks": ["last"], "days": ["friday"]},
        },
        "tiering": {"mode": "after", "after_months": 6},
    },
    "standard-weekly": {
        "schedule": {"frequency": "weekly", "time": "23:30", "days": ["sunday", "wednesday"]},
        "retention": {"weekly": {"count": 26}, "monthly": {"count": 12, "weeks": ["first"], "days": ["sunday"]}},
        "tiering": {"mode": "recommended"},
        "snapshot_resource_group": {"prefix": "snapshots-", "suffix": "-we"},
    },
    "enhanced-daily": {
        "policy_type": "enhanced",
        "schedule": {"frequency": "daily", "time": "03:00"},
        "retention": {"daily": {"count": 90}},
        "instant_restore_days": 30,
        "consistency": "crash_only",
    },
    "enhanced-weekly": {
        "policy_type": "enhanced",
        "schedule": {"frequency": "weekly", "time": "03:00", "days": ["saturday"]},
        "retention": {"weekly": {"count": 12}, "yearly": {"count": 5, "months": ["january"], "weeks": ["first"], "days": ["saturday"]}},
    },
    "enhanced-hourly": {
        "policy_type": "enhanced",
        "schedule": {"frequency": "hourly", "time": "08:00", "interval_hours": 4, "window_hours": 12},
        "retention": {"daily": {"count": 14}, "monthly": {"count": 2, "month_days": ["28"]}},
        "time_zone": "pacific standard time",
    },
}


def policy_id(azure: Azure, name: str) -> str:
    return azure.id("backup", "Microsoft.RecoveryServices/vaults/backupPolicies", "vault-we", name)


def options_of(result: dict[str, Any]) -> list[str]:
    return [each["option"] for each in result["problems"]]


def warnings(result: dict[str, Any]) -> list[str]:
    return [each["event"]["msg"] if isinstance(each, dict) else each for each in result.get("warnings", [])]


def make_immutable(azure: Azure) -> None:
    vault_id = azure.id("backup", "Microsoft.RecoveryServices/vaults", "vault-we")
    azure.send("PATCH", vault_id, {"properties": {"securitySettings": {"immutabilitySettings": {"state": "Unlocked"}}}})
    azure.jump(600)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_predicted_created_kept_and_copied(azure: Azure, kind: str) -> None:
    azure.estate(VAULT)
    wanted = {**PLACE, "name": kind, **KINDS[kind]}
    predicted = azure.module("policy", check=True, diff=True, **wanted)
    assert predicted["changed"] and azure.writes() == []
    done = azure.module("policy", diff=True, **wanted)
    assert done["changed"] and done["diff"] == predicted["diff"] and done["policy"] == predicted["policy"]
    assert azure.writes() == [f"PUT {policy_id(azure, kind)}"]
    azure.clear_ledger()
    again = azure.module("policy", **wanted)
    assert not again["changed"] and again["policy"] == done["policy"]
    (shown,) = azure.module("policy_info", **PLACE, name=kind)["policies"]
    assert {name: value for name, value in shown.items() if name != "options"} == done["policy"]
    settings = {name: value for name, value in done["policy"].items() if name not in ("id", "name", "protected_items")}
    assert not azure.module("policy", name=kind, **settings)["changed"] and azure.writes() == []
    copy = azure.module("policy", name=f"{kind}-copy", **settings)["policy"]
    assert {name: copy[name] for name in settings} == settings


def test_change_by_parts(azure: Azure) -> None:
    azure.estate(VAULT)
    created = azure.module("policy", **NIGHTLY)["policy"]
    assert created["time_zone"] == "W. Europe Standard Time" and created["instant_restore_days"] == 2
    change = {**PLACE, "name": "nightly", "schedule": {"time": "04:00"}}
    azure.clear_ledger()
    predicted = azure.module("policy", check=True, diff=True, **change)
    assert azure.writes() == []
    done = azure.module("policy", diff=True, **change)
    assert predicted["diff"] == done["diff"] and done["policy"] == {**created, "schedule": {**created["schedule"], "time": "04:00"}}
    assert list(done["diff"]["after"]) == ["schedule"] and predicted["policy"] == done["policy"]
    (write,) = azure.requests(writes="true")
    retention = write["body"]["properties"]["retentionPolicy"]
    assert {retention[f"{tier}Schedule"]["retentionTimes"][0] for tier in ("daily", "monthly")} == {"2020-01-01T04:00:00Z"}
    azure.clear_ledger()
    assert not azure.module("policy", **change)["changed"] and azure.writes() == []


def test_daily_becomes_weekly(azure: Azure) -> None:
    azure.estate(VAULT)
    azure.module("policy", **NIGHTLY)
    weekly = {**PLACE, "name": "nightly", "schedule": {"frequency": "weekly", "days": ["sunday"]}, "retention": {"weekly": {"count": 10}}}
    done = azure.module("policy", diff=True, **weekly)
    assert sorted(done["diff"]["after"]) == ["instant_restore_days", "retention", "schedule"]
    assert done["policy"]["instant_restore_days"] == 5
    assert done["policy"]["retention"] == {"daily": None, "weekly": {"count": 10, "days": ["sunday"]}, "monthly": None, "yearly": None}
    assert not azure.module("policy", **weekly)["changed"]
    moved = azure.module("policy", **PLACE, name="nightly", schedule={"days": ["friday", "monday"]})
    assert moved["changed"] and moved["policy"]["retention"]["weekly"]["days"] == ["monday", "friday"]


def test_azures_own_policies_are_left_as_they_are(azure: Azure) -> None:
    azure.estate(VAULT)
    shown = azure.module("policy_info", **PLACE)["policies"]
    assert [each["name"] for each in shown] == ["DefaultPolicy", "EnhancedPolicy"]
    azure.clear_ledger()
    for each in shown:
        settings = {name: value for name, value in each.items() if name not in ("id", "protected_items", "options")}
        assert not azure.module("policy", **settings)["changed"]
        assert not azure.module("policy", **PLACE, **each["options"])["changed"]
    assert azure.writes() == []


def test_policies_of_other_workloads_are_not_ours(azure: Azure) -> None:
    azure.estate(VAULT)
    refused = azure.module("policy", **{**NIGHTLY, "name": "HourlyLogBackup"})
    assert options_of(refused) == ["name"] and "AzureWorkload" in refused["msg"]
    assert azure.module("policy_info", **PLACE, name="HourlyLogBackup")["policies"] == []


def test_everything_wrong_at_once_and_nothing_written(azure: Azure) -> None:
    azure.estate(VAULT)
    wrong = {
        **NIGHTLY,
        "name": "x",
        "vault_name": "1",
        "schedule": {"frequency": "daily", "time": "22:15"},
        "time_zone": "Europe/Berln",
        "retention": {"daily": {"count": 3}},
        "instant_restore_days": 40,
    }
    for check in (True, False):
        refused = azure.module("policy", check=check, **wrong)
        assert refused["failed"]
        assert {"name", "vault_name", "schedule.time", "time_zone", "retention.daily.count", "instant_restore_days"} <= set(options_of(refused))
    hourly = {**NIGHTLY, "schedule": {"frequency": "hourly", "time": "08:00", "interval_hours": 4, "window_hours": 12}}
    for check in (True, False):
        refused = azure.module("policy", check=check, **hourly)
        assert options_of(refused) == ["schedule.frequency"]
    assert azure.requests(writes="true") == []


def test_arguments_of_a_wrong_type_are_told_too(azure: Azure) -> None:
    refused = azure.module("policy", **{**NIGHTLY, "schedule": {"frequency": "monthly"}, "retention": {"daily": {}}, "name": "x"})
    assert refused["failed"] and "monthly" in refused["msg"] and "count" in refused["msg"]


def test_the_type_stays(azure: Azure) -> None:
    azure.estate(VAULT)
    azure.module("policy", **NIGHTLY)
    azure.clear_ledger()
    refused = azure.module("policy", **NIGHTLY, policy_type="enhanced")
    assert options_of(refused) == ["policy_type"] and azure.writes() == []


def test_items_are_counted_and_warned_of(azure: Azure) -> None:
    azure.estate(USED)
    change = {**PLACE, "name": "DefaultPolicy", "retention": {"daily": {"count": 60}}}
    predicted = azure.module("policy", check=True, **change)
    assert predicted["items_affected"] == 2
    done = azure.module("policy", **change)
    assert done["items_affected"] == 2 and any("2 protected items" in each for each in warnings(done))
    again = azure.module("policy", **change)
    assert not again["changed"] and again["items_affected"] == 0


def test_shorter_retention_needs_consent(azure: Azure) -> None:
    azure.estate(USED)
    change = {**PLACE, "name": "DefaultPolicy", "retention": {"daily": {"count": 10}}}
    for check in (True, False):
        refused = azure.module("policy", check=check, **change)
        assert options_of(refused) == ["retention"] and "allow_shorter_retention" in refused["msg"]
    assert azure.writes() == []
    done = azure.module("policy", **change, allow_shorter_retention=True)
    assert done["changed"] and done["policy"]["retention"]["daily"] == {"count": 10}


def test_an_immutable_vault_lets_nothing_get_shorter(azure: Azure) -> None:
    azure.estate(USED)
    make_immutable(azure)
    azure.clear_ledger()
    change = {**PLACE, "name": "DefaultPolicy", "retention": {"daily": {"count": 10}}, "allow_shorter_retention": True}
    refused = azure.module("policy", check=True, **change)
    assert options_of(refused) == ["retention"] and "immutable (Unlocked)" in refused["msg"] and azure.writes() == []
    longer = azure.module("policy", **{**change, "retention": {"daily": {"count": 40}}})
    assert longer["changed"]


def test_what_goes_with_a_tier_shows_in_the_diff(azure: Azure) -> None:
    azure.estate(VAULT)
    azure.module("policy", **NIGHTLY)
    change = {**PLACE, "name": "nightly", "retention": {"daily": {"count": 30}}}
    predicted = azure.module("policy", check=True, diff=True, **change)
    done = azure.module("policy", diff=True, **change)
    assert predicted["diff"] == done["diff"]
    (before, after) = (done["diff"][side]["retention"] for side in ("before", "after"))
    assert before["monthly"]["count"] == 12 and after == {"daily": {"count": 30}, "weekly": None, "monthly": None, "yearly": None}


def test_a_policy_in_use_is_not_deleted(azure: Azure) -> None:
    azure.estate(USED)
    for check in (True, False):
        refused = azure.module("policy", check=check, **PLACE, name="DefaultPolicy", state="absent")
        assert options_of(refused) == ["state"] and "web-0001, web-0002" in refused["msg"]
    assert azure.writes() == []


def test_absent(azure: Azure) -> None:
    azure.estate(VAULT)
    azure.module("policy", **NIGHTLY)
    azure.clear_ledger()
    gone = {**PLACE, "name": "nightly", "state": "absent"}
    predicted = azure.module("policy", check=True, diff=True, **gone)
    assert predicted["changed"] and azure.writes() == []
    done = azure.module("policy", diff=True, **gone)
    assert done["changed"] and done["policy"] == {} and done["diff"] == predicted["diff"]
    assert azure.writes() == [f"DELETE {policy_id(azure, 'nightly')}"]
    azure.clear_ledger()
    again = azure.module("policy", **gone)
    assert not again["changed"] and azure.writes() == []


def test_no_vault(azure: Azure) -> None:
    azure.estate(GROUP)
    for options in ({"check": True}, {}, {"assume_created": True}):
        refused = azure.module("policy", **NIGHTLY, **options)
        assert [each["option"] for each in refused["problems"]] == ["vault_name"] and "no vault 'vault-we'" in refused["msg"]
    predicted = azure.module("policy", check=True, assume_created=True, **NIGHTLY)
    assert predicted["changed"] and not warnings(predicted) and azure.writes() == []
    assert azure.module("policy_info", **PLACE, name="nightly")["policies"] == []


def test_other_failures_than_404_are_not_absence(azure: Azure) -> None:
    azure.estate(VAULT)
    azure.fault(method="GET", path="*/backupPolicies/nightly", status=403, times=0)
    refused = azure.module("policy", **NIGHTLY)
    assert refused["failed"] and refused["error"]["status"] == 403 and azure.writes() == []


@pytest.mark.parametrize("check", [True, False])
def test_create_only_leaves_what_exists_and_names_what_differs(azure: Azure, check: bool) -> None:
    azure.estate(VAULT)
    assert azure.module("policy", **NIGHTLY, policy_type="enhanced")["changed"]
    azure.clear_ledger()
    other = {**NIGHTLY, "schedule": {"frequency": "daily", "time": "03:00"}, "policy_type": "standard", "create_only": True}
    left = azure.module("policy", check=check, **other)
    assert not left["changed"] and left["not_applied"] == ["policy_type", "schedule"] and left["items_affected"] == 0
    assert left["policy"]["schedule"]["time"] == "22:30" and azure.writes() == [] and warnings(left) == []
    assert azure.module("policy", check=check, **NIGHTLY, create_only=True)["not_applied"] == []


def test_create_only_creates_what_is_missing(azure: Azure) -> None:
    azure.estate(VAULT)
    predicted = azure.module("policy", check=True, **NIGHTLY, create_only=True)
    assert azure.writes() == []
    done = azure.module("policy", **NIGHTLY, create_only=True)
    assert done["changed"] and predicted["policy"] == done["policy"] and done["not_applied"] == []
    assert options_of(azure.module("policy", **PLACE, name="nightly", state="absent", create_only=True)) == ["create_only"]


@pytest.mark.parametrize("check", [True, False])
def test_a_name_alone_finds_a_policy_and_creates_none(azure: Azure, check: bool) -> None:
    azure.estate(VAULT)
    assert not azure.module("policy", check=check, **PLACE, name="DefaultPolicy")["changed"]
    refused = azure.module("policy", check=check, **PLACE, name="nightyl")
    assert options_of(refused) == ["name"] and "there is no policy 'nightyl' in vault 'vault-we'" in refused["msg"] and azure.writes() == []
