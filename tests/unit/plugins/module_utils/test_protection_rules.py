# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of protected items."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._domain import protection as rules
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._domain.ids import VM_TYPE
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._sync import decide

VM = "/subscriptions/s/resourceGroups/Grp/providers/Microsoft.Compute/virtualMachines/Web1"
VAULT = "/subscriptions/s/resourceGroups/b/providers/Microsoft.RecoveryServices/vaults/v"
PATH = ("IaasVMContainer;iaasvmcontainerv2;grp;web1", "VM;iaasvmcontainerv2;grp;web1")
PROTECT = rules.Target("protected", "Daily", f"{VAULT}/backupPolicies/Daily")
KEEP = rules.Target("protected", None, None)
STOP = rules.Target("stopped", None, None)


def item(**properties: Any) -> rules.Item:
    place = f"{VAULT}/backupFabrics/Azure/protectionContainers/{PATH[0]}/protectedItems/{PATH[1]}"
    return rules.read_item({"id": place, "name": PATH[1], "properties": {"sourceResourceId": VM, "protectionState": "Protected", **properties}})


PROTECTED = item(policyName="Daily")
STOPPED = item(protectionState="ProtectionStopped", policyName="Daily")
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
    assert PROTECTED.path == PATH and PROTECTED.vm_id == VM and PROTECTED.view == {"state": "protected", "policy": "Daily"}
    assert STOPPED.view == {"state": "stopped", "policy": None} and DELETED.view["state"] == "soft_deleted"
    assert item(policyId=f"{VAULT}/backupPolicies/P1").view["policy"] == "P1" and item().facts["name"] == "Web1"
    assert item(lastBackupTime="2001-01-01T00:00:00Z").facts["last_backup_time"] is None
    assert (PROTECTED.facts["policy_type"], ENHANCED.facts["policy_type"]) == ("standard", "enhanced")


@pytest.mark.parametrize(
    ("target", "before", "differing"),
    [
        (PROTECT, None, ("state", "policy")),
        (PROTECT, PROTECTED, ()),
        (rules.Target("protected", "DAILY", "x"), PROTECTED, ()),
        (rules.Target("protected", "other", "x"), PROTECTED, ("policy",)),
        (PROTECT, STOPPED, ("state", "policy")),
        (PROTECT, DELETED, ("state", "policy")),
        (KEEP, PROTECTED, ()),
        (STOP, PROTECTED, ("state", "policy")),
        (STOP, STOPPED, ()),
    ],
)
def test_what_would_change(target, before, differing):
    present = before.view if before else None
    assert decide(present, rules.wanted(target, present)).differing == differing


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
    told = rules.check_step(target, before.view if before else None)
    assert told is None if reason is None else reason in told


def test_bodies():
    assert rules.write_body(VM, PROTECT) == {"properties": {"protectedItemType": VM_TYPE, "sourceResourceId": VM, "policyId": PROTECT.policy_id}}
    assert rules.write_body(VM, STOP)["properties"]["protectionState"] == "ProtectionStopped"
    assert rules.undelete_body(VM)["properties"]["isRehydrate"] is True


def test_an_item_is_written_under_the_name_that_the_service_gave_it():
    assert rules.path_of(VM, PROTECTED) == PATH
    assert rules.path_of(VM, None) == ("IaasVMContainer;iaasvmcontainerv2;Grp;Web1", "VM;iaasvmcontainerv2;Grp;Web1")


@pytest.mark.parametrize(
    ("document", "owner", "reason"),
    [
        (None, None, "no such VM"),
        ({"location": "North Europe"}, None, "northeurope"),
        ({"location": "West Europe"}, None, None),
        ({"location": "westeurope"}, "other", "'other'"),
        ({"location": "northeurope"}, "other", "northeurope"),
    ],
)
def test_vms_that_a_vault_cannot_take(document, owner, reason):
    told = rules.check_vm(document, "westeurope", owner)
    assert told is None if reason is None else reason in told
    assert rules.check_vm({"location": "anywhere"}, "", None) is None


@pytest.mark.parametrize(
    ("enhanced", "items", "consent", "problem"),
    [
        (None, [PROTECTED, ENHANCED], False, None),
        (False, [PROTECTED], False, None),
        (True, [ENHANCED], False, None),
        (True, [PROTECTED, ENHANCED], False, "accept_irreversible"),
        (True, [PROTECTED], True, None),
        (False, [PROTECTED, ENHANCED], True, "cannot go back to Standard: web1"),
    ],
)
def test_moves_between_standard_and_enhanced(enhanced, items, consent, problem):
    problems = rules.check_policy_move(PROTECT, enhanced, items, consent)
    assert problems == [] if problem is None else problem in problems[0].text
