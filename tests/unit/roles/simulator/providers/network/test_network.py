# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network security groups, their rules, and what surrounds them."""

from __future__ import annotations

import pytest

NSG = "Microsoft.Network/networkSecurityGroups/lockdown"
RULE = f"{NSG}/securityRules/web"
VNET = "Microsoft.Network/virtualNetworks/vnet"
NIC = "Microsoft.Network/networkInterfaces/nic1"
LOCATION = {"location": "westeurope"}
GOOD = {
    "priority": 200,
    "direction": "Outbound",
    "access": "Allow",
    "protocol": "Tcp",
    "sourceAddressPrefix": "VirtualNetwork",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "AzureBackup",
    "destinationPortRange": "443",
}


def rule(**changes):
    return {"properties": {key: value for key, value in {**GOOD, **changes}.items() if value is not None}}


@pytest.fixture
def nsg(azure):
    return azure.put(NSG, LOCATION)


@pytest.fixture
def nic(azure, nsg):
    subnet = {"name": "default", "properties": {"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": {"id": nsg["id"]}}}
    azure.put(VNET, {**LOCATION, "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [subnet]}})
    azure.put("Microsoft.Network/publicIPAddresses/pip", {**LOCATION, "properties": {"publicIPAllocationMethod": "Static"}})
    properties = {
        "subnet": {"id": azure.id(f"{VNET}/subnets/default")},
        "publicIPAddress": {"id": azure.id("Microsoft.Network/publicIPAddresses/pip")},
    }
    body = {"networkSecurityGroup": {"id": nsg["id"]}, "ipConfigurations": [{"name": "ipconfig1", "properties": properties}]}
    return azure.put(NIC, {**LOCATION, "properties": body})


def test_new_nsg_is_updating_then_succeeded_with_the_six_default_rules(azure):
    response = azure.send("PUT", NSG, LOCATION)
    assert response.status == 201
    assert response.body["properties"]["provisioningState"] == "Updating"
    assert "/providers/Microsoft.Network/locations/westeurope/operations/" in response.headers["Azure-AsyncOperation"]
    assert "Location" not in response.headers and response.headers["Retry-After"]
    assert azure.follow(response.headers["Azure-AsyncOperation"]).body == {"status": "InProgress"}
    assert azure.finish(response).body == {"status": "Succeeded"}
    nsg = azure.get(NSG)
    assert nsg["properties"]["provisioningState"] == "Succeeded"
    assert nsg["etag"] != response.body["etag"] == response.body["properties"]["defaultSecurityRules"][0]["etag"]
    assert [(each["name"], each["properties"]["priority"]) for each in nsg["properties"]["defaultSecurityRules"]] == [
        ("AllowVnetInBound", 65000),
        ("AllowAzureLoadBalancerInBound", 65001),
        ("DenyAllInBound", 65500),
        ("AllowVnetOutBound", 65000),
        ("AllowInternetOutBound", 65001),
        ("DenyAllOutBound", 65500),
    ]
    assert "tags" not in nsg


def test_put_replaces_all_rules_and_patch_changes_only_tags(azure, nsg):
    azure.put(RULE, rule())
    assert azure.send("PATCH", NSG, {"tags": {"a": "b"}}).status == 200
    body = azure.get(NSG)
    assert body["tags"] == {"a": "b"} and len(body["properties"]["securityRules"]) == 1
    assert body["properties"]["resourceGuid"] == nsg["properties"]["resourceGuid"]
    assert azure.send("PUT", NSG, LOCATION).status == 200
    assert azure.get(NSG)["properties"]["securityRules"] == []


def test_rule_is_answered_with_its_lists_and_the_callers_protocol(azure, nsg):
    response = azure.send("PUT", RULE, rule(protocol="TCP", access="allow"))
    assert response.status == 201 and response.body["properties"]["provisioningState"] == "Updating"
    azure.finish(response)
    properties = azure.get(RULE)["properties"]
    assert properties["protocol"] == "TCP" and properties["access"] == "Allow"
    assert [
        properties[key]
        for key in ("sourcePortRanges", "destinationPortRanges", "sourceAddressPrefixes", "destinationAddressPrefixes")
    ] == [[]] * 4
    assert azure.send("PUT", RULE, rule(priority=201)).status == 200


def test_rule_with_lists_has_no_single_values(azure, nsg):
    several = rule(
        destinationPortRange=None,
        destinationPortRanges=["80", "8080-8090"],
        sourceAddressPrefix="",
        sourceAddressPrefixes=["10.0.0.0/24"],
    )
    properties = azure.put(RULE, several)["properties"]
    assert properties["destinationPortRanges"] == ["80", "8080-8090"]
    assert "destinationPortRange" not in properties and "sourceAddressPrefix" not in properties


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"priority": 99}, "SecurityRuleInvalidPriority", "Value provided: 99 Allowed range 100-4096."),
        ({"priority": 4097}, "SecurityRuleInvalidPriority", "4097"),
        ({"priority": None}, "SecurityRuleInvalidPriority", "Value provided: 0 "),
        ({"priority": "high"}, "InvalidRequestFormat", "Cannot parse"),
        ({"direction": "Sideways"}, "InvalidRequestFormat", "Cannot parse"),
        ({"protocol": None}, "SecurityRuleParameterMissing", "Protocol is missing"),
        ({"destinationPortRange": "443,80"}, "SecurityRuleInvalidPortRange", "Value provided: 443,80."),
        ({"destinationPortRange": "90-80"}, "SecurityRuleInvalidPortRange", "90-80"),
        ({"destinationPortRange": "65536"}, "SecurityRuleInvalidPortRange", "0-65535"),
        ({"destinationPortRange": None, "destinationPortRanges": ["*"]}, "SecurityRuleInvalidPortRange", "*"),
        ({"destinationPortRange": None}, "SecurityRuleParameterMissing", "DestinationPortRange"),
        ({"destinationPortRanges": ["80"]}, "SecurityRuleParametersConflict", "destinationPortRange and destinationPortRanges"),
        ({"sourceAddressPrefix": "10.0.0.1/24"}, "SecurityRuleInvalidAddressPrefix", "Value provided: 10.0.0.1/24"),
        ({"sourceAddressPrefix": "any"}, "SecurityRuleInvalidAddressPrefix", "any"),
        ({"destinationAddressPrefix": "AzureBackup.WestEurope"}, "SecurityRuleInvalidAddressPrefix", "AzureBackup.WestEurope"),
        (
            {"destinationAddressPrefix": None, "destinationAddressPrefixes": ["Storage"]},
            "SecurityRuleParameterContainsUnsupportedValue",
            "parameter DestinationAddressPrefix for rule",
        ),
        ({"destinationAddressPrefix": None}, "SecurityRuleParametersMissing", "DestinationApplicationSecurityGroups."),
        ({"destinationAddressPrefix": "AzurePlatformDNS"}, "SecurityRuleInvalidAccessType", "Deny"),
        ({"description": "x" * 141}, "SecurityRuleInvalidDescription", "140"),
    ],
)
def test_bad_rule_is_refused(azure, nsg, changes, code, text):
    response = azure.send("PUT", RULE, rule(**changes))
    assert response.status == 400
    assert response.body["error"]["code"] == code
    assert text in response.body["error"]["message"]
    assert azure.get(NSG)["properties"]["securityRules"] == []


