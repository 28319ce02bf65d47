# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Template deployments and the expressions in them."""

from __future__ import annotations

import json

import pytest
from arm_simulator.core.messages import Request
from arm_simulator.gateway import arm
from arm_simulator.providers.resources.template import TemplateError, evaluate

DEPLOYMENT = "Microsoft.Resources/deployments/d1"
PLACE = {"location": "westeurope"}
NET = {"type": "Microsoft.Network/virtualNetworks", "name": "[variables('net')]", "apiVersion": "2015-06-15", **PLACE}
SPACE = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [{"name": "a", "properties": {"addressPrefix": "10.0.0.0/24"}}]}
NIC = {"type": "Microsoft.Network/networkInterfaces", "name": "nic", "apiVersion": "2015-06-15", **PLACE}
NIC["dependsOn"] = ["Microsoft.Network/virtualNetworks/net"]
SUBNET = {"id": "[resourceId('Microsoft.Network/virtualNetworks/subnets', variables('net'), 'a')]"}
VM = {"type": "Microsoft.Compute/virtualMachines", "name": "vm1", "apiVersion": "2024-07-01", **PLACE}
VM["dependsOn"] = ["Microsoft.Network/networkInterfaces/nic"]


def template(**more):
    vm = {
        "hardwareProfile": {"vmSize": "Standard_DS1_v2"},
        "networkProfile": {"networkInterfaces": [{"id": "[resourceId('Microsoft.Network/networkInterfaces', 'nic')]", "properties": {"deleteOption": None}}]},
        "storageProfile": {
            "osDisk": {"createOption": "fromImage", "name": None, "caching": "ReadWrite"},
            "imageReference": {"publisher": "Debian", "offer": "debian-12", "sku": "12-gen2", "version": "latest"},
        },
        "osProfile": {"computerName": "vm1", "adminUsername": "me", "adminPassword": "[parameters('adminPassword')]"},
    }
    configuration = {"name": "ip", "properties": {"subnet": SUBNET}}
    return {
        "parameters": {"adminPassword": {"type": "securestring"}},
        "variables": {"net": "net"},
        "resources": [{**VM, "properties": vm}, {**NIC, "properties": {"ipConfigurations": [configuration]}}, {**NET, "properties": SPACE}],
        "outputs": {"address": {"type": "string", "value": "[reference('nic').ipConfigurations[0].properties.privateIPAddress]"}},
        **more,
    }


def body(wanted, **parameters):
    values = {name: {"value": value} for name, value in parameters.items()}
    return {"properties": {"template": wanted, "parameters": values, "mode": "incremental"}}


def test_a_vm_is_made_with_what_it_needs(azure):
    answer = azure.send("PUT", DEPLOYMENT, body(template(), adminPassword="hidden-word"))
    assert answer.status == 201
    assert answer.body["properties"]["provisioningState"] == "Accepted"
    assert answer.body["properties"]["parameters"] == {"adminPassword": {"type": "securestring"}}
    poll = answer.headers["Azure-AsyncOperation"]
    assert azure.follow(poll).body == {"status": "Accepted"}
    azure.world.clock.jump(0.2)
    assert azure.follow(poll).body == {"status": "Running"}
    azure.world.clock.jump(60)
    assert azure.follow(poll).body == {"status": "Succeeded"}
    done = azure.get(DEPLOYMENT)["properties"]
    assert done["outputs"] == {"address": {"type": "string", "value": "10.0.0.4"}}
    assert [each["id"].rpartition("/")[2] for each in done["outputResources"]] == ["vm1", "nic", "net"]
    assert azure.get("Microsoft.Compute/virtualMachines/vm1")["properties"]["provisioningState"] == "Succeeded"
    assert "hidden-word" not in json.dumps([azure.world.store.tables, list(azure.world.ledger.entries)])


