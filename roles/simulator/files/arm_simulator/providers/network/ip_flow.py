# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network watchers, and their answer to whether the security groups of a VM let a packet pass.

How the rules are gone through: https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...core.messages import Request, Response
from ...core.operations import operation
from ...core.router import GROUP, route
from ...core.store import Document
from ..common.regional import network_headers
from ..compute.vm_model import interface_ids
from .network_interfaces import require_running
from .network_resources import NetworkResource, check_reference, refused, register
from .security_rules import SERVICE_TAGS
from .virtual_networks import find_subnet

if TYPE_CHECKING:
    from ...core.world import World

LOAD_BALANCER = "168.63.129.16"
_PREFIXES = {tag["name"].lower(): tag["prefixes"] for tag in SERVICE_TAGS["tags"]}
_ASKED = ("targetResourceId", "direction", "protocol", "localPort", "remotePort", "localIPAddress", "remoteIPAddress")


class NetworkWatcher(NetworkResource):
    """Azure makes one for a region with its first virtual network; here it has to be made."""

    name = "networkWatchers"
    seconds = 0.0

    def properties(self, world: World, resource_id: str, body: Document, existing: Document | None) -> Document:
        return {}


WATCHER = register(NetworkWatcher())


@dataclass(frozen=True)
class Packet:
    """What is asked about. vnet: address prefixes of the virtual network; groups: the application security groups of the interface, lower case."""

    outbound: bool
    protocol: str
    local: tuple[str, int]
    remote: tuple[str, int]
    vnet: list[str]
    groups: set[str]

    @property
    def source(self) -> tuple[str, int]:
        return self.local if self.outbound else self.remote

    @property
    def destination(self) -> tuple[str, int]:
        return self.remote if self.outbound else self.local


@route("POST", f"{GROUP}/providers/{WATCHER.type}/{{name}}/ipFlowVerify")
def verify_flow(world: World, request: Request) -> Response:
    watcher = WATCHER.require(world, request)
    asked = request.json()
    missing = [key for key in _ASKED if not asked.get(key)]
    if missing:
        raise refused("MissingParameter", f"The following parameters are missing: {', '.join(missing)}.")
    nic = _interface(world, watcher, asked)
    require_running(world, nic)
    try:
        packet = _packet(world, nic, asked)
    except ValueError as exc:
        raise refused("InvalidParameter", f"The packet cannot be read: {exc}.") from exc
    record = world.operations.begin("ip flow verify", watcher["id"], 5, answer=_verdict(world, nic, packet))
    return Response(202, None, network_headers(world, request, watcher["location"], record, result=True))


@operation("ip flow verify")
def _verified(_world: World, record: Document) -> None:
    record["properties"] = record["args"]["answer"]


def _interface(world: World, watcher: Document, asked: Document) -> Document:
    """The interface that is named, or the one of the VM that has the local address."""
    vm = check_reference(world, watcher["id"], asked["targetResourceId"])
    if asked.get("targetNicResourceId"):
        return check_reference(world, watcher["id"], asked["targetNicResourceId"])
    nics = [check_reference(world, vm["id"], nic_id) for nic_id in interface_ids(vm["properties"])]
    for nic in nics:
        if any(each["properties"]["privateIPAddress"] == asked["localIPAddress"] for each in nic["properties"]["ipConfigurations"]):
            return nic
    raise refused("InvalidLocalIPAddress", f"Virtual machine {vm['id']} has no network interface with the address {asked['localIPAddress']}.")


def _packet(world: World, nic: Document, asked: Document) -> Packet:
    configuration = nic["properties"]["ipConfigurations"][0]["properties"]
    vnet = world.store.resource(configuration["subnet"]["id"].rsplit("/", 2)[0])
    return Packet(
        outbound=asked["direction"].lower() == "outbound",
        protocol=asked["protocol"].lower(),
        local=(str(ipaddress.ip_address(asked["localIPAddress"])), int(asked["localPort"])),
        remote=(str(ipaddress.ip_address(asked["remoteIPAddress"])), int(asked["remotePort"])),
        vnet=vnet["properties"]["addressSpace"]["addressPrefixes"] if vnet else [],
        groups={each["id"].lower() for each in configuration.get("applicationSecurityGroups", [])},
    )


def _verdict(world: World, nic: Document, packet: Packet) -> Document:
    """Going out a packet meets the interface's group first, coming in the subnet's; the first that denies has the last word."""
    subnet = find_subnet(world, nic["properties"]["ipConfigurations"][0]["properties"]["subnet"]["id"]) or {"properties": {}}
    verdict = {"access": "Allow", "ruleName": ""}
    for owner in (nic, subnet) if packet.outbound else (subnet, nic):
        group = world.store.resource((owner["properties"].get("networkSecurityGroup") or {}).get("id", "/"))
        if group is not None:
            verdict = _first_match(group, packet)
            if verdict["access"] == "Deny":
                break
    return verdict


def _first_match(group: Document, packet: Packet) -> Document:
    collections = ("securityRules", "defaultSecurityRules")
    rules = [(name, rule) for name in collections for rule in group["properties"][name]]
    for collection, rule in sorted(rules, key=lambda each: each[1]["properties"]["priority"]):
        if _matches(rule["properties"], packet):
            return {"access": rule["properties"]["access"], "ruleName": f"{collection}/{rule['name']}"}
    return {"access": "Deny", "ruleName": ""}


def _matches(rule: Document, packet: Packet) -> bool:
    return (
        (rule["direction"] == "Outbound") is packet.outbound
        and rule["protocol"].lower() in ("*", packet.protocol)
        and _side_matches(rule, "source", packet.source, packet, local=packet.outbound)
        and _side_matches(rule, "destination", packet.destination, packet, local=not packet.outbound)
    )


def _side_matches(rule: Document, side: str, end: tuple[str, int], packet: Packet, *, local: bool) -> bool:
    address, port = end
    if not any(_port_matches(text, port) for text in _values(rule, f"{side}PortRange", "s")):
        return False
    groups = rule.get(f"{side}ApplicationSecurityGroups")
    if groups:
        return local and any(group["id"].lower() in packet.groups for group in groups)
    return any(_address_matches(text, address, packet.vnet) for text in _values(rule, f"{side}AddressPrefix", "es"))


def _values(rule: Document, single: str, ending: str) -> list[Any]:
    return [rule[single]] if rule.get(single) else rule.get(single + ending) or []


def _port_matches(text: str, port: int) -> bool:
    first, _dash, last = text.partition("-")
    return text == "*" or int(first) <= port <= int(last or first)


def _address_matches(text: str, address: str, vnet: list[str]) -> bool:
    tag = text.lower()
    if tag == "*":
        return True
    if tag == "internet":
        return not _within(address, vnet)
    if tag == "azureloadbalancer":
        return address == LOAD_BALANCER
    if tag == "virtualnetwork":
        return _within(address, vnet)
    if tag in _PREFIXES:
        return _within(address, _PREFIXES[tag])
    try:
        return _within(address, [text])
    except ValueError:
        return False  # a tag whose prefixes are not known here


def _within(address: str, prefixes: list[str]) -> bool:
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(prefix) for prefix in prefixes)
