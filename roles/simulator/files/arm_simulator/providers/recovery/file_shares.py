# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Storage accounts whose file shares a vault backs up: a workload beside VMs, as far as it keeps a vault from being deleted.

They come from the estate; a client may read them, delete their data and unregister the account, which it can once all
its shares are deleted or soft-deleted (https://learn.microsoft.com/azure/backup/backup-azure-enhanced-soft-delete-about).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.clock import iso
from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.router import route
from ...core.store import Document
from .recovery_services import CONTAINERS, ITEMS, VAULT, find_vault, group_of, poll_headers, service_error, vault_of

if TYPE_CHECKING:
    from ...core.world import World

_SECONDS = 10.0
_CONTAINER = VAULT + "/backupFabrics/{fabric}/protectionContainers/{container}"


def build(world: World, vault: Document, accounts: list[Document]) -> None:
    """The accounts {name, shares} of an estate; they are in the vault's own resource group."""
    for entry in accounts:
        name, group = entry["name"], group_of(vault["id"])
        account = f"{vault['id'].partition('/providers/')[0]}/providers/Microsoft.Storage/storageAccounts/{name}"
        container = f"StorageContainer;Storage;{group};{name}"
        container_id = f"{vault['id']}/backupFabrics/Azure/protectionContainers/{container}"
        properties = {
            "sourceResourceId": account,
            "resourceGroup": group,
            "friendlyName": name,
            "backupManagementType": "AzureStorage",
            "registrationStatus": "Registered",
            "healthStatus": "Healthy",
            "containerType": "StorageContainer",
            "protectableObjectType": "StorageContainer",
            "protectedItemCount": len(entry.get("shares") or []),
        }
        world.store.put_resource({"id": container_id, "name": container, "type": CONTAINERS, "properties": properties})
        for share in entry.get("shares") or []:
            world.store.put_resource(_share(world, container_id, account, share))


def _share(world: World, container_id: str, account: str, share: str) -> Document:
    when = iso(world.clock.now())
    properties = {
        "friendlyName": share,
        "protectionStatus": "Healthy",
        "protectionState": "Protected",
        "lastBackupStatus": "Completed",
        "lastBackupTime": when,
        "protectedItemType": "AzureFileShareProtectedItem",
        "backupManagementType": "AzureStorage",
        "workloadType": "AzureFileShare",
        "containerName": container_id.rpartition("/")[2],
        "sourceResourceId": account,
        "policyId": "",
        "policyName": "",
    }
    return {"id": f"{container_id}/protectedItems/AzureFileShare;{share}", "name": f"AzureFileShare;{share}", "type": ITEMS, "properties": properties}


def count(world: World, vault: Document) -> tuple[int, int]:
    """(storage accounts that are registered with a vault, their shares)."""
    accounts = [each["properties"] for each in world.store.list(CONTAINERS, vault["id"])]
    accounts = [each for each in accounts if each["backupManagementType"] == "AzureStorage"]
    return len(accounts), sum(each["protectedItemCount"] for each in accounts)


def find(world: World, request: Request) -> Document | None:
    """The share that a path to a protected item names, if it names one."""
    container, item = request.params["container"], request.params["item"]
    if not item.lower().startswith("azurefileshare;"):
        return None
    return world.store.resource(f"{find_vault(world, request)['id']}/backupFabrics/Azure/protectionContainers/{container}/protectedItems/{item}")


def delete(world: World, request: Request, share: Document) -> Response:
    """Delete the data of a share: softly, if the vault has soft delete on."""
    record = world.operations.begin("share-delete", share["id"], _SECONDS)
    status, result = (f"{vault_of(share['id'])}/{name}/{record['id']}" for name in ("backupOperations", "backupOperationResults"))
    return Response(202, None, poll_headers(world, request, status=status, result=result))


@operation("share-delete")
def _deleted(world: World, record: Document) -> None:
    share, vault = world.store.resource(record["resource"]), world.store.resource(vault_of(record["resource"]))
    if share is None or vault is None:
        raise ArmError(404, "BMSUserErrorDataSourceObjectNotFound", "Item not found.")
    if vault["properties"]["securitySettings"]["softDeleteSettings"]["softDeleteState"] == "Disabled":
        world.store.delete_resource(share["id"])
        return
    state = {"protectionState": "ProtectionStopped", "isScheduledForDeferredDelete": True, "deferredDeleteTimeInUTC": iso(world.clock.now())}
    world.store.put_resource({**share, "properties": {**share["properties"], **state}})


@route("DELETE", _CONTAINER)
def unregister(world: World, request: Request) -> Response:
    """Unregister a storage account. Its soft-deleted shares, which Azure keeps beside it, are gone here."""
    vault = find_vault(world, request)
    container = world.store.resource(f"{vault['id']}/backupFabrics/Azure/protectionContainers/{request.params['container']}")
    if container is None:
        return Response(204)
    shares = [each for each in world.store.below(container["id"]) if each["type"] == ITEMS]
    if any(not each["properties"].get("isScheduledForDeferredDelete") for each in shares):
        raise service_error("BMSUserErrorContainerHasDatasources", "The container has items that are protected. Stop protection and delete their data first.")
    world.store.delete_resource(container["id"])
    return Response(200, {})
