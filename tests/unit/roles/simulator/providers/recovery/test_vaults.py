# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Vaults: creation, change, settings with two owners, deletion."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

OLD, NEW = "2024-04-01", "2026-07-01"
BODY = {"location": "westeurope", "sku": {"name": "RS0", "tier": "Standard"}, "properties": {}}
LOCKED = {"securitySettings": {"immutabilitySettings": {"state": "Locked"}}}
ZONES_AND_REGIONS = {"redundancySettings": {"standardTierStorageRedundancy": "ZoneRedundant", "crossRegionRestore": "Enabled"}}


def code(answer: Any) -> str:
    return answer.body["error"]["code"]


def test_creation_is_an_operation_with_only_one_header(bare: Any) -> None:
    answer = bare.send("PUT", "", BODY)
    assert answer.status == 201
    assert answer.body["properties"]["provisioningState"] == "Provisioning"
    assert "Location" not in answer.headers
    assert int(answer.headers["Retry-After"]) >= 1
    url = answer.headers["Azure-AsyncOperation"]
    assert all(f"&{part}=" in url for part in "tcsh")
    running = bare.azure.follow(url)
    assert running.body["status"] == "InProgress"
    assert "Azure-AsyncOperation" in running.headers
    assert "Location" in running.headers
    bare.world.clock.jump(60)
    over = bare.azure.follow(url)
    assert over.body["status"] == "Succeeded"
    assert not {"Azure-AsyncOperation", "Location", "Retry-After"} & set(over.headers)
    found = bare.get()
    assert found["properties"]["provisioningState"] == "Succeeded"
    assert found["sku"] == BODY["sku"]
    assert found["etag"] != answer.body["etag"]


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("9lives", BODY, "InvalidResourceName"),
        ("a", BODY, "InvalidResourceName"),
        ("x" * 51, BODY, "InvalidResourceName"),
        ("fine", {"sku": {"name": "Standard"}}, "LocationRequired"),
        ("fine", {"location": "westeurope"}, "InvalidRestApiParameter"),
        ("fine", {**BODY, "properties": LOCKED}, "UserErrorUnsupportedVaultImmutabilityStateChange"),
        ("fine", {**BODY, "properties": ZONES_AND_REGIONS}, "InvalidRestApiParameter"),
    ],
)
def test_bad_vaults_are_refused_and_not_made(azure: Any, name: str, body: Any, expected: str) -> None:
    path = f"Microsoft.RecoveryServices/vaults/{name}"
    answer = azure.send("PUT", path, body)
    assert answer.status == 400
    assert code(answer) == expected
    assert azure.send("GET", path).status == 404


def test_a_put_on_a_vault_resets_what_it_does_not_carry(vault: Any) -> None:
    vault.patch({"tags": {"a": "b"}, "properties": {"publicNetworkAccess": "Disabled"}})
    vault.soft_delete("Disabled")
    answer = vault.send("PUT", "", BODY)
    assert answer.status == 200
    assert "tags" not in answer.body
    assert answer.body["properties"]["publicNetworkAccess"] == "Enabled"
    assert vault.get("/backupconfig/vaultconfig")["properties"]["softDeleteFeatureState"] == "Enabled"
    moved = vault.send("PUT", "", {**BODY, "location": "northeurope"})
    assert (moved.status, code(moved)) == (409, "InvalidResourceLocation")


def test_a_patch_changes_only_what_it_carries_and_only_when_it_is_done(vault: Any) -> None:
    before = vault.get()
    answer = vault.send("PATCH", "", {"properties": {"publicNetworkAccess": "Disabled"}})
    assert (answer.status, answer.body) == (202, None)
    assert {"Azure-AsyncOperation", "Location", "Retry-After"} <= set(answer.headers)
    assert vault.get()["properties"]["publicNetworkAccess"] == "Enabled"
    busy = vault.send("PATCH", "", {"tags": {}})
    assert (busy.status, code(busy)) == (409, "RSVaultUpdateErrorConflictingOperationInProgress")
    vault.world.clock.jump(60)
    after = vault.get()
    assert after["etag"] != before["etag"]
    before["properties"]["publicNetworkAccess"] = "Disabled"
    assert after["properties"] == before["properties"]


