# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting vaults that hold something, and bringing deleted ones back, against the simulator."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import purge
from harness import Azure

VAULT = {"name": "vault-we", "resource_group": "backup"}
ABSENT = {**VAULT, "state": "absent"}
PURGE = {**ABSENT, "purge": True, "accept_data_loss": True}
GUARD = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.DataProtection/resourceGuards/guard"
DELETE_REQUEST = f"{GUARD}/deleteProtectedItemRequests/default"
GROUPS = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms: [{name: web, count: 3, resource_group: app}]
"""
VM_ITEMS = "items: [{vm: app/web-0001}, {vm: app/web-0002, state: ProtectionStopped}, {vm: app/web-0003, state: SoftDeleted}]"
SERVERS = "mars_servers: [{name: files, items: ['D:']}], backup_engines: [{name: mabs}]"


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "LOOK_AGAIN_SECONDS", 0.25)


def estate(*parts: str) -> str:
    return GROUPS + "vaults: [{" + ", ".join(["name: vault-we, resource_group: backup, location: westeurope", *parts]) + "}]\n"


def steps(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["step"], each["what"].partition(":")[0], each["status"]) for each in result["steps"]]


def deletions(azure: Azure) -> list[str]:
    return [each.rpartition("/")[2] for each in azure.writes() if each.startswith("DELETE")]


def test_without_purge_the_vault_and_everything_stays(azure: Azure) -> None:
    azure.estate(estate(VM_ITEMS, SERVERS))
    for check in (True, False):
        refused = azure.module("vault", check=check, **ABSENT)
        assert [each["option"] for each in refused["problems"]] == ["state"]
        for name in ("web-0001", "web-0002", "web-0003 (soft-deleted)", "server files", "backup server mabs", "holds 5"):
            assert name in refused["msg"]
    assert azure.writes() == []


@pytest.mark.parametrize("check", [True, False])
def test_purge_needs_its_own_consent(azure: Azure, check: bool) -> None:
    azure.estate(estate(VM_ITEMS))
    refused = azure.module("vault", check=check, **ABSENT, purge=True)
    assert [each["option"] for each in refused["problems"]] == ["purge"] and "accept_data_loss" in refused["msg"]
    assert azure.writes() == []


def test_purge_does_what_check_mode_said(azure: Azure) -> None:
    azure.estate(estate(VM_ITEMS, SERVERS, "private_endpoints: [pe]"))
    predicted = azure.module("vault", check=True, diff=True, **PURGE)
    assert steps(predicted) == [
        ("keep_soft_deleted", "VM app/web-0003", "kept"),
        ("delete_data", "VM app/web-0001", "planned"),
        ("delete_data", "VM app/web-0002", "planned"),
        ("unregister", "backup server mabs", "planned"),
        ("unregister", "server files", "planned"),
        ("remove_private_endpoint_connection", "private endpoint connection pe", "planned"),
        ("delete_vault", "vault vault-we", "planned"),
    ]
    assert azure.writes() == []
    done = azure.module("vault", diff=True, **PURGE)
    assert done["changed"] and done["diff"] == predicted["diff"] and done["vault"] == {}
    assert steps(done) == [(step, what, "kept" if status == "kept" else "done") for step, what, status in steps(predicted)]
    assert [each["what"] for each in done["steps"]] == [each["what"] for each in predicted["steps"]]
    gone = deletions(azure)
    assert sorted(gone[:2]) == ["VM;iaasvmcontainerv2;app;web-0001", "VM;iaasvmcontainerv2;app;web-0002"]
    assert sorted(gone[2:4]) == ["files", "mabs"] and gone[4:] == ["pe", "vault-we"]
    azure.clear_ledger()
    again = azure.module("vault", **PURGE)
    assert not again["changed"] and again["steps"] == [] and azure.writes() == []


def test_items_of_other_kinds_go_with_what_they_are_registered_by(azure: Azure) -> None:
    azure.estate(estate("items: [{vm: app/web-0001}]", "storage_accounts: [{name: files, shares: [docs, media]}]"))
    predicted = azure.module("vault", check=True, **PURGE)
    assert [each[:2] for each in steps(predicted)] == [
        ("delete_data", "VM app/web-0001"),
        ("delete_data", "AzureFileShare docs"),
        ("delete_data", "AzureFileShare media"),
        ("unregister", "storage account files"),
        ("delete_vault", "vault vault-we"),
    ]
    azure.fault(method="DELETE", path="*AzureFileShare;media", fail_operation={"code": "CloudInternalError", "message": "It broke."})
    failed = azure.module("vault", **PURGE)
    assert [each[2] for each in steps(failed)] == ["done", "done", "failed", "failed", "not_started"] and "It broke." in failed["msg"]
    assert {each[2] for each in steps(azure.module("vault", **PURGE))} == {"done", "kept"}


def test_where_soft_delete_is_off_nothing_is_left(azure: Azure) -> None:
    azure.estate(estate(VM_ITEMS, "soft_delete: Disabled"))
    predicted = azure.module("vault", check=True, **PURGE)
    done = azure.module("vault", **PURGE)
    assert [each[:2] for each in steps(done)] == [each[:2] for each in steps(predicted)]
    assert [each[0] for each in steps(done)] == ["undelete", "delete_data", "delete_data", "delete_data", "delete_vault"]
    assert {each[2] for each in steps(done)} == {"done"}
    assert azure.module("deleted_vault_info", location="westeurope", name="vault-we")["deleted_vaults"][0]["purge_at"]


@pytest.mark.parametrize("state", ["Unlocked", "Locked"])
def test_immutability_is_told_before_anything_is_deleted(azure: Azure, state: str) -> None:
    azure.estate(estate(VM_ITEMS, f"immutability: {state}"))
    for check in (True, False):
        refused = azure.module("vault", check=check, **PURGE)
        assert [each["option"] for each in refused["problems"]] == ["purge"] and state in refused["msg"] and "web-0001" in refused["msg"]
    assert azure.writes() == []


def test_what_was_never_backed_up_goes_from_an_immutable_vault(azure: Azure) -> None:
    azure.estate(estate("items: [{vm: app/web-0001, state: IRPending}]", "immutability: Unlocked"))
    assert steps(azure.module("vault", **PURGE))[-1] == ("delete_vault", "vault vault-we", "done")


@pytest.mark.parametrize("scope", ["", "backup"])
def test_locks_are_told_before_anything_is_deleted(azure: Azure, scope: str) -> None:
    scope = scope or f"/subscriptions/{azure.subscription_id}"
    azure.estate(estate(VM_ITEMS) + f"locks: [{{name: frozen, level: CanNotDelete, scope: {scope}}}]\n")
    for check in (True, False):
        refused = azure.module("vault", check=check, **PURGE)
        assert [each["option"] for each in refused["problems"]] == ["state"] and "lock 'frozen'" in refused["msg"]
    assert azure.writes() == []


def test_locks_and_replication_that_may_not_be_read_are_left_to_azure(azure: Azure) -> None:
    vault_id = azure.id("backup", "Microsoft.RecoveryServices/vaults", "vault-we")
    azure.estate(estate() + f"locks: [{{name: frozen, level: CanNotDelete, scope: '{vault_id}'}}]\n")
    for path in ("*/Microsoft.Authorization/locks", "*/replicationUsages"):
        azure.fault(method="GET", path=path, times=0, status=403, code="AuthorizationFailed", message="No.")
    refused = azure.module("vault", **ABSENT)
    assert refused["error"]["code"] == "ScopeLocked" and "lock" in refused["error"]["hint"]
    assert steps(refused) == [("delete_vault", "vault vault-we", "failed")] and refused["changed"] is False


def test_a_lock_elsewhere_in_the_group_does_not_matter(azure: Azure) -> None:
    other = azure.id("backup", "Microsoft.RecoveryServices/vaults", "vault-we2")
    azure.estate(estate() + f"locks: [{{name: frozen, level: CanNotDelete, scope: '{other}'}}]\n")
    assert azure.module("vault", **ABSENT)["changed"]


def test_a_resource_guard_must_approve_and_is_asked_for_each_item(azure: Azure) -> None:
    azure.estate(estate("items: [{vm: app/web-0001}]", f"resource_guard: {GUARD}"))
    for check in (True, False):
        refused = azure.module("vault", check=check, **PURGE)
        assert [each["option"] for each in refused["problems"]] == ["resource_guard_operation_requests"]
        assert "deleteProtectedItemRequests/default" in refused["msg"]
    assert azure.writes() == []
    assert azure.module("vault", **PURGE, resource_guard_operation_requests=[DELETE_REQUEST])["changed"]
    unlock = azure.requests(writes="true", method="POST")[0]
    assert unlock["path"].endswith("VaultProxy/unlockDelete") and unlock["body"]["resourceToBeDeleted"].endswith("web-0001")


def test_one_vm_that_fails_stops_no_other_but_keeps_the_vault(azure: Azure) -> None:
    azure.estate(estate("items: [{vm: app/web-0001}, {vm: app/web-0002}]", "mars_servers: [{name: files}]"))
    azure.fault(method="DELETE", path="*web-0001", status=403, message="A policy forbids it.")
    failed = azure.module("vault", **PURGE)
    assert failed["failed"] and failed["changed"] and "A policy forbids it." in failed["msg"]
    assert steps(failed) == [
        ("delete_data", "VM app/web-0001", "failed"),
        ("delete_data", "VM app/web-0002", "done"),
        ("unregister", "server files", "done"),
        ("delete_vault", "vault vault-we", "not_started"),
    ]
    azure.clear_ledger()
    done = azure.module("vault", **PURGE)
    assert deletions(azure) == ["VM;iaasvmcontainerv2;app;web-0001", "vault-we"] and done["vault"] == {}


def test_a_job_that_fails_is_told(azure: Azure) -> None:
    azure.estate(estate("items: [{vm: app/web-0001}]"))
    azure.fault(method="DELETE", path="*web-0001", fail_operation={"code": "UserErrorBackupFailed", "message": "It broke."})
    failed = azure.module("vault", **PURGE)
    assert failed["failed"] and "It broke." in failed["steps"][0]["reason"]


def test_the_deletion_of_the_vault_itself_fails(azure: Azure) -> None:
    azure.estate(estate("items: [{vm: app/web-0001}]"))
    azure.fault(method="DELETE", path="*vault-we", status=403, message="A policy forbids it.")
    failed = azure.module("vault", **PURGE)
    assert [each[2] for each in steps(failed)] == ["done", "failed"] and failed["changed"]
    azure.clear_ledger()
    assert steps(azure.module("vault", **PURGE))[-1][2] == "done" and deletions(azure) == ["vault-we"]


def test_a_killed_purge_is_taken_up_without_repeating_anything(azure: Azure) -> None:
    azure.estate(estate("items: [{vm: app/web-0001}, {vm: app/web-0002}]"))
    azure.fault(method="GET", path="*/backupJobs", skip=1, latency=60)
    process = azure.start("vault", **PURGE)
    give_up = time.monotonic() + 60
    while len(deletions(azure)) < 2 and time.monotonic() < give_up:
        time.sleep(0.1)
    process.kill()
    process.wait()
    assert sorted(deletions(azure)) == ["VM;iaasvmcontainerv2;app;web-0001", "VM;iaasvmcontainerv2;app;web-0002"]
    azure.clear_ledger()
    azure.control("DELETE", "faults")
    done = azure.module("vault", **PURGE)
    assert done["vault"] == {} and steps(done)[-1][2] == "done" and deletions(azure) == ["vault-we"]


def test_a_deleted_vault_is_shown_and_brought_back(azure: Azure) -> None:
    azure.estate(estate("items: [{vm: app/web-0001}]", "tags: {owner: platform}", "immutability: Disabled"))
    assert azure.module("vault", **PURGE)["changed"]
    for where in ({"location": "West Europe"}, {}, {"name": "VAULT-WE", "resource_group": "backup"}):
        (shown,) = azure.module("deleted_vault_info", **where)["deleted_vaults"]
        assert (shown["name"], shown["resource_group"], shown["location"]) == ("vault-we", "backup", "westeurope")
        assert shown["deleted_at"] < shown["purge_at"]
    assert azure.module("deleted_vault_info", location="northeurope")["deleted_vaults"] == []
    azure.clear_ledger()

    wish = {**VAULT, "location": "westeurope", "undelete": True, "public_network_access": "Disabled"}
    predicted = azure.module("vault", check=True, diff=True, **wish)
    assert predicted["changed"] and predicted["undeleted"] and azure.writes() == []
    done = azure.module("vault", diff=True, **wish)
    assert done["undeleted"] and done["diff"] == predicted["diff"]
    assert done["vault"]["tags"] == {"owner": "platform"} and done["vault"]["public_network_access"] == "Disabled"
    assert [each.partition(" ")[0] for each in azure.writes()] == ["POST", "PATCH"]
    items = azure.module("protection_info", vault_name="vault-we", resource_group="backup")["protected_items"]
    assert [each["name"] for each in items] == ["web-0001"]
    azure.clear_ledger()
    again = azure.module("vault", **wish)
    assert not again["changed"] and not again["undeleted"] and azure.writes() == []
    assert azure.module("deleted_vault_info", location="westeurope")["deleted_vaults"] == []


def test_of_several_deleted_vaults_the_last_comes_back(azure: Azure) -> None:
    azure.estate(estate("items: [{vm: app/web-0001}]", "tags: {n: first}"))
    azure.module("vault", **PURGE)
    azure.jump(3600)
    azure.estate("vaults: [{name: vault-we, resource_group: backup, location: westeurope, tags: {n: second}, items: [{vm: app/web-0002}]}]\n")
    azure.module("vault", **PURGE)
    assert azure.module("vault", **VAULT, location="westeurope", undelete=True)["vault"]["tags"] == {"n": "second"}


def test_a_deleted_namesake_is_told_when_a_new_vault_is_created(azure: Azure) -> None:
    azure.estate(estate("items: [{vm: app/web-0001}]"))
    azure.module("vault", **PURGE)
    done = azure.module("vault", **VAULT, location="westeurope")
    assert done["changed"] and not done["undeleted"] and "undelete" in str(done["warnings"])
    azure.fault(method="GET", path="*/deletedVaults", times=0, status=403, message="No.")
    assert azure.module("vault", name="other", resource_group="backup", location="westeurope")["changed"]
    assert azure.module("vault", name="third", resource_group="backup", location="westeurope", undelete=True)["failed"]


def test_undelete_of_a_vault_that_never_was_creates_one(azure: Azure) -> None:
    azure.estate(GROUPS)
    done = azure.module("vault", **VAULT, location="westeurope", undelete=True)
    assert done["changed"] and not done["undeleted"] and done["vault"]["provisioning_state"] == "Succeeded"
