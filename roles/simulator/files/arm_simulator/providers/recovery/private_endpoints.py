# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private endpoints of a vault: kept, shown at the vault, counted when it is to be deleted. No address is made.

Rules: https://learn.microsoft.com/azure/backup/private-endpoints-overview
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.regions import normalise
from ...core.router import route
from ...core.store import Document
from ...gateway.arm import page
from ..backup.polling import state_of
from .recovery_services import LOCATION, PROVIDER, VAULT, VAULTS, find_vault, poll_headers, service_error

if TYPE_CHECKING:
    from ...core.world import World

KIND = f"{VAULTS}/privateEndpointConnections"
MOST = 12
_CONNECTION = VAULT + "/privateEndpointConnections/{name}"
_SECONDS = 10.0
_ZONES = {
    "AzureBackup": ("backup", "blob", "queue"),
    "AzureBackup_secondary": ("backup", "blob", "queue"),
    "AzureSiteRecovery": ("siterecovery",),
}
"""What each sub-resource needs a private DNS zone for."""
_STATES = ("Approved", "Rejected", "Pending", "Disconnected")


def _zones(group: str, location: str) -> list[str]:
    names = {
        "backup": f"privatelink.{location}.backup.windowsazure.com",
        "siterecovery": "privatelink.siterecovery.windowsazure.com",
        "blob": "privatelink.blob.core.windows.net",
        "queue": "privatelink.queue.core.windows.net",
    }
    return [names[zone] for zone in _ZONES[group]]


def _find(world: World, request: Request) -> tuple[Document, str, Document | None]:
    vault = find_vault(world, request)
    resource_id = f"{vault['id']}/privateEndpointConnections/{request.params['name']}"
    return vault, resource_id, world.store.resource(resource_id)


@route("GET", _CONNECTION)
def get_connection(world: World, request: Request) -> Response:
    _vault, resource_id, connection = _find(world, request)
    if connection is None:
        raise ArmError(404, "ResourceNotFound", f"The private endpoint connection '{resource_id}' was not found.")
    return Response(200, connection)


@route("PUT", _CONNECTION)
def put_connection(world: World, request: Request) -> Response:
    """Make a connection, or approve or reject one that is there; a vault that holds items takes no new one."""
    vault, _resource_id, old = _find(world, request)
    given = request.json().get("properties") or {}
    endpoint = (given.get("privateEndpoint") or (old or {"properties": {}})["properties"].get("privateEndpoint") or {}).get("id")
    groups = given.get("groupIds") or (old or {"properties": {"groupIds": ["AzureBackup"]}})["properties"]["groupIds"]
    state = {"status": "Approved", "description": "", "actionsRequired": "None", **(given.get("privateLinkServiceConnectionState") or {})}
    if not endpoint or not set(groups) <= set(_ZONES) or state["status"] not in _STATES:
        raise service_error("BMSUserErrorInvalidInput", "privateEndpoint, groupIds and the state of the connection must be valid.")
    if old is None and (vault["_registered"] or world.store.count(KIND, vault["id"]) >= MOST):
        raise service_error(
            "UserErrorPrivateEndpointNotAllowed", f"A vault takes private endpoints before its first item only, and {MOST} of them at most."
        )
    document = _connect(world, vault, request.params["name"], endpoint, groups, state)
    return Response(201 if old is None else 200, document)


def _connect(world: World, vault: Document, name: str, endpoint: str, groups: list[str], state: Document) -> Document:
    document = {
        "id": f"{vault['id']}/privateEndpointConnections/{name}",
        "name": name,
        "type": KIND,
        "properties": {
            "provisioningState": "Succeeded",
            "privateEndpoint": {"id": endpoint},
            "groupIds": groups,
            "privateLinkServiceConnectionState": state,
        },
    }
    world.store.put_resource(document)
    _show(world, vault)
    return document


def build(world: World, vault: Document, names: list[str]) -> None:
    """Approved connections of an estate's vault, one for each private endpoint of these names."""
    group = vault["id"].partition("/providers/")[0]
    for name in names:
        endpoint = f"{group}/providers/Microsoft.Network/privateEndpoints/{name}"
        current = world.store.resource(vault["id"]) or vault
        _connect(world, current, name, endpoint, ["AzureBackup"], {"status": "Approved", "description": "", "actionsRequired": "None"})


@route("DELETE", _CONNECTION)
def delete_connection(world: World, request: Request) -> Response:
    _vault, resource_id, old = _find(world, request)
    if old is None:
        return Response(204)
    record = world.operations.begin("private-endpoint-delete", resource_id, _SECONDS)
    status = f"{resource_id}/operationsStatus/{record['id']}"
    return Response(202, None, poll_headers(world, request, status=status))


@operation("private-endpoint-delete")
def _deleted(world: World, record: Document) -> None:
    world.store.delete_resource(record["resource"])
    vault = world.store.resource(record["resource"].rpartition("/privateEndpointConnections/")[0])
    if vault is not None:
        _show(world, vault)


@route("GET", _CONNECTION + "/operationsStatus/{operation}")
def poll(world: World, request: Request) -> Response:
    find_vault(world, request)
    record = world.operations.get(request.params["operation"])
    if record is None or record["kind"] != "private-endpoint-delete":
        raise ArmError(404, "ResourceNotFound", f"The operation '{request.params['operation']}' was not found.")
    running = record["status"] == "InProgress"
    return Response(200, state_of(record), poll_headers(world, request, status=request.path) if running else {})


def _show(world: World, vault: Document) -> None:
    """Let the vault itself show its connections."""
    properties = {**vault["properties"]}
    shown = [{**each, "location": vault["location"]} for each in world.store.list(KIND, vault["id"])]
    properties["privateEndpointConnections"] = shown
    properties["privateEndpointStateForBackup"] = "Enabled" if shown else "None"
    world.store.put_resource({**vault, "properties": properties})


def _link(vault: Document, group: str) -> Document:
    zones = _zones(group, vault["location"])
    members = [f"{group}-{number}" for number in range(1, len(zones) + 1)]
    return {
        "id": f"{vault['id']}/privateLinkResources/{group}",
        "name": group,
        "type": f"{VAULTS}/privateLinkResources",
        "properties": {"groupId": group, "requiredMembers": members, "requiredZoneNames": zones},
    }


@route("GET", VAULT + "/privateLinkResources")
def list_links(world: World, request: Request) -> Response:
    vault = find_vault(world, request)
    return page(world, request, [_link(vault, group) for group in _ZONES])


@route("GET", VAULT + "/privateLinkResources/{group}")
def get_link(world: World, request: Request) -> Response:
    vault = find_vault(world, request)
    group = next((each for each in _ZONES if each.lower() == request.params["group"].lower()), None)
    if group is None:
        raise ArmError(404, "ResourceNotFound", f"The private link resource '{request.params['group']}' was not found.")
    return Response(200, _link(vault, group))


@route("POST", LOCATION + "/capabilities")
def capabilities(_world: World, request: Request) -> Response:
    """Which private DNS zones the sub-resources asked about need in this region."""
    asked = (request.json().get("properties") or {}).get("dnsZones") or []
    groups = [each["subResource"] for each in asked if isinstance(each, dict) and each.get("subResource") in _ZONES]
    zones = [{"subResource": group, "requiredZoneNames": _zones(group, normalise(request.params["location"]))} for group in groups]
    return Response(200, {"type": f"{PROVIDER}/vaults", "properties": {"dnsZones": zones}})
