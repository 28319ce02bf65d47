# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Whether traffic gets out of a virtual machine, and which rule or route stops it. Nothing here talks to Azure.

A packet that goes out meets the rules of the interface's group and then those of the subnet's, each by priority, and the
first that fits decides: https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works. Then the
route with the longest prefix holds: https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview.
The platform's address 168.63.129.16 is subject to neither, as far as the VM agent's ports 80 and 32526 go; rules with a
platform tag block the platform's DNS, metadata or licences only:
https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core.fields import Document, View, fetch, mapping, objects
from .._core.ids import key, name, part
from . import security_rule, traffic
from .traffic import Ranges

PLATFORM, PROXY = "platform", "proxy"
OPEN, PARTLY, CLOSED = "open", "partly", "closed"
HTTPS = 443
# Where Azure itself routes nothing to, unless it is the virtual network's own.
_PRIVATE = traffic.ranges(("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
# Stands for the addresses of a service tag where these are not known.
PUBLIC = traffic.without(traffic.EVERYWHERE, traffic.either(_PRIVATE, traffic.ranges(("127.0.0.0/8", "168.63.129.16/32"))))
_OTHER_HOPS = {"virtualappliance": "the appliance {}", "virtualnetworkgateway": "the virtual network gateway"}
_ENDPOINTS = {"storage": "microsoft.storage"}

Tags = Mapping[str, Ranges]


@dataclass(frozen=True)
class Flow:
    """TCP to these addresses and this port. tag: the service tag that they are the addresses of, None for a proxy."""

    target: str
    port: int
    addresses: Ranges
    tag: str | None = None


@dataclass(frozen=True)
class Group:
    """A network security group: views of its outbound rules by priority, Azure's own among them."""

    id: str
    rules: tuple[View, ...]


@dataclass(frozen=True)
class Subnet:
    """What of a subnet and its network decides. group, table: id keys. reach: the addresses of the network and its peers; bits: their shortest prefix."""

    id: str
    group: str
    table: str
    reach: Ranges
    bits: int
    private: bool
    endpoints: frozenset[str]


@dataclass(frozen=True)
class Interface:
    """The interface by which a VM's traffic leaves."""

    id: str
    address: Ranges
    groups: frozenset[str]
    group: str
    subnet: str
    public: bool


@dataclass
class Networks:
    """What was read: groups, subnets and routes by id key, addresses of service tags by name in lower case, members of application security groups."""

    groups: dict[str, Group] = field(default_factory=dict)
    subnets: dict[str, Subnet] = field(default_factory=dict)
    tables: dict[str, list[View]] = field(default_factory=dict)
    tags: Tags = field(default_factory=dict)
    members: dict[str, Ranges] = field(default_factory=dict)
    walks: dict[Any, Any] = field(default_factory=dict)


def read_group(document: Document) -> Group:
    """A group from Azure's document."""
    properties = mapping(document.get("properties"))
    rules = [security_rule.to_view(each) for each in objects(properties.get("securityRules")) + objects(properties.get("defaultSecurityRules"))]
    out = sorted((each for each in rules if each["direction"] == "outbound"), key=lambda each: int(each["priority"] or 0))
    return Group(str(document["id"]), tuple(out))


def read_subnets(network: Document) -> list[Subnet]:
    """The subnets of a virtual network."""
    properties = mapping(network.get("properties"))
    peers = objects(properties.get("virtualNetworkPeerings"))
    near = [fetch(each, "properties.remoteAddressSpace.addressPrefixes") for each in peers if fetch(each, "properties.peeringState") == "Connected"]
    spaces = [fetch(properties, "addressSpace.addressPrefixes"), *near]
    blocks = [str(each) for space in spaces for each in space or ()]
    bits = min((found.prefixlen for each in blocks if (found := traffic.network(each)) is not None), default=0)
    return [_read_subnet(each, traffic.ranges(blocks), bits) for each in objects(properties.get("subnets"))]


def _read_subnet(subnet: Document, reach: Ranges, bits: int) -> Subnet:
    properties = mapping(subnet.get("properties"))
    return Subnet(
        str(subnet.get("id")),
        key(fetch(properties, "networkSecurityGroup.id")),
        key(fetch(properties, "routeTable.id")),
        reach,
        bits,
        properties.get("defaultOutboundAccess") is False and not properties.get("natGateway"),
        frozenset(str(each.get("service")).lower() for each in objects(properties.get("serviceEndpoints"))),
    )


def read_interface(document: Document) -> Interface:
    """An interface by its primary IP configuration. One behind a load balancer may have a way out by that, so it counts as public."""
    properties = mapping(document.get("properties"))
    configurations = [mapping(each.get("properties")) for each in objects(properties.get("ipConfigurations"))]
    main = next((each for each in configurations if each.get("primary")), configurations[0] if configurations else {})
    return Interface(
        str(document.get("id")),
        traffic.ranges([str(main.get("privateIPAddress") or "")]),
        frozenset(key(each.get("id")) for each in objects(main.get("applicationSecurityGroups"))),
        key(fetch(properties, "networkSecurityGroup.id")),
        key(fetch(main, "subnet.id")),
        bool(main.get("publicIPAddress") or main.get("loadBalancerBackendAddressPools")),
    )


def read_routes(document: Document) -> list[View]:
    """The routes of a table {name, prefix, hop, address, table}."""
    return [
        {
            "name": each.get("name"),
            "prefix": str(fetch(each, "properties.addressPrefix")),
            "hop": str(fetch(each, "properties.nextHopType")).lower(),
            "address": fetch(each, "properties.nextHopIpAddress"),
            "table": document["id"],
        }
        for each in objects(fetch(document, "properties.routes"))
    ]


def members_of(interfaces: Iterable[Interface]) -> dict[str, Ranges]:
    """The addresses of the interfaces in each application security group."""
    found: dict[str, Ranges] = {}
    for each in interfaces:
        for group in each.groups:
            found[group] = traffic.either(found.get(group, traffic.NOWHERE), each.address)
    return found


def platform(networks: Networks, interface: Interface) -> View:
    """The path to 168.63.129.16, which nothing of the network stops; rules that block other services of the platform are told."""
    subnet = networks.subnets.get(interface.subnet)
    blocks = []
    for where, group in _groups(networks, interface, subnet):
        rules = [each for each in group.rules if each["access"] == "deny" and set(each["destination"]) & set(traffic.DENY_ONLY)]
        blocks += [_stop_by_rule(each, group, where) for each in rules if _is_from(each, interface, subnet)]
    return {"target": PLATFORM, "port": None, "verdict": OPEN, "via": None, "stopped_by": [], "notes": [f"{each['text']} blocks it" for each in blocks]}


def path(networks: Networks, interface: Interface, flow: Flow) -> View:
    """One path {target, port, verdict, via, stopped_by, notes}: what of the flow's addresses is reached."""
    subnet = networks.subnets.get(interface.subnet)
    left = flow.addresses
    stops: list[View] = []
    for where, group in _groups(networks, interface, subnet):
        left, stopped = _through_group(networks, group, where, interface, subnet, flow, left)
        stops += stopped
    left, dropped, via = _through_routes(networks, interface, subnet, flow, left)
    stops += dropped
    verdict = OPEN if not stops and left else CLOSED if not left else PARTLY
    return {"target": flow.target, "port": flow.port, "verdict": verdict, "via": via, "stopped_by": stops, "notes": []}


def _groups(networks: Networks, interface: Interface, subnet: Subnet | None) -> list[tuple[str, Group]]:
    """The groups on the way out, the interface's first. One that could not be read does not count."""
    on_the_way = (("network_interface", interface.group), ("subnet", subnet.group if subnet else ""))
    return [(where, networks.groups[each]) for where, each in on_the_way if each in networks.groups]


def _through_group(
    networks: Networks, group: Group, where: str, interface: Interface, subnet: Subnet | None, flow: Flow, left: Ranges
) -> tuple[Ranges, list[View]]:
    """What passes a group, and what stops the rest. The same for all interfaces that the same rules are about."""
    about = tuple(number for number, rule in enumerate(group.rules) if _fits(rule, flow) and _is_from(rule, interface, subnet))
    known = (group.id, about, subnet.reach if subnet else None, flow, left)
    if known not in networks.walks:
        networks.walks[known] = _walk([group.rules[number] for number in about], flow, left, lambda rule: _destination(networks, rule, subnet, flow))
    passed, deciding = networks.walks[known]
    return passed, [_stop_by_rule(rule, group, where) for rule in deciding]


def _walk(rules: list[View], flow: Flow, left: Ranges, destination: Callable[[View], Ranges]) -> tuple[Ranges, list[View]]:
    """Each rule decides about what no rule before it has. A rule for some source ports only lets nothing pass for sure."""
    passed = traffic.NOWHERE
    stopping = []
    for rule in rules:
        decided = traffic.both(left, destination(rule))
        some_ports = traffic.ANY not in rule["source_ports"]
        if not decided or (some_ports and rule["access"] == "allow"):
            continue
        if rule["access"] == "allow":
            passed = traffic.either(passed, decided)
        else:
            stopping.append(rule)
        if not some_ports:
            left = traffic.without(left, decided)
        if not left:
            break
    return passed, stopping


def _fits(rule: View, flow: Flow) -> bool:
    return rule["protocol"] in ("tcp", "any") and traffic.ports_cover(rule["destination_ports"], [str(flow.port)])


def _is_from(rule: View, interface: Interface, subnet: Subnet | None) -> bool:
    groups = rule[security_rule.groups_option("source")]
    if groups:
        return bool(interface.groups & set(groups))
    for each in rule["source"]:
        if each == traffic.ANY or (each == traffic.VIRTUAL_NETWORK and subnet and traffic.both(interface.address, subnet.reach)):
            return True
        if traffic.both(interface.address, traffic.ranges([each])):
            return True
    return False


def _destination(networks: Networks, rule: View, subnet: Subnet | None, flow: Flow) -> Ranges:
    groups = rule[security_rule.groups_option("destination")]
    if groups:
        return traffic.either(*(networks.members.get(each, traffic.NOWHERE) for each in groups))
    return traffic.either(*(_addresses(networks.tags, each, subnet.reach if subnet else traffic.NOWHERE, flow) for each in rule["destination"]))


def _addresses(tags: Tags, text: str, reach: Ranges, flow: Flow) -> Ranges:
    """The addresses that a rule's or route's address stands for. The flow's own tag, or the tag of all its regions, is all of the flow."""
    lower = text.lower()
    if text == traffic.ANY or (flow.tag and (flow.tag.lower() == lower or flow.tag.lower().startswith(f"{lower}."))):
        return traffic.EVERYWHERE
    if text == traffic.VIRTUAL_NETWORK:
        return reach
    if text == traffic.INTERNET:
        return traffic.without(traffic.EVERYWHERE, reach)
    return tags[lower] if lower in tags else traffic.ranges([text])


def _through_routes(
    networks: Networks, interface: Interface, subnet: Subnet | None, flow: Flow, left: Ranges
) -> tuple[Ranges, list[View], str | None]:
    """What the routes lead somewhere, what stops the rest, and the hop by which it goes where that is not Azure's own way."""
    if subnet is None or not left:
        return left, [], None
    reached = traffic.NOWHERE
    stops: list[View] = []
    hops: list[str] = []
    rest = traffic.without(left, _by_endpoint(subnet, flow, left))
    reached = traffic.without(left, rest)
    for _length, block, route in _longest_first(networks, subnet, flow):
        decided = traffic.both(rest, block)
        if not decided:
            continue
        rest = traffic.without(rest, decided)
        if route is None or route["hop"] in ("internet", "vnetlocal"):
            reached = traffic.either(reached, decided)
        elif route["hop"] == "none":
            stops.append(_stop_by_route(route))
        else:
            reached = traffic.either(reached, decided)
            hops.append(str(_OTHER_HOPS.get(route["hop"]) or route["hop"]).format(route["address"]) + f" by route {route['name']}")
    return _by_default_way(interface, subnet, reached, rest, stops, hops)


def _by_endpoint(subnet: Subnet, flow: Flow, left: Ranges) -> Ranges:
    """A service endpoint of the subnet leads to its service whatever the routes are."""
    service = _ENDPOINTS.get((flow.tag or "").partition(".")[0].lower())
    return left if service and service in subnet.endpoints else traffic.NOWHERE


def _longest_first(networks: Networks, subnet: Subnet, flow: Flow) -> list[tuple[int, Ranges, View | None]]:
    """(prefix length, addresses, route) with the longest prefix first; the network's own addresses need no route, None."""
    found: list[tuple[int, Ranges, View | None]] = []
    for route in networks.tables.get(subnet.table, ()):
        block = traffic.network(route["prefix"])
        length = block.prefixlen if block is not None else 33  # a service tag's prefixes are long
        found.append((length, _addresses(networks.tags, route["prefix"], subnet.reach, flow), route))
    found.append((subnet.bits, subnet.reach, None))
    return sorted(found, key=lambda each: -each[0])


def _by_default_way(
    interface: Interface, subnet: Subnet, reached: Ranges, rest: Ranges, stops: list[View], hops: list[str]
) -> tuple[Ranges, list[View], str | None]:
    """Where no route leads: to private addresses nowhere, out of a private subnet not without a public address, else to the Internet."""
    lost = traffic.both(rest, _PRIVATE)
    if lost:
        text = "no route of the subnet leads to it (routes that a gateway learns are not read)"
        stops.append({"kind": "route", "name": None, "priority": None, "where": "subnet", "owner": subnet.id, "id": None, "text": text})
    out = traffic.without(rest, lost)
    if out and subnet.private and not interface.public:
        text = f"subnet {name(subnet.id)} has no default outbound access, and there is neither a NAT gateway nor a public address"
        stops.append({"kind": "subnet", "name": name(subnet.id), "priority": None, "where": "subnet", "owner": subnet.id, "id": subnet.id, "text": text})
        out = traffic.NOWHERE
    return traffic.either(reached, out), stops, ", ".join(dict.fromkeys(hops)) or None


def _stop_by_rule(rule: View, group: Group, where: str) -> View:
    owner = f"{part(group.id, 'resourceGroups')}/{name(group.id)}"
    text = f"rule {rule['name']} (priority {rule['priority']}) of network security group {owner} on the {where.replace('_', ' ')}"
    return {"kind": "rule", "name": rule["name"], "priority": rule["priority"], "where": where, "owner": group.id, "id": rule["id"], "text": text}


def _stop_by_route(route: View) -> View:
    table = route["table"]
    text = f"route {route['name']} ({route['prefix']} to nowhere) of route table {part(table, 'resourceGroups')}/{name(table)}"
    route_id = f"{table}/routes/{route['name']}"
    return {"kind": "route", "name": route["name"], "priority": None, "where": "subnet", "owner": table, "id": route_id, "text": text}
