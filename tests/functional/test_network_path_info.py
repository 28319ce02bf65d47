# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module network_path_info against the simulator; what it says of single addresses is compared with ipFlowVerify."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import pytest
from azure.core.credentials import AccessTokenInfo
from azure.mgmt.network import NetworkManagementClient
from harness import Azure

ESTATE = """
resource_groups: [{name: app, location: westeurope}, {name: far, location: northeurope}]
network_security_groups:
  - name: lockdown
    resource_group: app
    rules: [{name: DenyInternet, priority: 4000, direction: Outbound, access: Deny, destination: Internet}]
  - name: tagged
    resource_group: app
    rules:
      - {name: AllowBackup, priority: 200, direction: Outbound, access: Allow, protocol: Tcp, destination: AzureBackup, destination_port: "443"}
      - {name: AllowStorage, priority: 210, direction: Outbound, access: Allow, protocol: Tcp, destination: Storage, destination_port: "443"}
      - {name: AllowSignIn, priority: 220, direction: Outbound, access: Allow, protocol: Tcp, destination: AzureActiveDirectory, destination_port: "443"}
      - {name: DenyAll, priority: 4096, direction: Outbound, access: Deny}
  - name: half
    resource_group: app
    rules:
      - {name: WrongPort, priority: 200, direction: Outbound, access: Allow, protocol: Tcp, destination: Storage.WestEurope, destination_port: "80"}
      - {name: NoNames, priority: 300, direction: Outbound, access: Deny, protocol: "*", destination: AzurePlatformDNS}
      - {name: OtherVm, priority: 310, direction: Outbound, access: Deny, protocol: Tcp, source: 10.9.9.9, destination: "*"}
      - {name: NoStorage, priority: 400, direction: Outbound, access: Deny, protocol: Tcp, destination: Storage.WestEurope, destination_port: "440-450"}
virtual_networks:
  - name: net
    resource_group: app
    address_prefix: 10.1.0.0/16
    subnets:
      - {name: plain, address_prefix: 10.1.0.0/24}
      - {name: locked, address_prefix: 10.1.1.0/24, network_security_group: lockdown}
      - {name: tagged, address_prefix: 10.1.2.0/24, network_security_group: tagged}
vms:
  - {name: free, resource_group: app, nic: {subnet: net/plain}}
  - {name: shut, resource_group: app, nic: {subnet: net/locked}}
  - {name: good, resource_group: app, nic: {subnet: net/tagged}}
  - {name: both, resource_group: app, nic: {subnet: net/tagged, network_security_group: lockdown}}
  - {name: part, resource_group: app, nic: {subnet: net/plain, network_security_group: half}}
  - {name: away, resource_group: far}
"""


@pytest.fixture
def filled(azure: Azure) -> Azure:
    azure.estate(ESTATE)
    azure.clear_ledger()
    return azure