@pytest.mark.parametrize(
    "prefix", ["*", "10.0.0.0/24", "10.1.2.3", "2001:db8::/32", "storage.westeurope", "AzureActiveDirectory", "789"]
)
def test_good_address_prefix_is_taken(azure, nsg, prefix):
    assert azure.put(RULE, rule(destinationAddressPrefix=prefix))["properties"]["destinationAddressPrefix"] == prefix


def test_name_of_a_rule_is_checked(azure, nsg):
    response = azure.send("PUT", f"{NSG}/securityRules/-bad", rule())
    assert (response.status, response.body["error"]["code"]) == (400, "InvalidResourceName")


def test_two_rules_of_a_direction_cannot_share_a_priority(azure, nsg):
    azure.put(RULE, rule())
    response = azure.send("PUT", f"{NSG}/securityRules/other", rule())
    assert (response.status, response.body["error"]["code"]) == (400, "SecurityRuleConflict")
    assert "Security rule web conflicts with rule other." in response.body["error"]["message"]
    assert azure.send("PUT", f"{NSG}/securityRules/other", rule(direction="Inbound")).status == 201


def test_if_match_guards_nsg_and_rule(azure, nsg):
    azure.put(RULE, rule())
    stale = azure.send("PUT", RULE, rule(), {"if-match": nsg["etag"]})
    assert (stale.status, stale.body["error"]["code"]) == (412, "PreconditionFailed")
    assert azure.send("PUT", RULE, rule(), {"if-match": azure.get(RULE)["etag"]}).status == 200
    assert azure.send("PUT", NSG, LOCATION, {"if-none-match": "*"}).status == 412


