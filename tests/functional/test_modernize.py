# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role modernize, run by ansible-playbook against the simulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import Azure
from test_roles import Playbooks

# What is judged by running jobs.
pytestmark = pytest.mark.usefixtures("evening")

PLAYBOOK = "safeharbor.azure_backup.modernize"
CENTRAL = "/subscriptions/00000000-0000-4000-8000-000000000009/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/central"
FLEET = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms:
  - {name: plain, count: 160, resource_group: app}
  - {name: shared, count: 20, resource_group: app, data_disks: [{lun: 0, shares: 2}]}
  - {name: blob, count: 20, resource_group: app, os_disk: {unmanaged: true}}
vaults:
  - name: vault-we
    resource_group: backup
    items: [{vm: 'app/plain-{n}', count: 160}, {vm: 'app/shared-{n}', count: 20}, {vm: 'app/blob-{n}', count: 20}]
"""
PLACE = {"modernize_vault_name": "vault-we", "modernize_resource_group": "backup"}
SMALL = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms: [{name: web, count: 3, resource_group: app}]
vaults:
  - name: vault-we
    resource_group: backup
    mars_servers: [{name: old, agent_version: 2.0.9082.0}]
    items: [{vm: app/web-0001, policy_inconsistent: true}, {vm: app/web-0002}, {vm: app/web-0003, policy: EnhancedPolicy}]
"""


@pytest.fixture
def books(azure: Azure, tmp_path: Path) -> Playbooks:
    azure.settings(speed=3600.0)
    return Playbooks(azure, tmp_path)


def steps(books: Playbooks, *wishes: tuple[str, dict[str, Any]], check: bool = False, save: str = "'nothing'") -> list[str]:
    """One play that runs these entry points, each though an earlier one has failed: what each failed with, '' where it did not.

    save is an expression for the saved fact. A playbook takes seconds to start, so a test has few of them.
    """
    tasks: list[dict[str, Any]] = [{"ansible.builtin.set_fact": {"told": []}}]
    for entry, variables in wishes:
        include = {"ansible.builtin.include_role": {"name": "safeharbor.azure_backup.modernize", "tasks_from": entry}, "vars": variables}
        failed = {"ansible.builtin.set_fact": {"told": "{{ told + [ansible_failed_result.msg] }}"}}
        fine = {"ansible.builtin.set_fact": {"told": "{{ told + [''] }}"}}
        tasks.append({"block": [include, fine], "rescue": [failed]})
    tasks.append(books.save("fact", f"{{{{ [told, {save}] | to_json }}}}"))
    assert books.tasks(tasks, *(["--check"] if check else [])) == 0, books.output
    return books.saved("fact")[0]


def fact(books: Playbooks) -> Any:
    return books.saved("fact")[1]


def writes(azure: Azure) -> list[str]:
    return [f"{each.split()[0]} {each.rsplit('/', 1)[-1]}" for each in azure.writes()]


def summary(books: Playbooks) -> dict[str, str]:
    """The lines of the last summary, by step; the one before them by ''."""
    lines = books.output[books.output.rindex("vaults and ") :].splitlines()
    told = [line.strip().strip('",') for line in lines[1 : lines.index(next(each for each in lines if each.strip().startswith("]")))]]
    assert len(told) + 1 <= 10
    return dict(line.split(": ", 1) for line in told)


def test_everything_at_once(azure: Azure, books: Playbooks) -> None:
    """What needs no option is done, the rest is counted with the option that it waits for."""
    azure.estate(SMALL)
    assert steps(books, ("main", {}), check=True, save="modernize_plan.steps") == [""] and azure.writes() == []
    waiting = {
        "time_zones": "nothing to do",
        "diagnostics": "1 vaults wait for modernize_workspace_id",
        "security": "1 vaults wait for modernize_soft_delete or modernize_immutability",
        "redundancy": "nothing to do",
        "enhanced_policy": "2 VMs of 1 vaults wait for modernize_policy, modernize_accept_irreversible",
        "agents": "1 servers of 1 vaults have to be updated on the server itself",
    }
    assert summary(books) == {**waiting, "alerts": "1 vaults would be changed", "reapply_policy": "1 VMs of 1 vaults would be changed"}
    assert [each["vms"][0].rsplit("/", 1)[1] for each in fact(books)["reapply_policy"]["ready"]] == ["web-0001"]
    assert steps(books, ("main", {})) == [""]
    assert writes(azure) == ["PATCH vault-we", "PUT VM;iaasvmcontainerv2;app;web-0001"]
    assert summary(books) == {**waiting, "alerts": "1 vaults were changed", "reapply_policy": "1 VMs of 1 vaults were changed"}
    azure.clear_ledger()
    assert steps(books, ("main", {})) == [""] and "changed=0" in books.output and azure.writes() == []
    assert summary(books) == {**waiting, "alerts": "nothing to do", "reapply_policy": "nothing to do"}


