# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of protected items."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.ids import VM_TYPE
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.sync import decide
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items import view
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._policy import policy_type
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._protection import rules

VM = "/subscriptions/s/resourceGroups/Grp/providers/Microsoft.Compute/virtualMachines/Web1"
VAULT = "/subscriptions/s/resourceGroups/b/providers/Microsoft.RecoveryServices/vaults/v"
PATH = ("IaasVMContainer;iaasvmcontainerv2;grp;web1", "VM;iaasvmcontainerv2;grp;web1")
PROTECT = view.Target("protected", "Daily", f"{VAULT}/backupPolicies/Daily")
KEEP = view.Target("protected", None, None)
STOP = view.Target("stopped")
SUSPEND = view.Target("suspended")
ABSENT = view.Target("absent")
DELETE = view.Target("absent", delete=True)
ALL = {"mode": "all", "luns": []}


def item(**properties: Any) -> view.Item:
    place = f"{VAULT}/backupFabrics/Azure/protectionContainers/{PATH[0]}/protectedItems/{PATH[1]}"
    return view.read_item({"id": place, "name": PATH[1], "properties": {"sourceResourceId": VM, "protectionState": "Protected", **properties}})


PROTECTED = item(policyName="Daily")
STOPPED = item(protectionState="ProtectionStopped", policyName="Daily")
SUSPENDED = item(protectionState="BackupsSuspended")
DELETED = item(protectionState="ProtectionStopped", isScheduledForDeferredDelete=True)
ENHANCED = item(policyName="Hourly", policyType="V2", friendlyName="web1")


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("Protected", "protected"),
        ("IRPending", "protected"),
        ("ProtectionError", "protected"),
        ("PROTECTIONPAUSED", "protected"),
        ("ProtectionStopped", "stopped"),
        ("BackupsSuspended", "suspended"),
        ("Invalid", "unknown"),
        (None, "unknown"),
    ],
)
def test_states(state, shown):
    assert item(protectionState=state).view["state"] == shown


def test_what_an_item_tells():
    assert PROTECTED.path == PATH and PROTECTED.vm_id == VM and PROTECTED.view == {"vault": "v", "state": "protected", "policy": "Daily", "disks": ALL}
    assert STOPPED.view == {"vault": "v", "state": "stopped", "policy": None, "disks": ALL} and DELETED.view["state"] == "soft_deleted"
    assert item(policyId=f"{VAULT}/backupPolicies/P1").view["policy"] == "P1" and item().name == "Web1"
    assert item(lastBackupTime="2001-01-01T00:00:00Z").last_backup_time is None
    assert [each.policy_type for each in (PROTECTED, STOPPED, item(policyType="V1"), ENHANCED)] == ["unknown", "unknown", "standard", "enhanced"]
    assert STOPPED.last_policy == "Daily" and SUSPENDED.last_policy is None


@pytest.mark.parametrize(
    ("target", "before", "differing"),
    [
        (PROTECT, None, ("state", "policy")),
        (PROTECT, PROTECTED, ()),
        (view.Target("protected", "DAILY", "x"), PROTECTED, ()),
        (view.Target("protected", "other", "x"), PROTECTED, ("policy",)),
        (PROTECT, STOPPED, ("state", "policy")),
        (PROTECT, DELETED, ("state", "policy")),
        (KEEP, PROTECTED, ()),
        (STOP, PROTECTED, ("state", "policy")),
        (STOP, STOPPED, ()),
        (STOP, SUSPENDED, ("state",)),
        (SUSPEND, PROTECTED, ("state", "policy")),
        (ABSENT, PROTECTED, ("state", "policy")),
        (view.Target("protected", disks={"mode": "os_only", "luns": []}), PROTECTED, ("disks",)),
        (view.Target("protected", disks=ALL), PROTECTED, ()),
    ],
)
def test_what_would_change(target, before, differing):
    present = before.view if before else None
    assert decide(present, view.wanted(target, present)).differing == differing


@pytest.mark.parametrize(
    ("target", "before", "reason"),
    [
        (PROTECT, None, None),
        (PROTECT, DELETED, None),
        (KEEP, None, "no policy is given"),
        (KEEP, STOPPED, "no policy is given"),
        (KEEP, PROTECTED, None),
        (STOP, PROTECTED, None),
        (STOP, DELETED, "soft-deleted"),
    ],
)
def test_steps_that_cannot_be(target, before, reason):
    told = view.check_step(target, before.view if before else None)
    assert told is None if reason is None else reason in told


