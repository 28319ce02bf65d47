# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role network_access, run by ansible-playbook against the simulator."""

from __future__ import annotations

import json
from typing import Any

from harness import Azure
from test_roles import Playbooks, playbooks, role

__all__ = ["playbooks"]

ESTATE = """
resource_groups: [{name: app, location: westeurope}]
network_security_groups:
  - name: lockdown
    resource_group: app
    rules:
      - {name: DenyInternet, priority: 4096, direction: Outbound, access: Deny, destination: Internet}
  - {name: open, resource_group: app}
vms: [{name: web, resource_group: app, nic: {network_security_group: lockdown}}]
"""
GROUPS = [{"name": "lockdown", "resource_group": "app"}, {"name": "open", "resource_group": "app"}]


def access(mode: str, **options: Any) -> dict[str, Any]:
    return {"network_access_mode": mode, "network_access_security_groups": GROUPS, **{f"network_access_{name}": value for name, value in options.items()}}


def own_rules(azure: Azure, group: str = "lockdown") -> dict[str, dict[str, Any]]:
    nsg = azure.send("GET", azure.id("app", "Microsoft.Network/networkSecurityGroups", group))
    return {each["name"]: each["properties"] for each in nsg["properties"]["securityRules"] if each["name"] != "DenyInternet"}


def test_the_modes_follow_on_each_other(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    vms = ["app/web"]

    def steps() -> list[dict[str, Any]]:
        modes = (
            access("service_tags", vms=vms),
            access("ip_ranges", regions=["westeurope"], remove_unused=True, vms=vms),
            access("proxy", proxy_address="10.0.0.9", deny_rest=True, remove_unused=True, vms=vms),
        )
        return [each for mode in modes for each in (role("network_access", mode), playbooks.save(mode["network_access_mode"], "{{ network_access_result }}"))]

    assert playbooks.tasks(steps(), "--check") == 0, playbooks.output
    assert azure.writes() == [] and len(playbooks.saved("service_tags")["rules"]) == 6
    seen = []
    for place in range(0, 6, 2):
        assert playbooks.tasks(steps()[place : place + 2]) == 0, playbooks.output
        seen.append(own_rules(azure))
    tags, ranges, proxy = (playbooks.saved(mode) for mode in ("service_tags", "ip_ranges", "proxy"))
    assert set(seen[0]) == {"AllowBackupAzureBackup", "AllowBackupStorage", "AllowBackupAzureActiveDirectory"}
    assert set(seen[1]) == {"AllowBackupRanges-AzureBackup", "AllowBackupRanges-Storage-WestEurope", "AllowBackupRanges-AzureActiveDirectory"}
    assert set(seen[2]) == set(own_rules(azure, "open")) == {"AllowBackupProxy", "DenyInternetButBackup"}
    assert len(seen[1]["AllowBackupRanges-AzureBackup"]["destinationAddressPrefixes"]) > 1 and ranges["change_number"] == "160"
    assert seen[2]["AllowBackupProxy"]["priority"] < seen[2]["DenyInternetButBackup"]["priority"] == 4000
    assert [{each["verdict"] for each in fact["paths"]} for fact in (tags, ranges, proxy)] == [{"open"}] * 3
    assert all(each["shadowed"] == [] for each in (tags, ranges, proxy))
    azure.clear_ledger()
    assert playbooks.tasks(steps()[4:]) == 0, playbooks.output
    assert azure.writes() == [] and "changed=0" in playbooks.output


def test_stale_ranges_are_removed(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    wish = access("ip_ranges", regions=["westeurope"], service_tags=["AzureBackup"])
    (tag,) = azure.module("service_tag_info", location="westeurope", names=["AzureBackup"])["tags"]
    azure.module(
        "network_rule",
        name="AllowBackupRanges-AzureBackup",
        network_security_group="lockdown",
        resource_group="app",
        destination=[*tag["ipv4"][1:], "192.0.2.0/24"],  # as Azure's list was once
        destination_ports=["443"],
    )
    assert playbooks.tasks([role("network_access", wish)]) == 0, playbooks.output
    assert sorted(own_rules(azure)["AllowBackupRanges-AzureBackup"]["destinationAddressPrefixes"]) == sorted(tag["ipv4"])


def test_what_shadows_a_rule_and_what_stops_a_vm_are_named(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE.replace("priority: 4096", "priority: 100"))
    wish = access("service_tags", service_tags=["AzureBackup"], vms=["app/web"])
    assert playbooks.tasks([role("network_access", wish), playbooks.save("fact", "{{ network_access_result }}")]) == 0, playbooks.output
    result = playbooks.saved("fact")
    assert result["shadowed"] == ["AllowBackupAzureBackup has no effect because of DenyInternet"]
    assert "web: AzureBackup: rule DenyInternet (priority 100)" in playbooks.output


def test_every_wrong_rule_is_told_before_one_is_written(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    groups = [*GROUPS, {"name": "ghost", "resource_group": "app"}]
    wish = {**access("service_tags", service_tags=["AzureBackup", "no tag"]), "network_access_security_groups": groups}
    assert playbooks.tasks([role("network_access", wish)]) != 0
    assert azure.writes() == [] and "no network security group 'ghost'" in playbooks.output and "'no tag' is no address" in playbooks.output


def test_platform_writes_nothing_and_looks(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    tasks = [role("network_access", {"network_access_vms": ["app/web"]}), playbooks.save("fact", "{{ network_access_result }}")]
    assert playbooks.tasks(tasks) == 0, playbooks.output
    (vm,) = playbooks.saved("fact")["paths"]
    assert [each["target"] for each in vm["paths"]] == ["platform"] and vm["verdict"] == "open" and azure.writes() == []


def test_a_run_cut_off_is_finished_by_the_next(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    azure.fault(method="PUT", path="*AllowBackupStorage", times=0, status=403, message="Not yet.")
    wish = access("service_tags", deny_rest=True)
    assert playbooks.tasks([role("network_access", wish)]) != 0
    azure.control("DELETE", "faults")
    written = len(azure.writes())
    assert playbooks.tasks([role("network_access", wish)]) == 0, playbooks.output
    again = azure.writes()[written:]
    assert sorted(each.rpartition("/")[2] for each in again) == ["AllowBackupStorage", "AllowBackupStorage"], json.dumps(again)
