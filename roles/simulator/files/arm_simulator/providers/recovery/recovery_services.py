# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts of Microsoft.RecoveryServices share: ids, names, poll headers and lists."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import TYPE_CHECKING

from ...core.clock import ticks
from ...core.messages import ArmError, Request
from ...core.router import GROUP
from ...core.store import Document
from ...gateway.arm import not_found

if TYPE_CHECKING:
    from ...core.world import World

PROVIDER = "Microsoft.RecoveryServices"
VAULTS = f"{PROVIDER}/vaults"
POLICIES = f"{VAULTS}/backupPolicies"
JOBS = f"{VAULTS}/backupJobs"
CONTAINERS = f"{VAULTS}/backupFabrics/protectionContainers"
ITEMS = f"{CONTAINERS}/protectedItems"
POINTS = f"{ITEMS}/recoveryPoints"
VMS = "Microsoft.Compute/virtualMachines"

VAULT = GROUP + f"/providers/{VAULTS}/{{vault}}"
ITEM = VAULT + "/backupFabrics/{fabric}/protectionContainers/{container}/protectedItems/{item}"
LOCATION = f"/subscriptions/{{sub}}/providers/{PROVIDER}/locations/{{location}}"

VAULT_SOFT_DELETE_API = "2025-08-01"
"""From here on the vault API owns soft delete and shows the newer keys of a vault."""
SECURE_BY_DEFAULT_API = "2024-09-30-preview"
"""From here on soft delete cannot be switched off (https://learn.microsoft.com/azure/backup/secure-by-default)."""

POLL_SECONDS = 60
"""Retry-After of the Recovery Services' long-running answers (recorded traffic)."""

_CONTAINER = re.compile(r"iaasvmcontainer;(iaasvmcontainerv2;([^;]+);([^;]+))", re.IGNORECASE)
_ITEM = re.compile(r"vm;(iaasvmcontainerv2;([^;]+);([^;]+))", re.IGNORECASE)


def newer(api_version: str, since: str) -> bool:
    """Whether an api-version is at least this one; they compare as text."""
    return api_version.lower() >= since


def vault_id(request: Request) -> str:
    params = request.params
    return f"/subscriptions/{params['sub']}/resourceGroups/{params['rg']}/providers/{VAULTS}/{params['vault']}"


def find_vault(world: World, request: Request) -> Document:
    """The vault of the request's path, or ARM's 404 for it."""
    vault = world.store.resource(vault_id(request))
    if vault is None:
        raise not_found(vault_id(request))
    details = vault["properties"].get("upgradeDetails") or {}
    if details.get("status") == "InProgress" and request.method != "GET" and vault["properties"]["provisioningState"] == "Provisioning":
        raise service_error("CloudVaultUpgradeInProgress", "The vault is being upgraded. Management operations are not allowed until that has ended.", 409)
    return vault


def vault_of(resource_id: str) -> str:
    """The id of the vault that a resource below it belongs to."""
    parts = resource_id.split("/")
    at = next(index for index, part in enumerate(parts) if part.lower() == "vaults")
    return "/".join(parts[: at + 2])


def last(resource_id: str) -> str:
    return resource_id.rstrip("/").rpartition("/")[2]


def group_of(resource_id: str) -> str:
    return resource_id.split("/")[4]


def native_name(container: str, item: str) -> tuple[str, str] | None:
    """(resource group, VM) that the two names of a protected VM agree on; None when they are malformed."""
    first, second = _CONTAINER.fullmatch(container), _ITEM.fullmatch(item)
    if first is None or second is None or first.group(1).lower() != second.group(1).lower():
        return None
    return first.group(2), first.group(3)


def container_id(vault: str, group: str, vm: str) -> str:
    return f"{vault}/backupFabrics/Azure/protectionContainers/IaasVMContainer;iaasvmcontainerv2;{group};{vm}"


def item_id(vault: str, group: str, vm: str) -> str:
    return f"{container_id(vault, group, vm)}/protectedItems/VM;iaasvmcontainerv2;{group};{vm}"


def poll_url(world: World, path: str, api_version: str) -> str:
    """A signed URL as the service hands out; a client has to send it back as it is."""
    stamp = ticks(world.clock.now())
    seal = base64.urlsafe_b64encode(f"{path}{stamp}".encode()[-24:]).decode().rstrip("=")
    return f"{world.settings.base_url}{path}?api-version={api_version}&t={stamp}&c=MIIHpTCC{seal}&s={seal[::-1]}&h={seal[:16]}"


def poll_headers(
    world: World, request: Request, *, status: str | None = None, result: str | None = None, api_version: str | None = None
) -> dict[str, str]:
    """The headers of an unfinished long-running answer: paths of the status and of the result, as far as they are given."""
    version = api_version or request.api_version
    headers = {"Retry-After": world.clock.retry_after(POLL_SECONDS)}
    if status:
        headers["Azure-AsyncOperation"] = poll_url(world, status, version)
    if result:
        headers["Location"] = poll_url(world, result, version)
    return headers


def service_error(code: str, message: str, status: int = 400) -> ArmError:
    """An error that the Backup service makes, not ARM."""
    return ArmError(status, code, message)


def find_item(world: World, request: Request) -> Document | None:
    """The item that the request's path names, if the vault has it."""
    vault = find_vault(world, request)
    names = native_name(request.params["container"], request.params["item"])
    return world.store.resource(item_id(vault["id"], *names)) if names else None


def require_item(world: World, request: Request) -> Document:
    """The item that the request's path names, or the service's 404."""
    item = find_item(world, request)
    if item is None:
        raise service_error(
            "BMSUserErrorDataSourceObjectNotFound",
            "Item not found.\r\nSelected item might have been deleted. Please check if item is registered to the vault.",
            404,
        )
    return item


def invalid(parameter: str) -> ArmError:
    """What the vault API says of any part of a vault that it cannot take."""
    return service_error("InvalidRestApiParameter", f"{parameter} parameter is invalid. Please provide a valid {parameter}")


def vm_items(world: World, vault: str) -> list[Document]:
    """The protected VMs of a vault, without the folders that agents on other machines back up to it."""
    return [item for item in world.store.list(ITEMS, vault) if item["properties"]["backupManagementType"] == "AzureIaasVM"]


def immutability(vault: Document) -> str:
    """Disabled, Unlocked or Locked."""
    return (vault["properties"]["securitySettings"].get("immutabilitySettings") or {}).get("state", "Disabled")


def filter_time(text: str | None) -> str:
    """A time of a filter, '2026-11-20 01:00:00 AM' in UTC, in the form that documents carry; '' for none."""
    if not text:
        return ""
    for form in ("%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.strptime(text, form).strftime("%Y-%m-%dT%H:%M:%S")
        except ValueError:
            continue
    raise service_error("BMSUserErrorInvalidInput", f"The time '{text}' of the filter is not of the form yyyy-MM-dd hh:mm:ss AM/PM.")
