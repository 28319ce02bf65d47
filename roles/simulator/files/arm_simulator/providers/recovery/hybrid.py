# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines of one's own that back up to a vault: servers with the MARS agent, and backup servers (DPM, MABS).

They come from the estate, since agents register them; a client may read them and unregister them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ...core.clock import iso
from ...core.messages import Request, Response
from ...core.router import route
from ...core.store import Document
from ...gateway import odata
from ...gateway.arm import page
from .recovery_services import CONTAINERS, ITEMS, VAULT, VAULTS, find_vault, service_error

if TYPE_CHECKING:
    from ...core.world import World

ENGINES = f"{VAULTS}/backupEngines"
MARS_VERSION = "2.0.9506.0"
"""The newest that https://learn.microsoft.com/azure/backup/backup-azure-about-mars names."""
_MANAGED_BY = {"AzureBackupServerEngine": "AzureBackupServer", "DpmBackupEngine": "DPM"}
_LAST_BACKUP = timedelta(hours=5)


def build(world: World, vault: Document, servers: list[Document], engines: list[Document]) -> None:
    """The servers {name, agent_version, items} and engines {name, type, version, agent_version, upgrades} of an estate."""
    for entry in servers:
        _add_server(world, vault, entry)
    for entry in engines:
        world.store.put_resource(_engine(vault, entry, iso(world.clock.now())))


def _add_server(world: World, vault: Document, entry: Document) -> None:
    name, folders = entry["name"], entry.get("items") or []
    when = iso(world.clock.now() - _LAST_BACKUP)
    container_id = f"{vault['id']}/backupFabrics/Azure/protectionContainers/Windows;{name}"
    properties = {
        "friendlyName": name,
        "backupManagementType": "MAB",
        "registrationStatus": "Registered",
        "healthStatus": "Healthy",
        "containerType": "Windows",
        "agentVersion": entry.get("agent_version", MARS_VERSION),
        "canReRegister": False,
        "containerId": world.store.next_number("mars-server"),
        "protectedItemCount": len(folders),
        "containerHealthState": "Healthy",
        "mabContainerHealthDetails": [],
        "extendedInfo": {"lastRefreshedAt": when, "backupItemType": "FileFolder", "backupItems": folders, "lastBackupStatus": "Completed"},
    }
    world.store.put_resource({"id": container_id, "name": f"Windows;{name}", "type": CONTAINERS, "properties": properties})
    for folder in folders:
        world.store.put_resource(
            {
                "id": f"{container_id}/protectedItems/FileFolder;{folder}",
                "name": f"FileFolder;{folder}",
                "type": ITEMS,
                "properties": {
                    "friendlyName": folder,
                    "computerName": name,
                    "lastBackupStatus": "Completed",
                    "lastBackupTime": when,
                    "lastRecoveryPoint": when,
                    "protectionState": "Protected",
                    "protectedItemType": "MabFileFolderProtectedItem",
                    "backupManagementType": "MAB",
                    "workloadType": "FileFolder",
                    "containerName": f"Windows;{name}",
                    "extendedInfo": {"lastRefreshedAt": when, "recoveryPointCount": 1},
                },
            }
        )


def _engine(vault: Document, entry: Document, now: str) -> Document:
    kind = entry.get("type", "AzureBackupServerEngine")
    properties = {
        "friendlyName": entry["name"],
        "backupManagementType": _MANAGED_BY[kind],
        "registrationStatus": "Registered",
        "backupEngineState": "Active",
        "healthStatus": "Healthy",
        "backupEngineType": kind,
        "canReRegister": False,
        "backupEngineId": entry["name"],
        "dpmVersion": entry.get("version", "14.0.30.0"),
        "azureBackupAgentVersion": entry.get("agent_version", MARS_VERSION),
        "isAzureBackupAgentUpgradeAvailable": entry.get("agent_upgrade_available", False),
        "isDpmUpgradeAvailable": entry.get("upgrade_available", False),
        "extendedInfo": {"protectedItemsCount": 0, "protectedServersCount": 0, "diskCount": 1, "refreshedAt": now},
    }
    return {"id": f"{vault['id']}/backupEngines/{entry['name']}", "name": entry["name"], "type": ENGINES, "properties": properties}


def folders(world: World, vault: Document) -> int:
    """How many folders the servers of a vault back up to it."""
    servers = [each["properties"] for each in world.store.list(CONTAINERS, vault["id"])]
    return sum(each["protectedItemCount"] for each in servers if each["backupManagementType"] == "MAB")


def names(world: World, vault: Document) -> list[str]:
    """The friendly names of all machines and storage accounts that are registered with a vault."""
    found = world.store.list(CONTAINERS, vault["id"]) + world.store.list(ENGINES, vault["id"])
    return [each["properties"]["friendlyName"] for each in found]


@route("GET", VAULT + "/backupEngines")
def list_engines(world: World, request: Request) -> Response:
    wanted = odata.parse(request.query.get("$filter", "")).values()
    engines = world.store.list(ENGINES, find_vault(world, request)["id"])
    for field in ("backupManagementType", "friendlyName"):
        if wanted.get(field.lower()):
            engines = [each for each in engines if each["properties"][field].lower() == wanted[field.lower()].lower()]
    return page(world, request, engines)


@route("GET", VAULT + "/backupEngines/{engine}")
def get_engine(world: World, request: Request) -> Response:
    engine = world.store.resource(f"{find_vault(world, request)['id']}/backupEngines/{request.params['engine']}")
    if engine is None:
        raise service_error("BMSUserErrorBackupEngineNotFound", f"The backup server '{request.params['engine']}' was not found.", 404)
    return Response(200, engine)


@route("DELETE", VAULT + "/registeredIdentities/{identity}")
def unregister(world: World, request: Request) -> Response:
    """Unregister a machine by its name; what it backed up goes with it."""
    vault, name = find_vault(world, request)["id"], request.params["identity"]
    world.store.delete_resource(f"{vault}/backupFabrics/Azure/protectionContainers/Windows;{name}")
    world.store.delete_resource(f"{vault}/backupEngines/{name}")
    return Response(204)
