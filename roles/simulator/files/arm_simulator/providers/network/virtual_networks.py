# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual networks and their subnets. The subnets live in the document of their network."""

from __future__ import annotations

import copy
import ipaddress
from functools import partial
from typing import TYPE_CHECKING

from ...core.messages import Request, Response
from ...core.operations import operation
from ...core.regions import normalise
from ...core.router import GROUP, route
from ...core.store import Document, public
from ...gateway.arm import not_found, page
from ..common.regional import network_headers
from ..common.tracked import SUCCEEDED, check_etag, make_id
from . import references
from .network_resources import (
    NetworkResource,
    Uses,
    check_name,
    check_reference,
    child_not_found,
    parent_not_found,
    refused,
    register,
    settle_as,
    store_stamped,
)

if TYPE_CHECKING:
    from ...core.world import World

_SUBNET_REFERENCES = ("networkSecurityGroup", "routeTable", "natGateway")


def make_subnet(world: World, subnet_id: str, asked: Document) -> Document:
    """A subnet as it lies in its network; etag and state are stamped later."""
    name = subnet_id.rpartition("/")[2]
    check_name(name)
    prefixes = asked.get("addressPrefixes") or [asked.get("addressPrefix") or ""]
    for prefix in prefixes:
        _check_prefix(subnet_id, prefix)
    properties = {"provisioningState": "", **asked}
    for key in _SUBNET_REFERENCES:
        if asked.get(key):
            check_reference(world, subnet_id, asked[key]["id"])
            properties[key] = {"id": asked[key]["id"]}
        else:
            properties.pop(key, None)
    properties.pop("ipConfigurations", None)
    for key, value in (
        ("ipamPoolPrefixAllocations", []),
        ("delegations", []),
        ("privateEndpointNetworkPolicies", "Disabled"),
        ("privateLinkServiceNetworkPolicies", "Enabled"),
    ):
        properties.setdefault(key, value)
    return {"name": name, "id": subnet_id, "etag": "", "properties": properties, "type": "Microsoft.Network/virtualNetworks/subnets"}


def _check_prefix(resource_id: str, prefix: str) -> None:
    try:
        ipaddress.ip_network(prefix)
    except ValueError as exc:
        raise refused(
            "InvalidAddressPrefixFormat",
            f"Address prefix {prefix} of resource {resource_id} is not formatted correctly. "
            "It should follow CIDR notation, for example 10.0.0.0/24.",
        ) from exc


def subnet_shown(world: World, subnet: Document) -> Document:
    """A subnet with the IP configurations in it, whose ids real Azure gives in upper-case names."""
    used = [{"id": _shouted(each)} for each in references.users(world, subnet["id"])]
    return {**subnet, "properties": {**subnet["properties"], "ipConfigurations": used}} if used else subnet


def _shouted(ip_configuration_id: str) -> str:
    """Upper case for the names in an id, as recorded: .../resourceGroups/RG/.../networkInterfaces/NIC/ipConfigurations/NAME."""
    parts = ip_configuration_id.split("/")
    return "/".join(part.upper() if place in (4, 8, 10) else part for place, part in enumerate(parts))


class VirtualNetwork(NetworkResource):
    name = "virtualNetworks"

    def properties(self, world: World, resource_id: str, body: Document, existing: Document | None) -> Document:
        asked = body.get("properties") or {}
        prefixes = (asked.get("addressSpace") or {}).get("addressPrefixes") or []
        for prefix in prefixes:
            _check_prefix(resource_id, prefix)
        if not prefixes:
            raise refused("InvalidAddressSpace", f"Address space of virtual network {resource_id} is not specified.")
        subnets = [
            make_subnet(world, f"{resource_id}/subnets/{subnet['name']}", subnet.get("properties") or {})
            for subnet in asked.get("subnets") or []
        ]
        if "subnets" not in asked and existing:
            subnets = copy.deepcopy(existing["properties"]["subnets"])
        for gone in _missing(existing, subnets):
            _check_subnet_unused(world, gone)
        return {
            **{key: value for key, value in asked.items() if key != "virtualNetworkPeerings"},
            "resourceGuid": self.guid(world, existing),
            "subnets": subnets,
            "virtualNetworkPeerings": asked.get("virtualNetworkPeerings") or [],
            "enableDdosProtection": asked.get("enableDdosProtection", False),
        }

    def uses(self, document: Document) -> Uses:
        return [
            (subnet["properties"][key]["id"], subnet["id"])
            for subnet in document["properties"]["subnets"]
            for key in _SUBNET_REFERENCES
            if key in subnet["properties"]
        ]

    def shown(self, world: World, document: Document) -> Document:
        subnets = [subnet_shown(world, subnet) for subnet in document["properties"]["subnets"]]
        return {**public(document), "properties": {**document["properties"], "subnets": subnets}}

    def check_unused(self, world: World, document: Document) -> None:
        for subnet in document["properties"]["subnets"]:
            _check_subnet_unused(world, subnet)


def _missing(existing: Document | None, subnets: list[Document]) -> list[Document]:
    kept = {subnet["name"].lower() for subnet in subnets}
    return [subnet for subnet in existing["properties"]["subnets"] if subnet["name"].lower() not in kept] if existing else []


def _check_subnet_unused(world: World, subnet: Document) -> None:
    used = references.users(world, subnet["id"])
    if used:
        raise refused(
            "InUseSubnetCannotBeDeleted",
            f"Subnet {subnet['name']} is in use by {used[0]} and cannot be deleted. In order to delete the subnet, delete all the resources "
            "within the subnet. See aka.ms/deletesubnet.",
        )


