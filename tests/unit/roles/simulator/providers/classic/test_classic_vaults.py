# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classic Backup vaults, their upgrade, and the Recovery Services vault that comes of it."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from arm_simulator.core.messages import Request, Response
from arm_simulator.identity import entra
from arm_simulator.server import app

NS = "{http://schemas.microsoft.com/windowsazure}"
CLIENT = "44444444-4444-4444-8444-444444444444"
TARGET = "Microsoft.RecoveryServices/vaults/old"
OPERATION = "82853727-aea6-41c0-b599-56b2b19c133a"
ESTATE: dict[str, Any] = {
    "vms": [{"name": "web", "resource_group": "app", "count": 2}],
    "classic_vaults": [
        {
            "name": "old",
            "location": "West US",
            "policies": [
                {
                    "name": "nightly",
                    "properties": {
                        "schedulePolicy": {
                            "schedulePolicyType": "SimpleSchedulePolicy",
                            "scheduleRunFrequency": "Daily",
                            "scheduleRunTimes": ["2017-01-01T22:30:00Z"],
                        },
                        "retentionPolicy": {
                            "retentionPolicyType": "LongTermRetentionPolicy",
                            "dailySchedule": {"retentionTimes": ["2017-01-01T22:30:00Z"], "retentionDuration": {"count": 30, "durationType": "Days"}},
                        },
                    },
                }
            ],
            "items": [{"vm": "app/web-0001", "policy": "nightly"}, {"vm": "app/web-0002"}],
            "mars_servers": [{"name": "files", "items": ["C:\\"]}],
            "backups_running": ["app/web-0002"],
        }
    ],
}


def send(azure: Any, method: str, path: str, body: bytes = b"", client: str = "", version: str = "2013-03-01") -> Response:
    token = entra.issue_token(azure.world, "https://management.core.windows.net/", client_id=client)
    headers = {"authorization": f"Bearer {token}", "x-ms-version": version, "x-ms-client-request-id": OPERATION}
    subscription = azure.world.settings.subscription_id
    return app.answer(azure.world, Request(method, f"/{subscription}/cloudservices{path}", {}, headers, body))


def tree(response: Response, status: int = 200) -> ElementTree.Element:
    assert response.status == status and response.headers["Content-Type"].startswith("application/xml")
    return ElementTree.fromstring(response.body)


def names(element: ElementTree.Element) -> list[str]:
    return [each.tag.removeprefix(NS) for each in element]


def text(element: ElementTree.Element, name: str) -> str:
    return element.findtext(f"{NS}{name}") or ""


def place(azure: Any) -> str:
    service = tree(send(azure, "GET", ""))[0]
    resource = service.find(f"{NS}Resources/{NS}Resource")
    assert resource is not None
    return f"/{text(service, 'Name')}/resources/{text(resource, 'ResourceProviderNamespace')}/~/{text(resource, 'Type')}/{text(resource, 'Name')}"


def wish(azure: Any, group: str = "app") -> bytes:
    path = f"{azure.subscription}/resourceGroups/{group}/providers/{TARGET}"
    return f'<ResourceUpgradeInput xmlns="{NS[1:-1]}"><NewResourcePath>{path}</NewResourcePath></ResourceUpgradeInput>'.encode()


@pytest.fixture
def old(azure: Any) -> Any:
    azure.load(ESTATE)
    return azure


def test_listed_by_both_faces(old: Any) -> None:
    (service,) = tree(send(old, "GET", ""))
    assert text(service, "GeoRegion") == "West US" and text(service, "Name").startswith("RecoveryServices-") and text(service, "Name").endswith("-West-US")
    path = f"{old.subscription}/resources"
    (listed,) = old.get(path, _filter="resourceType eq 'Microsoft.Backup/BackupVault'")["value"]
    assert listed["location"] == "westus" and text(service, "Name") in listed["id"]
    (container,) = old.get(f"{listed['id']}/backupContainers", _filter="type eq 'Machine'")["value"]
    assert container["properties"]["friendlyName"] == "files"
    gone = old.send("DELETE", f"{listed['id']}/backupContainers/{container['properties']['containerId']}/UnRegisterContainer")
    assert gone.status == 204 and old.get(f"{listed['id']}/backupContainers")["value"] == []


