# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VMs that move to another vault with the disks that are backed up, and what happens when that is interrupted or refused."""

from __future__ import annotations

import time
from typing import Any

import pytest
from harness import Azure
from protecting import by_name, predicted_and_done

pytestmark = pytest.mark.usefixtures("quick_looks")

GUARD = "/subscriptions/00000000-0000-4000-8000-0000000000aa/resourceGroups/safe/providers/Microsoft.DataProtection/resourceGuards/guard"
ESTATE = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms:
  - {name: web, count: 3, resource_group: app, data_disks: [{lun: 0, size_gb: 4}, {lun: 3, size_gb: 4}]}
vaults:
  - name: old
    resource_group: backup
    items: [{vm: app/web-0001, policy: DefaultPolicy, state: Protected}, {vm: app/web-0002, policy: DefaultPolicy, state: Protected}]
  - {name: new, resource_group: backup}
"""
OLD = {"vault_name": "old", "resource_group": "backup", "wait_timeout": 20}
NEW = {**OLD, "vault_name": "new", "policy": "DefaultPolicy"}
DISKS = {"mode": "exclude", "luns": [3]}


@pytest.fixture
def filled(azure: Azure) -> Azure:
    """web-0001 is backed up by the old vault without one of its disks."""
    azure.estate(ESTATE)
    assert azure.module("protection", **OLD, vms=["app/web-0001"], disks=DISKS)["changed"]
    azure.clear_ledger()
    return azure


def items(azure: Azure) -> dict[str, list[tuple[str, str]]]:
    """(VM, state) of each vault."""
    found = azure.module("protection_info")["protected_items"]
    return {name: [(each["name"], each["state"]) for each in found if each["vault_name"] == name] for name in ("old", "new")}


def test_vms_move_with_their_disks_and_leave_their_data(filled: Azure) -> None:
    _predicted, done = predicted_and_done(filled, **NEW, names=["web-*"], move=True)
    assert by_name(done) == {"web-0001": "changed", "web-0002": "changed", "web-0003": "changed"} and len(done["writes"]) == 5
    assert by_name(done, "before")["web-0001"] == {"vault": "old", "state": "protected", "policy": "DefaultPolicy", "disks": DISKS}
    assert by_name(done, "after")["web-0001"] == {"vault": "new", "state": "protected", "policy": "DefaultPolicy", "disks": DISKS}
    assert "stays in vault 'old'" in by_name(done, "reason")["web-0001"] and by_name(done, "reason")["web-0003"] is None
    assert items(filled) == {
        "old": [("web-0001", "stopped"), ("web-0002", "stopped")],
        "new": [(name, "protected") for name in ("web-0001", "web-0002", "web-0003")],
    }
    assert not [each for each in done["writes"] if each.startswith("DELETE")]
    _predicted, back = predicted_and_done(filled, **{**NEW, "vault_name": "old"}, vms=["app/web-0001"], move=True)
    assert by_name(back, "after")["web-0001"] == {"vault": "old", "state": "protected", "policy": "DefaultPolicy", "disks": DISKS}
    assert ("web-0001", "stopped") in items(filled)["new"]


def test_nothing_moves_unless_asked(filled: Azure) -> None:
    refused = filled.module("protection", **NEW, vms=["app/web-0001"])
    assert "protected by vault 'old'" in refused["msg"] and "set move" in refused["msg"]
    filled.module("protection", **OLD, state="stopped", vms=["app/web-0001"])
    filled.clear_ledger()
    found = filled.module("protection", **NEW, names=["web-000[12]", "web-*"])
    assert "'web-000[12]' is not a VM name" in found["msg"]
    found = filled.module("protection", **NEW, names=["web-0001", "web-0002"])
    assert by_name(found) == {"web-0001": "skipped", "web-0002": "skipped"} and filled.writes() == []
    assert "are stopped and its data is kept there" in by_name(found, "reason")["web-0001"]


@pytest.mark.parametrize("writes", [1, 2])
def test_a_move_that_was_killed_is_finished_by_the_next_run(filled: Azure, writes: int) -> None:
    options = {**NEW, "vms": ["app/web-0001"], "move": True}
    process = filled.start("protection", **options)
    try:
        end = time.monotonic() + 30
        while len(filled.writes()) < writes and time.monotonic() < end and process.poll() is None:
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    assert len(filled.writes()) == writes
    result = filled.module("protection", **options)
    assert not result.get("failed"), result
    assert by_name(result, "after")["web-0001"] == {"vault": "new", "state": "protected", "policy": "DefaultPolicy", "disks": DISKS}
    assert len(filled.writes()) == len(set(filled.writes())) == 2
    filled.clear_ledger()
    assert not filled.module("protection", **options)["changed"] and filled.writes() == []


def test_a_vm_that_the_new_vault_refuses_is_backed_up_by_the_old_one_again(filled: Azure) -> None:
    failure = {"code": "UserErrorVmRegisteredWithAnotherVault", "message": "Virtual machine is already registered with another recovery services vault."}
    filled.fault(method="PUT", path="*vaults/new/*web-0001*", fail_operation=failure)
    result = filled.module("protection", **NEW, vms=["app/web-0001", "app/web-0002"], move=True)
    assert by_name(result) == {"web-0001": "failed", "web-0002": "changed"}
    assert "It is backed up by vault old again" in result["msg"] and by_name(result, "after")["web-0001"]["vault"] == "old"
    assert items(filled)["old"] == [("web-0001", "protected"), ("web-0002", "stopped")]
    (item, *_others) = filled.module("protection_info", vault_name="old", resource_group="backup")["protected_items"]
    assert (item["policy"], item["disks"]) == ("DefaultPolicy", DISKS)
    assert by_name(filled.module("protection", **NEW, vms=["app/web-0001"], move=True)) == {"web-0001": "changed"}


def test_no_vm_stays_between_the_vaults_when_an_error_stops_the_rest(filled: Azure) -> None:
    filled.fault(method="PUT", path="*vaults/new/*", times=0, status=400, code="UserErrorGuestAgentStatusUnavailable", message="No agent.")
    result = filled.module("protection", **NEW, vms=["app/web-0001", "app/web-0002"], move=True, on_error="stop", parallel=1)
    assert sorted(by_name(result).values()) == ["failed", "skipped"] and not result["changed"]
    assert [reason.count("It is backed up by vault old again") for reason in by_name(result, "reason").values()] == [1, 1]
    assert items(filled) == {"old": [("web-0001", "protected"), ("web-0002", "protected")], "new": []}


def test_a_few_go_first_and_when_all_are_refused_the_rest_stays(filled: Azure) -> None:
    vms = "vms: [{name: many, count: 20, resource_group: app}]\nvaults: [{name: old2, resource_group: backup, items: ["
    filled.estate(vms + ", ".join(f"{{vm: app/many-{number:04}, policy: DefaultPolicy}}" for number in range(1, 21)) + "]}]")
    filled.fault(method="PUT", path="*vaults/new/*", times=0, status=403, message="Not you.")
    result = filled.module("protection", **NEW, names=["many-*"], move=True)
    assert result["summary"]["failed"] == 20 and not result["changed"]
    reasons = list(by_name(result, "reason").values())
    assert sum("by vault old2 again" in each for each in reasons) == 16 and sum("backed up as before" in each for each in reasons) == 4
    assert {each["state"] for each in filled.module("protection_info", vault_name="old2", resource_group="backup")["protected_items"]} == {"protected"}
    filled.control("DELETE", "faults")
    assert filled.module("protection", **NEW, names=["many-*"], move=True)["summary"]["changed"] == 20


def test_when_it_is_not_sure_that_a_vm_was_refused_the_next_run_goes_on(filled: Azure) -> None:
    filled.fault(method="PUT", path="*vaults/new/*web-0001*", hang_operation=True)
    result = filled.module("protection", **{**NEW, "wait_timeout": 3}, vms=["app/web-0001"], move=True)
    assert by_name(result) == {"web-0001": "failed"} and result["error"]["code"] == "OperationTimeout"
    assert "by vault old are stopped, and its data is kept there; the next run goes on" in result["msg"]


def test_the_guard_of_the_old_vault_is_asked(azure: Azure) -> None:
    azure.estate(ESTATE.replace("- name: old\n", f"- name: old\n    resource_guard: {GUARD}\n"))
    options: dict[str, Any] = {**NEW, "vms": ["app/web-0001"], "move": True}
    refused = azure.module("protection", **options)
    assert [each["option"] for each in refused["problems"]] == ["resource_guard_operation_requests"] and azure.writes() == []
    done = azure.module("protection", **options, resource_guard_operation_requests=[f"{GUARD}/stopProtectionWithRetainDataRequests/default"])
    assert by_name(done) == {"web-0001": "changed"}, done
