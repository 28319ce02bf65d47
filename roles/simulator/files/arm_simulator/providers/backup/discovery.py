# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be protected, what is protected and whether a VM would pass, asked of a vault or of a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.messages import Request, Response
from ...core.operations import operation
from ...core.regions import normalise
from ...core.router import route
from ...core.store import Document
from ...gateway import odata
from ...gateway.arm import page
from ..recovery.recovery_services import (
    LOCATION,
    VAULT,
    VAULTS,
    VMS,
    container_id,
    find_vault,
    group_of,
    item_id,
    last,
    poll_headers,
    service_error,
    vault_of,
    vm_items,
)
from . import eligibility, protected_items

if TYPE_CHECKING:
    from ...core.world import World

_REFRESH_SECONDS = 12.0
_REFRESH_API = "2019-05-13-preview"
"""The api-version of the poll URLs, whatever was asked for (recorded traffic)."""
_PROTECTABLE = f"{VAULTS}/backupFabrics/protectionContainers/protectableItems"


@route("POST", VAULT + "/backupFabrics/{fabric}/refreshContainers")
def refresh(world: World, request: Request) -> Response:
    vault = find_vault(world, request)
    record = world.operations.begin("refresh-containers", vault["id"], _REFRESH_SECONDS)
    path = f"{vault['id']}/backupFabrics/Azure"
    status, result = (f"{path}/{name}/{record['id']}" for name in ("operationsStatus", "operationResults"))
    return Response(202, None, poll_headers(world, request, status=status, result=result, api_version=_REFRESH_API))


@operation("refresh-containers")
def _refreshed(_world: World, _record: Document) -> None:
    """New VMs are seen without a refresh; only its answers matter."""


@route("GET", VAULT + "/backupProtectableItems")
def list_protectable(world: World, request: Request) -> Response:
    """The VMs of the vault's region that no vault protects and that this one does not hold soft-deleted."""
    vault, condition = find_vault(world, request), request.query.get("$filter", "")
    vms = world.store.selected(request.path, condition, lambda: _select_protectable(world, vault, condition))
    return page(world, request, vms, view=lambda vm: _protectable(vault, vm))


def _select_protectable(world: World, vault: Document, condition: str) -> list[Document]:
    wanted = odata.parse(condition).values()
    if wanted.get("backupmanagementtype", "AzureIaasVM").lower() != "azureiaasvm":
        return []
    kept = (item["properties"] for item in vm_items(world, vault["id"]))
    held = {each["virtualMachineId"].lower() for each in kept if each.get("isScheduledForDeferredDelete")}
    taken = world.store.tables.get("protected_vms", {})
    found = []
    for vm in world.store.list(VMS, "/".join(vault["id"].split("/")[:3])):
        key = vm["id"].lower()
        if key not in taken and key not in held and normalise(vm["location"]) == vault["location"]:
            found.append(vm)
    name = (wanted.get("friendlyname") or "").lower()
    return [vm for vm in found if vm["name"].lower() == name] if name else found


def _protectable(vault: Document, vm: Document) -> Document:
    group, name = group_of(vm["id"]), vm["name"]
    native = f"iaasvmcontainerv2;{group};{name}"
    return {
        "id": f"{container_id(vault['id'], group, name)}/protectableItems/vm;{native}",
        "name": native,
        "type": _PROTECTABLE,
        "properties": {
            "virtualMachineId": vm["id"],
            "virtualMachineVersion": "Compute",
            "resourceGroup": group,
            "backupManagementType": "AzureIaasVM",
            "protectableItemType": VMS,
            "friendlyName": name,
            "protectionState": "NotProtected",
        },
    }


def _names(vm_id: str) -> Document:
    native = f"iaasvmcontainerv2;{group_of(vm_id)};{last(vm_id)}"
    return {"containerName": f"iaasvmcontainer;{native}", "protectedItemName": f"vm;{native}"}


def _vm_id(body: Document) -> str:
    resource = str(body.get("resourceId") or "").rstrip("/")
    parts = resource.split("/")
    if body.get("resourceType") != "VM" or len(parts) != 9 or "/".join(parts[6:8]).lower() != VMS.lower():
        raise service_error("BMSUserErrorInvalidInput", "resourceType must be VM and resourceId the id of a virtual machine.")
    return resource


@route("POST", LOCATION + "/backupStatus")
def backup_status(world: World, request: Request) -> Response:
    """Who protects a VM. Asked in a region that is not the VM's, nobody does."""
    vm_id = _vm_id(request.json())
    item = protected_items.of_vm(world, vm_id)
    vault = world.store.resource(vault_of(item["id"])) if item else None
    body: Document = {"protectionStatus": "NotProtected", "fabricName": "Azure", **_names(vm_id), "protectedItemsCount": 0}
    if item is not None and vault is not None and vault["location"] == normalise(request.params["location"]):
        body = {
            "protectionStatus": "ProtectionFailed" if item["properties"]["protectionState"] == "ProtectionError" else "Protected",
            "vaultId": vault["id"],
            "fabricName": "Azure",
            **_names(vm_id),
            "policyName": item["properties"]["policyName"],
            "protectedItemsCount": 0,
        }
    return Response(200, {**body, "objectType": "BackupStatusResponse"})


@route("POST", LOCATION + "/backupPreValidateProtection")
def pre_validate(world: World, request: Request) -> Response:
    """Whether a vault could protect a VM; the policy is not known yet, so disks are judged as for an Enhanced one."""
    body = request.json()
    vm_id = _vm_id(body)
    vault = world.store.resource(str(body.get("vaultId") or ""))
    if vault is None or vault.get("type") != VAULTS:
        raise service_error("BMSUserErrorInvalidInput", "vaultId must be the id of a Recovery Services vault.")
    problem = eligibility.to_protect(world, vault, vm_id, {"properties": {"policyType": "V2"}}, None)
    item = world.store.resource(item_id(vault["id"], group_of(vm_id), last(vm_id)))
    if problem is None and item is not None:
        problem = eligibility.PROTECTED_HERE
    if problem is None:
        return Response(200, {"status": "Succeeded", **_names(vm_id)})
    failure = {"errorCode": problem.code, "errorMessage": problem.message, "recommendation": problem.recommendation}
    return Response(200, {"status": "Failed", **failure, **_names(vm_id)})


@route("POST", LOCATION + "/backupValidateFeatures")
def validate_features(_world: World, request: Request) -> Response:
    body = request.json()
    if body.get("featureType") != "AzureVMResourceBackup":
        raise service_error("BMSUserErrorInvalidInput", "featureType must be AzureVMResourceBackup.")
    return Response(200, {"supportStatus": "Supported" if body.get("vmSize") else "Invalid"})