class Somebody:
    """A credential for Microsoft's clients."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    def get_token_info(self, *scopes: str, options: Any = None) -> AccessTokenInfo:
        return AccessTokenInfo(self._azure.token(), int(time.time()) + 3600)


def by_name(result: dict[str, Any], key: str = "verdict") -> dict[str, Any]:
    return {each["name"]: each[key] for each in result["vms"]}


def paths(result: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    return {each["target"]: each for each in next(vm for vm in result["vms"] if vm["name"] == name)["paths"]}


def change_subnet(azure: Azure, name: str, number: int, **properties: Any) -> None:
    subnet = azure.id("app", "Microsoft.Network/virtualNetworks/subnets", "net", name)
    azure.send("PUT", subnet, {"properties": {"addressPrefix": f"10.1.{number}.0/24", **properties}})
    azure.jump(60)


def route_table(azure: Azure, **routes: dict[str, Any]) -> dict[str, str]:
    table = azure.id("app", "Microsoft.Network/routeTables", "table")
    body = {"location": "westeurope", "properties": {"routes": [{"name": name, "properties": each} for name, each in routes.items()]}}
    azure.send("PUT", table, body)
    azure.jump(60)
    return {"id": table}


@pytest.mark.parametrize("check", [False, True])
def test_rules_that_stop_traffic_are_named(filled: Azure, check: bool) -> None:
    result = filled.module("network_path_info", check=check)
    assert by_name(result) == {"free": "open", "shut": "closed", "good": "open", "both": "closed", "part": "closed", "away": "open"}
    assert result["summary"] == {"open": 3, "partly": 0, "closed": 3, "unknown": 0} and not result["changed"] and filled.writes() == []
    (stop,) = paths(result, "shut")["AzureBackup"]["stopped_by"]
    assert (stop["name"], stop["priority"], stop["where"], stop["kind"]) == ("DenyInternet", 4000, "subnet", "rule")
    assert stop["owner"] == filled.id("app", "Microsoft.Network/networkSecurityGroups", "lockdown") and stop["id"].endswith("/securityRules/DenyInternet")
    assert stop["text"] == "rule DenyInternet (priority 4000) of network security group app/lockdown on the subnet"
    assert {each["stopped_by"][0]["where"] for target, each in paths(result, "both").items() if target != "platform"} == {"network_interface"}
    part = paths(result, "part")
    assert {target: each["verdict"] for target, each in part.items()} == {
        "platform": "open", "AzureBackup": "open", "Storage.WestEurope": "closed", "AzureActiveDirectory": "open",
    }  # fmt: skip
    assert part["Storage.WestEurope"]["stopped_by"][0]["name"] == "NoStorage" and "NoNames" in part["platform"]["notes"][0]
    assert "Storage.NorthEurope" in paths(result, "away") and by_name(result, "reason")["good"] is None


def test_addresses_in_rules_are_compared_with_those_of_the_tag(filled: Azure) -> None:
    (tag,) = filled.module("service_tag_info", location="westeurope", names=["AzureBackup"])["tags"]
    first, *others = tag["ipv4"]
    rule = {"network_security_group": "lockdown", "resource_group": "app", "priority": 100, "destination_ports": ["443"]}
    filled.module("network_rule", **rule, name="one", destination=[first])
    result = filled.module("network_path_info", vms=["app/shut"], service_tags=["AzureBackup"])
    assert by_name(result) == {"shut": "partly"}
    filled.module("network_rule", **rule, name="one", destination=[first, *others])
    result = filled.module("network_path_info", vms=["app/shut"], service_tags=["AzureBackup"])
    assert by_name(result) == {"shut": "open"}


def test_routes_that_stop_or_lead_traffic_are_named(filled: Azure) -> None:
    hop = {"addressPrefix": "0.0.0.0/0", "nextHopType": "None"}
    change_subnet(filled, "plain", 0, routeTable=route_table(filled, nowhere=hop))
    result = filled.module("network_path_info", vms=["app/free"])
    (stop,) = paths(result, "free")["AzureBackup"]["stopped_by"]
    assert (stop["kind"], stop["name"], by_name(result)["free"]) == ("route", "nowhere", "closed") and "app/table" in stop["text"]
    assert paths(result, "free")["platform"]["verdict"] == "open"

    appliance = {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.1.9.9"}
    route_table(filled, fw=appliance)
    result = filled.module("network_path_info", vms=["app/free"])
    assert by_name(result) == {"free": "open"} and paths(result, "free")["AzureBackup"]["via"] == "the appliance 10.1.9.9 by route fw"

    tag = {"addressPrefix": "AzureBackup", "nextHopType": "Internet"}
    route_table(filled, nowhere=hop, backup=tag)
    result = filled.module("network_path_info", vms=["app/free"], service_tags=["AzureBackup", "Storage"])
    assert {target: each["verdict"] for target, each in paths(result, "free").items()} == {
        "platform": "open", "AzureBackup": "open", "Storage.WestEurope": "closed",
    }  # fmt: skip
    change_subnet(filled, "plain", 0, routeTable=route_table(filled, nowhere=hop), serviceEndpoints=[{"service": "Microsoft.Storage"}])
    result = filled.module("network_path_info", vms=["app/free"], service_tags=["Storage"])
    assert by_name(result) == {"free": "open"}


def test_a_private_subnet_has_no_way_out(filled: Azure) -> None:
    change_subnet(filled, "plain", 0, defaultOutboundAccess=False)
    result = filled.module("network_path_info", vms=["app/free"], proxy_address="10.1.0.9")
    assert paths(result, "free")["AzureBackup"]["stopped_by"][0]["kind"] == "subnet"
    assert paths(result, "free")["proxy"]["verdict"] == "open"


def test_the_path_to_a_proxy(filled: Azure) -> None:
    options = {"service_tags": [], "proxy_address": "10.1.0.9", "proxy_port": 3128}
    result = filled.module("network_path_info", **options, resource_groups=["app"])
    verdicts = {name: paths(result, name)["proxy"]["verdict"] for name in by_name(result)}
    assert verdicts == {"free": "open", "shut": "open", "good": "closed", "both": "closed", "part": "open"}
    assert [each["path"].rpartition("/")[2] for each in filled.requests() if "serviceTags" in each["path"]] == []
    elsewhere = filled.module("network_path_info", **{**options, "proxy_address": "192.168.7.7"}, vms=["app/free"])
    assert "no route of the subnet leads to it" in by_name(elsewhere, "reason")["free"]


def test_single_addresses_agree_with_azures_own_answer(filled: Azure) -> None:
    """ipFlowVerify of the simulator has been written apart from the module."""
    watcher = filled.id("app", "Microsoft.Network/networkWatchers", "watcher")
    filled.send("PUT", watcher, {"location": "westeurope", "properties": {}})
    client = NetworkManagementClient(
        Somebody(filled), filled.subscription_id, base_url=filled.connection["arm_url"], connection_verify=filled.connection["ca_file"], polling_interval=1
    )
    begun = []
    for target in ("10.1.0.77", "10.2.0.1", "8.8.8.8", "192.0.2.1"):
        result = filled.module("network_path_info", service_tags=[], proxy_address=target, proxy_port=443, resource_groups=["app"])
        for name in by_name(result):
            nic = filled.send("GET", filled.id("app", "Microsoft.Network/networkInterfaces", f"{name}VMNic"))
            asked = {
                "targetResourceId": filled.vm_id("app", name), "direction": "Outbound", "protocol": "TCP", "localPort": "50000", "remotePort": "443",
                "localIPAddress": nic["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"], "remoteIPAddress": target,
            }  # fmt: skip
            stops = [each["name"] for each in paths(result, name)["proxy"]["stopped_by"] if each["kind"] == "rule"]
            begun.append((name, target, stops, client.network_watchers.begin_verify_ip_flow("app", "watcher", asked)))
    assert begun
    for name, target, stops, poller in begun:
        answer = poller.result().as_dict()
        assert stops[:1] == ([answer["ruleName"].rpartition("/")[2]] if answer["access"] == "Deny" else []), (name, target)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"proxy_address": "proxy", "proxy_port": 0, "service_tags": ["no tag"]}, ["proxy_address", "proxy_port", "service_tags"]),
        ({"proxy_address": "10.0.0.0/33"}, ["proxy_address"]),
        ({"vms": ["x"]}, ["vms"]),
        ({"service_tags": ["AzureBackups"]}, ["service_tags"]),
    ],
)
def test_bad_input(filled: Azure, options: dict[str, Any], named: list[str]) -> None:
    result = filled.module("network_path_info", **options)
    assert sorted(each["option"] for each in result["problems"]) == named


def test_without_the_tags_addresses_rules_are_judged_by_name(filled: Azure) -> None:
    filled.fault(method="GET", path="*/serviceTags", status=403, times=0)
    result = filled.module("network_path_info", resource_groups=["app"])
    assert by_name(result) == {"free": "open", "shut": "closed", "good": "open", "both": "closed", "part": "closed"}
    assert "by the names of service tags" in json.dumps(result["warnings"])


def test_what_is_not_there_is_told_and_no_error(filled: Azure) -> None:
    filled.module("network_path_info", vms=["app/ghost"])
    result = filled.module("network_path_info", vms=["app/ghost", "app/free"])
    assert by_name(result) == {"free": "open"} and [each["option"] for each in result["unmatched"]] == ["vms"]


FLEET = """
resource_groups: [{name: fleet, location: westeurope}]
network_security_groups:
  - name: lockdown
    resource_group: fleet
    rules: [{name: DenyInternet, priority: 4000, direction: Outbound, access: Deny, destination: Internet}]
vms: [{name: vm, count: 1000, resource_group: fleet, nic: {network_security_group: lockdown}}]
"""


def test_a_thousand_vms_take_three_requests_for_200_interfaces_at_most(azure: Azure) -> None:
    azure.estate(FLEET)
    azure.settings(page_size=200)
    azure.clear_ledger()
    result = azure.module("network_path_info")
    assert result["summary"]["closed"] == 1000
    asked = Counter(each["path"].rpartition("/")[2] for each in azure.requests(kind="arm"))
    assert sum(asked.values()) <= 3 * (1000 // 200) and asked["networkInterfaces"] == 5, asked