def test_only_the_clients_own_request_is_in_the_ledger(azure):
    azure.send("PUT", DEPLOYMENT, body(template(), adminPassword="x"))
    azure.world.clock.jump(600)
    assert [each["path"] for each in azure.world.ledger.select(writes=True)] == [f"{azure.group}/providers/{DEPLOYMENT}"]


def test_a_resource_that_is_refused_fails_the_deployment(azure):
    wanted = {"resources": [{**NIC, "dependsOn": [], "properties": {"ipConfigurations": []}}]}
    answer = azure.send("PUT", DEPLOYMENT, body(wanted))
    azure.world.clock.jump(600)
    error = azure.follow(answer.headers["Azure-AsyncOperation"]).body["error"]
    assert error["code"] == "DeploymentFailed"
    assert error["details"][0]["code"] == "NetworkInterfaceMustHaveIpConfigurations"
    assert json.loads(error["details"][0]["message"])["error"]["code"] == "NetworkInterfaceMustHaveIpConfigurations"


def test_a_rule_inside_a_group_comes_after_it(azure):
    rule = {"priority": 200, "direction": "Inbound", "access": "Allow", "protocol": "Tcp"}
    rule |= {"sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationAddressPrefix": "*", "destinationPortRange": "22"}
    inner = {"type": "securityRules", "name": "ssh", "apiVersion": "2024-03-01", "properties": rule}
    group = {"type": "Microsoft.Network/networkSecurityGroups", "name": "g", "apiVersion": "2024-03-01", **PLACE, "resources": [inner]}
    azure.send("PUT", DEPLOYMENT, body({"resources": [group]}))
    azure.world.clock.jump(600)
    assert azure.get("Microsoft.Network/networkSecurityGroups/g/securityRules/ssh")["properties"]["priority"] == 200
    assert azure.get("Microsoft.Resources/deployments")["value"][0]["properties"]["provisioningState"] == "Succeeded"


def test_az_leaves_the_template_without_quotes(azure):
    text = b'{"properties": {"parameters": {}, "mode": "Incremental", template:{"resources": []}}}'
    request = Request("POST", f"{azure.group}/providers/{DEPLOYMENT}/validate", {"api-version": "2024-11-01"}, {}, text)
    assert arm.dispatch(azure.world, request).status == 200


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"parameters": {"p": {"type": "string"}}, "resources": []}, "parameter 'p' is not provided"),
        ({"resources": [{**NET, "name": "[nonsense('a')]"}]}, "function 'nonsense' is not known"),
        ({"resources": [{**NET, "name": "[concat('a'"}]}, ""),
        ({"resources": [{**NET, "name": "a", "copy": {}}]}, "has a loop"),
        ({"resources": [{**NET, "name": "a", "dependsOn": ["b"]}, {**NET, "name": "b", "dependsOn": ["a"]}]}, "in a circle"),
    ],
)
def test_what_it_cannot_do_it_says(azure, wanted, problem):
    answer = azure.send("POST", f"{DEPLOYMENT}/validate", body(wanted))
    if problem:
        assert (answer.status, answer.body["error"]["code"]) == (400, "InvalidTemplate")
        assert problem in answer.body["error"]["message"]


def test_a_deployment_that_is_not_there(azure):
    assert azure.send("GET", DEPLOYMENT).body["error"]["code"] == "DeploymentNotFound"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("[[kept]", "[kept]"),
        ("[concat('it''s ', toUpper('x'), 3)]", "it's X3"),
        ("[if(equals(1, 1), createArray('a', 'b')[1], 'c')]", "b"),
        ("[format('{0}-{1}', 'a', 2)]", "a-2"),
        ("[f().Inner.name]", "deep"),
    ],
)
def test_expressions(text, value):
    assert evaluate({"key": [text]}, {"f": lambda: {"inner": {"name": "deep"}}}) == {"key": [value]}


def test_a_property_that_is_not_there_is_an_error():
    with pytest.raises(TemplateError, match="asks for 'b'"):
        evaluate("[f().b]", {"f": dict})
