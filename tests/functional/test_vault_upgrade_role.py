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
        assert "2 problems prevent the upgrade" in told and "vault_upgrade_convert_billing: StorageBasedBillingModel" in told and "sql1" in told
    assert "has retired the classic service" in gone and azure.writes() == []


def test_a_failure_names_the_operation(azure: Azure, books: Playbooks) -> None:
    azure.estate(CLASSIC)
    azure.fault(method="POST", path="*/upgrade", fail_operation={"code": "CloudInternalError", "message": "The stamp is gone."})
    wish = {**CONTOSO, "vault_upgrade_accept_irreversible": True, "vault_upgrade_poll_seconds": 1}
    for told in steps(books, ("main", wish), ("main", wish)):
        assert "The stamp is gone." in told and "Operation id" in told and "support" in told
    assert writes(azure) == ["POST upgrade"]


def test_zones_are_not_guessed(azure: Azure, books: Playbooks) -> None:
    azure.estate("resource_groups: [{name: ContosoRG, location: westus}]\nclassic_vaults: [{name: TestVault, location: westus}]")
    azure.module("vault_upgrade", vault_name="TestVault", resource_group="ContosoRG", accept_irreversible=True)
    azure.clear_ledger()
    wish = {**CONTOSO, "vault_upgrade_time_zones": {"DefaultPolicy": "Pacific Standard Time"}}
    gone = {**CONTOSO, "vault_upgrade_vault_name": "other"}
    refused, missing, fine = steps(books, ("finish", CONTOSO), ("finish", gone), ("finish", wish), check=True)
    assert "modernize_time_zone (the zone that the times of these policies were meant in: DefaultPolicy)" in refused
    assert "there is no vault 'ContosoRG/other'" in missing and fine == "" and azure.writes() == []
    assert steps(books, ("finish", wish)) == [""] and writes(azure) == ["PUT DefaultPolicy", "PATCH TestVault"]


def test_the_playbook(azure: Azure, books: Playbooks, tmp_path: Path) -> None:
    (tmp_path / "old.ps1").write_text("Get-AzureRmBackupVault\n")
    assert books.run(PLAYBOOK, "-e", "step=names", "-e", f"{{vault_upgrade_name_paths: [{tmp_path}/old.ps1]}}") == 0, books.output
    assert "Get-AzureRmBackupVault" in books.output
