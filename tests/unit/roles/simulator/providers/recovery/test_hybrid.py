# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers with an agent of their own, backup servers, usages, intents, private endpoints, leftovers of the past."""

from __future__ import annotations

from typing import Any

import pytest

NEW = "2026-08-01"
ENDPOINT = "/subscriptions/x/resourceGroups/n/providers/Microsoft.Network/privateEndpoints/pe"
ESTATE: dict[str, Any] = {
    "name": "safe",
    "resource_group": "app",
    "mars_servers": [
        {"name": "old", "agent_version": "2.0.9000.0", "items": ["C:\\", "D:\\data"]},
        {"name": "new"},
    ],
    "backup_engines": [{"name": "mabs", "agent_version": "2.0.9083.0", "upgrade_available": True}, {"name": "dpm", "type": "DpmBackupEngine"}],
}


@pytest.fixture
def hybrid(bare: Any) -> Any:
    bare.azure.load({"vms": [{"name": "web", "resource_group": "app"}], "vaults": [{**ESTATE, "items": [{"vm": "app/web"}]}]})
    return bare


def test_servers_are_containers_with_an_agent_version(hybrid: Any) -> None:
    path = "/backupProtectionContainers"
    assert hybrid.names(path) == ["web", "old", "new"]
    assert hybrid.names(path, "backupManagementType eq 'AzureIaasVM' and status eq 'Registered'") == ["web"]
    servers = hybrid.get(path, _filter="backupManagementType eq 'MAB'")["value"]
    versions = {each["properties"]["friendlyName"]: each["properties"]["agentVersion"] for each in servers}
    assert versions == {"old": "2.0.9000.0", "new": "2.0.9506.0"}
    one = hybrid.get("/backupFabrics/Azure/protectionContainers/Windows;old")
    assert (one["properties"]["containerType"], one["properties"]["protectedItemCount"]) == ("Windows", 2)


def test_folders_are_items_beside_the_machines(hybrid: Any) -> None:
    path = "/backupProtectedItems"
    assert hybrid.names(path) == ["web", "C:\\", "D:\\data"]
    assert hybrid.names(path, "backupManagementType eq 'MAB'") == ["C:\\", "D:\\data"]
    assert hybrid.names(path, "backupManagementType eq 'AzureIaasVM' and itemType eq 'VM'") == ["web"]
    found = hybrid.get(path, _filter="itemType eq 'FileFolder' and friendlyName eq 'c:\\'")["value"]
    assert hybrid.get(found[0]["id"].removeprefix(hybrid.id))["properties"]["computerName"] == "old"
    assert hybrid.get("/backupProtectableItems")["value"] == []


def test_backup_servers(hybrid: Any) -> None:
    assert hybrid.names("/backupEngines") == ["mabs", "dpm"]
    assert hybrid.names("/backupEngines", "backupManagementType eq 'DPM'") == ["dpm"]
    one = hybrid.get("/backupEngines/mabs")["properties"]
    assert (one["azureBackupAgentVersion"], one["isDpmUpgradeAvailable"], one["backupManagementType"]) == ("2.0.9083.0", True, "AzureBackupServer")
    assert hybrid.send("GET", "/backupEngines/none").status == 404


def test_usages_count_all_kinds(hybrid: Any) -> None:
    assert {each["name"]["value"]: each["currentValue"] for each in hybrid.get("/usages")["value"]} == {"ProtectedItems": 3, "AzureIaasVM": 1, "MAB": 2}
    for kind, expected in (("BackupProtectedItemCountSummary", [1, 2]), ("BackupProtectionContainerCountSummary", [1, 2])):
        assert [each["currentValue"] for each in hybrid.get("/backupUsageSummaries", _filter=f"type eq '{kind}'")["value"]] == expected
    assert hybrid.send("GET", "/backupUsageSummaries").status == 400
    assert hybrid.get("/replicationUsages") == {"value": []}


def test_machines_keep_the_vault_until_they_are_unregistered(hybrid: Any) -> None:
    hybrid.soft_delete("Disabled")
    hybrid.operation(hybrid.send("DELETE", hybrid.item("web")))
    refused = hybrid.send("DELETE", api=NEW).body["error"]
    assert refused["code"] == "ServiceResourceNotEmptyWithContainerDetails"
    assert refused["message"].endswith(": old,new,mabs,dpm")
    for name in ("old", "new", "mabs", "dpm", "none"):
        assert hybrid.send("DELETE", f"/registeredIdentities/{name}").status == 204
    assert hybrid.names("/backupProtectedItems") == []
    assert hybrid.send("DELETE", api=NEW).status == 202


def test_schedules_and_policies_leave_folders_alone(hybrid: Any) -> None:
    hybrid.world.clock.jump(90_000)
    jobs = hybrid.get("/backupJobs")["value"]
    assert {each["properties"]["entityFriendlyName"] for each in jobs} == {"web"}
    body = {"properties": hybrid.get("/backupPolicies/DefaultPolicy")["properties"]}
    assert hybrid.send("PUT", "/backupPolicies/DefaultPolicy", body).status == 200


