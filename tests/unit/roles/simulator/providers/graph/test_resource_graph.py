# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource Graph over the simulated subscription."""

from __future__ import annotations

from typing import Any

import pytest

PATH = "/providers/Microsoft.ResourceGraph/resources"
ESTATE: dict[str, Any] = {
    "resource_groups": [{"name": "Backup", "location": "West Europe", "tags": {"owner": "ops"}}],
    "vms": [
        {"name": "web", "count": 3, "resource_group": "app", "tags": {"env": "prod"}},
        {"name": "sql", "resource_group": "app", "os": "Windows", "power": "deallocated"},
    ],
    "vaults": [
        {
            "name": "vault1",
            "resource_group": "Backup",
            "items": [
                {"vm": "app/web-0001", "policy": "DefaultPolicy", "last_backup_hours_ago": 5},
                {"vm": "app/sql", "policy": "DefaultPolicy", "state": "IRPending"},
            ],
        }
    ],
}
# As the portal's Backup center and the documentation's samples ask.
ITEMS = """
RecoveryServicesResources
| where type in~ ('Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems')
| extend vaultName = case(type =~ 'Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems',
    split(split(id, '/Microsoft.RecoveryServices/vaults/')[1],'/')[0], '--')
| extend dataSourceType = case(type=~'Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems',
    properties.backupManagementType, '--')
| extend friendlyName = tostring(properties.friendlyName)
| extend dsResourceGroup = split(split(properties.dataSourceInfo.resourceID, '/resourceGroups/')[1],'/')[0]
| extend protectionState = properties.currentProtectionState
| where protectionState in~ ('ConfiguringProtection','ProtectionConfigured')
| where isempty(properties.lastRecoveryPoint) or todatetime(properties.lastRecoveryPoint) >= ago(1d)
| project friendlyName, vaultName, dataSourceType, dsResourceGroup, protectionState, location, policy = properties.policyInfo.name
| order by friendlyName asc
"""
UNPROTECTED = """
resources
| where type =~ 'microsoft.compute/virtualmachines'
| extend key = tolower(id), power = tostring(properties.extended.instanceView.powerState.code), os = tostring(properties.storageProfile.osDisk.osType)
| join kind=leftouter (
    recoveryservicesresources
    | where type =~ 'microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems'
    | project key = tolower(tostring(properties.sourceResourceId)), vault = tostring(split(id, '/')[8])
  ) on key
| where isempty(vault)
| project name, power, os, tags.env
| sort by name asc
"""


@pytest.fixture
def filled(azure: Any) -> Any:
    azure.load(ESTATE)
    return azure


def ask(azure: Any, query: str, **options: Any) -> Any:
    options = {key if key == "resultFormat" else f"${key}": value for key, value in options.items()}
    answer = azure.send("POST", PATH, {"query": query, "options": options})
    assert answer.status == 200, answer.body
    return answer.body


def test_protected_items_as_the_portal_asks(filled: Any) -> None:
    common = {"vaultName": "vault1", "dataSourceType": "AzureIaasVM", "dsResourceGroup": "app", "location": "westeurope", "policy": "DefaultPolicy"}
    assert ask(filled, ITEMS)["data"] == [
        {"friendlyName": "sql", "protectionState": "ConfiguringProtection", **common},
        {"friendlyName": "web-0001", "protectionState": "ProtectionConfigured", **common},
    ]


def test_machines_without_backup(filled: Any) -> None:
    machine = {"power": "PowerState/running", "os": "Linux", "tags_env": "prod"}
    assert ask(filled, UNPROTECTED)["data"] == [{"name": "web-0002", **machine}, {"name": "web-0003", **machine}]


def test_rows_have_resource_graphs_own_form(filled: Any) -> None:
    (row,) = ask(filled, "resources | where name == 'sql' and type == 'microsoft.compute/virtualmachines'")["data"]
    assert {key: row[key] for key in ("resourceGroup", "location", "kind", "managedBy", "zones", "subscriptionId", "tenantId")} == {
        "resourceGroup": "app",
        "location": "westeurope",
        "kind": "",
        "managedBy": "",
        "zones": None,
        "subscriptionId": filled.world.settings.subscription_id,
        "tenantId": filled.world.settings.tenant_id,
    }
    assert row["id"] == filled.id("Microsoft.Compute/virtualMachines/sql")
    view = row["properties"]["extended"]["instanceView"]
    assert view["powerState"] == {"code": "PowerState/deallocated", "displayStatus": "VM deallocated", "level": "Info"}
    assert not any(key.startswith("_") for key in row)


def test_containers_policies_and_vaults(filled: Any) -> None:
    groups = ask(filled, "ResourceContainers | where type == 'microsoft.resources/subscriptions/resourcegroups' | project name, tags, resourceGroup")
    assert {"name": "Backup", "tags": {"owner": "ops"}, "resourceGroup": "backup"} in groups["data"]
    assert ask(filled, "resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | count")["data"] == [{"Count": 1}]
    policies = ask(filled, "recoveryservicesresources | where type endswith 'backupPolicies' | project name")["data"]
    assert {"name": "DefaultPolicy"} in policies
    counted = ask(filled, "resources | where type has 'vaults' | summarize count() by type")["data"]
    assert counted == [{"type": "microsoft.recoveryservices/vaults", "count_": 1}]


