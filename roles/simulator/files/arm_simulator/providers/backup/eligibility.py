# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a virtual machine cannot be protected or backed up, as Azure would find out.

The limits are those of https://learn.microsoft.com/azure/backup/backup-support-matrix-iaas. Codes
that Azure publishes are used as they are (https://learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot);
the numbers beside them are the simulator's own unless a source is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...core.messages import ArmError
from ...core.regions import normalise
from ...core.store import Document
from ...gateway.arm import LOCKS
from ..compute.instance_view import agent_is_ready
from ..recovery.recovery_services import vault_of
from . import jobs, protected_items

if TYPE_CHECKING:
    from ...core.world import World

MOST_DATA_DISKS = 32
ENHANCED_DISKS = ("PremiumV2_LRS", "UltraSSD_LRS")


@dataclass(frozen=True)
class Problem:
    code: str
    message: str
    recommendation: str
    number: int = 400_000

    def error(self) -> ArmError:
        return ArmError(400, self.code, self.message)

    def details(self) -> Document:
        return jobs.error_details(self.number, self.code, self.message, self.recommendation)


NOT_FOUND = Problem(
    "BCMV2VMNotFound",
    "The virtual machine was not found. It may have been deleted or moved.",
    "Check the resource id of the virtual machine and try again.",
    400_094,
)
NOT_DISCOVERED = Problem(
    "UserErrorBcmDatasourceNotPresent",
    "The virtual machine is not among those that the vault can protect.",
    "Protect the virtual machine with a vault of its own region.",
)
OTHER_VAULT = Problem(
    "UserErrorVmRegisteredWithAnotherVault",
    "Virtual machine is already registered\\registering with another recovery services vault Please select a different virtual machine for registration.",
    "Stop protection and delete the backup data in the other vault first.",
)
PROTECTED_HERE = Problem(
    "UserErrorVmAlreadyProtected", "The virtual machine is already protected by this vault.", "Change the protection of its item instead."
)
TOO_MANY_DISKS = Problem(
    "UserErrorUnsupportedDataDiskCount",
    f"The virtual machine has more than {MOST_DATA_DISKS} data disks to back up.",
    "Exclude disks from the backup or detach them.",
)
NEEDS_ENHANCED = Problem(
    "UserErrorUltraOrPremiumV2DiskNeedsEnhancedPolicy",
    "A Standard policy cannot back up Ultra disks or Premium SSD v2 disks.",
    "Use an Enhanced policy.",
)
SHARED_DISK = Problem(
    "UserErrorSharedDiskNotSupported",
    "The virtual machine has a shared disk, which cannot be backed up.",
    "Exclude the shared disk with an Enhanced policy.",
)
UNMANAGED_DISK = Problem(
    "UserErrorUnmanagedDiskNeedsStandardPolicy",
    "An Enhanced policy cannot back up a virtual machine with unmanaged disks.",
    "Convert the virtual machine to managed disks.",
)
NO_AGENT = Problem(
    "UserErrorGuestAgentStatusUnavailable",
    "VM agent is unable to communicate with the Azure Backup Service.",
    "Install or restart the VM agent and wait until its status is Ready.",
)
NO_SNAPSHOT_STATUS = Problem(
    "GuestAgentSnapshotTaskStatusError",
    "Could not communicate with the VM agent for snapshot status.",
    "Check that the VM agent runs, is up to date and reaches 168.63.129.16, and that the snapshot extension can be installed.",
)
LOCKED = Problem(
    "UserErrorCrpReportedUserError",
    "Compute refused the snapshot: the scope of the virtual machine is locked (ScopeLocked).",
    "Remove the ReadOnly lock of the virtual machine, of its resource group or of the subscription, and try again.",
)
NOT_PROVISIONED = Problem(
    "UserErrorVmProvisioningStateFailed",
    "The virtual machine is in failed provisioning state.",
    "Bring the virtual machine into provisioning state Succeeded, for example by reapplying its model.",
)


def to_protect(world: World, vault: Document, vm_id: str, policy: Document | None, excluded: Document | None) -> Problem | None:
    """The first reason why the vault cannot protect the VM by the policy; None when it can."""
    vm = world.store.resource(vm_id)
    if vm is None:
        return NOT_FOUND
    if normalise(vm["location"]) != vault["location"]:
        return NOT_DISCOVERED
    other = protected_items.of_vm(world, vm_id)
    if other is not None and vault_of(other["id"]).lower() != vault["id"].lower() and not protected_items.is_stopped(other):
        return OTHER_VAULT
    return _disks(world, vm, policy, excluded) or agent(world, vm)


def to_back_up(world: World, vm_id: str) -> Problem | None:
    """The first reason why a backup of a protected VM fails now."""
    vm = world.store.resource(vm_id)
    if vm is None:
        return NOT_FOUND
    if vm["properties"].get("provisioningState") == "Failed":
        return NOT_PROVISIONED
    if _locked(world, vm["id"]):
        return LOCKED
    problem = agent(world, vm)
    return NO_SNAPSHOT_STATUS if problem and vm.get("_agent", {}).get("status") == "NotReady" else problem


def _locked(world: World, vm_id: str) -> bool:
    """Whether a ReadOnly lock on the VM or above it keeps the service from writing what a snapshot needs."""
    for lock in world.store.list(LOCKS, "/".join(vm_id.split("/")[:3])):
        scope = lock["id"].lower().rpartition(f"/providers/{LOCKS.lower()}/")[0]
        if lock["properties"]["level"] == "ReadOnly" and f"{vm_id.lower()}/".startswith(f"{scope}/"):
            return True
    return False


def _disks(world: World, vm: Document, policy: Document | None, excluded: Document | None) -> Problem | None:
    disks = _backed_up(vm, excluded)
    if len(disks) > MOST_DATA_DISKS:
        return TOO_MANY_DISKS
    standard = (policy or {"properties": {}})["properties"].get("policyType") != "V2"
    if standard and any(_sku(world, disk) in ENHANCED_DISKS for disk in disks):
        return NEEDS_ENHANCED
    if any(_shares(world, disk) > 1 for disk in disks):
        return SHARED_DISK
    profile = vm["properties"].get("storageProfile") or {}
    blobs = any(disk.get("vhd") for disk in [profile.get("osDisk") or {}, *disks])
    return UNMANAGED_DISK if blobs and not standard else None


def _backed_up(vm: Document, excluded: Document | None) -> list[Document]:
    disks = (vm["properties"].get("storageProfile") or {}).get("dataDisks") or []
    if not excluded:
        return disks
    luns = set(excluded["diskLunList"])
    return [disk for disk in disks if (disk["lun"] in luns) is excluded["isInclusionList"]]


def _disk(world: World, disk: Document) -> Document | None:
    return world.store.resource((disk.get("managedDisk") or {}).get("id") or "")


def _sku(world: World, disk: Document) -> str:
    document = _disk(world, disk)
    if document is not None and document.get("sku"):
        return document["sku"]["name"]
    return (disk.get("managedDisk") or {}).get("storageAccountType", "")


def _shares(world: World, disk: Document) -> int:
    return ((_disk(world, disk) or {}).get("properties") or {}).get("maxShares") or 1


def running(vm: Document) -> bool:
    return vm.get("_power", "running") == "running"


def agent(world: World, vm: Document) -> Problem | None:
    """A running VM needs an agent that reports; one that is off is backed up without it, crash consistent."""
    return NO_AGENT if running(vm) and not agent_is_ready(world, vm) else None
