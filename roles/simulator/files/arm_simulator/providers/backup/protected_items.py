# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected items as documents: made, shown, listed, put in from an estate. protection.py changes them.

Table "protected_vms" gives the item of each VM id (lower case) that a vault holds and has not soft-deleted. Of several
vaults it is the one that backs the VM up: where backups are stopped with the data kept, another vault may take the VM
(Microsoft's own clients reconfigure a VM that way: https://learn.microsoft.com/cli/azure/backup/protection).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ...core.clock import iso, parse
from ...core.messages import Request, Response
from ...core.router import route
from ...core.store import Document, public
from ...gateway import odata
from ...gateway.arm import page
from ..recovery.recovery_services import (
    CONTAINERS,
    ITEM,
    ITEMS,
    VAULT,
    VMS,
    container_id,
    find_vault,
    group_of,
    item_id,
    last,
    native_name,
    newer,
    require_item,
    service_error,
    vault_of,
    vm_items,
)
from . import jobs, policies, recovery_points

if TYPE_CHECKING:
    from ...core.world import World

STOPPED = ("ProtectionStopped", "BackupsSuspended")
NO_BACKUP = "2001-01-01T00:00:00Z"
_POLICY_TYPE_API = "2024-11-01"
_DAYS_API = "2024-10-01"
_FILTERS = (
    "backupManagementType",
    "policyName",
    "friendlyName",
    "containerName",
    "healthStatus",
    "protectionState",
    "sourceResourceId",
)
_SOFT_DELETED = "SoftDeleted"
_ACTIVE = ("Protected", "IRPending", "ProtectionError")
_TOLD = (("last_backup_status", "lastBackupStatus"), ("health", "healthStatus"))
_RUNNING_SECONDS = 7200


def new(world: World, vault: Document, vm_id: str, policy: Document | None) -> Document:
    """An item that waits for its first backup; not yet stored."""
    group, name = group_of(vm_id), last(vm_id)
    return {
        "id": item_id(vault["id"], group, name),
        "name": f"VM;iaasvmcontainerv2;{group};{name}",
        "type": ITEMS,
        "properties": {
            "friendlyName": name,
            "virtualMachineId": vm_id,
            "protectionStatus": "Healthy",
            "protectionState": "IRPending",
            "healthStatus": "Passed",
            "lastBackupStatus": "",
            "lastBackupTime": NO_BACKUP,
            "protectedItemDataId": str(world.store.next_number("protected-item") + 175_923_157_000_000),
            "sourceSideScanning": 0,
            "protectedItemType": VMS,
            "backupManagementType": "AzureIaasVM",
            "workloadType": "VM",
            "containerName": f"iaasvmcontainerv2;{group};{name}",
            "sourceResourceId": vm_id,
            **policy_keys(policy),
            "vaultId": f"{world.settings.base_url}{vault['id']}",
            "isArchiveEnabled": False,
        },
        "_policy_type": _policy_type(policy),
    }


def policy_keys(policy: Document | None) -> Document:
    return {"policyId": policy["id"], "policyName": policy["name"]} if policy else {"policyId": "", "policyName": ""}


def _policy_type(policy: Document | None) -> str:
    return (policy or {"properties": {}})["properties"].get("policyType", "V1")


def put(world: World, item: Document) -> Document:
    """Store an item and what leads from its VM to it."""
    world.store.put_resource(item)
    key = item["properties"]["virtualMachineId"].lower()
    if not item["properties"].get("isScheduledForDeferredDelete"):
        holder = of_vm(world, key)
        if holder is None or holder["id"] == item["id"] or is_stopped(holder):
            world.store.put("protected_vms", key, {"item": item["id"]})
    elif (world.store.get("protected_vms", key) or {}).get("item") == item["id"]:
        world.store.delete("protected_vms", key)
    return item


def remove(world: World, item: Document) -> None:
    """Forget an item with its recovery points."""
    key = item["properties"]["virtualMachineId"].lower()
    if (world.store.get("protected_vms", key) or {}).get("item") == item["id"]:
        world.store.delete("protected_vms", key)
    world.store.delete_resource(item["id"])


def is_stopped(item: Document) -> bool:
    return item["properties"]["protectionState"] in STOPPED


def of_vm(world: World, vm_id: str) -> Document | None:
    """The item that protects a VM, in whatever vault."""
    entry = world.store.get("protected_vms", vm_id.lower())
    return world.store.resource(entry["item"]) if entry else None


def set_policy(world: World, item: Document, policy: Document | None) -> Document:
    """The item under another policy, or under none; the policies' counts follow. Not yet stored.

    Without a policy it keeps its type, which the service no longer shows but goes by when the VM is protected again.
    """
    old = item["properties"]["policyId"]
    new_id = policy["id"] if policy else ""
    if old.lower() != new_id.lower():
        policies.count(world, old, -1)
        policies.count(world, new_id, 1)
    kind = _policy_type(policy) if policy else item["_policy_type"]
    return {**item, "properties": {**item["properties"], **policy_keys(policy)}, "_policy_type": kind, "_policy_inconsistent": False}


def view(world: World, item: Document, api_version: str, *, expand: bool = False) -> Document:
    """The item as this api-version shows it; expand adds extendedInfo."""
    shown = public(item)
    if item["properties"]["backupManagementType"] != "AzureIaasVM":
        return shown
    properties = dict(item["properties"])
    if expand:
        properties["extendedInfo"] = recovery_points.summary(world, item)
    if newer(api_version, _POLICY_TYPE_API) and properties["policyId"]:
        properties["policyType"] = item["_policy_type"]
    if properties.get("isScheduledForDeferredDelete"):
        properties["deferredDeleteTimeRemaining"] = _span(purge_time(item) - world.clock.now())
    days = _soft_delete_days(world.store.resource(vault_of(item["id"])))
    properties["softDeleteRetentionPeriod"] = days
    if newer(api_version, _DAYS_API):
        properties["softDeleteRetentionPeriodInDays"] = days
    shown["properties"] = properties
    return shown


def soft_deleted(world: World, item: Document, days: int) -> Document:
    """The item in the state of soft delete, to be purged after so many days; not yet stored."""
    now = world.clock.now()
    world.clock.at(now + timedelta(days=days), "item-purge", id=item["id"])
    properties = {
        **item["properties"],
        "protectionState": "ProtectionStopped",
        "isScheduledForDeferredDelete": True,
        "deferredDeleteTimeInUTC": iso(now),
        "deferredDeleteTimeRemaining": "",
        "isDeferredDeleteScheduleUpcoming": False,
    }
    return {**item, "properties": properties, "_retention_days": days}


def purge_time(item: Document) -> datetime:
    """When the data of a soft-deleted item goes for good."""
    return parse(item["properties"]["deferredDeleteTimeInUTC"]) + timedelta(days=item["_retention_days"])


def _soft_delete_days(vault: Document | None) -> int:
    if vault is None:
        return 0
    soft = vault["properties"]["securitySettings"]["softDeleteSettings"]
    return 0 if soft["softDeleteState"] == "Disabled" else soft["softDeleteRetentionPeriodInDays"]


def _span(left: timedelta) -> str:
    """A .NET time span, '13.23:59:45.75'."""
    left = max(left, timedelta())
    hours, rest = divmod(left.seconds, 3600)
    return f"{left.days}.{hours:02d}:{rest // 60:02d}:{rest % 60:02d}.{left.microseconds // 10_000:02d}"


@route("GET", ITEM)
def get_item(world: World, request: Request) -> Response:
    wants = request.query.get("$filter", "") + request.query.get("$expand", "")
    other = _of_a_server(world, request)
    item = require_item(world, request) if other is None else other
    return Response(200, view(world, item, request.api_version, expand="extendedinfo" in wants.lower()))


@route("GET", VAULT + "/backupProtectedItems")
def list_items(world: World, request: Request) -> Response:
    vault, condition = find_vault(world, request), request.query.get("$filter", "")
    items = world.store.selected(request.path, condition, lambda: _select(world.store.list(ITEMS, vault["id"]), condition))
    return page(world, request, items, view=lambda item: view(world, item, request.api_version))


def _select(items: list[Document], condition: str) -> list[Document]:
    wanted = odata.parse(condition).values()
    if wanted.get("itemtype"):
        items = _only(items, "workloadType", wanted["itemtype"])
    for name in _FILTERS:
        if wanted.get(name.lower()):
            items = _only(items, name, wanted[name.lower()])
    return items


def _only(documents: list[Document], name: str, value: str) -> list[Document]:
    """Those with this value of a property, in any letter case."""
    lower = value.lower()
    return [each for each in documents if (found := each["properties"].get(name, "")) == value or found.lower() == lower]


def _of_a_server(world: World, request: Request) -> Document | None:
    """What an agent on a machine outside Azure backs up, if the path names it."""
    container, item = request.params["container"], request.params["item"]
    if not item.lower().startswith("filefolder;"):
        return None
    return world.store.resource(f"{find_vault(world, request)['id']}/backupFabrics/Azure/protectionContainers/{container}/protectedItems/{item}")


@route("GET", VAULT + "/backupProtectionContainers")
def list_containers(world: World, request: Request) -> Response:
    """One container for each VM and each server. Soft-deleted ones stay in the list, whatever status is asked for (recorded traffic)."""
    vault, condition = find_vault(world, request), request.query.get("$filter", "")
    found = world.store.selected(request.path, condition, lambda: _select_containers(world, vault, condition))
    return page(world, request, found, view=_container)


def _select_containers(world: World, vault: Document, condition: str) -> list[Document]:
    """Containers of servers, and for VMs, which have none in the store, their items: those have the same properties to ask for."""
    wanted = odata.parse(condition).values()
    if (wanted.get("status") or "Registered") == "NotRegistered":
        return []
    found = [*vm_items(world, vault["id"]), *world.store.list(CONTAINERS, vault["id"])]
    for name in ("backupManagementType", "friendlyName"):
        if wanted.get(name.lower()):
            found = _only(found, name, wanted[name.lower()])
    return found


@route("GET", VAULT + "/backupDeletedProtectionContainers")
def list_deleted_containers(world: World, request: Request) -> Response:
    items = vm_items(world, find_vault(world, request)["id"])
    return page(world, request, [item for item in items if item["properties"].get("isScheduledForDeferredDelete")], view=_container)


def _container(item: Document) -> Document:
    """The container of a VM's item; that of a server is a document itself."""
    if item["type"] == CONTAINERS:
        return public(item)
    vm_id = item["properties"]["virtualMachineId"]
    group, name = group_of(vm_id), last(vm_id)
    return {
        "id": container_id(vault_of(item["id"]), group, name),
        "name": f"IaasVMContainer;iaasvmcontainerv2;{group};{name}",
        "type": CONTAINERS,
        "properties": {
            "virtualMachineId": vm_id,
            "virtualMachineVersion": "Compute",
            "resourceGroup": group,
            "friendlyName": name,
            "backupManagementType": "AzureIaasVM",
            "registrationStatus": "SoftDeleted" if item["properties"].get("isScheduledForDeferredDelete") else "Registered",
            "healthStatus": "Healthy",
            "containerType": VMS,
            "protectableObjectType": VMS,
        },
    }


@route("GET", VAULT + "/backupFabrics/{fabric}/protectionContainers/{container}")
def get_container(world: World, request: Request) -> Response:
    vault = find_vault(world, request)
    name = request.params["container"]
    names = native_name(name, f"VM;{name.partition(';')[2]}")
    wanted = item_id(vault["id"], *names) if names else f"{vault['id']}/backupFabrics/Azure/protectionContainers/{name}"
    item = world.store.resource(wanted)
    if item is None:
        raise service_error("BMSUserErrorContainerObjectNotFound", f"The container '{name}' was not found in the vault.", 404)
    return Response(200, _container(item))


def register(world: World, vault: Document) -> None:
    """The first protected item gives the vault its storage for good."""
    current = world.store.resource(vault["id"])
    if current is not None and not current["_registered"]:
        properties = {**current["properties"], "backupStorageVersion": "V2"}
        world.store.put_resource({**current, "properties": properties, "_registered": True})


def build(world: World, vault: Document, section: list[Document]) -> None:
    """The items of an estate: {vm: group/name, policy, state, last_backup_hours_ago, running, ...}, see the estate's schema."""
    root = f"/subscriptions/{world.settings.subscription_id}/resourceGroups"
    now, counts = world.clock.now(), dict[str, int]()
    for entry in section:
        group, _slash, name = entry["vm"].partition("/")
        wanted = f"{root}/{group}/providers/{VMS}/{name}"
        vm = world.store.resource(wanted)
        state = entry.get("state", "Protected")
        last_policy = policies.find(world, vault, entry.get("policy", "DefaultPolicy"))
        policy = last_policy if state in _ACTIVE else None
        item = {**new(world, vault, vm["id"] if vm else wanted, policy), "_policy_type": _policy_type(last_policy)}
        if state == _SOFT_DELETED:
            item = soft_deleted(world, item, vault["properties"]["securitySettings"]["softDeleteSettings"]["softDeleteRetentionPeriodInDays"])
        else:
            item["properties"]["protectionState"] = state
        item["_policy_inconsistent"] = entry.get("policy_inconsistent", False)
        if "disks" in entry:
            disks = {"diskLunList": entry["disks"]["luns"], "isInclusionList": entry["disks"].get("included", False)}
            item["properties"]["extendedProperties"] = {"diskExclusionProperties": disks}
        hours = entry.get("last_backup_hours_ago", 5 if state in ("Protected", "ProtectionError") else None)
        put(world, item)
        if hours is not None:
            recovery_points.add(world, item, now - timedelta(hours=hours), vm)
        told = {to: entry[key] for key, to in _TOLD if key in entry}
        if told:
            stored = world.store.resource(item["id"]) or item
            put(world, {**stored, "properties": {**stored["properties"], **told}})
        if "running" in entry:
            jobs.start(world, item["id"], item["properties"]["friendlyName"], entry["running"], {}, ends_after=_RUNNING_SECONDS)
        if policy:
            counts[policy["id"]] = counts.get(policy["id"], 0) + 1
    for policy_id, number in counts.items():
        policies.count(world, policy_id, number)
    if section:
        register(world, vault)
