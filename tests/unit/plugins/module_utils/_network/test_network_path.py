# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules and routes gone through without Azure, and the sets of addresses that this is done with."""

from __future__ import annotations

import ipaddress
import random

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._network import path, traffic

NET = "/subscriptions/s/resourceGroups/app/providers/Microsoft.Network"
DEFAULTS = [
    {"name": "AllowVnetOutBound", "priority": 65000, "source": "VirtualNetwork", "destination": "VirtualNetwork", "access": "Allow"},
    {"name": "AllowInternetOutBound", "priority": 65001, "destination": "Internet", "access": "Allow"},
    {"name": "DenyAllOutBound", "priority": 65500},
]


def rule(name="r", priority=100, access="Deny", source="*", destination="*", port="*", protocol="*", source_port="*", direction="Outbound", **more):
    properties = {
        "priority": priority, "access": access, "direction": direction, "protocol": protocol, "sourceAddressPrefix": source, "sourcePortRange": source_port,
        "destinationAddressPrefix": destination, "destinationPortRange": port, **more,
    }  # fmt: skip
    return {"name": name, "id": f"{NET}/networkSecurityGroups/nsg/securityRules/{name}", "properties": properties}


def networks(*own, routes=(), subnet=None, peers=()):
    group = {
        "id": f"{NET}/networkSecurityGroups/nsg",
        "properties": {"securityRules": [rule(**each) for each in own], "defaultSecurityRules": [rule(**each) for each in DEFAULTS]},
    }
    properties = {"networkSecurityGroup": {"id": group["id"]}, "routeTable": {"id": f"{NET}/routeTables/t"}, **(subnet or {})}
    vnet = {
        "id": f"{NET}/virtualNetworks/v",
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "virtualNetworkPeerings": list(peers),
            "subnets": [{"id": f"{NET}/virtualNetworks/v/subnets/default", "properties": properties}],
        },
    }
    table = {"id": f"{NET}/routeTables/t", "properties": {"routes": [{"name": name, "properties": each} for name, each in routes]}}
    return path.Networks(
        groups={group["id"].lower(): path.read_group(group)},
        subnets={each.id.lower(): each for each in path.read_subnets(vnet)},
        tables={table["id"].lower(): path.read_routes(table)},
        tags={"azurebackup": traffic.ranges(["203.0.113.0/24"]), "azurecloud": traffic.ranges(["203.0.113.0/24", "198.51.100.0/24"])},
    )


def interface(**more):
    configuration = {"primary": True, "privateIPAddress": "10.0.0.4", "subnet": {"id": f"{NET}/virtualNetworks/v/subnets/default"}, **more}
    return path.read_interface({"id": f"{NET}/networkInterfaces/n", "properties": {"ipConfigurations": [{"properties": configuration}]}})


BACKUP = path.Flow("AzureBackup", 443, traffic.ranges(["203.0.113.0/24"]), "AzureBackup")


def seen(around, flow=BACKUP, nic=None):
    found = path.path(around, nic or interface(), flow)
    return found["verdict"], [each["name"] for each in found["stopped_by"]], found["via"]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ([], ("open", [])),
        ([{"destination": "Internet"}], ("closed", ["r"])),
        ([{"destination": "azurebackup"}], ("closed", ["r"])),
        ([{"destination": "AzureCloud"}], ("closed", ["r"])),
        ([{"destination": "203.0.113.0/25"}], ("partly", ["r"])),
        ([{"destination": "198.51.100.0/24"}], ("open", [])),
        ([{"destination": "VirtualNetwork"}], ("open", [])),
        ([{"destination": "AzurePlatformDNS"}], ("open", [])),
        ([{"protocol": "Udp"}], ("open", [])),
        ([{"port": "80"}], ("open", [])),
        ([{"port": "400-500"}], ("closed", ["r"])),
        ([{"direction": "Inbound"}], ("open", [])),
        ([{"source": "10.0.0.0/24"}], ("closed", ["r"])),
        ([{"source": "10.0.1.0/24"}], ("open", [])),
        ([{"source": "VirtualNetwork"}], ("closed", ["r"])),
        ([{"source": "Internet"}], ("open", [])),
        # the lower number is looked at first, whatever their order in the group
        ([{"name": "no", "priority": 200}, {"name": "yes", "access": "Allow", "destination": "AzureBackup"}], ("open", [])),
        ([{"name": "no", "priority": 100}, {"name": "yes", "priority": 200, "access": "Allow"}], ("closed", ["no"])),
        ([{"name": "no", "priority": 200}, {"name": "half", "access": "Allow", "destination": "203.0.113.128/25"}], ("partly", ["no"])),
        # nobody knows from which port a connection will come
        ([{"name": "no", "priority": 200}, {"name": "some", "access": "Allow", "source_port": "1024-2000"}], ("closed", ["no"])),
        ([{"source_port": "1024-2000"}], ("partly", ["r"])),
    ],
)
def test_rules(own, expected):
    verdict, names, _via = seen(networks(*own))
    assert (verdict, names) == expected