def test_everything_with_every_option(azure: Azure, books: Playbooks) -> None:
    azure.estate(SMALL.replace("2.0.9082.0", "2.0.9506.0"))
    wish = {
        "modernize_workspace_id": CENTRAL,
        "modernize_immutability": "Unlocked",
        "modernize_soft_delete": "AlwaysON",
        "modernize_policy": "EnhancedPolicy",
        "modernize_accept_irreversible": True,
    }
    assert steps(books, ("main", wish), check=True) == [""] and azure.writes() == []
    predicted = summary(books)
    assert steps(books, ("main", wish)) == [""]
    assert summary(books) == {step: told.replace("would be", "were") for step, told in predicted.items()}
    assert predicted["security"] == "1 vaults would be changed" and predicted["enhanced_policy"] == "2 VMs of 1 vaults would be changed"
    assert writes(azure).count("PATCH vault-we") == 2 and len(azure.writes()) == 6
    azure.clear_ledger()
    assert steps(books, ("main", wish)) == [""] and "changed=0" in books.output and azure.writes() == []
    assert set(summary(books).values()) == {"nothing to do"}


def test_a_step_that_fails_stops_none_of_the_others(azure: Azure, books: Playbooks) -> None:
    azure.estate(SMALL)
    azure.fault(method="PATCH", path="*/vaults/vault-we", status=409, code="VaultBusy", message="Not now.", times=0)
    (told,) = steps(books, ("main", {}))
    assert told.startswith("alerts: ") and "VaultBusy" in told and summary(books)["reapply_policy"] == "1 VMs of 1 vaults were changed"


def test_what_may_not_be_read_is_unknown(azure: Azure, books: Playbooks) -> None:
    azure.estate(SMALL)
    azure.fault(method="GET", path="*/vault-we/backupEngines", status=403, times=0)
    wishes: list[tuple[str, dict[str, Any]]] = [("agents", {}), ("alerts", {}), ("main", {})]
    told = steps(books, *wishes, check=True, save="modernize_plan.unknown")
    assert "not everything could be read: vault-we" in told[0] and told[1:] == ["", ""]
    assert [each["step"] for each in fact(books)] == ["agents"] and "1 findings are unknown, see modernize_plan.unknown" in books.output
    assert azure.writes() == []


def test_what_is_not_there_is_refused(azure: Azure, books: Playbooks) -> None:
    azure.estate(SMALL)
    wishes = [{**PLACE, "modernize_vault_name": "other"}, {"modernize_resource_group": "nowhere"}, {"modernize_vms": ["app/web-0009"]}]
    told = steps(books, *(("main", each) for each in wishes))
    assert "there is no vault 'backup/other'" in told[0] and "nowhere" in told[1] and "web-0009" in told[2] and azure.writes() == []


def test_200_vms_get_an_enhanced_policy(azure: Azure, books: Playbooks) -> None:
    azure.estate(FLEET)
    wish = {**PLACE, "modernize_policy": "EnhancedPolicy"}
    agreed = {**wish, "modernize_accept_irreversible": True}
    refused, fine = steps(books, ("enhanced_policy", wish), ("enhanced_policy", agreed), check=True, save="modernize_plan.steps.enhanced_policy")
    assert "160 VMs would get" in refused and "40 cannot" in refused and fine == "" and azure.writes() == []
    assert fact(books)["things"] == 160 and len(fact(books)["blocked"]) == 40
    assert steps(books, ("enhanced_policy", agreed)) == [""]
    assert len(azure.writes()) == 160 and all("/VM;iaasvmcontainerv2;app;plain-" in each for each in azure.writes())
    assert "shared-0007 keeps policy DefaultPolicy: Disk" in books.output
    assert summary(books) == {"enhanced_policy": "160 VMs of 1 vaults were changed, 40 blocked"}
    azure.clear_ledger()
    assert steps(books, ("enhanced_policy", agreed)) == [""] and "changed=0" in books.output and azure.writes() == []


def test_alerts_policies_reports_and_agents(azure: Azure, books: Playbooks) -> None:
    azure.estate(SMALL)
    every: list[tuple[str, dict[str, Any]]] = [("alerts", {}), ("reapply_policy", PLACE), ("diagnostics", {"modernize_workspace_id": CENTRAL}), ("agents", {})]
    assert steps(books, *every, check=True) == [""] * 4 and azure.writes() == []
    assert steps(books, *every) == [""] * 4
    assert writes(azure) == ["PATCH vault-we", "PUT VM;iaasvmcontainerv2;app;web-0001", "PUT AzureBackup"]
    assert "old (vault-we), agent 2.0.9082.0: run MARSAgentInstaller.exe /q" in books.output
    azure.clear_ledger()
    assert steps(books, *every) == [""] * 4 and "changed=0" in books.output and azure.writes() == []


