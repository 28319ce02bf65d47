# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route tables with their routes, effective routes, and whether a packet passes the security groups."""

from __future__ import annotations

import pytest
from azure.mgmt.network import models

TABLE = "Microsoft.Network/routeTables/t"
NSG = "Microsoft.Network/networkSecurityGroups"
WATCHER = "Microsoft.Network/networkWatchers/w"
PLACE = {"location": "westeurope"}
PROXY = {"properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.0.5"}}
OUT = {"direction": "Outbound", "access": "Allow", "protocol": "Tcp"}


@pytest.fixture
def estate(azure):
    azure.load(
        {
            "network_security_groups": [
                {
                    "name": "locked",
                    "resource_group": "app",
                    "rules": [
                        {"name": "backup", "priority": 200, **OUT, "destination": "AzureBackup", "destination_port": "443"},
                        {"name": "none", "priority": 4000, **OUT, "access": "Deny", "protocol": "*", "destination": "Internet"},
                    ],
                }
            ],
            "virtual_networks": [{"name": "net", "resource_group": "app", "subnets": [{"name": "a", "network_security_group": "locked"}]}],
            "vms": [{"name": "web", "resource_group": "app", "nic": {"subnet": "net/a"}}],
        }
    )
    azure.put(WATCHER, PLACE)
    return azure


def test_routes_come_and_go(azure, unknown_fields):
    azure.put(TABLE, {**PLACE, "properties": {"routes": [{"name": "one", **PROXY}]}})
    created = azure.send("PUT", f"{TABLE}/routes/two", {"properties": {"addressPrefix": "AzureBackup", "nextHopType": "internet"}})
    assert (created.status, created.body["properties"]["nextHopType"]) == (201, "Internet")
    assert azure.finish(created).body["status"] == "Succeeded"
    assert [each["name"] for each in azure.get(f"{TABLE}/routes")["value"]] == ["one", "two"]
    assert azure.send("PUT", f"{TABLE}/routes/TWO", PROXY).status == 200
    table = azure.get(TABLE)
    assert unknown_fields(models.RouteTable(table), table) == []
    azure.finish(azure.send("DELETE", f"{TABLE}/routes/one"))
    assert azure.send("GET", f"{TABLE}/routes/one").body["error"]["code"] == "NotFound"


@pytest.mark.parametrize(
    "properties",
    [
        {"addressPrefix": "10.0.0.1/8", "nextHopType": "Internet"},
        {"addressPrefix": "0.0.0.0/0", "nextHopType": "Elsewhere"},
        {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance"},
        {"addressPrefix": "0.0.0.0/0", "nextHopType": "None", "nextHopIpAddress": "10.0.0.5"},
    ],
)
def test_wrong_routes_are_refused(azure, properties):
    azure.put(TABLE, PLACE)
    assert azure.send("PUT", f"{TABLE}/routes/one", {"properties": properties}).status == 400


def test_a_users_route_puts_the_systems_out_of_force(estate, unknown_fields):
    table = estate.put(TABLE, {**PLACE, "properties": {"routes": [{"name": "proxy", **PROXY}]}})
    subnet = estate.get("Microsoft.Network/virtualNetworks/net/subnets/a")
    estate.put("Microsoft.Network/virtualNetworks/net/subnets/a", {"properties": {**subnet["properties"], "routeTable": {"id": table["id"]}}})
    answer = estate.send("POST", "Microsoft.Network/networkInterfaces/webVMNic/effectiveRouteTable")
    assert "Azure-AsyncOperation" not in answer.headers
    estate.world.clock.jump(600)
    routes = estate.follow(answer.headers["Location"]).body["value"]
    everywhere = [(each["source"], each["state"], each["nextHopType"]) for each in routes if each["addressPrefix"] == ["0.0.0.0/0"]]
    assert everywhere == [("Default", "Invalid", "Internet"), ("User", "Active", "VirtualAppliance")]
    assert ("10.0.0.0/16", "VnetLocal") in [(each["addressPrefix"][0], each["nextHopType"]) for each in routes]
    assert [unknown_fields(models.EffectiveRoute(each), each) for each in routes] == [[]] * len(routes)


def flow(azure, remote, port=443, direction="Outbound", protocol="TCP"):
    nic = azure.get("Microsoft.Network/networkInterfaces/webVMNic")
    local = nic["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"]
    wish = {"targetResourceId": azure.id("Microsoft.Compute/virtualMachines/web"), "direction": direction, "protocol": protocol}
    wish |= {"localPort": "50000", "remotePort": str(port), "localIPAddress": local, "remoteIPAddress": remote}
    answer = azure.send("POST", f"{WATCHER}/ipFlowVerify", wish)
    assert answer.status == 202, answer.body
    azure.world.clock.jump(600)
    return azure.follow(answer.headers["Location"]).body


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        ({"remote": "4.232.28.70"}, ("Allow", "securityRules/backup")),
        ({"remote": "4.232.28.70", "port": 80}, ("Deny", "securityRules/none")),
        ({"remote": "4.232.28.70", "protocol": "UDP"}, ("Deny", "securityRules/none")),
        ({"remote": "10.0.7.7"}, ("Allow", "defaultSecurityRules/AllowVnetOutBound")),
        ({"remote": "198.51.100.1", "direction": "Inbound"}, ("Deny", "defaultSecurityRules/DenyAllInBound")),
        ({"remote": "168.63.129.16", "direction": "Inbound"}, ("Allow", "defaultSecurityRules/AllowAzureLoadBalancerInBound")),
    ],
)
def test_a_packet_meets_the_first_rule_that_fits(estate, asked, verdict):
    assert flow(estate, **asked) == {"access": verdict[0], "ruleName": verdict[1]}


def test_the_interfaces_own_group_has_a_say_too(estate):
    group = estate.put(f"{NSG}/own", PLACE)
    nic = estate.get("Microsoft.Network/networkInterfaces/webVMNic")
    estate.put(nic["id"], {**PLACE, "properties": {**nic["properties"], "networkSecurityGroup": {"id": group["id"]}}})
    rule = {"access": "Deny", "priority": 100, "direction": "Outbound", "protocol": "*"}
    rule |= {"sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationAddressPrefix": "Storage.WestEurope", "destinationPortRange": "*"}
    estate.put(f"{NSG}/own/securityRules/stop", {"properties": rule})
    assert flow(estate, "192.0.2.1") == {"access": "Deny", "ruleName": "securityRules/stop"}
    assert flow(estate, "4.232.28.70")["access"] == "Allow"


def test_a_question_changes_nothing(estate):
    estate.world.ledger.clear()
    flow(estate, "192.0.2.1")
    assert estate.world.ledger.select(writes=True) == []


def test_what_is_missing_is_named(estate):
    answer = estate.send("POST", f"{WATCHER}/ipFlowVerify", {"direction": "Outbound"})
    assert "targetResourceId" in answer.body["error"]["message"]
