# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""A protected item of a vault: its view, what must be written to change it, and the rules. Nothing here talks to Azure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._errors import Problem
from .fields import Document, mapping
from .ids import VM_TYPE, container_name, item_name, key, location, name, part

# protectionState of Azure to the state of the option. IRPending waits for its first backup: it is protected.
STATES = {
    "irpending": "protected",
    "protected": "protected",
    "protectionerror": "protected",
    "protectionpaused": "protected",
    "protectionstopped": "stopped",
    "backupssuspended": "suspended",
}
NEVER = "2001-01-01"


@dataclass(frozen=True)
class Target:
    """What the task asks of every VM: a state, and a policy by name and id (None: leave the policy alone)."""

    state: str
    policy: str | None
    policy_id: str | None


@dataclass(frozen=True)
class Item:
    """A protected item as the vault lists it. path is (container name, item name) in the service's own spelling."""

    vm_id: str
    path: tuple[str, str]
    view: dict[str, Any]
    facts: dict[str, Any]


def read_item(document: Document) -> Item:
    properties = mapping(document.get("properties"))
    vm_id = properties.get("sourceResourceId") or properties.get("virtualMachineId") or ""
    state = STATES.get(str(properties.get("protectionState")).lower(), "unknown")
    if properties.get("isScheduledForDeferredDelete"):
        state = "soft_deleted"
    last = properties.get("lastBackupTime")
    facts = {
        "id": document.get("id"),
        "vm_id": vm_id,
        "name": properties.get("friendlyName") or name(vm_id),
        "state": state,
        "policy": properties.get("policyName") or name(properties.get("policyId")) or None,
        "policy_type": "enhanced" if properties.get("policyType") == "V2" else "standard",
        "protection_state": properties.get("protectionState"),
        "health": properties.get("healthStatus"),
        "last_backup_status": properties.get("lastBackupStatus") or None,
        "last_backup_time": None if not last or str(last).startswith(NEVER) else str(last),
        "last_recovery_point": properties.get("lastRecoveryPoint"),
        "soft_delete_time": properties.get("deferredDeleteTimeInUTC"),
    }
    path = (part(document.get("id"), "protectionContainers"), part(document.get("id"), "protectedItems"))
    return Item(vm_id, path, {"state": state, "policy": facts["policy"] if state == "protected" else None}, facts)


def wanted(target: Target, before: dict[str, Any] | None) -> dict[str, Any]:
    """What the VM's view shall be. A policy name keeps Azure's spelling where it differs in letter case only."""
    view: dict[str, Any] = {"state": target.state}
    if target.state == "stopped":
        view["policy"] = None  # Azure forgets the policy of a stopped item, sooner or later
    elif target.policy:
        present = (before or {}).get("policy")
        view["policy"] = present if key(present) == key(target.policy) else target.policy
    return view


def check_step(target: Target, before: dict[str, Any] | None) -> str | None:
    """Why this VM cannot be brought to the target, None when it can."""
    if target.state == "protected" and not target.policy and (before is None or before["state"] != "protected"):
        return "not protected yet, and no policy is given to protect it with"
    if target.state == "stopped" and before is not None and before["state"] == "soft_deleted":
        return "its backup data is soft-deleted; set state protected to bring it back first"
    return None


def needs_undelete(before: dict[str, Any] | None) -> bool:
    return before is not None and before["state"] == "soft_deleted"


def undelete_body(vm_id: str) -> Document:
    properties = {"protectedItemType": VM_TYPE, "sourceResourceId": vm_id, "policyId": "", "protectionState": "ProtectionStopped", "isRehydrate": True}
    return {"properties": properties}


def write_body(vm_id: str, target: Target) -> Document:
    """The PUT that protects, resumes, gives another policy, or stops keeping the data. Disk selection is left as it is."""
    properties: dict[str, Any] = {"protectedItemType": VM_TYPE, "sourceResourceId": vm_id}
    if target.state == "stopped":
        properties.update(policyId="", protectionState="ProtectionStopped")
    else:
        properties.update(policyId=target.policy_id)
    return {"properties": properties}


def path_of(vm_id: str, item: Item | None) -> tuple[str, str]:
    return item.path if item else (container_name(vm_id), item_name(vm_id))


def check_vm(vm: Document | None, vault_location: str, owner: str | None) -> str | None:
    """Why a VM that is not in the vault yet cannot be protected by it. owner: another vault that protects the VM."""
    if vm is None:
        return "there is no such VM"
    region = location(vm.get("location"))
    if vault_location and region != vault_location:
        return f"it is in region '{region}', the vault in '{vault_location}'; a vault protects VMs of its own region only: use or create a vault there"
    if owner:
        return f"it is protected by vault '{owner}' already, and a VM has one vault; keep it there, or stop protection and delete its data there first"
    return None


def check_policy_move(target: Target, enhanced: bool | None, items: list[Item], accept_irreversible: bool) -> list[Problem]:
    """Standard to Enhanced is one-way and Enhanced to Standard does not exist.

    https://learn.microsoft.com/azure/backup/backup-azure-vm-migrate-enhanced-policy
    """
    if enhanced is None:
        return []
    kinds = {item.facts["policy_type"] for item in items}
    if enhanced and "standard" in kinds and not accept_irreversible:
        count = sum(item.facts["policy_type"] == "standard" for item in items)
        text = f"'{target.policy}' is an Enhanced policy and {count} of the VMs have a Standard one; the move cannot be taken back: set accept_irreversible"
        return [Problem("policy", text)]
    if not enhanced and "enhanced" in kinds:
        names = ", ".join(sorted(item.facts["name"] for item in items if item.facts["policy_type"] == "enhanced")[:10])
        return [Problem("policy", f"'{target.policy}' is a Standard policy; VMs with an Enhanced one cannot go back to Standard: {names}")]
    return []