@pytest.mark.parametrize(
    ("target", "there"),
    [
        (STOP, {"none"}),
        (SUSPEND, {"none"}),
        (ABSENT, {"none", "stopped", "suspended", "soft_deleted"}),
        (DELETE, {"none", "soft_deleted"}),
    ],
)
def test_where_there_is_nothing_to_end(target, there):
    items = {"none": None, "protected": PROTECTED, "stopped": STOPPED, "suspended": SUSPENDED, "soft_deleted": DELETED}
    assert {state for state, each in items.items() if view.is_there(target, each.view if each else None)} == there


def test_what_deleting_leaves():
    assert view.deleted(PROTECTED.view, soft=True) == {"vault": "v", "state": "soft_deleted", "policy": None, "disks": ALL}
    assert view.deleted(PROTECTED.view, soft=False) is None


def test_bodies():
    body = {"protectedItemType": VM_TYPE, "sourceResourceId": VM, "policyId": PROTECT.policy_id}
    assert view.protect_body(VM, PROTECT.policy_id, None) == {"properties": body}
    whole = view.protect_body(VM, PROTECT.policy_id, ALL)["properties"]
    assert whole == {**body, "extendedProperties": {"diskExclusionProperties": None}}
    assert view.stop_body(VM, "stopped")["properties"]["protectionState"] == "ProtectionStopped"
    assert view.stop_body(VM, "absent")["properties"]["protectionState"] == "ProtectionStopped"
    assert view.stop_body(VM, "suspended")["properties"]["protectionState"] == "BackupsSuspended"
    assert view.undelete_body(VM)["properties"]["isRehydrate"] is True


def test_an_item_is_written_under_the_name_that_the_service_gave_it():
    assert view.path_of(VM, PROTECTED) == PATH
    assert view.path_of(VM, None) == ("IaasVMContainer;iaasvmcontainerv2;Grp;Web1", "VM;iaasvmcontainerv2;Grp;Web1")


@pytest.mark.parametrize(
    ("document", "regions", "reason"),
    [
        ({}, ["westeurope"], "no such VM"),
        ({"location": "North Europe"}, ["westeurope"], "in region 'northeurope', the vault in 'westeurope'"),
        ({"location": "North Europe"}, ["westeurope", "uksouth"], "the vaults in westeurope, uksouth"),
        ({"location": "West Europe"}, ["westeurope"], None),
        ({"location": "West Europe"}, ["uksouth", "westeurope"], None),
        ({"location": "anywhere"}, [""], None),
    ],
)
def test_regions_that_a_vm_cannot_come_to(document, regions, reason):
    told = rules.check_vm(document, regions)
    assert told is None if reason is None else reason in told


@pytest.mark.parametrize(
    ("owner", "move", "reason"),
    [
        (None, False, None),
        (PROTECTED, True, None),
        (STOPPED, True, None),
        (PROTECTED, False, "protected by vault 'v'"),
        (STOPPED, False, "stopped and its data is kept there"),
        (SUSPENDED, False, "suspended"),
    ],
)
def test_vms_that_another_vault_has(owner, move, reason):
    told = rules.check_owner(owner, move)
    assert told is None if reason is None else reason in told


@pytest.mark.parametrize(
    ("enhanced", "kinds", "consent", "problem"),
    [
        (None, ["standard", "enhanced"], False, None),
        (False, ["standard", "unknown"], False, None),
        (True, ["enhanced"], False, None),
        (True, ["standard", "enhanced"], False, "1 of the VMs have a Standard one, or had it when they were stopped (web0); the move cannot be taken back"),
        (True, ["unknown"], False, "does not say whether 1 of the VMs had a Standard one (web0)"),
        (True, ["standard", "unknown"], True, None),
        (False, ["standard", "enhanced"], True, "cannot go back to Standard: web1"),
    ],
)
def test_moves_between_standard_and_enhanced(enhanced, kinds, consent, problem):
    problems = rules.check_policy_move("Daily", enhanced, [(f"web{number}", kind) for number, kind in enumerate(kinds)], consent)
    assert problems == [] if problem is None else problem in problems[0].text


