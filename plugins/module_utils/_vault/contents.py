# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What a vault holds, what must happen to it before the vault can be deleted, and what stands against that. Pure functions.

What keeps a vault, and the order to take it away in: https://learn.microsoft.com/azure/backup/backup-azure-delete-vault
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import Problem
from .._core.fields import Document, fetch, mapping
from .._core.ids import name, part
from .._items.view import NEVER
from .._resource_guard.rules import DELETE_ITEM
from . import lock_rules

UNDELETE, DELETE_DATA, KEEP, UNREGISTER, DISCONNECT, DELETE_VAULT = (
    "undelete",
    "delete_data",
    "keep_soft_deleted",
    "unregister",
    "remove_private_endpoint_connection",
    "delete_vault",
)
# Servers with an agent of Azure Backup bring their items: unregistering one takes them along.
SERVERS = ("MAB", "DPM", "AzureBackupServer")
# What is registered apart from its items. The containers of VMs come and go with them.
CONTAINERS = ("MAB", "AzureStorage", "AzureWorkload")
_KINDS = {
    "AzureIaasVM": "VM",
    "AzureStorage": "storage account",
    "AzureWorkload": "workload server",
    "MAB": "server",
    "DPM": "backup server",
    "AzureBackupServer": "backup server",
}
NAMED = 20


@dataclass(frozen=True)
class HeldItem:
    """One thing that keeps a vault. kind is Azure's backupManagementType, or 'endpoint'; path the names that a call needs."""

    kind: str
    what: str
    id: str
    path: tuple[str, ...] = ()
    vm_id: str = ""
    soft_deleted: bool = False
    has_backups: bool = False


@dataclass(frozen=True)
class Contents:
    """items with backup data; registered: containers, servers and backup servers; endpoints: private endpoint connections."""

    items: list[HeldItem] = field(default_factory=list)
    registered: list[HeldItem] = field(default_factory=list)
    endpoints: list[HeldItem] = field(default_factory=list)
    replicated: int = 0

    @property
    def all(self) -> list[HeldItem]:
        return [*self.items, *self.registered, *self.endpoints]


@dataclass
class PurgeStep:
    """One step of emptying a vault and what became of it: planned, done, kept, failed or not_started."""

    step: str
    held: HeldItem
    what: str
    status: str = "planned"
    reason: str | None = None

    def result(self) -> dict[str, Any]:
        return {"step": self.step, "what": self.what, "status": self.status, "reason": self.reason}


def read(
    items: Iterable[Document], containers: Iterable[Document], engines: Iterable[Document], vault: Document, replication: Iterable[Document]
) -> Contents:
    """From Azure's lists."""
    held = sorted((_item(each) for each in items), key=lambda each: (each.kind, each.what))
    registered = [_container(each) for each in [*containers, *engines]]
    connections = fetch(vault, "properties.privateEndpointConnections") or []
    return Contents(
        [each for each in held if each.kind not in SERVERS],
        sorted(registered, key=lambda each: (each.kind, each.what)),
        [_endpoint(each) for each in connections],
        sum(int(each.get("protectedItemCount") or fetch(each, "monitoringSummary.protectedItemCount") or 0) for each in replication),
    )


def _item(document: Document) -> HeldItem:
    properties = mapping(document.get("properties"))
    kind = str(properties.get("backupManagementType") or "AzureIaasVM")
    last = str(properties.get("lastBackupTime") or NEVER)
    shown = properties.get("friendlyName") or name(document.get("id"))
    vm_id = str(properties.get("sourceResourceId") or properties.get("virtualMachineId") or "")
    where = part(vm_id, "resourceGroups")
    return HeldItem(
        kind,
        f"VM {where}/{shown}" if kind == "AzureIaasVM" else f"{properties.get('workloadType') or 'item'} {shown}",
        str(document.get("id") or ""),
        (part(document.get("id"), "protectionContainers"), part(document.get("id"), "protectedItems")),
        vm_id,
        bool(properties.get("isScheduledForDeferredDelete")),
        not last.startswith(NEVER) or bool(properties.get("lastRecoveryPoint")),
    )


def _container(document: Document) -> HeldItem:
    properties = mapping(document.get("properties"))
    kind = str(properties.get("backupManagementType") or "")
    shown = properties.get("friendlyName") or name(document.get("id"))
    return HeldItem(kind, f"{_KINDS.get(kind, 'container')} {shown}", str(document.get("id") or ""), (str(document.get("name") or ""), str(shown)))


