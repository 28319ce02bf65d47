# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._network import security_rule

NSG = "/subscriptions/s/resourceGroups/app/providers/Microsoft.Network/networkSecurityGroups/lockdown"
ASG = "/subscriptions/s/resourceGroups/app/providers/Microsoft.Network/applicationSecurityGroups/web"
PLACE = {"name": "allow-proxy", "network_security_group": "lockdown", "resource_group": "app", "state": "present", "priority_from": 200}
PROXY = {**PLACE, "source": ["10.0.0.5/32"], "destination": ["Internet"], "destination_ports": ["80-443"]}


def document(name="allow-proxy", **properties):
    defaults = {
        "protocol": "Tcp", "access": "Allow", "direction": "Outbound", "priority": 200, "provisioningState": "Succeeded",
        "sourceAddressPrefix": "10.0.0.5/32", "sourcePortRange": "*", "destinationAddressPrefix": "Internet", "destinationPortRange": "80-443",
        "sourceAddressPrefixes": [], "sourcePortRanges": [], "destinationAddressPrefixes": [], "destinationPortRanges": [],
    }  # fmt: skip
    return {"name": name, "id": f"{NSG}/securityRules/{name}", "properties": {**defaults, **properties}}


def view(name="other", **properties):
    return security_rule.to_view(document(name, **properties))


def differing(options, before):
    return {name for name, value in security_rule.wanted(options, before, []).items() if before[name] != value}


def test_a_document_becomes_a_view():
    assert security_rule.to_view(document(protocol="TCP", description=None)) == {
        "id": f"{NSG}/securityRules/allow-proxy",
        "name": "allow-proxy",
        "network_security_group": "lockdown",
        "resource_group": "app",
        "provisioning_state": "Succeeded",
        "direction": "outbound",
        "access": "allow",
        "protocol": "tcp",
        "priority": 200,
        "description": "",
        "source": ["10.0.0.5/32"],
        "source_ports": ["*"],
        "source_application_security_groups": [],
        "destination": ["Internet"],
        "destination_ports": ["80-443"],
        "destination_application_security_groups": [],
    }


@pytest.mark.parametrize(
    "options",
    [
        {"source": ["10.0.0.5"], "destination": ["internet"], "source_ports": ["0-65535"]},
        {"protocol": "tcp", "access": "allow", "direction": "outbound", "priority": 200, "description": ""},
        {"priority_from": 300},
        {},
    ],
)
def test_what_means_the_same_is_no_change(options):
    assert differing({**PLACE, **options}, view()) == set()


def test_singular_and_plural_fields_of_the_wire_mean_the_same():
    before = view(destinationPortRange=None, destinationPortRanges=["8080", "80"], sourceAddressPrefix=None, sourceAddressPrefixes=["10.0.0.9", "10.0.0.5"])
    assert differing({**PLACE, "destination_ports": ["80", "8080"], "source": ["10.0.0.5", "10.0.0.9/32"]}, before) == set()


def test_a_service_tag_is_compared_without_letter_case():
    before = view(destinationAddressPrefix="AzureConnectors.WestEurope")
    assert differing({**PLACE, "destination": ["azureconnectors.westeurope"]}, before) == set()
    assert differing({**PLACE, "destination": ["azureconnectors.northeurope"]}, before) == {"destination"}


def test_a_new_rule_gets_the_defaults_and_the_first_free_priority():
    others = [view("a", priority=200), view("b", priority=201, direction="Inbound")]
    wanted = security_rule.wanted(PROXY, None, others)
    assert wanted == {
        "direction": "outbound",
        "access": "allow",
        "protocol": "tcp",
        "description": "",
        "source": ["10.0.0.5/32"],
        "source_ports": ["*"],
        "source_application_security_groups": [],
        "destination": ["Internet"],
        "destination_ports": ["80-443"],
        "destination_application_security_groups": [],
        "priority": 201,
    }
    assert security_rule.check_change(wanted, None, others, 200) == []


def test_naming_groups_takes_addresses_away():
    assert differing({**PLACE, "source_application_security_groups": [ASG]}, view()) == {"source", "source_application_security_groups"}


def test_what_a_new_rule_lacks_and_what_is_taken_is_named_all_at_once():
    options = {**PLACE, "priority": 100}
    others = [view("deny", priority=100)]
    problems = security_rule.check_change(security_rule.wanted(options, None, others), None, others, 200)
    assert [each.option for each in problems] == ["destination", "destination_ports", "priority"]
    assert "'deny'" in problems[2].text


def test_turning_a_rule_round_meets_the_rules_of_the_other_direction():
    others = [view("in", direction="Inbound")]
    assert [each.option for each in security_rule.check_change({"direction": "inbound"}, view(), others, 200)] == ["priority"]
    assert security_rule.check_change({"access": "deny"}, view(), others, 200) == []


