# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route tables, their routes, and the routes that hold for a network interface.

System routes and precedence are those of
https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.messages import Request, Response
from ...core.operations import operation
from ...core.router import GROUP, route
from ...core.store import Document, public
from . import references
from .child_resources import WritableParts
from .network_interfaces import NIC, begin_effective
from .network_resources import NetworkResource, check_name, refused, register, unreadable
from .security_rules import is_network, is_service_tag
from .virtual_networks import find_subnet

if TYPE_CHECKING:
    from ...core.world import World

SECONDS = 8
HOPS = ("VirtualNetworkGateway", "VnetLocal", "Internet", "VirtualAppliance", "None")
_NOWHERE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8")
"""Private networks, which lead nowhere unless they are the virtual network's own."""


def make_route(route_id: str, asked: Document) -> Document:
    """The route that a PUT of these properties makes, or a refusal."""
    name = route_id.rpartition("/")[2]
    check_name(name)
    prefix, hop = str(asked.get("addressPrefix") or ""), str(asked.get("nextHopType") or "")
    if not is_network(prefix) and not is_service_tag(prefix):
        raise refused("InvalidAddressPrefixFormat", f"Address prefix {prefix} of resource {route_id} is not formatted correctly.")
    if hop.lower() not in {each.lower() for each in HOPS}:
        raise unreadable(f"Error converting value \"{hop}\" to type 'RouteNextHopType'. Path 'properties.nextHopType'.")
    address = asked.get("nextHopIpAddress")
    if (hop.lower() == "virtualappliance") is not bool(address):
        raise refused(
            "RouteTableRouteNextHopIpAddress",
            f"Route {route_id}: nextHopIpAddress is given exactly when the next hop type is VirtualAppliance.",
        )
    properties = {"provisioningState": "", "addressPrefix": prefix, "nextHopType": next(each for each in HOPS if each.lower() == hop.lower())}
    if address:
        properties["nextHopIpAddress"] = address
    return {
        "name": name,
        "id": route_id,
        "etag": "",
        "properties": {**properties, "hasBgpOverride": False},
        "type": "Microsoft.Network/routeTables/routes",
    }


class RouteTable(NetworkResource):
    name = "routeTables"

    def properties(self, world: World, resource_id: str, body: Document, existing: Document | None) -> Document:
        asked = body.get("properties") or {}
        return {
            "resourceGuid": self.guid(world, existing),
            "disableBgpRoutePropagation": asked.get("disableBgpRoutePropagation", False),
            "routes": [make_route(f"{resource_id}/routes/{each['name']}", each.get("properties") or {}) for each in asked.get("routes") or []],
        }

    def shown(self, world: World, document: Document) -> Document:
        subnets = [{"id": each} for each in references.users(world, document["id"])]
        extra = {"subnets": subnets} if subnets else {}
        return {**public(document), "properties": {**document["properties"], **extra}}

    def check_unused(self, world: World, document: Document) -> None:
        if references.users(world, document["id"]):
            raise refused("InUseRouteTableCannotBeDeleted", f"Route table {document['name']} is in use and cannot be deleted.")


ROUTE_TABLE = register(RouteTable())
ROUTES = WritableParts(ROUTE_TABLE, "routes", "route", make_route, SECONDS)


@route("POST", f"{GROUP}/providers/{NIC.type}/{{name}}/effectiveRouteTable")
def effective_routes(world: World, request: Request) -> Response:
    """The routes that hold for an interface."""
    return begin_effective(world, request, "effective routes")


@operation("effective routes")
def _find_effective(world: World, record: Document) -> None:
    nic = world.store.resource(record["resource"])
    if nic is None:
        return
    subnet_id = nic["properties"]["ipConfigurations"][0]["properties"]["subnet"]["id"]
    vnet = world.store.resource(subnet_id.rsplit("/", 2)[0])
    subnet = find_subnet(world, subnet_id)
    if vnet is None or subnet is None:
        return
    table = world.store.resource((subnet["properties"].get("routeTable") or {}).get("id", "/"))
    own = [_user_route(each, table) for each in table["properties"]["routes"]] if table else []
    taken = {route["addressPrefix"][0] for route in own}
    space = vnet["properties"]["addressSpace"]["addressPrefixes"]
    system = [(prefix, "VnetLocal") for prefix in space] + [("0.0.0.0/0", "Internet")]
    system += [(prefix, "None") for prefix in _NOWHERE if prefix not in space]
    record["properties"] = {"value": [_system_route(prefix, hop, prefix not in taken) for prefix, hop in system] + own}


def _system_route(prefix: str, hop: str, active: bool) -> Document:
    """A user's route for the same prefix puts a system route out of force."""
    return {
        "source": "Default",
        "state": "Active" if active else "Invalid",
        "addressPrefix": [prefix],
        "nextHopType": hop,
        "nextHopIpAddress": [],
    }


def _user_route(part: Document, table: Document) -> Document:
    properties = part["properties"]
    return {
        "name": part["name"],
        "disableBgpRoutePropagation": table["properties"]["disableBgpRoutePropagation"],
        "source": "User",
        "state": "Active",
        "addressPrefix": [properties["addressPrefix"]],
        "nextHopType": properties["nextHopType"],
        "nextHopIpAddress": [properties["nextHopIpAddress"]] if "nextHopIpAddress" in properties else [],
    }