def test_intents_are_kept(vault: Any) -> None:
    path = "/backupFabrics/Azure/backupProtectionIntent/vm;web"
    body = {"properties": {"protectionIntentItemType": "AzureResourceItem", "sourceResourceId": vault.vm("web")}}
    assert vault.send("GET", path).status == 404
    assert vault.send("PUT", path, {"properties": {}}).status == 400
    made = vault.send("PUT", path, body)
    assert (made.status, made.body["properties"]["sourceResourceId"]) == (200, body["properties"]["sourceResourceId"])
    assert vault.get("/backupProtectionIntents")["value"] == [vault.get(path)]
    assert vault.send("DELETE", path).status == 204
    assert vault.get("/backupProtectionIntents")["value"] == []


def endpoint(status: str = "Approved") -> dict[str, Any]:
    state = {"status": status, "description": "by test"}
    return {"properties": {"privateEndpoint": {"id": ENDPOINT}, "groupIds": ["AzureBackup"], "privateLinkServiceConnectionState": state}}


def test_private_endpoints_are_shown_at_the_vault_and_keep_it(vault: Any) -> None:
    path = "/privateEndpointConnections/pe.1"
    assert vault.send("PUT", path, {"properties": {}}).status == 400
    assert vault.send("PUT", path, endpoint("Pending")).status == 201
    assert vault.send("PUT", path, endpoint()).status == 200
    assert vault.get(path)["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
    shown = vault.get()["properties"]
    assert [each["name"] for each in shown["privateEndpointConnections"]] == ["pe.1"]
    assert shown["privateEndpointStateForBackup"] == "Enabled"
    assert vault.send("DELETE").body["error"]["code"] == "BMSUserErrorVaultDeletionNotAllowed"
    assert vault.azure.finish(vault.send("DELETE", path)).body["status"] == "Succeeded"
    assert vault.get()["properties"]["privateEndpointStateForBackup"] == "None"
    assert [vault.send(method, path).status for method in ("GET", "DELETE")] == [404, 204]


def test_private_endpoints_come_before_the_first_item_and_are_twelve_at_most(vault: Any) -> None:
    answers = [vault.send("PUT", f"/privateEndpointConnections/pe{number}", endpoint()).status for number in range(13)]
    assert answers == [201] * 12 + [400]
    vault.vm("web")
    vault.protect("web")
    assert vault.send("PUT", "/privateEndpointConnections/pe0", endpoint("Rejected")).status == 200
    vault.azure.finish(vault.send("DELETE", "/privateEndpointConnections/pe1"))
    assert vault.send("PUT", "/privateEndpointConnections/pe1", endpoint()).status == 400


def test_private_links_name_their_zones(vault: Any) -> None:
    groups = [each["properties"]["groupId"] for each in vault.get("/privateLinkResources")["value"]]
    assert groups == ["AzureBackup", "AzureBackup_secondary", "AzureSiteRecovery"]
    zones = vault.get("/privateLinkResources/AzureBackup")["properties"]["requiredZoneNames"]
    path = f"{vault.azure.subscription}/providers/Microsoft.RecoveryServices/locations/westeurope/capabilities"
    asked = {"type": "Microsoft.RecoveryServices/vaults", "properties": {"dnsZones": [{"subResource": "AzureBackup"}]}}
    answer = vault.azure.send("POST", path, asked)
    assert answer.body["properties"]["dnsZones"] == [{"subResource": "AzureBackup", "requiredZoneNames": zones}]
    assert vault.send("GET", "/privateLinkResources/none").status == 404


def test_a_vault_that_was_a_classic_one_says_so(bare: Any) -> None:
    entry = {"name": "safe", "resource_group": "app", "upgrade_details": {"status": "InProgress", "message": "moving"}}
    bare.azure.load({"vaults": [entry]})
    shown = bare.get()["properties"]["upgradeDetails"]
    assert (shown["status"], shown["message"], "endTimeUtc" in shown) == ("InProgress", "moving", False)
    assert shown["previousResourceId"].endswith("/providers/Microsoft.Backup/BackupVault/safe")
    bare.send("PUT", "", {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}})
    assert bare.get()["properties"]["upgradeDetails"] == shown


def test_an_estate_sets_what_guards_a_vault(bare: Any) -> None:
    guard = bare.azure.group + "/providers/Microsoft.DataProtection/resourceGuards/guard"
    entry = {
        "name": "safe",
        "resource_group": "app",
        "immutability": "Locked",
        "soft_delete": "AlwaysON",
        "soft_delete_days": 90,
        "public_network_access": "Disabled",
        "resource_guard": guard,
        "items": [{"vm": "app/web", "state": "SoftDeleted"}, {"vm": "app/db", "state": "BackupsSuspended"}],
    }
    bare.azure.load({"vms": [{"name": name, "resource_group": "app"} for name in ("web", "db")], "vaults": [entry]})
    shown = bare.get()["properties"]
    security = shown["securitySettings"]
    assert (security["immutabilitySettings"]["state"], security["multiUserAuthorization"]) == ("Locked", "Enabled")
    assert (security["softDeleteSettings"]["softDeleteRetentionPeriodInDays"], shown["secureScore"]) == (90, "Maximum")
    assert shown["publicNetworkAccess"] == "Disabled"
    assert bare.get("/backupResourceGuardProxies/VaultProxy")["properties"]["resourceGuardResourceId"].endswith("/guard")
    assert bare.protected("web")["isScheduledForDeferredDelete"] is True
    assert bare.protected("db")["protectionState"] == "BackupsSuspended"
    bare.world.clock.jump(91 * 86_400)
    assert bare.names("/backupProtectedItems") == ["db"]
