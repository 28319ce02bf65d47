# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Resources: tenants, subscriptions, locations, resource groups."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.regions import REGIONS, normalise
from ...core.router import GROUP, route
from ...core.store import Document
from ...gateway.arm import group_not_found
from .resource_lists import listed

if TYPE_CHECKING:
    from ...core.world import World

SUBSCRIPTION = "/subscriptions/{sub}"
GROUP_TYPE = "Microsoft.Resources/resourceGroups"
ITEM_TYPE = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
DELETE_SECONDS = 60.0  # an empty or small group; clients were told to look every 15 s (recorded traffic)
RETRY_SECONDS = 15.0


# Tenants, subscriptions, locations


@route("GET", "/tenants")
def list_tenants(world: World, request: Request) -> Response:
    tenant = world.settings.tenant_id
    body = {
        "id": f"/tenants/{tenant}",
        "tenantId": tenant,
        "countryCode": "NL",
        "displayName": "Simulated directory",
        "domains": ["simulated.example"],
        "tenantCategory": "Home",
        "defaultDomain": "simulated.example",
        "tenantType": "AAD",
    }
    return Response(200, {"value": [body]})


def _subscription(world: World) -> Document:
    subscription = world.settings.subscription_id
    return {
        "id": f"/subscriptions/{subscription}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription,
        "tenantId": world.settings.tenant_id,
        "displayName": "Simulated subscription",
        "state": "Enabled",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": _offer(world), "spendingLimit": "Off"},
    }


def _offer(world: World) -> str:
    """The kind of contract, such as CSP_2015-05-01 of one through a Cloud Solution Provider."""
    return (world.store.get("meta", "offer") or {}).get("quota_id", "PayAsYouGo_2014-09-01")


def build_offer(world: World, quota_id: str) -> None:
    world.store.put("meta", "offer", {"quota_id": quota_id})


@route("GET", "/subscriptions")
def list_subscriptions(world: World, request: Request) -> Response:
    return Response(200, {"value": [_subscription(world)], "count": {"type": "Total", "value": 1}})


@route("GET", SUBSCRIPTION)
def get_subscription(world: World, request: Request) -> Response:
    return Response(200, _subscription(world))


@route("GET", SUBSCRIPTION + "/locations")
def list_locations(world: World, request: Request) -> Response:
    root = f"/subscriptions/{world.settings.subscription_id}/locations"
    items = []
    for name, region in REGIONS.items():
        item: dict[str, Any] = {
            "id": f"{root}/{name}",
            "name": name,
            "type": "Region",
            "displayName": region.display,
            "regionalDisplayName": f"({region.group}) {region.display}",
            "metadata": {
                "regionType": "Physical",
                "regionCategory": "Recommended" if region.zones else "Other",
                "geography": region.geography,
                "geographyGroup": region.group,
                "pairedRegion": [{"name": region.pair, "id": f"{root}/{region.pair}"}] if region.pair else [],
            },
        }
        if region.zones:
            item["availabilityZoneMappings"] = [{"logicalZone": zone, "physicalZone": f"{name}-az{zone}"} for zone in "123"]
        items.append(item)
    return Response(200, {"value": items})


# Resource groups


def put_group(world: World, name: str, location: str, tags: dict[str, str] | None = None, managed_by: str | None = None) -> Document:
    """Write a resource group's document."""
    document: Document = {
        "id": f"/subscriptions/{world.settings.subscription_id}/resourceGroups/{name}",
        "name": name,
        "type": GROUP_TYPE,
        "location": normalise(location),
    }
    if managed_by is not None:
        document["managedBy"] = managed_by
    if tags is not None:
        document["tags"] = tags
    return world.store.put_resource(document | {"properties": {"provisioningState": "Succeeded"}})


def build_groups(world: World, section: list[dict[str, Any]]) -> None:
    for entry in section:
        put_group(world, entry["name"], entry["location"], entry.get("tags"))


def _group(world: World, request: Request) -> Document:
    name = request.params["rg"]
    group = world.store.resource(f"/subscriptions/{request.params['sub']}/resourceGroups/{name}")
    if group is None:
        raise group_not_found(name)
    return group


