# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network interfaces, and the smaller network resources that they and the subnets refer to."""

from __future__ import annotations

import ipaddress
import zlib
from typing import TYPE_CHECKING

from ...core.messages import Request, Response
from ...core.operations import operation
from ...core.router import GROUP, route
from ...core.store import Document, public
from ..common.regional import network_headers
from . import references
from .network_resources import NetworkResource, Uses, check_reference, refused, register
from .security_rules import SERVICE_TAGS
from .virtual_networks import find_subnet

if TYPE_CHECKING:
    from ...core.world import World

_LINKS = ("publicIPAddress", "subnet")


class NetworkInterface(NetworkResource):
    """Its PUT is answered when done, without an operation (recorded)."""

    name = "networkInterfaces"
    seconds = 0.0

    def properties(self, world: World, resource_id: str, body: Document, existing: Document | None) -> Document:
        asked = body.get("properties") or {}
        kept = existing["properties"] if existing else {}
        configurations = asked.get("ipConfigurations") or []
        if not configurations:
            raise refused("NetworkInterfaceMustHaveIpConfigurations", f"Network interface {resource_id} must have at least one IP configuration.")
        old = {each["name"]: each["properties"]["privateIPAddress"] for each in kept.get("ipConfigurations", [])}
        result: Document = {
            "resourceGuid": self.guid(world, existing),
            "ipConfigurations": [
                _ip_configuration(world, resource_id, each, place == 0, old.get(each["name"])) for place, each in enumerate(configurations)
            ],
            "dnsSettings": {
                "dnsServers": list((asked.get("dnsSettings") or {}).get("dnsServers") or []),
                "appliedDnsServers": [],
                "internalDomainNameSuffix": "simulated.internal.cloudapp.net",
            },
            "macAddress": kept.get("macAddress") or _mac_address(resource_id),
            "vnetEncryptionSupported": False,
            "enableIPForwarding": asked.get("enableIPForwarding", False),
        }
        if "enableAcceleratedNetworking" in asked:
            result["enableAcceleratedNetworking"] = asked["enableAcceleratedNetworking"]
        if asked.get("networkSecurityGroup"):
            check_reference(world, resource_id, asked["networkSecurityGroup"]["id"])
            result["networkSecurityGroup"] = {"id": asked["networkSecurityGroup"]["id"]}
        if "virtualMachine" in kept:
            result.update(primary=kept.get("primary", True), virtualMachine=kept["virtualMachine"])
        return {
            **result,
            "hostedWorkloads": [],
            "tapConfigurations": [],
            "nicType": "Standard",
            "allowPort25Out": True,
            "auxiliaryMode": "None",
        }

    def uses(self, document: Document) -> Uses:
        properties = document["properties"]
        pairs = [
            (each["properties"][key]["id"], each["id"]) for each in properties["ipConfigurations"] for key in _LINKS if key in each["properties"]
        ]
        if "networkSecurityGroup" in properties:
            pairs.append((properties["networkSecurityGroup"]["id"], document["id"]))
        return pairs

    def shown(self, world: World, document: Document) -> Document:
        return {**public(document), "kind": "Regular"}

    def check_unused(self, world: World, document: Document) -> None:
        vm = document["properties"].get("virtualMachine")
        if vm:
            raise refused(
                "NicInUse",
                f"Network Interface {document['id']} is used by existing resource {vm['id']}. In order to delete the network interface, "
                "it must be dissociated from the resource. To learn more, see aka.ms/deletenic.",
            )


def _mac_address(resource_id: str) -> str:
    return "00-0D-3A-" + "-".join(f"{byte:02X}" for byte in zlib.crc32(resource_id.lower().encode()).to_bytes(4, "big")[1:])


def _ip_configuration(world: World, nic_id: str, asked: Document, primary: bool, address: str | None) -> Document:
    properties = asked.get("properties") or {}
    config_id = f"{nic_id}/ipConfigurations/{asked['name']}"
    subnet_id = (properties.get("subnet") or {}).get("id", "")
    subnet = find_subnet(world, subnet_id) if subnet_id else None
    if subnet is None:
        raise refused(
            "InvalidResourceReference",
            f"Resource {subnet_id} referenced by resource {config_id} was not found. Please make sure that the referenced resource exists, "
            "and that both resources are in the same region.",
        )
    result: Document = {
        "provisioningState": "",
        "privateIPAddress": properties.get("privateIPAddress") or address or _next_address(world, subnet),
        "privateIPAllocationMethod": properties.get("privateIPAllocationMethod", "Dynamic"),
    }
    if properties.get("publicIPAddress"):
        check_reference(world, config_id, properties["publicIPAddress"]["id"])
        result["publicIPAddress"] = {"id": properties["publicIPAddress"]["id"]}
    result["subnet"] = {"id": subnet["id"]}
    if properties.get("applicationSecurityGroups"):
        result["applicationSecurityGroups"] = [{"id": each["id"]} for each in properties["applicationSecurityGroups"]]
    return {
        "name": asked["name"],
        "id": config_id,
        "etag": "",
        "type": "Microsoft.Network/networkInterfaces/ipConfigurations",
        "properties": {
            **result,
            "primary": properties.get("primary", primary),
            "privateIPAddressVersion": properties.get("privateIPAddressVersion", "IPv4"),
        },
    }


def _next_address(world: World, subnet: Document) -> str:
    """Azure keeps the first four addresses of a subnet: https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq"""
    prefix = subnet["properties"].get("addressPrefix") or subnet["properties"]["addressPrefixes"][0]
    first = ipaddress.ip_network(prefix).network_address
    return str(first + 3 + world.store.next_number(f"address in {subnet['id'].lower()}"))