def test_answers_have_the_recorded_form(old: Any) -> None:
    """https://github.com/Azure/azure-sdk-for-net/tree/f33424dcc8/src/ServiceManagement/RecoveryServicesVaultUpgrade/VaultUpgrade.Tests"""
    path = place(old)
    checked = tree(send(old, "POST", f"{path}/checkPrereqsForUpgrade", wish(old)))
    assert checked.tag == f"{NS}Error" and checked.get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true"
    begun = tree(send(old, "POST", f"{path}/upgrade", wish(old)))
    assert names(begun) == [
        "EndTimeUtc", "LastUpdatedTimeUtc", "Message", "OperationId", "PreviousResourceId", "StartTimeUtc", "Status", "TriggerType", "UpgradedResourceId",
    ]  # fmt: skip
    assert (text(begun, "OperationId"), text(begun, "Status"), text(begun, "EndTimeUtc")) == (OPERATION, "InProgress", "9999-12-31T23:59:59.9999999")
    looked = tree(send(old, "GET", f"{path}/upgradeOperationResult"))
    assert names(looked) == ["ErrorCode", "JobSteps", "Jobs", "Message", "OperationResult", "OperationStatus"]
    assert text(looked, "OperationStatus") == "InProgress"
    old.world.clock.jump(3600)
    looked = tree(send(old, "GET", f"{path}/upgradeOperationResult"))
    assert (text(looked, "OperationStatus"), text(looked, "OperationResult")) == ("Completed", "Succeeded")


def test_what_the_upgrade_leaves(old: Any) -> None:
    path = place(old)
    send(old, "POST", f"{path}/upgrade", wish(old))
    vault = old.get(TARGET)["properties"]
    assert vault["provisioningState"] == "Provisioning" and vault["upgradeDetails"]["status"] == "InProgress" and "endTimeUtc" not in vault["upgradeDetails"]
    item = f"{TARGET}/backupFabrics/Azure/protectionContainers/IaasVMContainer;iaasvmcontainerv2;app;web-0001/protectedItems/VM;iaasvmcontainerv2;app;web-0001"
    source = old.id("Microsoft.Compute/virtualMachines/web-0001")
    protect = {"properties": {"protectedItemType": "Microsoft.Compute/virtualMachines", "sourceResourceId": source, "policyId": "p"}}
    refused = [
        old.send("PUT", item, protect),
        old.send("POST", f"{item}/backup", {"properties": {"objectType": "IaasVMBackupRequest"}}),
        old.send("PUT", f"{TARGET}/backupPolicies/new", {"properties": {}}),
        old.send("PATCH", TARGET, {"tags": {"a": "b"}}),
    ]
    assert [each.status for each in refused] == [409] * 4
    servers = f"{vault['upgradeDetails']['previousResourceId']}/backupContainers"
    number = old.get(servers)["value"][0]["properties"]["containerId"]
    assert old.send("DELETE", f"{servers}/{number}/UnRegisterContainer").status == 409

    old.world.clock.jump(7200)
    vault = old.get(TARGET)["properties"]
    assert vault["provisioningState"] == "Succeeded" and vault["upgradeDetails"]["status"] == "Upgraded" and vault["upgradeDetails"]["operationId"] == OPERATION
    assert vault["securitySettings"]["softDeleteSettings"]["enhancedSecurityState"] == "Enabled"
    policies = {each["name"]: each["properties"] for each in old.get(f"{TARGET}/backupPolicies")["value"]}
    assert "timeZone" not in policies["nightly"] and "timeZone" not in policies["DefaultPolicy"] and policies["nightly"]["protectedItemsCount"] == 1
    items = old.get(f"{TARGET}/backupProtectedItems", _filter="backupManagementType eq 'AzureIaasVM'")["value"]
    assert {each["properties"]["friendlyName"]: each["properties"]["policyName"] for each in items} == {"web-0001": "nightly", "web-0002": "DefaultPolicy"}
    (server,) = old.get(f"{TARGET}/backupProtectionContainers", _filter="backupManagementType eq 'MAB'")["value"]
    assert server["properties"]["friendlyName"] == "files"
    (job,) = old.get(f"{TARGET}/backupJobs")["value"]
    assert job["properties"]["startTime"] < vault["upgradeDetails"]["startTimeUtc"] and job["properties"]["entityFriendlyName"] == "web-0002"
    assert len(tree(send(old, "GET", ""))) == 0