def test_rule_is_deleted_in_the_background_and_the_result_url_ends_in_204(azure, nsg):
    azure.put(RULE, rule())
    response = azure.send("DELETE", RULE)
    assert response.status == 202 and response.body is None
    assert azure.follow(response.headers["Location"]).status == 202
    azure.finish(response)
    result = azure.follow(response.headers["Location"])
    assert result.status == 204 and result.headers["Location"] and result.headers["Azure-AsyncOperation"]
    gone = azure.send("GET", RULE)
    assert (gone.status, gone.body["error"]["code"]) == (404, "NotFound")
    assert azure.send("DELETE", RULE).status == 204


def test_missing_parents_and_children(azure):
    missing = azure.send("GET", RULE)
    assert (missing.status, missing.body["error"]["code"]) == (404, "ResourceNotFound")
    assert "'Microsoft.Network/networkSecurityGroups/lockdown'" in missing.body["error"]["message"]
    orphan = azure.send("PUT", RULE, rule())
    assert (orphan.status, orphan.body["error"]["code"]) == (404, "ParentResourceNotFound")
    assert azure.send("DELETE", NSG).status == 204


def test_failed_operation_is_told_by_the_poll_and_leaves_the_state_failed(azure, nsg):
    error = {"code": "InternalServerError", "message": "An error occurred."}
    azure.world.faults.order({"method": "PUT", "fail_operation": error})
    response = azure.send("PUT", NSG, LOCATION)
    assert response.status == 200
    assert azure.finish(response).body == {"status": "Failed", "error": {**error, "details": []}}
    assert azure.get(NSG)["properties"]["provisioningState"] == "Failed"


def test_used_resources_show_their_users_and_are_not_deleted(azure, nic):
    nsg = azure.get(NSG)["properties"]
    assert nsg["networkInterfaces"] == [{"id": nic["id"]}]
    assert nsg["subnets"] == [{"id": azure.id(f"{VNET}/subnets/default")}]
    subnet = azure.get(f"{VNET}/subnets/default")
    configuration = f"{nic['id']}/ipConfigurations/ipconfig1"
    assert [each["id"].lower() for each in subnet["properties"]["ipConfigurations"]] == [configuration.lower()]
    assert azure.get("Microsoft.Network/publicIPAddresses/pip")["properties"]["ipConfiguration"] == {"id": configuration}
    for path, code in (
        (NSG, "InUseNetworkSecurityGroupCannotBeDeleted"),
        (VNET, "InUseSubnetCannotBeDeleted"),
        (f"{VNET}/subnets/default", "InUseSubnetCannotBeDeleted"),
        ("Microsoft.Network/publicIPAddresses/pip", "PublicIPAddressCannotBeDeleted"),
    ):
        response = azure.send("DELETE", path)
        assert (response.status, response.body["error"]["code"], response.body["error"]["details"]) == (400, code, [])
    azure.finish(azure.send("DELETE", NIC))
    assert "networkInterfaces" not in azure.get(NSG)["properties"]
    azure.finish(azure.send("DELETE", f"{VNET}/subnets/default"))
    azure.finish(azure.send("DELETE", NSG))
    assert azure.send("GET", NSG).status == 404


