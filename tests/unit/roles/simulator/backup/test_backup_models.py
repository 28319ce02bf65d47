# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every body is read with Microsoft's typed models; what they do not know must have been recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

vaults = pytest.importorskip("azure.mgmt.recoveryservices.models")
backup = pytest.importorskip("azure.mgmt.recoveryservicesbackup.models")

NEW = "2026-08-01"
RECORDED = {
    ".properties.sourceSideScanning",
    ".properties.softDeleteRetentionPeriod",
    ".properties.recoveryPointMoveReadinessInfo",
    ".properties.createdWithPolicyType",
    ".properties.extendedInfo.tasksList.taskType",
    ".location",
}
"""In recorded answers, though in no model."""

Unknown = Callable[[Any, dict[str, Any]], list[str]]


def check(unknown_fields: Unknown, model: Any, body: dict[str, Any]) -> None:
    assert set(unknown_fields(model, body)) <= RECORDED


def check_inner(unknown_fields: Unknown, model: Any, body: dict[str, Any]) -> None:
    """For resources whose properties the models read as a base class only: the properties by their own class."""
    assert {f".properties{name}" for name in unknown_fields(model(body["properties"]), body["properties"])} <= RECORDED
    assert {"id", "name", "type", "properties"} >= set(body)


def test_vaults(vault: Any, unknown_fields: Unknown) -> None:
    for api in ("2024-04-01", NEW):
        body = vault.get(api=api)
        check(unknown_fields, vaults.Vault(body), body)
    listed = vault.azure.get("Microsoft.RecoveryServices/vaults")["value"][0]
    check(unknown_fields, vaults.Vault(listed), listed)
    usage = vault.get("/usages")["value"][0]
    check(unknown_fields, vaults.VaultUsage(usage), usage)


def test_deleted_vaults(vault: Any, unknown_fields: Unknown) -> None:
    vault.send("DELETE")
    vault.world.clock.jump(60)
    (body,) = vault.azure.get(f"{vault.azure.subscription}/providers/Microsoft.RecoveryServices/locations/westeurope/deletedVaults")["value"]
    check(unknown_fields, vaults.DeletedVault(body), body)


def test_settings(vault: Any, unknown_fields: Unknown) -> None:
    for path, model in (
        ("/backupconfig/vaultconfig", backup.BackupResourceVaultConfigResource),
        ("/backupstorageconfig/vaultstorageconfig", backup.BackupResourceConfigResource),
        ("/backupEncryptionConfigs/backupResourceEncryptionConfig", backup.BackupResourceEncryptionConfigExtendedResource),
    ):
        body = vault.get(path)
        check(unknown_fields, model(body), body)


def test_policies(vault: Any, unknown_fields: Unknown) -> None:
    for body in vault.get("/backupPolicies")["value"]:
        resource = backup.ProtectionPolicyResource(body)
        assert type(resource.properties) is not backup.ProtectionPolicy
        check(unknown_fields, resource, body)


def test_items_containers_and_jobs(vault: Any, unknown_fields: Unknown) -> None:
    vault.vm("web", data_disks=[{"lun": 0, "size_gb": 4}])
    vault.vm("free")
    exclusion = {"diskExclusionProperties": {"diskLunList": [0], "isInclusionList": False}}
    vault.protect("web", extendedProperties=exclusion)
    vault.operation(vault.send("POST", vault.item("web") + "/backup", {"properties": {"objectType": "IaasVMBackupRequest"}}))
    vault.operation(vault.send("DELETE", vault.item("web")), 60)
    item = vault.get(vault.item("web"), NEW, _filter="expand eq 'extendedinfo'")
    check_inner(unknown_fields, backup.AzureIaaSComputeVMProtectedItem, item)
    for body in vault.get("/backupProtectionContainers")["value"]:
        check_inner(unknown_fields, backup.AzureIaaSComputeVMContainer, body)
    for body in vault.get("/backupProtectableItems")["value"]:
        check_inner(unknown_fields, backup.AzureIaaSComputeVMProtectableItem, body)
    for body in vault.get(vault.item("web") + "/recoveryPoints")["value"]:
        check_inner(unknown_fields, backup.IaasVMRecoveryPoint, body)
    for body in vault.get("/backupJobs")["value"]:
        check_inner(unknown_fields, backup.AzureIaaSVMJob, vault.get(f"/backupJobs/{body['name']}"))


def test_answers_of_a_region(vault: Any, unknown_fields: Unknown) -> None:
    place = f"{vault.azure.subscription}/providers/Microsoft.RecoveryServices/locations/westeurope"
    body = {"resourceType": "VM", "resourceId": vault.vm("web"), "vaultId": vault.id}
    status = vault.azure.send("POST", f"{place}/backupStatus", body).body
    assert unknown_fields(backup.BackupStatusResponse(status), status) == [".objectType"]
    verdict = vault.azure.send("POST", f"{place}/backupPreValidateProtection", body).body
    assert unknown_fields(backup.PreValidateEnableBackupResponse(verdict), verdict) == []


def test_operations(vault: Any, unknown_fields: Unknown) -> None:
    vault.vm("web", agent={"status": "Missing"})
    state = vault.protect("web")
    assert unknown_fields(backup.OperationStatus(state), state) == []
