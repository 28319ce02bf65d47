# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules protection and protection_info against the simulator."""

from __future__ import annotations

import time
from typing import Any

import pytest
from harness import Azure
from protecting import by_name, predicted_and_done

ESTATE = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}, {name: far, location: northeurope}]
vms:
  - {name: web, count: 4, resource_group: app, tags: {env: prod}}
  - {name: build, count: 2, resource_group: app, tags: {env: dev}}
  - {name: db, resource_group: far, tags: {env: prod}}
vaults:
  - name: vault-we
    resource_group: backup
    location: westeurope
    items: [{vm: app/web-0001, policy: DefaultPolicy, state: Protected}]
  - name: other
    resource_group: backup
    location: westeurope
    items: [{vm: app/web-0004, policy: DefaultPolicy, state: Protected}]
"""
VAULT = {"vault_name": "vault-we", "resource_group": "backup", "wait_timeout": 15}
INFO = {"vault_name": "vault-we", "resource_group": "backup"}
ALL_DISKS = {"mode": "all", "luns": []}
DAILY = {**VAULT, "policy": "DefaultPolicy"}


pytestmark = pytest.mark.usefixtures("quick_looks")


@pytest.fixture
def filled(azure: Azure) -> Azure:
    azure.estate(ESTATE)
    return azure


def test_vms_found_by_tag(filled: Azure) -> None:
    _predicted, done = predicted_and_done(filled, **DAILY, tags={"env": "prod"})
    assert by_name(done) == {"web-0001": "unchanged", "web-0002": "changed", "web-0003": "changed", "web-0004": "skipped", "db": "skipped"}
    reasons = by_name(done, "reason")
    assert "'other'" in reasons["web-0004"] and "northeurope" in reasons["db"]
    assert [each.rsplit(";", 1)[-1] for each in done["writes"]] == ["web-0002", "web-0003"] or len(done["writes"]) == 2
    listed = {each["name"]: each["state"] for each in filled.module("protection_info", **INFO)["protected_items"]}
    assert listed == {"web-0001": "protected", "web-0002": "protected", "web-0003": "protected"}


def test_vms_that_are_named(filled: Azure) -> None:
    _predicted, done = predicted_and_done(filled, **DAILY, vms=["app/build-0001", filled.vm_id("app", "build-0002"), "APP/BUILD-0001"])
    assert by_name(done) == {"build-0001": "changed", "build-0002": "changed"} and len(done["writes"]) == 2


def test_nothing_to_do_takes_one_list(filled: Azure) -> None:
    filled.clear_ledger()
    result = filled.module("protection", **DAILY, vms=["app/web-0001"])
    assert not result["changed"] and [each["method"] for each in filled.requests()] == ["GET"]


@pytest.mark.parametrize("check", [False, True])
def test_every_problem_at_once_before_any_write(filled: Azure, check: bool) -> None:
    result = filled.module("protection", check=check, **VAULT, policy="weekly", vms=["app/web-0002", "app/web-0004", "app/ghost", "far/db"])
    assert result["failed"] and filled.writes() == []
    assert "there is no policy 'weekly'" in result["msg"] and "DefaultPolicy" in result["msg"]
    for part in ("web-0004: it is protected by vault 'other'", "ghost: there is no such VM", "db: it is in region 'northeurope'"):
        assert part in result["msg"]
    assert "web-0002" not in result["msg"]


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({}, ["vms"]),
        ({"vms": ["x"], "all_vms": True, "parallel": 0}, ["all_vms", "parallel", "vms"]),
        ({"tags": {"env": "nowhere"}}, ["tags"]),
        ({"resource_groups": ["nowhere"]}, ["resource_groups"]),
        ({"vms": ["app/web-0001"], "vault_name": "nosuch"}, ["vault_name"]),
        ({"vms": ["app/web-0001"], "state": "stopped"}, ["policy"]),
        ({"vms": ["/subscriptions/00000000-0000-4000-8000-0000000000ff/resourceGroups/a/providers/Microsoft.Compute/virtualMachines/b"]}, ["vms"]),
    ],
)
def test_bad_input(filled: Azure, options: dict[str, Any], wrong: list[str]) -> None:
    result = filled.module("protection", **{**DAILY, **options})
    assert sorted({each["option"] for each in result["problems"]}) == wrong and filled.writes() == []


def test_stop_and_resume_keep_the_data(filled: Azure) -> None:
    _predicted, stopped = predicted_and_done(filled, **VAULT, state="stopped", vms=["app/web-0001", "app/web-0002"])
    assert by_name(stopped) == {"web-0001": "changed", "web-0002": "unchanged"}
    without_policy = filled.module("protection", **VAULT, vms=["app/web-0001"])
    assert "no policy is given" in without_policy["msg"]
    _predicted, resumed = predicted_and_done(filled, **DAILY, vms=["app/web-0001"])
    assert by_name(resumed, "after")["web-0001"] == {"vault": "vault-we", "state": "protected", "policy": "DefaultPolicy", "disks": ALL_DISKS}
    assert not [each for each in filled.writes() if each.startswith("DELETE")]


def test_soft_deleted_data_is_brought_back(filled: Azure) -> None:
    (item,) = filled.module("protection_info", **INFO)["protected_items"]
    filled.delete(item["id"])
    (item,) = filled.module("protection_info", **INFO)["protected_items"]
    assert item["state"] == "soft_deleted"
    _predicted, done = predicted_and_done(filled, **DAILY, vms=["app/web-0001"])
    assert by_name(done) == {"web-0001": "changed"} and len(done["writes"]) == 2
    (item,) = filled.module("protection_info", **INFO)["protected_items"]
    assert item["state"] == "protected" and item["policy"] == "DefaultPolicy"


def test_move_to_an_enhanced_policy_needs_consent(filled: Azure) -> None:
    options = {**VAULT, "policy": "EnhancedPolicy", "vms": ["app/web-0001"]}
    refused = filled.module("protection", check=True, **options)
    assert [each["option"] for each in refused["problems"]] == ["policy"] and "accept_irreversible" in refused["msg"]
    predicted_and_done(filled, **options, accept_irreversible=True)
    back = filled.module("protection", **DAILY, vms=["app/web-0001"])
    assert "cannot go back to Standard" in back["msg"]


def test_one_failure_does_not_stop_the_others(filled: Azure) -> None:
    refusal = {"status": 400, "code": "UserErrorGuestAgentStatusUnavailable", "message": "Azure Backup could not communicate with the VM agent."}
    filled.fault(method="PUT", path="*web-0002*", times=1, **refusal)
    result = filled.module("protection", **DAILY, vms=["app/web-0002", "app/web-0003"])
    assert result["failed"] and by_name(result) == {"web-0002": "failed", "web-0003": "changed"}
    assert "UserErrorGuestAgentStatusUnavailable" in result["msg"] and "168.63.129.16" in result["msg"]
    repaired = filled.module("protection", **DAILY, vms=["app/web-0002", "app/web-0003"])
    assert by_name(repaired) == {"web-0002": "changed", "web-0003": "unchanged"}


def test_a_failed_operation_is_told_with_its_code(filled: Azure) -> None:
    failure = {"code": "UserErrorVmProvisioningStateFailed", "message": "The VM is in a failed state."}
    filled.fault(method="PUT", path="*web-0002*", times=1, fail_operation=failure)
    result = filled.module("protection", **DAILY, vms=["app/web-0002", "app/web-0003"])
    assert by_name(result) == {"web-0002": "failed", "web-0003": "changed"} and "UserErrorVmProvisioningStateFailed" in result["msg"]


@pytest.mark.parametrize("fault", [{"status": 429, "retry_after": 1}, {"status": 503}, {"reset": True}])
def test_passing_faults_are_survived(filled: Azure, fault: dict[str, Any]) -> None:
    filled.fault(method="PUT", path="*web-0002*", times=1, **fault)
    filled.fault(method="GET", path="*backupProtectedItems*", times=1, **fault)
    result = filled.module("protection", **DAILY, vms=["app/web-0002"])
    assert by_name(result) == {"web-0002": "changed"}
    again = filled.module("protection", **DAILY, vms=["app/web-0002"])
    assert not again.get("failed")


def test_a_vault_still_to_be_created(filled: Azure) -> None:
    options = {**DAILY, "vault_name": "new-vault", "vms": ["app/web-0002"]}
    assert filled.module("protection", check=True, **options)["problems"][0]["option"] == "vault_name"
    predicted = filled.module("protection", check=True, **options, assume_created=True)
    assert by_name(predicted) == {"web-0002": "changed"} and filled.writes() == []


def test_info_of_all_vaults_and_filters(filled: Azure) -> None:
    every = filled.module("protection_info", check=True)["protected_items"]
    assert [(each["name"], each["vault_name"]) for each in every] == [("web-0001", "vault-we"), ("web-0004", "other")]
    assert [each["name"] for each in filled.module("protection_info", vms=["app/web-0004"])["protected_items"]] == ["web-0004"]
    assert filled.module("protection_info", states=["stopped"])["protected_items"] == []
    assert filled.module("protection_info", location="northeurope")["protected_items"] == []
    assert filled.module("protection_info", **{**INFO, "vault_name": "nosuch"})["problems"][0]["option"] == "vault_name"
    assert filled.writes() == []


FLEET = """
resource_groups: [{name: backup, location: westeurope}, {name: Fleet, location: westeurope}]
vms: [{name: vm, count: 200, resource_group: Fleet, tags: {env: prod}}]
vaults: [{name: vault-we, resource_group: backup, location: westeurope}]
"""


def test_a_fleet_in_one_task(azure: Azure) -> None:
    """200 VMs over many pages: one write for each, a few lists, and nothing the second time."""
    azure.estate(FLEET)
    azure.settings(page_size=30)
    _predicted, done = predicted_and_done(azure, **{**DAILY, "wait_timeout": 60}, tags={"env": "prod"})
    assert done["summary"] == {"changed": 200, "unchanged": 0, "skipped": 0, "failed": 0}
    assert len(done["writes"]) == len(set(done["writes"])) == 200
    azure.clear_ledger()
    again = azure.module("protection", **DAILY, tags={"env": "prod"})
    assert again["summary"]["unchanged"] == 200 and len(azure.requests(kind="arm")) <= 2 * (200 // 30 + 1)
    assert len(azure.module("protection_info", **INFO)["protected_items"]) == 200


def test_letter_case_makes_no_other_vm_policy_or_vault(filled: Azure) -> None:
    spelled = {"vault_name": "VAULT-WE", "resource_group": "Backup", "policy": "defaultpolicy", "wait_timeout": 15}
    result = filled.module("protection", **spelled, vms=[filled.vm_id("APP", "WEB-0001").upper(), "App/Web-0001"])
    assert not result["changed"] and len(result["vms"]) == 1 and filled.writes() == []
    done = filled.module("protection", **spelled, vms=["APP/WEB-0002"])
    assert by_name(done, "status") == {"web-0002": "changed"}
    assert not filled.module("protection", **DAILY, vms=["app/web-0002"])["changed"]
    assert [each["name"] for each in filled.module("protection_info", **INFO, vms=["APP/WEB-0002"])["protected_items"]] == ["web-0002"]


def test_killed_in_the_middle_the_next_run_finishes_and_repeats_nothing(filled: Azure) -> None:
    options = {**DAILY, "vms": ["app/web-0002", "app/web-0003", "app/build-0001", "app/build-0002"]}
    filled.fault(method="PUT", path="*/protectedItems/*", latency=0.5, times=0)
    process = filled.start("protection", **options, parallel=1)
    try:
        end = time.monotonic() + 120
        while len(filled.writes()) < 2 and time.monotonic() < end and process.poll() is None:
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    time.sleep(0.6)  # what was under way is still taken
    taken = filled.writes()
    assert 2 <= len(taken) < 4
    result = filled.module("protection", **options)
    assert not result.get("failed"), result["msg"]
    assert len(filled.writes()) == len(set(filled.writes())) == 4
    filled.clear_ledger()
    assert not filled.module("protection", **options)["changed"] and filled.writes() == []


@pytest.mark.parametrize("reset", ["before", "after"])
def test_a_lost_answer_to_a_write_is_looked_for_before_the_write_is_repeated(filled: Azure, reset: str) -> None:
    filled.fault(method="PUT", path="*web-0002*", reset=reset)
    result = filled.module("protection", **DAILY, vms=["app/web-0002"])
    assert by_name(result) == {"web-0002": "changed"}
    assert len([each for each in filled.requests(writes="true") if each["status"] == 202]) == 1


def test_a_vault_that_stops_to_answer_leaves_a_result_for_every_vm(filled: Azure) -> None:
    filled.fault(method="GET", path="*/backupJobs", skip=1, times=0, status=403)
    result = filled.module("protection", **DAILY, vms=["app/web-0002", "app/web-0003"])
    assert by_name(result) == {"web-0002": "failed", "web-0003": "failed"} and "AuthorizationFailed" in result["msg"]
    filled.control("DELETE", "faults")
    again = filled.module("protection", **DAILY, vms=["app/web-0002", "app/web-0003"])
    assert not again.get("failed") and len(filled.writes()) == 2


def test_a_time_that_is_too_short_is_told_and_the_next_run_repeats_no_write(filled: Azure) -> None:
    filled.settings(speed=1)
    result = filled.module("protection", **{**DAILY, "wait_timeout": 1}, vms=["app/web-0002"])
    assert result["failed"] and result["error"]["code"] == "OperationTimeout" and "still running" in result["msg"]
    filled.jump(600)
    assert not filled.module("protection", **DAILY, vms=["app/web-0002"]).get("failed")
    assert len(filled.writes()) == 1


def test_a_locked_vault(filled: Azure) -> None:
    vault_id = filled.id("backup", "Microsoft.RecoveryServices/vaults", "vault-we")
    filled.estate(f"locks: [{{name: frozen, level: ReadOnly, scope: '{vault_id}'}}]")
    result = filled.module("protection", **DAILY, vms=["app/web-0001", "app/web-0002"])
    assert by_name(result) == {"web-0001": "unchanged", "web-0002": "failed"}
    assert result["error"]["code"] == "ScopeLocked" and "lock" in result["msg"] and result["error"]["request_id"]
    assert not filled.module("protection", **DAILY, vms=["app/web-0001"]).get("failed")