def test_application_security_groups_tell_whose_rules_they_are():
    groups = {"sourceApplicationSecurityGroups": [{"id": "/asg/Web"}], "sourceAddressPrefix": None}
    around = networks({"destination": "Internet", **groups})
    assert seen(around)[0] == "open"
    assert seen(around, nic=interface(applicationSecurityGroups=[{"id": "/ASG/web"}]))[0] == "closed"
    proxy = path.Flow("proxy", 3128, traffic.ranges(["10.0.0.9"]))
    around = networks({"destinationApplicationSecurityGroups": [{"id": "/asg/proxies"}], "destination": None})
    assert seen(around, proxy)[0] == "open"
    around.walks.clear()
    around.members = path.members_of([interface(privateIPAddress="10.0.0.9", applicationSecurityGroups=[{"id": "/asg/proxies"}])])
    assert seen(around, proxy)[0] == "closed"


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([("none", {"addressPrefix": "0.0.0.0/0", "nextHopType": "None"})], ("closed", ["none"], None)),
        ([("none", {"addressPrefix": "203.0.113.0/25", "nextHopType": "None"})], ("partly", ["none"], None)),
        (
            [("all", {"addressPrefix": "0.0.0.0/0", "nextHopType": "None"}), ("out", {"addressPrefix": "203.0.113.0/24", "nextHopType": "Internet"})],
            ("open", [], None),
        ),
        (
            [("all", {"addressPrefix": "0.0.0.0/0", "nextHopType": "None"}), ("out", {"addressPrefix": "AzureBackup", "nextHopType": "Internet"})],
            ("open", [], None),
        ),
        (
            [("fw", {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.9.9"})],
            ("open", [], "the appliance 10.0.9.9 by route fw"),
        ),
        ([("home", {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualNetworkGateway"})], ("open", [], "the virtual network gateway by route home")),
    ],
)
def test_routes(routes, expected):
    assert seen(networks(routes=routes)) == expected


def test_the_networks_own_addresses_and_those_of_its_peers_need_no_route():
    none = ("none", {"addressPrefix": "0.0.0.0/0", "nextHopType": "None"})
    peer = {"properties": {"peeringState": "Connected", "remoteAddressSpace": {"addressPrefixes": ["10.9.0.0/16"]}}}
    away = {"properties": {"peeringState": "Disconnected", "remoteAddressSpace": {"addressPrefixes": ["10.8.0.0/16"]}}}
    around = networks(routes=[none], peers=[peer, away])
    verdicts = {address: seen(around, path.Flow("proxy", 3128, traffic.ranges([address])))[0] for address in ("10.0.7.7", "10.9.0.1", "10.8.0.1")}
    assert verdicts == {"10.0.7.7": "open", "10.9.0.1": "open", "10.8.0.1": "closed"}
    assert seen(networks(), path.Flow("proxy", 3128, traffic.ranges(["10.8.0.1"])))[:2] == ("closed", [None])


def test_a_private_subnet_needs_another_way_out():
    private = {"defaultOutboundAccess": False}
    assert seen(networks(subnet=private))[:2] == ("closed", ["default"])
    assert seen(networks(subnet={**private, "natGateway": {"id": "/nat"}}))[0] == "open"
    assert seen(networks(subnet=private), nic=interface(publicIPAddress={"id": "/ip"}))[0] == "open"
    firewall = ("fw", {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.9.9"})
    assert seen(networks(subnet=private, routes=[firewall]))[0] == "open"


def test_nothing_of_the_network_stops_the_platform():
    around = networks({"name": "no"}, routes=[("none", {"addressPrefix": "168.63.129.16/32", "nextHopType": "None"})])
    found = path.platform(around, interface())
    assert (found["verdict"], found["stopped_by"], found["notes"]) == ("open", [], [])
    around = networks({"name": "nodns", "destination": "AzurePlatformDNS"}, {"name": "theirs", "source": "10.9.9.9", "destination": "AzurePlatformIMDS"})
    found = path.platform(around, interface())
    assert found["verdict"] == "open" and len(found["notes"]) == 1 and "nodns" in found["notes"][0]


ODD = {"ipConfigurations": "x", "subnets": 1, "routes": {}, "securityRules": 3}


@pytest.mark.parametrize("odd", [{}, {"id": None}, {"properties": None}, {"properties": ODD}])
def test_odd_documents_are_no_crash(odd):
    whole = {"id": f"{NET}/x/y", **odd}
    assert path.read_group({**whole, "id": "/g"}).rules == ()
    assert path.read_subnets(whole) == [] and path.read_routes(whole) == []
    assert path.path(path.Networks(), path.read_interface(whole), BACKUP)["verdict"] == "open"


def test_sets_of_addresses_behave_as_sets():
    dice = random.Random(4)
    for _each in range(200):
        one, other = (
            [f"10.0.0.{dice.randrange(0, 255)}" for _each in range(dice.randrange(0, 30))] + [f"10.0.0.{16 * dice.randrange(0, 15)}/29"] for _side in range(2)
        )
        left, right = traffic.ranges(one), traffic.ranges(other)
        members = {id(each): {number for low, high in each for number in range(low, high + 1)} for each in (left, right)}
        a, b = members[id(left)], members[id(right)]
        for found, expected in ((traffic.both(left, right), a & b), (traffic.either(left, right), a | b), (traffic.without(left, right), a - b)):
            assert {number for low, high in found for number in range(low, high + 1)} == expected
            assert all(found[place][1] + 1 < found[place + 1][0] for place in range(len(found) - 1))


def test_ranges_are_of_ipv4_blocks_only():
    assert traffic.ranges(["2001:db8::/32", "Storage", "*", ""]) == traffic.NOWHERE
    assert traffic.ranges(["0.0.0.0/1", "128.0.0.0/1"]) == traffic.EVERYWHERE == traffic.without(traffic.EVERYWHERE, traffic.NOWHERE)
    assert traffic.ranges(["10.0.0.1"]) == ((int(ipaddress.IPv4Address("10.0.0.1")),) * 2,)
