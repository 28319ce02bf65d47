# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

ESTATE = """
resource_groups: [{name: app, location: westeurope}]
network_security_groups:
  - name: NSG-lockdown
    resource_group: app
    rules:
      - {name: deny-out, priority: 4096, direction: Outbound, access: Deny, protocol: "*", source: "*", destination: "*", destination_port: "*"}
      - {name: in, priority: 200, direction: Inbound, access: Allow, protocol: Tcp, source: "*", destination: "*", destination_port: "443"}
"""
PROXY = {
    "name": "allow-proxy",
    "network_security_group": "NSG-lockdown",
    "resource_group": "app",
    "source": ["10.0.0.5/32"],
    "destination": ["Internet"],
    "destination_ports": ["80-443"],
}


@pytest.fixture
def rule(azure):
    azure.estate(ESTATE)

    def run(**options):
        return azure.module("network_rule", **{**PROXY, **options})

    return run


def path(azure):
    return azure.id("app", "Microsoft.Network/networkSecurityGroups/securityRules", "NSG-lockdown", "allow-proxy")


def test_a_rule_comes_changes_and_goes(azure, rule):
    predicted = rule(check=True, diff=True)
    assert predicted["changed"] and azure.writes() == []
    assert predicted["diff"]["before"] == {}
    assert predicted["rule"]["priority"] == 200

    created = rule()
    assert created["changed"]
    assert azure.writes() == [f"PUT {path(azure)}"]
    assert {**created["rule"], "provisioning_state": None} == predicted["rule"]
    assert created["rule"]["provisioning_state"] == "Succeeded"
    assert created["rule"]["id"] == path(azure)
    assert created["shadowed_by"] == []

    azure.clear_ledger()
    for again in ({}, {"source": ["10.0.0.5"], "destination": ["internet"], "protocol": "tcp", "priority_from": 100}):
        assert not rule(**again)["changed"]
    assert [each["method"] for each in azure.requests()] == ["GET", "GET"]  # the group, once each time
    assert azure.writes() == []

    wider = {"destination_ports": ["443", "80"], "source": ["10.0.0.6", "10.0.0.5"], "description": "Backup"}
    predicted = rule(check=True, diff=True, **wider)
    assert set(predicted["diff"]["after"]) == set(wider)
    assert azure.writes() == []
    changed = rule(**wider)
    assert changed["rule"] == predicted["rule"]
    assert changed["rule"]["destination_ports"] == ["80", "443"]
    assert changed["rule"]["priority"] == 200
    assert not rule(**wider)["changed"]
    assert not rule(source=None, destination=None, destination_ports=None)["changed"]

    azure.clear_ledger()
    assert rule(state="absent", check=True)["changed"] and azure.writes() == []
    gone = rule(state="absent")
    assert gone["changed"] and gone["rule"] == {}
    assert azure.writes() == [f"DELETE {path(azure)}"]
    assert not rule(state="absent")["changed"]
    assert len(azure.writes()) == 1


def test_other_rules_of_the_group_are_not_touched(azure, rule):
    rule()
    rule(name="second", destination=["Storage.WestEurope"], destination_ports=["443"])
    assert rule(name="second")["rule"]["priority"] == 201
    assert not rule()["changed"]
    assert not rule(name="deny-out", source=None, destination=None, destination_ports=None, access="deny", protocol="any")["changed"]


def test_application_security_groups_take_the_place_of_addresses(azure, rule):
    rule()
    group = azure.id("app", "Microsoft.Network/applicationSecurityGroups", "proxies")
    changed = rule(source=None, source_application_security_groups=[group])
    assert changed["rule"]["source"] == []
    assert changed["rule"]["source_application_security_groups"] == [group.lower()]
    assert not rule(source=None, source_application_security_groups=[group.upper()])["changed"]


def test_a_rule_without_effect_is_told(azure, rule):
    rule(name="first-deny", access="deny", protocol="any", source=["*"], destination=["*"], destination_ports=["*"], priority=150)
    result = rule(check=True)
    assert result["shadowed_by"] == ["first-deny"]
    assert "first-deny" in str(result["warnings"])


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"network_security_group": "nope"}, ["network_security_group"]),
        ({"resource_group": "nope"}, ["network_security_group"]),
        ({"priority": 4096}, ["priority"]),
        ({"destination": None, "destination_ports": None}, ["destination", "destination_ports"]),
        ({"source": ["10.0.0.5/24"], "destination": ["Storage", "AzureBackup"], "priority": 99}, ["priority", "source", "destination"]),
    ],
)
def test_bad_input_writes_nothing(azure, rule, options, named):
    for check in (True, False):
        result = rule(check=check, **options)
        assert result["failed"]
        assert [each["option"] for each in result["problems"]] == named
    assert azure.writes() == []


def test_a_missing_group_has_no_rule_to_take_away(azure, rule):
    assert not rule(network_security_group="nope", state="absent")["changed"]
