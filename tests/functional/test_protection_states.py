# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of protected VMs: ended, suspended, deleted, brought back; their disks and policies; limits and guards."""

from __future__ import annotations

import re
from typing import Any

import pytest
from harness import Azure
from protecting import by_name, predicted_and_done

pytestmark = pytest.mark.usefixtures("quick_looks")

GUARD = "/subscriptions/00000000-0000-4000-8000-0000000000aa/resourceGroups/safe/providers/Microsoft.DataProtection/resourceGuards/guard"
ESTATE = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms:
  - {name: web, count: 4, resource_group: app, tags: {env: prod}, data_disks: [{lun: 0, size_gb: 4}, {lun: 3, size_gb: 4}]}
  - {name: db, resource_group: app}
vaults:
  - name: plain
    resource_group: backup
    items: &items
      - {vm: app/web-0001, policy: DefaultPolicy, state: Protected}
      - {vm: app/web-0002, policy: DefaultPolicy, state: Protected}
"""
VAULT = {"vault_name": "plain", "resource_group": "backup", "wait_timeout": 15}
DAILY = {**VAULT, "policy": "DefaultPolicy"}
DELETE = {**VAULT, "state": "absent", "delete_backup_data": True}


@pytest.fixture
def filled(azure: Azure) -> Azure:
    azure.estate(ESTATE)
    return azure


def guarded(azure: Azure, vault: str = "") -> Azure:
    """The same, with a vault that has these settings."""
    azure.estate(ESTATE.replace("  - name: plain\n", f"  - name: plain\n{vault}"))
    return azure


def states(azure: Azure, vault: str = "plain") -> dict[str, str]:
    return {each["name"]: each["state"] for each in azure.module("protection_info", vault_name=vault, resource_group="backup")["protected_items"]}


def deletions(azure: Azure) -> list[str]:
    return [each for each in azure.writes() if each.startswith("DELETE")]


# Ending.


def test_absent_stops_and_keeps(filled: Azure) -> None:
    _predicted, done = predicted_and_done(filled, **VAULT, state="absent", names=["web-*"])
    assert by_name(done) == {"web-0001": "changed", "web-0002": "changed", "web-0003": "unchanged", "web-0004": "unchanged"}
    assert by_name(done, "after")["web-0001"]["state"] == "stopped" and by_name(done, "after")["web-0003"] is None
    assert states(filled) == {"web-0001": "stopped", "web-0002": "stopped"} and not [each for each in done["writes"] if each.startswith("DELETE")]


def test_absent_leaves_alone_what_is_not_backed_up_any_more(filled: Azure) -> None:
    (item, _other) = filled.module("protection_info", vault_name="plain", resource_group="backup")["protected_items"]
    filled.delete(item["id"])
    filled.module("protection", **VAULT, state="stopped", vms=["app/web-0002"])
    filled.clear_ledger()
    assert not filled.module("protection", **VAULT, state="absent", all_vms=True)["changed"] and filled.writes() == []


def test_data_is_deleted_of_named_vms_only_and_softly(filled: Azure) -> None:
    filled.clear_ledger()
    for selector in ({"names": ["web-*"]}, {"all_vms": True}, {"tags": {"env": "prod"}}, {"vms": ["app/web-0001"], "resource_groups": ["app"]}):
        refused = filled.module("protection", **DELETE, **selector)
        assert [each["option"] for each in refused["problems"]] == ["delete_backup_data"] and "vms names" in refused["msg"]
    assert filled.writes() == []
    predicted, done = predicted_and_done(filled, **DELETE, vms=["app/web-0001", "app/web-0003"])
    assert by_name(done) == {"web-0001": "changed", "web-0003": "unchanged"} and len(done["writes"]) == 1
    assert done["writes"][0].startswith("DELETE") and done["writes"][0].endswith(";app;web-0001")
    assert by_name(done, "after")["web-0001"]["state"] == "soft_deleted" and "can be brought back for 14 days" in by_name(done, "reason")["web-0001"]
    assert "would be deleted" in str(predicted["warnings"]) and "is deleted" in str(done["warnings"])
    assert states(filled) == {"web-0001": "soft_deleted", "web-0002": "protected"}
    _predicted, back = predicted_and_done(filled, **DAILY, vms=["app/web-0001"])
    assert by_name(back, "after")["web-0001"]["state"] == "protected" and states(filled)["web-0001"] == "protected"


def test_without_soft_delete_deletion_needs_a_second_consent(azure: Azure) -> None:
    guarded(azure, "    soft_delete: Disabled\n")
    refused = azure.module("protection", check=True, **DELETE, vms=["app/web-0001"])
    assert [each["option"] for each in refused["problems"]] == ["delete_backup_data"] and "accept_irreversible" in refused["msg"]
    _predicted, done = predicted_and_done(azure, **DELETE, accept_irreversible=True, vms=["app/web-0001"])
    assert by_name(done, "after") == {"web-0001": None} and "for good" in str(done["warnings"])
    assert states(azure) == {"web-0002": "protected"}


@pytest.mark.parametrize("state", ["Unlocked", "Locked"])
def test_an_immutable_vault_keeps_its_data(azure: Azure, state: str) -> None:
    guarded(azure, f"    immutability: {state}\n")
    refused = azure.module("protection", **DELETE, vms=["app/web-0001"])
    assert refused["problems"][0]["option"] == "vms" and "immutable" in refused["msg"] and azure.writes() == []


def test_suspending_is_for_immutable_vaults(azure: Azure) -> None:
    guarded(azure, "    immutability: Unlocked\n")
    azure.estate("vaults: [{name: soft, resource_group: backup, items: [{vm: app/db, policy: DefaultPolicy}]}]")
    refused = azure.module("protection", **{**VAULT, "vault_name": "soft"}, state="suspended", vms=["app/db"])
    assert [each["option"] for each in refused["problems"]] == ["state"] and "immutable vaults only" in refused["msg"] and azure.writes() == []
    _predicted, done = predicted_and_done(azure, **VAULT, state="suspended", vms=["app/web-0001"])
    assert by_name(done, "after")["web-0001"]["state"] == "suspended" and states(azure)["web-0001"] == "suspended"
    assert not azure.module("protection", **VAULT, state="absent", vms=["app/web-0001"])["changed"]
    _predicted, resumed = predicted_and_done(azure, **DAILY, vms=["app/web-0001"])
    assert by_name(resumed, "after")["web-0001"]["state"] == "protected"


# Disks and policies.


def test_disks_are_chosen_changed_and_reset(filled: Azure) -> None:
    vms = {"vms": ["app/web-0001", "app/web-0003"]}
    for disks in ({"mode": "exclude", "luns": [3]}, {"mode": "include", "luns": [3, 0]}, {"mode": "os_only"}, {"mode": "all"}):
        _predicted, done = predicted_and_done(filled, **DAILY, **vms, disks=disks)
        shown = {"mode": disks["mode"], "luns": sorted(disks.get("luns", []))}
        assert [each["disks"] for each in by_name(done, "after").values()] == [shown, shown] and len(done["writes"]) == 2
        assert not filled.module("protection", **DAILY, **vms)["changed"]  # unset leaves disks alone
    items = filled.module("protection_info", vault_name="plain", resource_group="backup")["protected_items"]
    assert all(each["policy"] == "DefaultPolicy" for each in items)


def test_disks_of_vms_stay_when_their_policy_changes_or_they_are_resumed(filled: Azure) -> None:
    disks = {"mode": "exclude", "luns": [3]}
    filled.module("protection", **VAULT, vms=["app/web-0001"], disks=disks)  # the policy stays without being named
    filled.module("policy", **{key: VAULT[key] for key in ("vault_name", "resource_group")}, name="other", **POLICY)
    _predicted, done = predicted_and_done(filled, **VAULT, policy="other", vms=["app/web-0001"])
    assert by_name(done, "after")["web-0001"] == {"vault": "plain", "state": "protected", "policy": "other", "disks": disks}
    filled.module("protection", **VAULT, state="stopped", vms=["app/web-0001"])
    _predicted, done = predicted_and_done(filled, **DAILY, vms=["app/web-0001"])
    assert by_name(done, "after")["web-0001"]["disks"] == disks


def test_a_disk_that_is_not_there_cannot_be_included(filled: Azure) -> None:
    disks = {"mode": "include", "luns": [3]}
    refused = filled.module("protection", **DAILY, vms=["app/web-0001", "app/db"], disks=disks)
    assert "app" in refused["msg"] and "it has none" in refused["msg"] and "web-0001" not in refused["msg"] and filled.writes() == []
    done = filled.module("protection", **DAILY, resource_groups=["app"], disks=disks)
    assert by_name(done)["db"] == "skipped" and by_name(done)["web-0001"] == "changed"


POLICY: dict[str, Any] = {"schedule": {"frequency": "daily", "time": "22:00"}, "time_zone": "UTC", "retention": {"daily": {"count": 90}}}


def test_a_policy_is_changed_in_bulk(filled: Azure) -> None:
    vault = {key: VAULT[key] for key in ("vault_name", "resource_group")}
    filled.module("policy", **vault, name="long", **POLICY)
    filled.module("protection", **VAULT, policy="long", names=["web-*"])
    _predicted, done = predicted_and_done(filled, **DAILY, names=["web-*"])
    assert by_name(done, "before")["web-0001"]["policy"] == "long" and {each["policy"] for each in by_name(done, "after").values()} == {"DefaultPolicy"}
    assert len(done["writes"]) == 4


def test_an_immutable_vault_takes_no_policy_that_keeps_less(azure: Azure) -> None:
    guarded(azure, "    immutability: Unlocked\n")
    vault = {key: VAULT[key] for key in ("vault_name", "resource_group")}
    azure.module("policy", **vault, name="short", **{**POLICY, "retention": {"daily": {"count": 7}}})
    azure.module("policy", **vault, name="long", **POLICY)
    azure.clear_ledger()
    refused = azure.module("protection", **VAULT, policy="short", vms=["app/web-0001"])
    assert "keeps less than 'DefaultPolicy': daily retention" in refused["msg"] and azure.writes() == []
    predicted_and_done(azure, **VAULT, policy="long", vms=["app/web-0001"])


# Multi-user authorization.


def test_critical_operations_carry_the_requests_of_the_resource_guard(azure: Azure) -> None:
    _critical_operations(azure, GUARD, {})


def test_the_same_with_a_guard_of_another_tenant(azure: Azure) -> None:
    subscription, tenant = "66666666-6666-4666-8666-666666666666", "55555555-5555-4555-8555-555555555555"
    azure.estate(f"other_tenants: [{{tenant_id: {tenant}, subscriptions: ['{subscription}']}}]")
    foreign = re.sub("/subscriptions/[^/]+", f"/subscriptions/{subscription}", GUARD)
    _critical_operations(azure, foreign, {"resource_guard_tenant_id": tenant})


def _critical_operations(azure: Azure, guard: str, more: dict[str, Any]) -> None:
    guarded(azure, f"    resource_guard: {guard}\n")
    vault = {key: VAULT[key] for key in ("vault_name", "resource_group")}
    azure.module("policy", **vault, name="short", **{**POLICY, "retention": {"daily": {"count": 7}}})
    azure.clear_ledger()
    steps: list[tuple[dict[str, Any], str]] = [
        ({**VAULT, "policy": "short"}, "updateProtectedItemRequests"),
        ({**VAULT, "state": "stopped"}, "stopProtectionWithRetainDataRequests"),
        (DELETE, "deleteProtectedItemRequests"),
    ]
    for options, collection in steps:
        refused = azure.module("protection", check=True, **options, vms=["app/web-0001"])
        assert [each["option"] for each in refused["problems"]] == ["resource_guard_operation_requests"] and f"{collection}/default" in refused["msg"].replace(
            guard.replace("resourceGroups", "resourcegroups"), ""
        )
    assert azure.writes() == []
    requests = [f"{guard}/{collection}/default" for _options, collection in steps]
    for options, _collection in steps:
        done = azure.module("protection", **options, vms=["app/web-0001"], resource_guard_operation_requests=requests, **more)
        assert by_name(done) == {"web-0001": "changed"}, done
    assert states(azure)["web-0001"] == "soft_deleted" and len(deletions(azure)) == 1


# Limits and spreading.


def test_limits_are_kept_before_anything_is_written(filled: Azure) -> None:
    few = {**DAILY, "max_vms_per_vault": 3}
    refused = filled.module("protection", **few, vms=["app/web-0003", "app/web-0004", "app/db"])
    assert refused["msg"].count("there is no room left") == 1 and "web-0003, " in refused["msg"] and filled.writes() == []
    done = filled.module("protection", **few, all_vms=True)
    assert by_name(done)["db"] == "changed" and [by_name(done)[name] for name in ("web-0003", "web-0004")] == ["skipped", "skipped"]
    refused = filled.module("protection", **DAILY, max_vms_per_policy=3, vms=["app/web-0003"])
    assert "a policy 3" in refused["msg"]


def test_vms_are_spread_over_policies_and_vaults_and_then_stay(filled: Azure) -> None:
    filled.estate("vaults: [{name: second, resource_group: backup}]\nvms: [{name: more, count: 6, resource_group: app}]")
    for vault_name in ("plain", "second"):
        filled.module("policy", vault_name=vault_name, resource_group="backup", name="other", **POLICY)
    spread = {"policies": ["other"], "vaults": [{"vault_name": "second", "resource_group": "backup"}]}
    _predicted, done = predicted_and_done(filled, **DAILY, resource_groups=["app"], spread=spread)
    places = [(each["vault"], each["policy"]) for each in by_name(done, "after").values()]
    assert {place: places.count(place) for place in set(places)} == {
        ("plain", "DefaultPolicy"): 3,
        ("plain", "other"): 3,
        ("second", "DefaultPolicy"): 3,
        ("second", "other"): 2,
    }
    assert by_name(done)["web-0001"] == "unchanged" and done["summary"]["changed"] == 9
    filled.estate("vms: [{name: late, resource_group: app}]")
    _predicted, later = predicted_and_done(filled, **DAILY, resource_groups=["app"], spread=spread)
    assert later["summary"] == {"changed": 1, "unchanged": 11, "skipped": 0, "failed": 0}
    _predicted, ended = predicted_and_done(filled, **VAULT, state="stopped", resource_groups=["app"], spread={"vaults": spread["vaults"]})
    assert ended["summary"]["changed"] == 12 and set(states(filled, "second").values()) == {"stopped"}


def test_further_vaults_and_policies_must_be_there(filled: Azure) -> None:
    spread = {"policies": ["other"], "vaults": [{"vault_name": "second", "resource_group": "backup"}]}
    assert "no vault 'second'" in filled.module("protection", **DAILY, vms=["app/db"], spread=spread)["msg"]
    refused = filled.module("protection", **DAILY, vms=["app/db"], spread={"policies": ["other"]})
    assert [each["option"] for each in refused["problems"]] == ["spread.policies"]


def test_more_new_vms_than_a_vault_takes_in_a_day_are_told(filled: Azure) -> None:
    filled.estate("vms: [{name: many, count: 251, resource_group: app}]")
    told = filled.module("protection", check=True, **DAILY, names=["many-*"])
    assert told["summary"]["changed"] == 251 and "251 VMs are new to vault plain" in str(told["warnings"])
    assert "warnings" not in filled.module("protection", check=True, **DAILY, names=["many-*"], exclude=["many-0001"])


# Failures.


def test_on_error_stop_begins_no_more(filled: Azure) -> None:
    filled.fault(method="PUT", path="*web-0003*", status=400, code="UserErrorGuestAgentStatusUnavailable", message="No agent.")
    vms = {"vms": ["app/web-0003", "app/web-0004", "app/db"]}
    result = filled.module("protection", **DAILY, **vms, on_error="stop", parallel=1)
    assert result["failed"] and by_name(result) == {"db": "changed", "web-0003": "failed", "web-0004": "skipped"}
    assert "on_error is stop" in by_name(result, "reason")["web-0004"]
    assert by_name(filled.module("protection", **DAILY, **vms)) == {"db": "unchanged", "web-0003": "changed", "web-0004": "changed"}


def test_a_quota_that_is_used_up_is_not_asked_again_for_every_vm(filled: Azure) -> None:
    message = "Number of requests for action 'x' exceeded the limit of '150' for time interval '01:00:00'. Please try again after '1800' seconds."
    filled.fault(method="PUT", path="*/protectedItems/*", times=0, status=429, code="ResourceRequestsThrottled", message=message)
    result = filled.module("protection", **DAILY, vms=["app/web-0003", "app/web-0004", "app/db"], parallel=1)
    assert result["summary"]["failed"] == 3 and len(filled.writes()) == 1 and "1800" in by_name(result, "reason")["web-0004"]
    filled.control("DELETE", "faults")
    assert filled.module("protection", **DAILY, vms=["app/web-0003", "app/web-0004", "app/db"])["summary"]["changed"] == 3