@pytest.mark.parametrize(
    ("given", "status", "shown"),
    [
        ({"type": "systemassigned"}, 200, "SystemAssigned"),
        ({"type": "None"}, 200, "None"),
        ({"type": "userassigned", "userAssignedIdentities": {"/subscriptions/x/i": {}}}, 202, "UserAssigned"),
        ({"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {"/subscriptions/x/i": {}}}, 202, "SystemAssigned, UserAssigned"),
    ],
)
def test_identities(vault: Any, given: Any, status: int, shown: str) -> None:
    answer = vault.patch({"identity": given})
    assert answer.status == status
    identity = vault.get()["identity"]
    assert identity["type"] == shown
    assert ("principalId" in identity) is shown.startswith("System")
    assert ("tenantId" in identity) is (shown != "None")


def test_redundancy_belongs_to_the_api_that_wrote_it(vault: Any) -> None:
    config = "/backupstorageconfig/vaultstorageconfig"
    put = vault.send("PUT", config, {"properties": {"storageModelType": "LocallyRedundant"}})
    assert (put.status, put.body["properties"]["storageType"]) == (200, "LocallyRedundant")
    assert vault.get()["properties"]["redundancySettings"]["standardTierStorageRedundancy"] == "LocallyRedundant"
    patch = vault.send("PATCH", config, {"properties": {"storageModelType": "GeoRedundant", "crossRegionRestoreFlag": True}})
    assert (patch.status, patch.body) == (204, None)
    assert vault.get(config)["properties"] | {"dedupState": 0, "xcoolState": 0} == {
        "storageModelType": "GeoRedundant",
        "storageType": "GeoRedundant",
        "storageTypeState": "Locked",
        "crossRegionRestoreFlag": True,
        "dedupState": 0,
        "xcoolState": 0,
    }
    vault.patch({"properties": {"redundancySettings": {"crossRegionRestore": "Disabled"}}})
    refused = vault.send("PUT", config, {"properties": {"storageModelType": "GeoRedundant"}})
    assert (refused.status, code(refused)) == (400, "BMSUserErrorRedundancySettingsUseVaultApi")


@pytest.mark.parametrize("way", ["vault", "config"])
def test_redundancy_is_locked_once_something_was_protected(vault: Any, way: str) -> None:
    vault.vm("web")
    vault.protect("web")
    assert vault.get("/backupstorageconfig/vaultstorageconfig")["properties"]["storageTypeState"] == "Locked"
    if way == "vault":
        answer = vault.patch({"properties": {"redundancySettings": {"standardTierStorageRedundancy": "LocallyRedundant"}}})
    else:
        answer = vault.send("PATCH", "/backupstorageconfig/vaultstorageconfig", {"properties": {"storageModelType": "LocallyRedundant"}})
    assert (answer.status, code(answer)) == (400, "StorageModelModifyError")


def soft(**settings: Any) -> Any:
    return {"properties": {"securitySettings": {"softDeleteSettings": settings}}}


def test_old_vault_apis_ignore_soft_delete_and_new_ones_own_it(vault: Any) -> None:
    assert vault.patch(soft(softDeleteRetentionPeriodInDays=30), OLD).status == 202
    assert vault.get("/backupconfig/vaultconfig")["properties"]["softDeleteRetentionPeriodInDays"] == 14
    assert vault.patch(soft(softDeleteRetentionPeriodInDays=30), NEW).status == 202
    assert vault.get("/backupconfig/vaultconfig")["properties"]["softDeleteRetentionPeriodInDays"] == 30
    settings = {"enhancedSecurityState": "Enabled", "softDeleteFeatureState": "Enabled"}
    refused = vault.send("PATCH", "/backupconfig/vaultconfig", {"properties": settings})
    assert code(refused) == "BMSUserErrorSoftDeleteUseVaultApi"


def test_soft_delete_refusals(vault: Any) -> None:
    assert code(vault.patch(soft(softDeleteRetentionPeriodInDays=13), NEW)) == "InvalidRestApiParameter"
    assert code(vault.patch(soft(softDeleteState="Disabled"), NEW)) == "BMSUserErrorDisablingSoftDeleteStateNotAllowed"
    half = vault.send("PATCH", "/backupconfig/vaultconfig", {"properties": {"softDeleteFeatureState": "Enabled"}})
    assert code(half) == "BMSUserErrorInvalidInput"
    assert vault.patch(soft(softDeleteState="AlwaysOn", enhancedSecurityState="AlwaysOn"), NEW).status == 202
    assert vault.get()["properties"]["securitySettings"]["softDeleteSettings"]["softDeleteState"] == "AlwaysON"
    assert code(vault.patch(soft(softDeleteState="Enabled"), NEW)) == "BMSUserErrorSoftDeleteStateAlwaysOn"


def immutable(state: str) -> Any:
    return {"properties": {"securitySettings": {"immutabilitySettings": {"state": state}}}}


def test_immutability_goes_up_and_is_locked_for_good(vault: Any) -> None:
    assert code(vault.patch(immutable("Locked"))) == "UserErrorUnsupportedVaultImmutabilityStateChange"
    assert vault.patch(immutable("Unlocked")).status == 202
    assert vault.get()["properties"]["secureScore"] == "Minimum"
    assert vault.patch(immutable("Locked")).status == 202
    assert code(vault.patch(immutable("Disabled"))) == "UserErrorUnsupportedVaultImmutabilityStateChange"


def test_a_vault_with_items_cannot_be_deleted(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    answer = vault.send("DELETE")
    assert (answer.status, code(answer)) == (400, "ServiceResourceNotEmptyWithContainerDetails")
    assert "existing resources within the vault" in answer.body["error"]["message"]
    vault.operation(vault.send("DELETE", vault.item("web")))
    assert code(vault.send("DELETE", api=OLD)) == "BMSUserErrorVaultDeletionNotAllowed"
    assert vault.send("DELETE", api=NEW).status == 202


def test_the_polls_of_a_deletion_end_in_success_or_in_the_vaults_404(vault: Any) -> None:
    answer = vault.send("DELETE")
    url = answer.headers["Azure-AsyncOperation"]
    assert answer.status == 202
    assert vault.azure.follow(url).body["status"] == "InProgress"
    vault.world.clock.jump(60)
    gone = vault.azure.follow(url)
    assert (gone.status, code(gone)) == (404, "ResourceNotFound")
    assert "Microsoft.RecoveryServices/vaults/safe" in gone.body["error"]["message"]
    vault.create()
    url = vault.send("DELETE").headers["Azure-AsyncOperation"]
    vault.world.clock.jump(60)
    assert vault.azure.follow(url).body["status"] == "Succeeded"
    assert vault.send("DELETE").status == 204


def test_a_deleted_vault_comes_back_with_its_items(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    vault.operation(vault.send("DELETE", vault.item("web")))
    vault.send("DELETE", api=NEW)
    vault.world.clock.jump(60)
    place = f"{vault.azure.subscription}/providers/Microsoft.RecoveryServices/locations/westeurope/deletedVaults"
    (deleted,) = vault.azure.get(place)["value"]
    assert deleted["properties"]["vaultId"] == vault.id
    wish = {"properties": {"recoveryResourceGroupId": vault.azure.group}}
    answer = vault.azure.send("POST", deleted["id"] + "/undelete", wish)
    assert answer.headers["Location"].split("?")[0] == answer.headers["Azure-AsyncOperation"].split("?")[0]
    assert vault.azure.finish(answer).body["status"] == "Succeeded"
    assert vault.get()["properties"]["provisioningState"] == "Succeeded"
    assert vault.names("/backupProtectedItems") == ["web"]
    assert vault.azure.get(place)["value"] == []


def test_lists_are_shorter_than_a_get_and_paged(vault: Any) -> None:
    vault.azure.load({"vaults": [{"name": "more{n}", "count": 5, "resource_group": "app"}]})
    vault.world.settings.page_size = 4
    first = vault.azure.get("Microsoft.RecoveryServices/vaults")
    second = vault.azure.follow(unquote(first["nextLink"])).body
    assert (len(first["value"]), len(second["value"])) == (4, 2)
    assert "nextLink" not in second
    assert set(vault.get()["properties"]) - set(first["value"][0]["properties"]) == {
        "backupStorageVersion",
        "redundancySettings",
        "securitySettings",
    }


def test_names_and_usages(vault: Any) -> None:
    path = "Microsoft.RecoveryServices/locations/westeurope/checkNameAvailability"
    answers = [vault.azure.send("POST", path, {"type": "Microsoft.RecoveryServices/vaults", "name": name}).body for name in ("new", "safe", "1")]
    assert [answer.get("reason") for answer in answers] == [None, "AlreadyExists", "Invalid"]
    assert [each["currentValue"] for each in vault.get("/usages")["value"]] == [0, 0, 0]


def test_encryption_is_shown_in_both_places(vault: Any) -> None:
    config = "/backupEncryptionConfigs/backupResourceEncryptionConfig"
    assert vault.get(config)["properties"]["encryptionAtRestType"] == "MicrosoftManaged"
    key = {"keyVaultProperties": {"keyUri": "https://k.vault.azure.net/keys/k/1"}, "kekIdentity": {"useSystemAssignedIdentity": True}}
    vault.patch({"identity": {"type": "systemassigned"}})
    assert vault.patch({"properties": {"encryption": key}}).status == 202
    shown = vault.get(config)["properties"]
    assert (shown["encryptionAtRestType"], shown["keyUri"]) == ("CustomerManaged", "https://k.vault.azure.net/keys/k/1")
    assert vault.get()["properties"]["encryption"]["infrastructureEncryption"] == "Disabled"


def test_a_deleted_vault_comes_back_in_another_group_with_its_references(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    vault.send("PUT", "/backupPolicies/mine", {"properties": vault.get("/backupPolicies/DefaultPolicy")["properties"]})
    vault.operation(vault.send("POST", vault.item("web") + "/backup", {"properties": {"objectType": "IaasVMBackupRequest"}}))
    vault.operation(vault.send("DELETE", vault.item("web")))
    vault.send("DELETE", api=NEW)
    vault.world.clock.jump(60)
    vault.azure.load({"resource_groups": [{"name": "found", "location": "northeurope"}]})
    place = f"{vault.azure.subscription}/providers/Microsoft.RecoveryServices/locations/westeurope/deletedVaults"
    (deleted,) = vault.azure.get(place)["value"]
    group = vault.azure.group.replace("/app", "/found")
    wish = {"properties": {"recoveryResourceGroupId": group}}
    assert vault.azure.finish(vault.azure.send("POST", deleted["id"] + "/undelete", wish)).body["status"] == "Succeeded"
    old, vault.id = vault.id, f"{group}/providers/Microsoft.RecoveryServices/vaults/safe"
    assert vault.get()["id"] == vault.id
    assert vault.names("/backupPolicies") == ["HourlyLogBackup", "DefaultPolicy", "EnhancedPolicy", "mine"]
    item = vault.protected("web")
    assert item["vaultId"] == vault.world.settings.base_url + vault.id
    assert len(vault.get(vault.item("web") + "/recoveryPoints")["value"]) == 1
    assert old.lower() not in str(list(vault.world.store.below(vault.id))).lower()
    undelete = vault.protect("web", "", protectionState="ProtectionStopped", isRehydrate=True)
    assert undelete["status"] == "Succeeded"
    assert vault.protect("web", "mine")["status"] == "Succeeded"
    assert vault.protected("web")["policyId"] == f"{vault.id}/backupPolicies/mine"
    vault.world.clock.jump(100_000)
    assert vault.protected("web")["protectionState"] == "Protected"


def test_soft_deleted_items_of_a_vault_that_came_back_are_purged_in_time(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    vault.operation(vault.send("DELETE", vault.item("web")))
    vault.send("DELETE", api=NEW)
    vault.world.clock.jump(5 * 86_400)
    vault.azure.load({"resource_groups": [{"name": "found", "location": "northeurope"}]})
    place = f"{vault.azure.subscription}/providers/Microsoft.RecoveryServices/locations/westeurope/deletedVaults"
    group = vault.azure.group.replace("/app", "/found")
    wish = {"properties": {"recoveryResourceGroupId": group}}
    vault.azure.finish(vault.azure.send("POST", vault.azure.get(place)["value"][0]["id"] + "/undelete", wish))
    vault.id = f"{group}/providers/Microsoft.RecoveryServices/vaults/safe"
    vault.world.clock.jump(8.5 * 86_400)
    assert vault.names("/backupProtectedItems") == ["web"]
    vault.world.clock.jump(86_400)
    assert vault.names("/backupProtectedItems") == []