def attach(world: World, nic_id: str, vm_id: str | None, *, primary: bool = True) -> None:
    """Tie an interface to a VM, or let go of it."""
    nic = world.store.resource(nic_id)
    if nic is not None:
        properties = {key: value for key, value in nic["properties"].items() if key not in ("virtualMachine", "primary")}
        if vm_id:
            properties.update(primary=primary, virtualMachine={"id": vm_id})
        world.store.put_resource({**nic, "properties": properties})


class PublicIPAddress(NetworkResource):
    name = "publicIPAddresses"

    def properties(self, world: World, resource_id: str, body: Document, existing: Document | None) -> Document:
        asked = body.get("properties") or {}
        number = zlib.crc32(resource_id.lower().encode())
        result = {
            **{key: value for key, value in asked.items() if key != "ipConfiguration"},
            "resourceGuid": self.guid(world, existing),
            "publicIPAddressVersion": asked.get("publicIPAddressVersion", "IPv4"),
            "publicIPAllocationMethod": asked.get("publicIPAllocationMethod", "Dynamic"),
            "idleTimeoutInMinutes": asked.get("idleTimeoutInMinutes", 4),
            "ipTags": asked.get("ipTags") or [],
        }
        if result["publicIPAllocationMethod"] == "Static":
            result["ipAddress"] = f"203.0.113.{number % 254 + 1}"
        return result

    def shown(self, world: World, document: Document) -> Document:
        used = references.users(world, document["id"])
        extra = {"ipConfiguration": {"id": used[0]}} if used else {}
        return {**public(document), "properties": {**document["properties"], **extra}}

    def check_unused(self, world: World, document: Document) -> None:
        used = references.users(world, document["id"])
        if used:
            raise refused(
                "PublicIPAddressCannotBeDeleted",
                f"Public IP address {document['id']} can not be deleted since it is still allocated to resource {used[0]}. In order to delete "
                "the public IP, disassociate/detach the Public IP address from the resource.  To learn how to do this, see "
                "aka.ms/deletepublicip.",
            )


class ApplicationSecurityGroup(NetworkResource):
    name = "applicationSecurityGroups"

    def properties(self, world: World, resource_id: str, body: Document, existing: Document | None) -> Document:
        return {}


NIC = register(NetworkInterface())
register(PublicIPAddress())
register(ApplicationSecurityGroup())


def require_running(world: World, nic: Document) -> None:
    """What holds for an interface is known only while it is at work."""
    vm = world.store.resource((nic["properties"].get("virtualMachine") or {}).get("id", "/"))
    if vm is None or vm.get("_power") != "running":
        raise refused(
            "NetworkInterfaceNotAttachedToRunningVirtualMachine",
            f"Effective rules of network interface {nic['id']} are known only while it is attached to a running virtual machine.",
        )


def begin_effective(world: World, request: Request, kind: str) -> Response:
    """Begin to find what holds for an interface, whose VM has to run: Location only, then the list."""
    nic = NIC.require(world, request)
    require_running(world, nic)
    record = world.operations.begin(kind, nic["id"], 10)
    return Response(202, None, network_headers(world, request, nic["location"], record, status=False, result=True))


@route("POST", f"{GROUP}/providers/{NIC.type}/{{name}}/effectiveNetworkSecurityGroups")
def effective_groups(world: World, request: Request) -> Response:
    """The rules that hold for an interface."""
    return begin_effective(world, request, "effective network security groups")


@operation("effective network security groups")
def _find_effective(world: World, record: Document) -> None:
    nic = world.store.resource(record["resource"])
    if nic is None:
        return
    subnet_id = nic["properties"]["ipConfigurations"][0]["properties"]["subnet"]["id"]
    places = [("subnet", subnet_id, (find_subnet(world, subnet_id) or {"properties": {}})["properties"])]
    places.append(("networkInterface", nic["id"], nic["properties"]))
    record["properties"] = {
        "value": [
            {
                "networkSecurityGroup": {"id": properties["networkSecurityGroup"]["id"]},
                "association": {kind: {"id": owner}},
                "effectiveSecurityRules": _effective_rules(world, properties["networkSecurityGroup"]["id"]),
            }
            for kind, owner, properties in places
            if "networkSecurityGroup" in properties
        ]
    }


def _effective_rules(world: World, nsg_id: str) -> list[Document]:
    nsg = world.store.resource(nsg_id)
    if nsg is None:
        return []
    rules = []
    for collection in ("securityRules", "defaultSecurityRules"):
        for rule in nsg["properties"][collection]:
            properties = {key: value for key, value in rule["properties"].items() if key not in ("provisioningState", "description") and value != []}
            protocol = properties["protocol"]
            rules.append({"name": f"{collection}/{rule['name']}", **properties, "protocol": "All" if protocol == "*" else protocol})
    return rules


@route("GET", "/subscriptions/{sub}/providers/Microsoft.Network/locations/{location}/serviceTags")
def service_tags(world: World, request: Request) -> Response:
    """All tags, whatever the location, which only says whose version of the list is wanted."""
    change = SERVICE_TAGS["change"]
    values = [
        {
            "name": tag["name"],
            "id": tag["name"],
            "serviceTagChangeNumber": change,
            "properties": {
                "changeNumber": tag["change"],
                "region": tag["region"],
                "state": "GA",
                "networkFeatures": tag["features"],
                "systemService": tag["service"],
                "addressPrefixes": tag["prefixes"],
            },
        }
        for tag in SERVICE_TAGS["tags"]
    ]
    return Response(
        200,
        {
            "name": "Public",
            "id": f"/subscriptions/{request.params['sub']}/providers/Microsoft.Network/serviceTags/Public",
            "type": "Microsoft.Network/serviceTags",
            "changeNumber": change,
            "cloud": "Public",
            "values": values,
            "nextLink": "",
        },
    )