@pytest.mark.parametrize(
    ("created_with", "kind"),
    [([], "unknown"), ([None], "unknown"), (["V1", None], "unknown"), (["V1", "V1"], "standard"), (["V1", "V2", None], "enhanced")],
)
def test_recovery_points_tell_the_type_of_an_item(created_with, kind):
    assert policy_type.of_points({"properties": {"createdWithPolicyType": each}} for each in created_with) == kind


OPTIONS = {"vault_name": "v1", "resource_group": "g", "state": "protected", "vms": ["app/web"], "parallel": 4}


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({}, []),
        ({"vault_name": "1"}, ["vault_name"]),
        ({"state": "absent", "policy": "p", "disks": {"mode": "all"}, "move": True}, ["disks", "move", "policy"]),
        ({"delete_backup_data": True}, ["delete_backup_data"]),
        ({"delete_backup_data": True, "state": "stopped"}, ["delete_backup_data"]),
        ({"delete_backup_data": True, "state": "absent"}, []),
        ({"delete_backup_data": True, "state": "absent", "tags": {"a": "b"}}, ["delete_backup_data"]),
        ({"delete_backup_data": True, "state": "absent", "names": ["w*"]}, ["delete_backup_data"]),
        ({"delete_backup_data": True, "state": "absent", "vms": [], "all_vms": True}, ["delete_backup_data"]),
        ({"spread": {"policies": ["q"]}}, ["policy"]),
        ({"spread": {"policies": ["q"]}, "state": "stopped"}, ["policy", "spread.policies"]),
        ({"spread": {"vaults": [{"vault_name": "-", "resource_group": "g."}]}}, ["spread.vaults.resource_group", "spread.vaults.vault_name"]),
        ({"max_vms_per_vault": 0, "max_vms_per_policy": -1}, ["max_vms_per_policy", "max_vms_per_vault"]),
        ({"disks": {"mode": "include"}}, ["disks.luns"]),
        ({"disks": {"mode": "all", "luns": [1]}}, ["disks.luns"]),
        ({"disks": {"mode": "exclude", "luns": [1, -1]}}, ["disks.luns"]),
        ({"disks": {"mode": "exclude", "luns": [1, 0]}}, []),
        ({"resource_guard_operation_requests": ["x"]}, ["resource_guard_operation_requests"]),
    ],
)
def test_options(options, wrong):
    assert sorted(each.option for each in rules.check_options({**OPTIONS, **options})) == wrong


def vault(**security):
    return {"properties": {"securitySettings": security}}


UNLOCKED = vault(immutabilitySettings={"state": "Unlocked"})
PLAIN = vault(immutabilitySettings={"state": "Disabled"}, softDeleteSettings={"softDeleteState": "Disabled"})
SOFT = vault(softDeleteSettings={"softDeleteState": "AlwaysON", "softDeleteRetentionPeriodInDays": 30})


def test_what_guards_backup_data():
    backed_up = item(lastRecoveryPoint="2026-11-21T20:03:11Z")
    assert "immutable" in rules.check_deletion(backed_up, UNLOCKED) and rules.check_deletion(PROTECTED, UNLOCKED) is None
    assert rules.check_deletion(backed_up, PLAIN) is None and rules.check_deletion(backed_up, None) is None
    assert rules.check_final_deletion(SOFT, "v", 3, False) == [] == rules.check_final_deletion(PLAIN, "v", 3, True)
    assert "accept_irreversible" in rules.check_final_deletion(PLAIN, "v", 3, False)[0].text
    assert "30 days" in rules.deletion_note(SOFT) and "for good" in rules.deletion_note(PLAIN) and "14 days" in rules.deletion_note({})
    assert rules.check_suspension(UNLOCKED, "v") == [] and "stopped" in rules.check_suspension(PLAIN, "v")[0].text


def test_an_immutable_vault_lets_no_item_keep_less():
    lost = ["daily retention", "time between backups"]
    assert "keeps less than 'Long': daily retention" in rules.check_lowering(lost, UNLOCKED, PROTECT, "Long")
    assert rules.check_lowering(lost, PLAIN, PROTECT, "Long") is None and rules.check_lowering(lost[1:], UNLOCKED, PROTECT, "Long") is None


def test_what_is_wrong_with_many_vms_is_said_once():
    problems = rules.of_vms({"no": [f"vm{number}" for number in range(12)], "never": ["vm99"]})
    assert problems[0].text.startswith("vm0, vm1,") and problems[0].text.endswith("vm9 and 2 more: no") and problems[1].text == "vm99: never"