@route("GET", SUBSCRIPTION + "/resourceGroups")
def list_groups(world: World, request: Request) -> Response:
    return listed(world, request, world.store.list(GROUP_TYPE, f"/subscriptions/{request.params['sub']}"))


@route("HEAD", GROUP)
@route("GET", GROUP)
def get_group(world: World, request: Request) -> Response:
    return Response(200, _group(world, request))


@route("PUT", GROUP)
def create_group(world: World, request: Request) -> Response:
    body, name = request.json(), request.params["rg"]
    location = body.get("location")
    if not location:
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.", gateway=True)
    if normalise(location) not in REGIONS:
        raise ArmError(
            400,
            "LocationNotAvailableForResourceGroup",
            f"The provided location '{location}' is not available for resource group. List of available regions is '{','.join(REGIONS)}'.",
            gateway=True,
        )
    known = world.store.resource(f"/subscriptions/{request.params['sub']}/resourceGroups/{name}")
    if known and known["location"] != normalise(location):
        raise ArmError(
            409,
            "InvalidResourceGroupLocation",
            f"Invalid resource group location '{location}'. The Resource group already exists in location '{known['location']}'.",
            gateway=True,
        )
    if known and known["properties"]["provisioningState"] == "Deleting":
        raise ArmError(
            409,
            "ResourceGroupBeingDeleted",
            f"The resource group '{name}' is in deprovisioning state and cannot perform this operation.",
            gateway=True,
        )
    group = put_group(world, known["name"] if known else name, location, body.get("tags"), body.get("managedBy"))
    return Response(200 if known else 201, group)


@route("PATCH", GROUP)
def update_group(world: World, request: Request) -> Response:
    group = dict(_group(world, request))
    group.update({key: value for key, value in request.json().items() if key in ("tags", "managedBy")})
    return Response(200, world.store.put_resource(group))


@route("DELETE", GROUP)
def delete_group(world: World, request: Request) -> Response:
    group = _group(world, request)
    world.store.put_resource(group | {"properties": {"provisioningState": "Deleting"}})
    job = f"RESOURCEGROUPDELETIONJOB-{group['name'].upper()}-{world.new_id().upper()}"
    name = json.dumps({"jobId": job, "jobLocation": group["location"]}, separators=(",", ":"))
    operation_id = base64.urlsafe_b64encode(name.encode()).rstrip(b"=").decode()
    world.operations.begin("delete group", group["id"], DELETE_SECONDS, operation_id=operation_id)
    return _deleting(world, request, operation_id)


def _deleting(world: World, request: Request, operation_id: str) -> Response:
    root = f"{world.settings.base_url}/subscriptions/{request.params['sub']}"
    location = f"{root}/operationresults/{operation_id}?api-version={request.api_version}"
    return Response(202, None, {"Location": location, "Retry-After": world.clock.retry_after(RETRY_SECONDS)})


@route("GET", SUBSCRIPTION + "/operationresults/{operation}")
def poll_group_deletion(world: World, request: Request) -> Response:
    record = world.operations.get(request.params["operation"])
    if record is None:
        raise ArmError(404, "OperationNotFound", "The operation was not found.", gateway=True)
    if record["status"] == "InProgress":
        return _deleting(world, request, record["id"])
    return Response(200) if record["status"] == "Succeeded" else Response(409, {"error": record["error"]})


def _keep_group(world: World, record: Document) -> None:
    group = world.store.resource(record["resource"])
    if group:
        world.store.put_resource(group | {"properties": {"provisioningState": "Succeeded"}})


@operation("delete group", failed=_keep_group)
def _delete_group(world: World, record: Document) -> None:
    """A vault that still protects something keeps its group alive, as it does in Azure."""
    vaults = sorted({item["id"].split("/")[8] for item in world.store.list(ITEM_TYPE, record["resource"])})
    if vaults:
        names = ",".join(f"Microsoft.RecoveryServices/vaults/{vault}" for vault in vaults)
        raise ArmError(
            409,
            "ResourceGroupDeletionBlocked",
            f"Deletion of resource group '{record['resource'].rpartition('/')[2]}' failed as resources with identifiers '{names}' "
            "could not be deleted. The provisioning state of the resource group will be rolled back.",
        )
    world.store.delete_resource(record["resource"])
