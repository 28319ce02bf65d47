# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the classic service in texts and files."""

from __future__ import annotations

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._upgrade.names import find

SERVICE = "RecoveryServices-DP2RCXUGWS3MLJF4LKPI3A3OMJ2DI4SRJK6HIJH22HFIHZVVELRQ-East-US"
NOTHING = "nothing; Azure has no Backup vaults left to upgrade"
CLASSIC = "https://management.core.windows.net/$S/cloudservices"


@pytest.mark.parametrize(
    ("text", "kind", "name", "successor"),
    [
        ("$v = Get-AzureRmBackupVault -Name x", "cmdlet", "Get-AzureRmBackupVault", "Get-AzRecoveryServicesVault"),
        ("get-azurebackupvault", "cmdlet", "get-azurebackupvault", "get-AzRecoveryServicesVault"),
        ("New-AzureRMBackupRetentionPolicyObject", "cmdlet", "New-AzureRMBackupRetentionPolicyObject", "Get-AzRecoveryServicesBackupRetentionPolicyObject"),
        ("Wait-AzureRmBackupJob $j", "cmdlet", "Wait-AzureRmBackupJob", "Wait-AzRecoveryServicesBackupJob"),
        ("|Get-AzureRmBackupVaultCredentials", "cmdlet", "Get-AzureRmBackupVaultCredentials", "Get-AzRecoveryServicesVaultSettingsFile"),
        ("Get-AzureRmBackupSomething", "cmdlet", "Get-AzureRmBackupSomething", "a cmdlet of the module Az.RecoveryServices"),
        ("Get-AzureRmRecoveryServicesBackupItem", "cmdlet", "Get-AzureRmRecoveryServicesBackupItem", "Get-AzRecoveryServicesBackupItem"),
        ("Invoke-AzureRecoveryServicesVaultUpgrade", "cmdlet", "Invoke-AzureRecoveryServicesVaultUpgrade", NOTHING),
        (".\\RecoveryServicesVaultUpgrade-1.0.2.ps1 -x", "script", "RecoveryServicesVaultUpgrade-1.0.2.ps1", NOTHING),
        ("https://aka.ms/vaultupgradescript2", "script", "aka.ms/vaultupgradescript2", NOTHING),
        ("Import-Module AzureRM.Backup", "module", "AzureRM.Backup", "Az.RecoveryServices"),
        ("type: Microsoft.Backup/BackupVault", "provider", "Microsoft.Backup/BackupVault", "Microsoft.RecoveryServices/vaults"),
        ("az provider register -n Microsoft.Backup", "provider", "Microsoft.Backup", "Microsoft.RecoveryServices"),
        (f"-g {SERVICE} -x", "resource_group", SERVICE, "the resource group that the vault was upgraded into"),
        (f"curl {CLASSIC}", "endpoint", CLASSIC, "Azure Resource Manager"),
        ("-ResourceType HyperVRecoveryManagerVault", "resource_type", "HyperVRecoveryManagerVault", "Microsoft.RecoveryServices/vaults"),
    ],
)
def test_old_names(text: str, kind: str, name: str, successor: str) -> None:
    (found,) = find(text)
    assert (found["kind"], found["name"], found["successor"]) == (kind, name, successor)
    assert text[found["column"] - 1:].startswith(name)


@pytest.mark.parametrize(
    "text",
    [
        "Get-AzRecoveryServicesVault",
        "Microsoft.DataProtection/backupVaults",
        "Microsoft.RecoveryServices/vaults",
        "Microsoft.BackupSolutions/VMwareApplications",
        "My.Microsoft.Backup.Thing",
        "AzureRM.BackupTool.Old",
        "RecoveryServices-short-East-US",
        "https://management.core.windows.net/.default",
        "AzureBackupRG_westeurope_1",
        "service tag AzureBackup",
    ],
)
def test_names_of_today(text: str) -> None:
    assert list(find(text)) == []


def test_places() -> None:
    policy = f"/resourceGroups/{SERVICE}/providers/Microsoft.Backup/BackupVault/v/protectionPolicies/p"
    text = f"# x\nGet-AzureRmBackupContainer; Get-AzureBackupItem -Policy {policy}\r\n"
    found = [(each["line"], each["column"], each["kind"]) for each in find(text)]
    assert [each[0] for each in found] == [2] * 4 and [each[1] for each in found] == sorted(each[1] for each in found)
    assert [each[2] for each in found] == ["cmdlet", "cmdlet", "resource_group", "provider"]