def _endpoint(document: Document) -> HeldItem:
    return HeldItem("endpoint", f"private endpoint connection {name(document.get('id'))}", str(document.get("id") or ""), (name(document.get("id")),))


def listing(contents: Contents) -> str:
    """Names of what a vault holds, for a message."""
    names = [each.what + (" (soft-deleted)" if each.soft_deleted else "") for each in contents.all]
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def plan(contents: Contents, vault: dict[str, Any]) -> list[PurgeStep]:
    """The steps in their order, the vault itself last. Where soft delete is off, what is soft-deleted must come back to be deleted for good."""
    enforced = vault.get("soft_delete") != "Disabled"
    steps = []
    for each in contents.items:
        if each.soft_deleted and enforced:
            text = f"{each.what}: its soft-deleted data goes with the vault, and can be brought back with it until it expires"
            steps.append(PurgeStep(KEEP, each, text, "kept"))
        elif each.soft_deleted:
            steps.append(PurgeStep(UNDELETE, each, f"{each.what}: its soft-deleted data must come back before it can be deleted for good"))
    fate = f"soft-deleted for {vault.get('soft_delete_retention_days') or 14} days" if enforced else "for good"
    steps += [PurgeStep(DELETE_DATA, each, f"{each.what}: stop protection and delete its backup data, {fate}") for each in _deletable(contents, enforced)]
    steps += [
        PurgeStep(UNREGISTER, each, f"{each.what}: unregister" + (" with its backup data" if each.kind in SERVERS else "")) for each in contents.registered
    ]
    steps += [PurgeStep(DISCONNECT, each, each.what) for each in contents.endpoints]
    itself = HeldItem("vault", f"vault {vault.get('name')}", str(vault.get("id") or ""))
    return [*steps, PurgeStep(DELETE_VAULT, itself, itself.what)]


def _deletable(contents: Contents, enforced: bool) -> list[HeldItem]:
    return [each for each in contents.items if not (each.soft_deleted and enforced)]


def operations(contents: Contents, vault: dict[str, Any]) -> list[str]:
    """The critical operations that emptying the vault takes."""
    return [DELETE_ITEM] if _deletable(contents, vault.get("soft_delete") != "Disabled") else []


def check(options: dict[str, Any], contents: Contents, vault: dict[str, Any], locks: Iterable[dict[str, Any]]) -> list[Problem]:
    """What stands against the deletion of the vault, and against emptying it where that is asked."""
    vault_name = vault.get("name")
    held = [lock_rules.shown(each) for each in lock_rules.over(vault.get("id"), locks)]
    problems = [Problem("state", f"{each} keeps vault {vault_name}; somebody with rights on locks must remove it first") for each in held]
    if contents.replicated:
        text = f"Site Recovery replicates {contents.replicated} items into vault {vault_name}; disable their replication first"
        problems.append(Problem("state", text))
    if not contents.all:
        return problems
    if not options.get("purge"):
        text = (
            f"vault {vault_name} is not deleted while it holds {len(contents.all)}: {listing(contents)}; "
            "keep it as long as they are needed; purge would delete all of it with the vault"
        )
        return [*problems, Problem("state", text)]
    if not options.get("accept_data_loss"):
        text = f"deletes the backups of {len(contents.all)}: {listing(contents)}; set accept_data_loss to true if that is wanted"
        problems.append(Problem("purge", text))
    return problems + _immutable(contents, vault)


def _immutable(contents: Contents, vault: dict[str, Any]) -> list[Problem]:
    """An immutable vault gives up no item that has recovery points (https://learn.microsoft.com/azure/backup/backup-azure-immutable-vault-concept)."""
    state = vault.get("immutability")
    kept = [each.what for each in contents.items if each.has_backups and not each.soft_deleted]
    if state not in ("Unlocked", "Locked") or not kept:
        return []
    way = "set immutability to Disabled first" if state == "Unlocked" else "wait until their last recovery point has expired"
    shown = ", ".join(kept[:NAMED]) + (f" and {len(kept) - NAMED} more" if len(kept) > NAMED else "")
    return [Problem("purge", f"vault {vault.get('name')} is immutable ({state}), so the backups of {shown} cannot be deleted; {way}")]
