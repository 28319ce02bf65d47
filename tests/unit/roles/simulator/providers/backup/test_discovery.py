# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Discovery: protectable machines, refresh, status and validation by region; estates."""

from __future__ import annotations

from typing import Any

LOCATION = "/providers/Microsoft.RecoveryServices/locations/westeurope"


def ask(vault: Any, action: str, body: Any) -> Any:
    return vault.azure.send("POST", f"{vault.azure.subscription}{LOCATION}/{action}", body)


def test_refresh_ends_in_204(vault: Any) -> None:
    answer = vault.send("POST", "/backupFabrics/Azure/refreshContainers")
    url = answer.headers["Location"]
    assert (answer.status, answer.body) == (202, None)
    assert "api-version=2019-05-13-preview" in url
    running = vault.azure.follow(url)
    assert (running.status, running.body) == (202, None)
    assert "Location" in running.headers
    assert "Azure-AsyncOperation" not in running.headers
    vault.world.clock.jump(60)
    done = vault.azure.follow(url)
    assert (done.status, done.body, done.headers) == (204, None, {})


def test_protectable_are_the_unprotected_of_the_region(vault: Any) -> None:
    for name, location in (("near", "westeurope"), ("held", "westeurope"), ("far", "northeurope")):
        vault.vm(name, location=location)
    vault.protect("held")
    condition = "backupManagementType eq 'AzureIaasVM'"
    (found,) = vault.get("/backupProtectableItems", _filter=condition)["value"]
    assert found["name"] == "iaasvmcontainerv2;app;near"
    assert "/protectionContainers/IaasVMContainer;iaasvmcontainerv2;app;near/protectableItems/vm;iaasvmcontainerv2;app;near" in found["id"]
    assert vault.names("/backupProtectableItems", "backupManagementType eq 'AzureWorkload'") == []
    assert vault.names("/backupEngines") == []


def test_backup_status(vault: Any) -> None:
    body = {"resourceType": "VM", "resourceId": vault.vm("web")}
    free = ask(vault, "backupStatus", body).body
    assert free["protectionStatus"] == "NotProtected"
    assert "vaultId" not in free
    vault.protect("web")
    held = ask(vault, "backupStatus", body).body
    assert (held["protectionStatus"], held["vaultId"], held["policyName"]) == ("Protected", vault.id, "DefaultPolicy")
    assert held["protectedItemName"] == "vm;iaasvmcontainerv2;app;web"
    assert ask(vault, "backupStatus", {"resourceType": "VM", "resourceId": "x"}).status == 400


def test_pre_validation(vault: Any) -> None:
    def validate(name: str, **entry: Any) -> Any:
        return ask(vault, "backupPreValidateProtection", {"resourceType": "VM", "resourceId": vault.vm(name, **entry), "vaultId": vault.id}).body

    assert validate("good")["status"] == "Succeeded"
    bad = validate("bad", agent={"status": "NotReady"})
    assert (bad["status"], bad["errorCode"]) == ("Failed", "UserErrorGuestAgentStatusUnavailable")
    assert bad["recommendation"]
    assert validate("far", location="northeurope")["errorCode"] == "UserErrorBcmDatasourceNotPresent"


def test_feature_validation(vault: Any) -> None:
    body = {"featureType": "AzureVMResourceBackup", "vmSize": "Standard_D2s_v5", "vmSku": "Premium"}
    assert ask(vault, "backupValidateFeatures", body).body == {"supportStatus": "Supported"}


def test_filters_of_items_and_containers(vault: Any) -> None:
    for name in ("web1", "web2"):
        vault.vm(name)
    vault.protect("web1", "DefaultPolicy")
    vault.protect("web2", "EnhancedPolicy")
    kind = "backupManagementType eq 'AzureIaasVM'"
    assert vault.names("/backupProtectedItems", f"{kind} and itemType eq 'VM'") == ["web1", "web2"]
    assert vault.names("/backupProtectedItems", "policyName eq 'enhancedpolicy'") == ["web2"]
    assert vault.names("/backupProtectedItems", "backupManagementType eq 'AzureStorage'") == []
    assert vault.names("/backupProtectionContainers", f"{kind} and friendlyName eq 'web1' and status eq 'Registered'") == ["web1"]
    assert vault.names("/backupProtectionContainers", "backupManagementType eq 'MAB'") == []


def test_an_estate_comes_protected(azure: Any) -> None:
    retention = {
        "retentionPolicyType": "LongTermRetentionPolicy",
        "dailySchedule": {"retentionTimes": ["2020-01-01T02:00:00Z"], "retentionDuration": {"count": 7, "durationType": "Days"}},
    }
    schedule = {"schedulePolicyType": "SimpleSchedulePolicy", "scheduleRunFrequency": "Daily", "scheduleRunTimes": ["2020-01-01T02:00:00Z"]}
    policy = {"backupManagementType": "AzureIaasVM", "schedulePolicy": schedule, "retentionPolicy": retention}
    azure.load(
        {
            "vms": [{"name": "web{n}", "count": 3, "resource_group": "app"}],
            "vaults": [
                {
                    "name": "old",
                    "resource_group": "app",
                    "redundancy": "LocallyRedundant",
                    "soft_delete": "Disabled",
                    "policies": [{"name": "nightly", "properties": policy}],
                    "items": [
                        {"vm": "app/web0001", "policy": "nightly", "state": "Protected", "last_backup_hours_ago": 5},
                        {"vm": "app/web0002", "policy": "nightly", "state": "IRPending"},
                        {"vm": "app/web0003", "policy": "nightly", "state": "ProtectionStopped"},
                    ],
                }
            ],
        }
    )
    path = "Microsoft.RecoveryServices/vaults/old"
    vault = azure.get(path)["properties"]
    assert vault["redundancySettings"]["standardTierStorageRedundancy"] == "LocallyRedundant"
    assert vault["securitySettings"]["softDeleteSettings"]["softDeleteState"] == "Disabled"
    items = [each["properties"] for each in azure.get(f"{path}/backupProtectedItems")["value"]]
    assert [item["protectionState"] for item in items] == ["Protected", "IRPending", "ProtectionStopped"]
    assert items[0]["lastBackupStatus"] == "Completed"
    assert azure.get(f"{path}/backupPolicies/nightly")["properties"]["protectedItemsCount"] == 2
    assert azure.get(f"{path}/backupstorageconfig/vaultstorageconfig")["properties"]["storageTypeState"] == "Locked"
    assert azure.get(f"{path}/backupJobs")["value"] == []
