# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags, names and lists of resources."""

from __future__ import annotations

from typing import Any

NSG = "Microsoft.Network/networkSecurityGroups/nsg"
TAGS = "Microsoft.Resources/tags/default"


def test_tags_of_a_resource(azure: Any) -> None:
    azure.put(NSG, {"location": "westeurope", "tags": {"a": "1"}})
    path = f"{NSG}/providers/{TAGS}"
    assert azure.get(path) == {
        "id": f"{azure.id(NSG)}/providers/{TAGS}", "name": "default", "type": "Microsoft.Resources/tags", "properties": {"tags": {"a": "1"}},
    }

    def change(operation: str, **tags: str) -> Any:
        return azure.send("PATCH", path, {"operation": operation, "properties": {"tags": tags}}).body["properties"]["tags"]

    assert change("Merge", b="2", A="3") == {"b": "2", "A": "3"}
    assert change("Delete", b="2", A="other") == {"A": "3"}
    assert change("Replace", c="4") == {"c": "4"}
    assert azure.get(NSG)["tags"] == {"c": "4"}
    assert azure.send("PUT", path, {"properties": {"tags": {"d": "5"}}}).body["properties"]["tags"] == {"d": "5"}
    assert azure.send("DELETE", path).status == 200
    assert azure.get(path)["properties"]["tags"] == {}
    assert azure.send("PATCH", path, {"operation": "Burn", "properties": {"tags": {}}}).status == 400
    assert azure.send("PUT", path, {"properties": {"tags": {str(number): "" for number in range(51)}}}).status == 400
    assert azure.send("GET", f"{NSG}x/providers/{TAGS}").status == 404


def test_tags_of_a_group_and_of_the_subscription(azure: Any) -> None:
    for scope in (azure.group, azure.subscription):
        assert azure.send("PUT", f"{scope}/providers/{TAGS}", {"properties": {"tags": {"who": "me"}}}).status == 200
        assert azure.get(f"{scope}/providers/{TAGS}")["properties"]["tags"] == {"who": "me"}
    assert azure.get(azure.group)["tags"] == {"who": "me"}
    (name,) = azure.get(f"{azure.subscription}/tagNames")["value"]
    assert (name["tagName"], [(value["tagValue"], value["count"]["value"]) for value in name["values"]]) == ("who", [("me", 1)])


def test_names(azure: Any) -> None:
    def status(name: str) -> str:
        body = {"name": name, "type": "Microsoft.Compute/virtualMachines"}
        return azure.send("POST", "/providers/Microsoft.Resources/checkResourceName", body).body["status"]

    assert [status(name) for name in ("web", "office", "myWindowsBox", "loginserver")] == ["Allowed", "Reserved", "Reserved", "Reserved"]
    assert azure.send("POST", "/providers/Microsoft.Resources/checkResourceName", {}).status == 400
    dns = f"{azure.subscription}/providers/Microsoft.Network/locations/westeurope/CheckDnsNameAvailability"
    assert azure.get(dns, domainNameLabel="free") == {"available": True}


def test_resource_lists_expand_filter_and_page(azure: Any) -> None:
    for number in range(3):
        azure.put(f"{NSG}{number}", {"location": "westeurope", "tags": {"n": str(number)}})
    created = azure.get(f"{azure.subscription}/resources", _expand="createdTime,changedTime,provisioningState")["value"][0]
    assert (created["provisioningState"], created["createdTime"] <= created["changedTime"]) == ("Succeeded", True)
    before = created["changedTime"]
    azure.world.clock.jump(60)
    azure.send("PATCH", f"{NSG}0", {"tags": {"n": "0", "x": ""}})
    after = azure.get(f"{azure.subscription}/resources", _expand="createdTime,changedTime")["value"][0]
    assert (after["createdTime"], after["changedTime"] > before) == (created["createdTime"], True)
    assert "createdTime" not in azure.get(f"{azure.subscription}/resources")["value"][0]
    assert azure.send("GET", f"{azure.subscription}/resources", _expand="everything").status == 400

    def names(text: str, **more: str) -> list[str]:
        return [each["name"] for each in azure.get(f"{azure.subscription}/resources", _filter=text, **more)["value"]]

    assert names("tagName eq 'n' and tagValue eq '1'") == ["nsg1"]
    assert names("name eq 'nsg2' and resourceGroup eq 'APP'") == ["nsg2"]
    assert names("substringof('sg1', name)") == ["nsg1"]
    assert names("resourceType eq 'Microsoft.Network/networkSecurityGroups'", _top="2") == ["nsg0", "nsg1"]
    assert azure.send("HEAD", f"{NSG}0").status == 204
