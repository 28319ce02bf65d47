# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classic Backup vaults, as both faces of the service showed them: cloud services in XML, and Microsoft.Backup in Resource Manager.

They come from the estate. "_classic" of a vault's document holds what the upgrade looks at: {billing, configuring, servers, ...}.
Exchanges with the second face are in Azure/azure-sdk-for-net below src/ResourceManagement/AzureBackup.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from ...core.messages import ArmError, Request, Response
from ...core.regions import REGIONS
from ...core.router import GROUP, classic_router, route
from ...core.store import Document
from ...gateway import odata
from ...gateway.arm import not_found, page
from ...gateway.classic import xml
from ..recovery import hybrid
from ..resources import subscriptions

if TYPE_CHECKING:
    from ...core.world import World

KIND = "Microsoft.Backup/BackupVault"
RESOURCE_TYPE = "BackupVault"
NAMESPACE = "WABackup"
"""Of vaults in a cloud service. Which one the real service used is not recorded for Backup vaults."""
VAULT = GROUP + f"/providers/{KIND}/{{vault}}"
UPGRADES = "classic_upgrades"
"""Table: the operation of each vault's last upgrade, by the vault's id."""


def build(world: World, section: list[Document]) -> None:
    for entry in section:
        service = entry.get("cloud_service") or _service_name(world, entry["location"])
        if world.store.resource(f"/subscriptions/{world.settings.subscription_id}/resourceGroups/{service}") is None:
            subscriptions.put_group(world, service, entry["location"])
        world.store.put_resource(
            {
                "id": vault_id(world, service, entry["name"]),
                "name": entry["name"],
                "type": KIND,
                "location": entry["location"],
                "tags": {},
                "_classic": {
                    "billing": entry.get("billing", "Instance"),
                    "redundancy": entry.get("redundancy", "GeoRedundant"),
                    "configuring": entry.get("configuring") or [],
                    "servers": [_server(world, each) for each in entry.get("mars_servers") or []],
                    "policies": entry.get("policies") or [],
                    "items": entry.get("items") or [],
                    "backups_running": entry.get("backups_running") or [],
                },
            }
        )


def _server(world: World, entry: Document) -> Document:
    return {"agent_version": hybrid.MARS_VERSION, **entry, "id": world.store.next_number("mars-server")}


def _service_name(world: World, location: str) -> str:
    """Like RecoveryServices-DP2RCXUGWS3MLJF4LKPI3A3OMJ2DI4SRJK6HIJH22HFIHZVVELRQ-East-US, one for each subscription and region."""
    digest = base64.b32encode(hashlib.sha256(f"{world.settings.subscription_id} {location}".encode()).digest()).decode().rstrip("=")
    return f"RecoveryServices-{digest}-{display(location).replace(' ', '-')}"


def display(location: str) -> str:
    return REGIONS[location].display if location in REGIONS else location


def vault_id(world: World, service: str, name: str) -> str:
    return f"/subscriptions/{world.settings.subscription_id}/resourceGroups/{service}/providers/{KIND}/{name}"


def vaults(world: World) -> list[Document]:
    return world.store.list(KIND, f"/subscriptions/{world.settings.subscription_id}")


def upgrading(world: World, vault: Document) -> bool:
    """Whether an upgrade of the vault is under way."""
    entry = world.store.get(UPGRADES, vault["id"].lower())
    record = world.operations.get(entry["operation"]) if entry else None
    return record is not None and record["status"] == "InProgress"


@classic_router.route("GET", "/{sub}/cloudservices")
def list_services(world: World, request: Request) -> Response:
    services: dict[str, list[Document]] = {}
    for vault in vaults(world):
        services.setdefault(vault["id"].split("/")[4], []).append(vault)
    return Response(200, xml("CloudServices", [("CloudService", _service(name, found)) for name, found in services.items()]))


def _service(name: str, found: list[Document]) -> dict[str, Any]:
    return {
        "Name": name,
        "Label": name,
        "Description": name,
        "GeoRegion": display(found[0]["location"]),
        "Resources": [("Resource", _resource(vault)) for vault in found],
    }


def _resource(vault: Document) -> dict[str, Any]:
    return {
        "ResourceProviderNamespace": NAMESPACE,
        "Type": RESOURCE_TYPE,
        "Name": vault["name"],
        "State": "Started",
        "OperationStatus": {"Result": "Succeeded"},
    }


# The face in Resource Manager.


def _find(world: World, request: Request) -> Document:
    params = request.params
    wanted = vault_id(world, params["rg"], params["vault"])
    vault = world.store.resource(wanted)
    if vault is None:
        raise not_found(wanted)
    return vault


@route("GET", VAULT)
def get_vault(world: World, request: Request) -> Response:
    return Response(200, {**_find(world, request), "properties": {"sku": {"name": "standard"}, "provisioningState": "Succeeded"}})


@route("GET", VAULT + "/backupContainers")
def list_containers(world: World, request: Request) -> Response:
    """The machines that are registered; by type and friendlyName, as the filter may ask."""
    vault = _find(world, request)
    wanted = odata.parse(request.query.get("$filter", "")).values()
    servers = vault["_classic"]["servers"] if str(wanted.get("type") or "Machine").lower() == "machine" else []
    name = str(wanted.get("friendlyname") or "").lower()
    return page(world, request, [_container(each) for each in servers if name in ("", each["name"].lower())])


def _container(server: Document) -> Document:
    return {
        "uniqueName": server["name"].lower(),
        "containerType": "Machine",
        "properties": {
            "containerId": server["id"],
            "friendlyName": server["name"],
            "containerStampId": "0f2ec04e-7bc1-4d24-af43-caa10134def7",
            "containerStampUri": "https://simulated-prot1.example",
            "canReRegister": False,
            "customerType": "OBS",
        },
    }


@route("DELETE", VAULT + "/backupContainers/{container}/UnRegisterContainer")
def unregister(world: World, request: Request) -> Response:
    """Unregister a machine by the number of its container; its backups go with it."""
    vault = _find(world, request)
    if upgrading(world, vault):
        raise ArmError(409, "VaultUpgradeInProgress", f"The vault '{vault['name']}' is being upgraded. Management operations are not allowed meanwhile.")
    classic = vault["_classic"]
    kept = [each for each in classic["servers"] if str(each["id"]) != request.params["container"]]
    if len(kept) == len(classic["servers"]):
        raise ArmError(404, "ContainerNotFound", f"The container '{request.params['container']}' was not found.")
    world.store.put_resource({**vault, "_classic": {**classic, "servers": kept}})
    return Response(204)