def test_no_priority_left_is_named():
    others = [view(str(each), priority=each) for each in range(4090, 4097)]
    options = {**PROXY, "priority_from": 4090}
    assert [each.option for each in security_rule.check_change(security_rule.wanted(options, None, others), None, others, 4090)] == ["priority_from"]


def test_the_body_holds_one_form_of_each_field_and_keeps_what_is_not_managed():
    present = document(madeBy="somebody", sourceAddressPrefix=None, sourceApplicationSecurityGroups=[{"id": ASG}])
    after = {**security_rule.to_view(document()), "destination_ports": ["80", "443"]}
    assert security_rule.to_body(after, present) == {
        "name": "allow-proxy",
        "properties": {
            "madeBy": "somebody",
            "direction": "Outbound",
            "access": "Allow",
            "protocol": "Tcp",
            "priority": 200,
            "description": "",
            "sourceAddressPrefix": "10.0.0.5/32",
            "sourceAddressPrefixes": [],
            "sourcePortRange": "*",
            "sourcePortRanges": [],
            "destinationAddressPrefix": "Internet",
            "destinationAddressPrefixes": [],
            "destinationPortRanges": ["80", "443"],
        },
    }


def test_the_body_names_groups_in_place_of_addresses():
    after = {**security_rule.to_view(document()), "destination": [], "destination_application_security_groups": [ASG], "protocol": "any"}
    properties = security_rule.to_body(after, None)["properties"]
    assert properties["destinationApplicationSecurityGroups"] == [{"id": ASG}]
    assert not properties["destinationAddressPrefixes"]
    assert "destinationAddressPrefix" not in properties
    assert properties["protocol"] == "*"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, []),
        ({"name": "-x", "network_security_group": "x.", "resource_group": "x."}, ["name", "network_security_group", "resource_group"]),
        ({"name": "a" * 81}, ["name"]),
        ({"name": "a_"}, []),
        ({"priority": 99, "priority_from": 4097}, ["priority", "priority_from"]),
        ({"description": "x" * 141}, ["description"]),
        ({"source": ["10.0.0.5/8"], "destination_ports": ["443-80"], "priority": 5}, ["priority", "source", "destination_ports"]),
        ({"source": []}, ["source"]),
        ({"source_application_security_groups": [ASG]}, ["source"]),
        ({"source": None, "source_application_security_groups": [ASG, "web"]}, ["source_application_security_groups"]),
        ({"source": None, "source_application_security_groups": [f"{ASG}{each}" for each in range(11)]}, ["source_application_security_groups"]),
        ({"destination": ["AzurePlatformDNS"]}, ["destination"]),
        ({"destination": ["AzurePlatformDNS"], "access": "deny"}, []),
        ({"state": "absent", "priority": 5, "source": []}, []),
    ],
)
def test_bad_options_are_named_all_at_once(options, named):
    assert [each.option for each in security_rule.check_options({**PROXY, **options})] == named


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({"access": "Deny", "priority": 100, "sourceAddressPrefix": "*", "protocol": "*", "destinationPortRange": "*"}, True),
        ({"access": "Deny", "priority": 100, "sourceAddressPrefix": "VirtualNetwork", "destinationPortRange": "1-1000"}, True),
        ({"access": "Deny", "priority": 300, "sourceAddressPrefix": "*", "protocol": "*", "destinationPortRange": "*"}, False),
        ({"access": "Allow", "priority": 100, "protocol": "*"}, False),
        ({"access": "Deny", "priority": 100, "direction": "Inbound"}, False),
        ({"access": "Deny", "priority": 100, "protocol": "Udp"}, False),
        ({"access": "Deny", "priority": 100, "destinationPortRange": "80"}, False),
        ({"access": "Deny", "priority": 100, "destinationAddressPrefix": "Storage"}, False),
        ({"access": "Deny", "priority": 100, "sourceAddressPrefix": "10.0.1.0/24"}, False),
    ],
)
def test_shadowing(other, found):
    assert security_rule.shadowing(view("allow-proxy"), [view("deny", **other)]) == (["deny"] if found else [])


def test_a_rule_for_groups_is_shadowed_by_the_whole_network():
    ours = view("ours", sourceAddressPrefix=None, sourceApplicationSecurityGroups=[{"id": ASG}])
    assert security_rule.shadowing(ours, [view("deny", access="Deny", priority=100, sourceAddressPrefix="VirtualNetwork")]) == ["deny"]
    assert security_rule.shadowing(ours, [view("deny", access="Deny", priority=100, sourceAddressPrefix="10.0.0.0/8")]) == []