VNET = register(VirtualNetwork())
_SUBNETS = f"{GROUP}/providers/{VNET.type}/{{name}}/subnets"


def find_subnet(world: World, subnet_id: str) -> Document | None:
    vnet = world.store.resource(subnet_id.rsplit("/", 2)[0])
    return _find(vnet, subnet_id.rpartition("/")[2]) if vnet else None


def _find(vnet: Document, name: str) -> Document | None:
    return next((subnet for subnet in vnet["properties"]["subnets"] if subnet["name"].lower() == name.lower()), None)


@route("GET", _SUBNETS)
def list_subnets(world: World, request: Request) -> Response:
    vnet = VNET.require(world, request)
    return page(world, request, [subnet_shown(world, subnet) for subnet in vnet["properties"]["subnets"]])


@route("GET", _SUBNETS + "/{subnet}")
def get_subnet(world: World, request: Request) -> Response:
    vnet = VNET.require(world, request)
    subnet = _find(vnet, request.params["subnet"])
    if subnet is None:
        raise child_not_found(f"{vnet['id']}/subnets/{request.params['subnet']}")
    return Response(200, subnet_shown(world, subnet))


@route("PUT", _SUBNETS + "/{subnet}")
def put_subnet(world: World, request: Request) -> Response:
    vnet_id = make_id(world, request, VNET.type, request.params["name"])
    vnet = world.store.resource(vnet_id)
    if vnet is None:
        raise parent_not_found(vnet_id, "virtualNetworks/subnets")
    existing = _find(vnet, request.params["subnet"])
    check_etag(request, existing, details=[])
    subnet_id = existing["id"] if existing else f"{vnet_id}/subnets/{request.params['subnet']}"
    subnet = make_subnet(world, subnet_id, request.json().get("properties") or {})
    others = vnet["properties"]["subnets"]
    stored = _store_subnets(world, vnet, [subnet if each is existing else each for each in others] + ([] if existing else [subnet]), "Updating")
    record = world.operations.begin("network write", vnet_id, 3)
    answer = copy.deepcopy(_find(stored, subnet["name"])) or {}
    used = [{"id": each} for each in references.users(world, subnet_id)]
    if used:
        answer["properties"]["ipConfigurations"] = used
    return Response(200 if existing else 201, answer, network_headers(world, request, vnet["location"], record))


@route("DELETE", _SUBNETS + "/{subnet}")
def delete_subnet(world: World, request: Request) -> Response:
    vnet_id = make_id(world, request, VNET.type, request.params["name"])
    vnet = world.store.resource(vnet_id)
    if vnet is None:
        raise not_found(vnet_id)
    subnet = _find(vnet, request.params["subnet"])
    if subnet is None:
        return Response(204)
    check_etag(request, subnet, details=[])
    _check_subnet_unused(world, subnet)
    store_stamped(world, vnet, "Updating")
    record = world.operations.begin("subnet delete", vnet_id, 10, subnet=subnet["name"])
    return Response(202, None, network_headers(world, request, vnet["location"], record, result=True))


@operation("subnet delete", failed=partial(settle_as, "Failed"))
def _remove_subnet(world: World, record: Document) -> None:
    vnet = world.store.resource(record["resource"])
    if vnet is not None:
        gone = record["args"]["subnet"].lower()
        _store_subnets(world, vnet, [each for each in vnet["properties"]["subnets"] if each["name"].lower() != gone], SUCCEEDED)


def _store_subnets(world: World, vnet: Document, subnets: list[Document], state: str) -> Document:
    changed = {**vnet, "properties": {**vnet["properties"], "subnets": subnets}}
    references.replace(world, vnet["id"], VNET.uses(vnet), VNET.uses(changed))
    return store_stamped(world, changed, state)


def named_id(world: World, text: str, group: str, kind: str) -> str:
    """The id that an estate means by 'name' (in the group), 'group/name' or a whole id."""
    if text.startswith("/subscriptions/"):
        return text
    owner, _slash, name = text.rpartition("/")
    scope = f"/subscriptions/{world.settings.subscription_id}/resourceGroups/{owner or group}"
    scope = (world.store.resource(scope) or {"id": scope})["id"]
    asked = f"{scope}/providers/{kind}/{name}"
    return (world.store.resource(asked) or {"id": asked})["id"]


def build(world: World, section: list[Document]) -> None:
    """The estate's virtual_networks: {name, resource_group, location?, address_prefix?, subnets: [{name, address_prefix?, network_security_group?}]}."""
    for entry in section:
        group = entry["resource_group"]
        vnet_id = named_id(world, f"{group}/{entry['name']}", group, VNET.type)
        stored = world.store.resource(vnet_id.split("/providers/")[0]) or {"location": "westeurope"}
        subnets = []
        for subnet in entry.get("subnets") or [{"name": "default"}]:
            properties = {"addressPrefix": subnet.get("address_prefix") or "10.0.0.0/24"}
            if subnet.get("network_security_group"):
                nsg_id = named_id(world, subnet["network_security_group"], group, "Microsoft.Network/networkSecurityGroups")
                properties["networkSecurityGroup"] = {"id": nsg_id}
            subnets.append({"name": subnet["name"], "properties": properties})
        space = {"addressPrefixes": [entry.get("address_prefix") or "10.0.0.0/16"]}
        body = {"tags": entry.get("tags"), "properties": {"addressSpace": space, "subnets": subnets}}
        VNET.make(world, vnet_id, normalise(entry.get("location") or stored["location"]), body)