def test_jobs(filled: Any) -> None:
    item = "Microsoft.RecoveryServices/vaults/vault1/backupFabrics/Azure/protectionContainers/iaasvmcontainer;iaasvmcontainerv2;app;web-0001"
    path = f"{filled.subscription}/resourceGroups/Backup/providers/{item}/protectedItems/vm;iaasvmcontainerv2;app;web-0001/backup"
    assert filled.send("POST", path, {"properties": {"objectType": "IaasVMBackupRequest"}}).status == 202
    query = (
        "recoveryservicesresources | where type == 'microsoft.recoveryservices/vaults/backupjobs' "
        "| extend operation = iff(tolower(properties.operationCategory) =~ 'backup' and properties.isUserTriggered == 'true', "
        "strcat('adhoc', properties.operationCategory), tolower(properties.operation)) "
        "| project operation, status = properties.status, name = properties.entityFriendlyName, vault = properties.vaultName"
    )
    assert ask(filled, query)["data"] == [{"operation": "adhocBackup", "status": "InProgress", "name": "web-0001", "vault": "vault1"}]


def test_pages(filled: Any) -> None:
    query = "resources | where type == 'microsoft.compute/virtualmachines' | project id, name | order by name asc"
    first = ask(filled, query, top=3)
    assert (first["totalRecords"], first["count"], first["resultTruncated"]) == (4, 3, "false")
    last = ask(filled, query, skipToken=first["$skipToken"])
    assert ([row["name"] for row in last["data"]], "$skipToken" in last) == (["web-0003"], False)
    assert [row["name"] for row in ask(filled, query, skip=2, top=1)["data"]] == ["web-0002"]
    without_id = ask(filled, query.replace("id, ", ""), top=3)
    assert (without_id["resultTruncated"], "$skipToken" in without_id) == ("true", False)


def test_table_format(filled: Any) -> None:
    query = "resources | where name == 'sql' and type has 'virtualmachines' | project name, n = 1, f = 1.5, b = true, tags, when = datetime(2026-01-02)"
    data = ask(filled, query, resultFormat="table")["data"]
    assert [(column["name"], column["type"]) for column in data["columns"]] == [
        ("name", "string"),
        ("n", "integer"),
        ("f", "number"),
        ("b", "boolean"),
        ("tags", "object"),
        ("when", "string"),
    ]
    assert data["rows"] == [["sql", 1, 1.5, True, {}, "2026-01-02T00:00:00.0000000Z"]]
    old = filled.send("POST", PATH, {"query": query}, api_version="2019-04-01")
    assert old.body["data"]["rows"] == data["rows"]


def test_facets(filled: Any) -> None:
    body = {"query": "resources | where type has 'virtualmachines'", "facets": [{"expression": "tostring(tags.env)"}, {"expression": "nothing"}]}
    good, bad = filled.send("POST", PATH, body).body["facets"]
    assert (good["resultType"], good["data"]) == ("FacetResult", [{"tags_env": "prod", "count": 3}, {"tags_env": "", "count": 1}])
    assert (bad["resultType"], bad["errors"][0]["code"]) == ("FacetError", "InvalidQuery")


def test_wrong_queries(filled: Any) -> None:
    answer = filled.send("POST", PATH, {"query": "resources | where"})
    error = answer.body["error"]
    assert (answer.status, error["code"], [each["code"] for each in error["details"]]) == (400, "BadRequest", ["InvalidQuery", "ParserFailure"])
    assert error["details"][1]["token"] == "<EOF>"
    for body in ({"query": "resources", "options": {"$top": 1001}}, {"query": "resources", "options": {"$skipToken": "junk"}}):
        assert filled.send("POST", PATH, body).status == 400
    elsewhere = filled.send("POST", PATH, {"query": "resources", "subscriptions": ["00000000-0000-4000-8000-00000000ffff"]})
    assert elsewhere.body["error"]["details"][0]["code"] == "NoValidSubscriptionsInQueryRequest"


def test_quota_headers_and_throttling(filled: Any) -> None:
    assert filled.send("POST", PATH, {"query": "resources | count"}).headers["x-ms-user-quota-remaining"] == "14"
    filled.world.settings.throttling = "real"
    answers = [filled.send("POST", PATH, {"query": "resources | count"}) for _each in range(16)]
    assert [answer.status for answer in answers] == [200] * 15 + [429]
    assert answers[14].headers["x-ms-user-quota-remaining"] == "0"
    assert answers[15].body["error"]["code"] == "RateLimiting"
    assert 1 <= int(answers[15].headers["Retry-After"]) <= 5
    filled.world.clock.jump(6)
    assert filled.send("POST", PATH, {"query": "resources | count"}).status == 200


def test_queries_are_no_writes(filled: Any) -> None:
    ask(filled, "resources | count")
    assert filled.world.ledger.select(writes=True) == []
