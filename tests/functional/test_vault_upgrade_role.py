# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role vault_upgrade, run by ansible-playbook against the simulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import Azure
from test_roles import Playbooks

pytestmark = pytest.mark.usefixtures("evening")

PLAYBOOK = "safeharbor.azure_backup.vault_upgrade"
CENTRAL = "/subscriptions/00000000-0000-4000-8000-000000000009/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/central"
CONTOSO = {"vault_upgrade_vault_name": "TestVault", "vault_upgrade_resource_group": "ContosoRG"}
GROUPS = "resource_groups: [{name: ContosoRG, location: australiaeast}, {name: app, location: australiaeast}]\n"
CLASSIC = GROUPS + """
vms: [{name: web, count: 2, resource_group: app}]
classic_vaults:
  - name: TestVault
    location: australiaeast
    items: [{vm: app/web-0001}, {vm: app/web-0002}]
"""
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
PLACE = {"vault_upgrade_vault_name": "vault-we", "vault_upgrade_resource_group": "backup"}
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
        include = {"ansible.builtin.include_role": {"name": "safeharbor.azure_backup.vault_upgrade", "tasks_from": entry}, "vars": variables}
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


def test_the_whole_way(azure: Azure, books: Playbooks, tmp_path: Path) -> None:
    azure.estate(CLASSIC)
    azure.settings(speed=60.0)
    (tmp_path / "old.ps1").write_text("Get-AzureRmBackupVault\n")
    wish = {
        **CONTOSO,
        "vault_upgrade_poll_seconds": 1,
        "vault_upgrade_time_zone": "Australia/Sydney",
        "vault_upgrade_workspace_id": CENTRAL,
        "vault_upgrade_name_paths": [str(tmp_path / "old.ps1")],
    }
    agreed = {**wish, "vault_upgrade_accept_irreversible": True}
    refused, fine = steps(books, ("main", wish), ("main", agreed), check=True, save="vault_upgrade_result")
    assert "accept_irreversible" in refused and fine == "" and azure.writes() == [] and fact(books)["status"] == "in_progress"
    assert steps(books, ("main", agreed), save="vault_upgrade_result") == [""]
    assert fact(books)["status"] == "upgraded" and "FAILED - RETRYING" in books.output
    assert "Get-AzureRmBackupVault, today Get-AzRecoveryServicesVault" in books.output and "Backup Reports" in books.output
    assert writes(azure) == ["POST upgrade", "PUT DefaultPolicy", "PATCH TestVault", "PUT AzureBackup"]
    (policy,) = [each["body"]["properties"] for each in azure.requests(writes="true") if each["path"].endswith("DefaultPolicy")]
    assert policy["timeZone"] == "AUS Eastern Standard Time" and policy["schedulePolicy"]["scheduleRunTimes"][0].endswith("T16:30:00Z")
    azure.clear_ledger()
    assert steps(books, ("main", agreed), save="vault_upgrade_result") == [""] and "changed=0" in books.output and azure.writes() == []


def test_every_reason_stops_it(azure: Azure, books: Playbooks) -> None:
    azure.estate(GROUPS + "classic_vaults: [{name: TestVault, location: australiaeast, billing: Storage, configuring: [sql1]}]")
    retired = {**CONTOSO, "vault_upgrade_classic_url": "https://management.core.windows.net"}
    *reasons, gone = steps(books, ("validate", CONTOSO), ("main", CONTOSO), ("validate", retired))
    for told in reasons:
        assert "2 reasons" in told and "vault_upgrade_convert_billing: StorageBasedBillingModel" in told and "sql1" in told
    assert "has retired the classic service" in gone and azure.writes() == []


def test_a_failure_names_the_operation(azure: Azure, books: Playbooks) -> None:
    azure.estate(CLASSIC)
    azure.fault(method="POST", path="*/upgrade", fail_operation={"code": "CloudInternalError", "message": "The stamp is gone."})
    wish = {**CONTOSO, "vault_upgrade_accept_irreversible": True, "vault_upgrade_poll_seconds": 1}
    for told in steps(books, ("main", wish), ("main", wish)):
        assert "The stamp is gone." in told and "Operation id" in told and "support" in told
    assert writes(azure) == ["POST upgrade"]