def test_every_prerequisite_is_named(azure: Any) -> None:
    versions = {"edge": "2.0.9083.0", "aged": "2.0.9082.9", "mute": ""}
    servers = [{"name": "new"}, *({"name": name, "agent_version": version} for name, version in versions.items())]
    azure.load({"classic_vaults": [{"name": "old", "location": "westus", "billing": "Storage", "configuring": ["db"], "mars_servers": servers}]})
    error = tree(send(azure, "POST", f"{place(azure)}/checkPrereqsForUpgrade", wish(azure)), 400)
    details = error.findall(f"{NS}Details/*")
    assert [(text(each, "Type"), text(each, "Code")) for each in details] == [
        ("Error", "MinimumAgentVersionNotMet"), ("Error", "ConfigurationInProgress"), ("Warning", "StorageBasedBillingModel"),
    ]  # fmt: skip
    assert text(details[0], "Message") == "Server;Agent version|aged;2.0.9082.9|mute;"
    assert names(details[0]) == ["Category", "Code", "Message", "Properties", "RecommendedAction", "Type"]
    assert send(azure, "POST", f"{place(azure)}/upgrade", wish(azure)).status == 400


def test_a_failure_keeps_the_classic_vault(old: Any) -> None:
    path = place(old)
    old.world.faults.order({"method": "POST", "path": "*/upgrade", "fail_operation": {"code": "CloudInternalError", "message": "Broken."}})
    send(old, "POST", f"{path}/upgrade", wish(old))
    old.world.clock.jump(3600)
    vault = old.get(TARGET)["properties"]
    assert vault["upgradeDetails"]["status"] == "Failed" and vault["upgradeDetails"]["message"] == "Broken." and vault["provisioningState"] == "Failed"
    looked = tree(send(old, "GET", f"{path}/upgradeOperationResult"))
    assert (text(looked, "OperationResult"), text(looked, "ErrorCode")) == ("Failed", "CloudInternalError")
    assert send(old, "POST", f"{path}/upgrade", wish(old)).status == 200
    assert tree(send(old, "POST", f"{path}/upgrade", wish(old)), 409) is not None


def test_what_is_refused(old: Any) -> None:
    path = place(old)
    assert send(old, "GET", "", version="").status == 400
    assert send(old, "POST", f"{path}/upgrade", b"<a/>").status == 400 and send(old, "POST", f"{path}/upgrade", b"{").status == 400
    assert text(tree(send(old, "POST", f"{path}/upgrade", wish(old, "nowhere")), 400), "Code") == "ResourceGroupNotFound"
    assert send(old, "POST", f"{path}x/upgrade", wish(old)).status == 404 and send(old, "GET", f"{path}/upgradeOperationResult").status == 404
    assert send(old, "GET", "/x/y").status == 404
    old.load({"principals": [{"client_id": CLIENT, "roles": ["Owner"]}]})
    assert text(tree(send(old, "GET", "", client=CLIENT), 403), "Code") == "ForbiddenError"
    old.load({"principals": [{"client_id": CLIENT, "roles": ["Owner"], "co_administrator": True}]})
    assert send(old, "GET", "", client=CLIENT).status == 200


def test_a_contract_through_a_partner(azure: Any) -> None:
    azure.load({"offer": "CSP_2015-05-01"})
    assert azure.get(azure.subscription)["subscriptionPolicies"]["quotaId"] == "CSP_2015-05-01"


def test_an_inconsistent_item_is_mended_by_writing_it_again(azure: Any) -> None:
    items = [{"vm": "app/web", "policy_inconsistent": True}]
    azure.load({"vms": [{"name": "web", "resource_group": "app"}], "vaults": [{"name": "v", "resource_group": "app", "items": items}]})
    vault = "Microsoft.RecoveryServices/vaults/v"
    item = f"{vault}/backupFabrics/Azure/protectionContainers/IaasVMContainer;iaasvmcontainerv2;app;web/protectedItems/VM;iaasvmcontainerv2;app;web"
    shown = azure.get(item, _filter="expand eq 'extendedinfo'")["properties"]
    assert shown["extendedInfo"]["policyInconsistent"] is True
    body = {key: shown[key] for key in ("protectedItemType", "sourceResourceId", "policyId")}
    azure.finish(azure.send("PUT", item, {"properties": body}))
    assert azure.get(item, _filter="expand eq 'extendedinfo'")["properties"]["extendedInfo"]["policyInconsistent"] is False