def test_security_rises_with_consent(azure: Azure, books: Playbooks) -> None:
    azure.estate(SMALL + "  - {name: strict, resource_group: backup}\n  - {name: long, resource_group: backup, soft_delete_days: 90}\n")
    wish = {"modernize_vault_name": "strict", "modernize_resource_group": "backup"}
    wish |= {"modernize_soft_delete": "AlwaysON", "modernize_immutability": "Locked"}
    agreed = {**wish, "modernize_accept_irreversible": True}
    hindered = {**PLACE, "modernize_immutability": "Unlocked"}
    kept = {"modernize_vault_name": "long", "modernize_soft_delete_retention_days": 30}
    wishes = [("security", wish), ("security", hindered), ("security", {}), ("security", agreed), ("security", kept)]
    refused, waiting, unsaid, *fine = steps(books, *wishes, check=True)
    assert "modernize_accept_irreversible" in refused and "old has version 2.0.9082.0" in waiting and "modernize_soft_delete" in unsaid
    assert fine == ["", ""] and azure.writes() == []
    assert steps(books, ("security", agreed), ("security", kept)) == ["", ""]
    assert {each.split()[0] for each in azure.writes()} == {"PATCH"} and all(each.endswith("/strict") for each in azure.writes())
    azure.clear_ledger()
    assert steps(books, ("security", agreed), ("security", kept)) == ["", ""] and "changed=0" in books.output and azure.writes() == []
    vaults = {each["name"]: each for each in azure.module("vault_info", resource_group="backup")["vaults"]}
    assert (vaults["strict"]["soft_delete"], vaults["strict"]["immutability"]) == ("AlwaysON", "Locked")
    assert vaults["long"]["soft_delete_retention_days"] == 90


def test_zones_are_not_guessed(azure: Azure, books: Playbooks) -> None:
    azure.estate("resource_groups: [{name: backup, location: westus}]\nclassic_vaults: [{name: vault-we, location: westus}]")
    azure.module("vault_upgrade", vault_name="vault-we", resource_group="backup", accept_irreversible=True)
    azure.clear_ledger()
    wish = {"modernize_time_zones": {"DefaultPolicy": "Pacific Standard Time"}}
    refused, fine = steps(books, ("time_zones", {}), ("time_zones", wish), check=True)
    assert "modernize_time_zone" in refused and "DefaultPolicy" in refused and fine == "" and azure.writes() == []
    assert steps(books, ("time_zones", wish)) == [""] and writes(azure) == ["PUT DefaultPolicy"]


def test_another_redundancy_by_another_vault(azure: Azure, books: Playbooks) -> None:
    azure.estate(SMALL + "  - {name: empty, resource_group: backup}\n")
    wish = {**PLACE, "modernize_redundancy": "ZoneRedundant"}
    agreed = {**wish, "modernize_new_vault_name": "vault-zrs", "modernize_accept_irreversible": True}
    in_place = {**wish, "modernize_vault_name": "empty"}
    refused, *fine = steps(books, ("redundancy", wish), ("redundancy", agreed), ("redundancy", in_place), check=True)
    assert "3 VMs have to be moved" in refused and fine == ["", ""] and azure.writes() == []
    assert steps(books, ("redundancy", agreed), ("redundancy", in_place)) == ["", ""]
    assert "redundancy: 3 VMs of 1 vaults were changed" in books.output
    items = azure.module("protection_info", source="lists")["protected_items"]
    places = {(each["vault_name"], each["name"]): each["policy"] if each["state"] == "protected" else each["state"] for each in items}
    assert places == {
        **{("vault-we", name): "stopped" for name in ("web-0001", "web-0002", "web-0003")},
        ("vault-zrs", "web-0001"): "DefaultPolicy",
        ("vault-zrs", "web-0002"): "DefaultPolicy",
        ("vault-zrs", "web-0003"): "EnhancedPolicy",
    }
    vaults = {each["name"]: each["redundancy"] for each in azure.module("vault_info")["vaults"]}
    assert vaults == {"vault-we": "GeoRedundant", "vault-zrs": "ZoneRedundant", "empty": "ZoneRedundant"}
    assert not any(each.startswith("DELETE") for each in azure.writes())
    azure.clear_ledger()
    assert steps(books, ("redundancy", agreed), ("redundancy", in_place)) == ["", ""] and "changed=0" in books.output and azure.writes() == []


def test_policies_that_vms_follow_in_the_other_vault_are_not_rewritten(azure: Azure, books: Playbooks) -> None:
    used = "[{vm: app/other, policy: DefaultPolicy, state: Protected}]"
    vms = SMALL.replace("vms: [", "vms: [{name: other, resource_group: app}, ")
    azure.estate(vms + f"  - {{name: vault-zrs, resource_group: backup, redundancy: ZoneRedundant, items: {used}}}\n")
    azure.module("policy", vault_name="vault-zrs", resource_group="backup", name="DefaultPolicy", retention={"daily": {"count": 99}})
    azure.clear_ledger()
    wish = {**PLACE, "modernize_redundancy": "ZoneRedundant", "modernize_new_vault_name": "vault-zrs", "modernize_accept_irreversible": True}
    for check in (True, False):
        (refused,) = steps(books, ("redundancy", wish), check=check)
        assert "DefaultPolicy (1 VMs; retention)" in refused and azure.writes() == []


def test_the_playbook(azure: Azure, books: Playbooks) -> None:
    azure.estate(SMALL)
    assert books.run(PLAYBOOK, "-e", "step=agents", "-e", "modernize_resource_group=backup") == 0, books.output
    assert "MARSAgentInstaller.exe" in books.output