def test_200_vms_get_an_enhanced_policy(azure: Azure, books: Playbooks) -> None:
    azure.estate(FLEET)
    wish = {**PLACE, "vault_upgrade_policy": "EnhancedPolicy"}
    agreed = {**wish, "vault_upgrade_accept_irreversible": True}
    counts = "[vault_upgrade_ready | length, vault_upgrade_blocked | length]"
    refused, fine = steps(books, ("enhanced_policy", wish), ("enhanced_policy", agreed), check=True, save=counts)
    assert "160 VMs would get" in refused and "40 cannot be moved" in refused and fine == ""
    assert azure.writes() == [] and fact(books) == [160, 40]
    assert steps(books, ("enhanced_policy", agreed)) == [""]
    assert len(azure.writes()) == 160 and all("/VM;iaasvmcontainerv2;app;plain-" in each for each in azure.writes())
    assert "shared-0007 keeps policy DefaultPolicy: shared disks" in books.output
    azure.clear_ledger()
    assert steps(books, ("enhanced_policy", agreed)) == [""] and "changed=0" in books.output and azure.writes() == []


def test_alerts_items_reports_and_agents(azure: Azure, books: Playbooks) -> None:
    azure.estate(SMALL)
    every: list[tuple[str, dict[str, Any]]] = [("alerts", {}), ("items", PLACE), ("diagnostics", {"vault_upgrade_workspace_id": CENTRAL}), ("agents", {})]
    assert steps(books, *every, check=True) == [""] * 4 and azure.writes() == []
    assert steps(books, *every) == [""] * 4
    assert writes(azure) == ["PATCH vault-we", "PUT VM;iaasvmcontainerv2;app;web-0001", "PUT AzureBackup"]
    assert "old (vault-we): agent 2.0.9082.0: makes no backups since 2018" in books.output and "MARSAgentInstaller.exe" in books.output
    azure.clear_ledger()
    assert steps(books, *every) == [""] * 4 and "changed=0" in books.output and azure.writes() == []


def test_security_rises_with_consent(azure: Azure, books: Playbooks) -> None:
    azure.estate(SMALL + "  - {name: strict, resource_group: backup}\n")
    wish = {"vault_upgrade_vault_name": "strict", "vault_upgrade_resource_group": "backup"}
    wish |= {"vault_upgrade_soft_delete": "AlwaysON", "vault_upgrade_immutability": "Locked"}
    agreed = {**wish, "vault_upgrade_accept_irreversible": True}
    hindered = {**PLACE, "vault_upgrade_immutability": "Unlocked"}
    refused, waiting, fine = steps(books, ("security", wish), ("security", hindered), ("security", agreed), check=True)
    assert refused and "accept_irreversible" in books.output
    assert "do not know immutable vaults: old" in waiting and fine == "" and azure.writes() == []
    assert steps(books, ("security", agreed)) == [""]
    assert {each.split()[0] for each in azure.writes()} == {"PATCH"}
    azure.clear_ledger()
    assert steps(books, ("security", agreed)) == [""] and "changed=0" in books.output and azure.writes() == []
    (vault,) = [each for each in azure.module("vault_info", resource_group="backup")["vaults"] if each["name"] == "strict"]
    assert (vault["soft_delete"], vault["immutability"]) == ("AlwaysON", "Locked")


def test_zones_are_not_guessed(azure: Azure, books: Playbooks) -> None:
    azure.estate("resource_groups: [{name: backup, location: westus}]\nclassic_vaults: [{name: vault-we, location: westus}]")
    azure.module("vault_upgrade", vault_name="vault-we", resource_group="backup", accept_irreversible=True)
    azure.clear_ledger()
    wish = {"vault_upgrade_time_zones": {"DefaultPolicy": "Pacific Standard Time"}}
    refused, fine = steps(books, ("time_zones", {}), ("time_zones", wish), check=True)
    assert "no time zone is given for DefaultPolicy" in refused and fine == "" and azure.writes() == []
    assert steps(books, ("time_zones", wish)) == [""] and writes(azure) == ["PUT DefaultPolicy"]


def test_another_redundancy_by_another_vault(azure: Azure, books: Playbooks) -> None:
    azure.estate(SMALL + "  - {name: empty, resource_group: backup}\n")
    wish = {**PLACE, "vault_upgrade_redundancy": "ZoneRedundant"}
    agreed = {**wish, "vault_upgrade_new_vault_name": "vault-zrs", "vault_upgrade_accept_irreversible": True}
    in_place = {**wish, "vault_upgrade_vault_name": "empty"}
    refused, *fine = steps(books, ("redundancy", wish), ("redundancy", agreed), ("redundancy", in_place), check=True)
    assert "3 VMs have to be moved" in refused and fine == ["", ""] and azure.writes() == []
    assert steps(books, ("redundancy", agreed), ("redundancy", in_place)) == ["", ""]
    items = azure.module("protection_info", source="lists")["items"]
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


def test_the_playbook(azure: Azure, books: Playbooks) -> None:
    azure.estate(SMALL)
    assert books.run(PLAYBOOK, "-e", "step=agents", "-e", "vault_upgrade_resource_group=backup") == 0, books.output
    assert "MARSAgentInstaller.exe" in books.output