def test_interface_gets_an_address_of_its_subnet_and_keeps_it(azure, nic):
    configuration = nic["properties"]["ipConfigurations"][0]
    assert configuration["properties"]["privateIPAddress"] == "10.0.0.4"
    again = azure.put(
        NIC, {**LOCATION, "properties": {"ipConfigurations": [{"name": "ipconfig1", "properties": configuration["properties"]}]}}
    )
    assert again["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] == "10.0.0.4"
    assert again["properties"]["macAddress"] == nic["properties"]["macAddress"]
    assert "networkSecurityGroup" not in again["properties"]


def test_reference_to_nothing_is_refused(azure, nsg):
    subnet = {"id": azure.id(f"{VNET}/subnets/none")}
    response = azure.send(
        "PUT", NIC, {**LOCATION, "properties": {"ipConfigurations": [{"name": "a", "properties": {"subnet": subnet}}]}}
    )
    assert (response.status, response.body["error"]["code"]) == (400, "InvalidResourceReference")


def test_subnet_of_a_network_without_it_is_not_found_in_the_child_form(azure, nic):
    response = azure.send("GET", f"{VNET}/subnets/none")
    assert response.body["error"] == {
        "code": "NotFound",
        "message": f"Resource {azure.id(VNET)}/subnets/none not found.",
        "details": [],
    }


def test_subnet_put_shows_plain_ids_and_get_shouted_ones(azure, nic):
    properties = azure.get(f"{VNET}/subnets/default")["properties"]
    response = azure.send("PUT", f"{VNET}/subnets/default", {"properties": properties})
    assert response.status == 200
    assert response.body["properties"]["ipConfigurations"][0]["id"].startswith(nic["id"])
    assert "/networkInterfaces/NIC1/" in azure.get(f"{VNET}/subnets/default")["properties"]["ipConfigurations"][0]["id"]


def test_bad_prefix_of_a_subnet_is_refused(azure, nic):
    response = azure.send("PUT", f"{VNET}/subnets/more", {"properties": {"addressPrefix": "10.0.4.0/24--no-wait"}})
    assert response.body["error"]["code"] == "InvalidAddressPrefixFormat"


def test_location_is_needed_and_stays(azure, nsg):
    assert azure.send("PUT", f"{NSG}2", {}).body["error"]["code"] == "LocationRequired"
    moved = azure.send("PUT", NSG, {"location": "northeurope"})
    assert (moved.status, moved.body["error"]["code"]) == (409, "InvalidResourceLocation")
    assert azure.put(f"{NSG}2", {"location": "North Europe"})["location"] == "northeurope"


def test_lists_come_in_pages(azure):
    for number in range(5):
        azure.send("PUT", f"{NSG}{number}", LOCATION)
    azure.world.settings.page_size = 2
    names, page = [], azure.get(f"{azure.subscription}/providers/Microsoft.Network/networkSecurityGroups")
    while True:
        names += [each["name"] for each in page["value"]]
        if "nextLink" not in page:
            break
        page = azure.follow(page["nextLink"].replace("%24", "_")).body
    assert names == [f"lockdown{number}" for number in range(5)]


def test_service_tags_of_any_location(azure):
    body = azure.get(f"{azure.subscription}/providers/Microsoft.Network/locations/westeurope/serviceTags")
    tags = {each["name"]: each["properties"] for each in body["values"]}
    assert {"AzureBackup", "Storage", "Storage.WestEurope", "AzureActiveDirectory"} <= set(tags)
    assert tags["AzureBackup"]["systemService"] == "AzureBackup" and tags["AzureBackup"]["region"] == ""
    assert all(prefixes["addressPrefixes"] for prefixes in tags.values())


def test_effective_rules_of_a_running_vm(azure):
    azure.load(
        {
            "network_security_groups": [
                {
                    "name": "lockdown",
                    "resource_group": "app",
                    "rules": [{"name": "no", "priority": 100, "direction": "Outbound", "access": "Deny"}],
                }
            ],
            "vms": [{"name": "web", "resource_group": "app", "nic": {"network_security_group": "lockdown"}}],
        }
    )
    response = azure.send("POST", "Microsoft.Network/networkInterfaces/webVMNic/effectiveNetworkSecurityGroups")
    assert response.status == 202 and "Azure-AsyncOperation" not in response.headers
    assert azure.follow(response.headers["Location"]).status == 202
    azure.world.clock.jump(60)
    groups = azure.follow(response.headers["Location"]).body["value"]
    assert [each["association"] for each in groups] == [
        {"networkInterface": {"id": azure.id("Microsoft.Network/networkInterfaces/webVMNic")}}
    ]
    assert groups[0]["effectiveSecurityRules"][0]["name"] == "securityRules/no"


def test_rules_of_an_estate_become_wire_rules(azure):
    entry = {
        "name": "deny",
        "priority": 300,
        "direction": "Outbound",
        "access": "Deny",
        "destination": ["10.0.0.0/8", "192.168.0.0/16"],
        "destination_port": "443",
    }
    azure.load({"network_security_groups": [{"name": "lockdown", "resource_group": "app", "rules": [entry]}]})
    properties = azure.get(f"{NSG}/securityRules/deny")["properties"]
    assert properties["provisioningState"] == "Succeeded"
    assert properties["destinationAddressPrefixes"] == ["10.0.0.0/8", "192.168.0.0/16"]
    assert (properties["destinationPortRange"], properties["sourceAddressPrefix"], properties["protocol"]) == ("443", "*", "*")
