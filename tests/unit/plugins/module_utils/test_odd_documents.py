# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever Azure leaves out, sends as null or in another type: a view is shown and nothing crashes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items import query, recovery_point
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items.view import facts
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._jobs import view
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._network import security_rule
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._policy.view import to_view
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import redundancy
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import view as vault
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vm import view as vm

ID = "/subscriptions/s/resourceGroups/g/providers"
VAULT = {
    "id": f"{ID}/Microsoft.RecoveryServices/vaults/v",
    "name": "v",
    "location": "West Europe",
    "sku": {"name": "RS0", "tier": "Standard"},
    "tags": {"a": "b"},
    "identity": {"type": "systemassigned, userassigned", "principalId": "p", "userAssignedIdentities": {"/I": {"clientId": "c"}}},
    "properties": {
        "provisioningState": "Succeeded",
        "publicNetworkAccess": "Enabled",
        "redundancySettings": {"standardTierStorageRedundancy": "GeoRedundant", "crossRegionRestore": "Enabled"},
        "securitySettings": {"softDeleteSettings": {"softDeleteState": "Enabled"}, "immutabilitySettings": {"state": "Locked"}},
    },
}
STORAGE = {"properties": {"storageType": "GeoRedundant", "storageTypeState": "Locked", "crossRegionRestoreFlag": True}}
ITEM = {
    "id": f"{ID}/Microsoft.RecoveryServices/vaults/v/backupFabrics/Azure/protectionContainers/c/protectedItems/i",
    "name": "i",
    "properties": {
        "sourceResourceId": f"{ID}/Microsoft.Compute/virtualMachines/m",
        "protectionState": "Protected",
        "policyId": f"{ID}/Microsoft.RecoveryServices/vaults/v/backupPolicies/p",
        "policyType": "V2",
        "isScheduledForDeferredDelete": True,
        "lastBackupTime": "2026-11-22T12:00:00Z",
    },
}
JOB = {
    "id": f"{ID}/Microsoft.RecoveryServices/vaults/v/backupJobs/j",
    "name": "j",
    "properties": {
        "containerName": "iaasvmcontainerv2;g;m",
        "operation": "Backup",
        "status": "Failed",
        "startTime": "2026-11-22T12:00:00.1234567Z",
        "duration": "PT1H1M1.5S",
        "errorDetails": [{"errorCode": 7, "errorTitle": "UserErrorX", "errorString": "text", "recommendations": ["do"]}],
        "extendedInfo": {"tasksList": [{"taskId": "Take Snapshot", "status": "Failed", "duration": "PT1S"}], "dynamicErrorMessage": "more"},
    },
}
VM = {
    "id": f"{ID}/Microsoft.Compute/virtualMachines/m",
    "name": "m",
    "location": "westeurope",
    "zones": ["1"],
    "tags": {"a": "b"},
    "properties": {
        "hardwareProfile": {"vmSize": "s"},
        "storageProfile": {
            "imageReference": {"publisher": "p"},
            "osDisk": {"osType": "Linux", "name": "o", "managedDisk": {"id": "/d"}},
            "dataDisks": [{"lun": 1, "name": "d"}, {"lun": 0, "name": "e", "vhd": {}}],
        },
        "networkProfile": {"networkInterfaces": [{"id": "/n"}]},
        "osProfile": {"allowExtensionOperations": True},
        "instanceView": {"statuses": [{"code": "PowerState/running"}], "vmAgent": {"vmAgentVersion": "2", "statuses": [{"displayStatus": "Ready"}]}},
    },
}
POLICY = {
    "id": f"{ID}/Microsoft.RecoveryServices/vaults/v/backupPolicies/p",
    "name": "p",
    "properties": {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V2",
        "timeZone": "UTC",
        "instantRpRetentionRangeInDays": 2,
        "instantRPDetails": {"azureBackupRGNamePrefix": "p", "azureBackupRGNameSuffix": "s"},
        "protectedItemsCount": 3,
        "schedulePolicy": {
            "schedulePolicyType": "SimpleSchedulePolicyV2",
            "scheduleRunFrequency": "Daily",
            "dailySchedule": {"scheduleRunTimes": ["2026-01-01T22:00:00Z"]},
        },
        "retentionPolicy": {
            "retentionPolicyType": "LongTermRetentionPolicy",
            "dailySchedule": {"retentionTimes": ["2026-01-01T22:00:00Z"], "retentionDuration": {"count": 30, "durationType": "Days"}},
            "monthlySchedule": {
                "retentionScheduleFormatType": "Weekly",
                "retentionScheduleWeekly": {"daysOfTheWeek": ["Sunday"], "weeksOfTheMonth": ["First"]},
                "retentionDuration": {"count": 12, "durationType": "Months"},
            },
        },
        "tieringPolicy": {"ArchivedRP": {"tieringMode": "DoNotTier", "duration": 0, "durationType": "Invalid"}},
    },
}
RULE = {
    "id": f"{ID}/Microsoft.Network/networkSecurityGroups/n/securityRules/r",
    "name": "r",
    "properties": {
        "priority": 100,
        "direction": "Outbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefixes": ["AzureBackup"],
        "destinationPortRanges": ["443"],
    },
}
POINT = {
    "id": f"{ID}/p",
    "name": "p",
    "properties": {
        "recoveryPointTime": "2026-11-22T12:00:00Z",
        "recoveryPointType": "AppConsistent",
        "recoveryPointTierDetails": [{"type": "InstantRP", "status": "Valid"}],
        "recoveryPointProperties": {"expiryTime": "2026-12-22T12:00:00Z"},
    },
}
VIEWS: dict[str, tuple[Callable[[Any], Any], dict[str, Any]]] = {
    "vault": (vault.to_view, VAULT),
    "redundancy of a vault": (lambda document: redundancy.to_view(document, STORAGE), VAULT),
    "storage configuration": (lambda document: redundancy.to_view({}, document), STORAGE),
    "item": (facts, ITEM),
    "item of Resource Graph": (lambda document: facts(query.document(document)), ITEM),
    "recovery point": (recovery_point.to_view, POINT),
    "job": (view.to_view, JOB),
    "VM": (lambda document: vm.to_view(document, whole=True), VM),
    "VM with a status": (lambda document: vm.to_view(vm.with_status(document, None)), VM),
    "policy": (to_view, POLICY),
    "security rule": (security_rule.to_view, RULE),
}
ODD = (None, "", "text", 0, 7, True, [], [None], ["text"], [{}], {}, {"x": None})


def places(document: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything that is somewhere in a document."""
    if way:
        yield way
    inner = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for key, value in inner:
        yield from places(value, (*way, key))


def changed(document: Any, way: tuple[Any, ...], value: Any) -> Any:
    """The document with another value there; Ellipsis takes the place out."""
    document = copy.deepcopy(document)
    within = document
    for key in way[:-1]:
        within = within[key]
    if value is ...:
        del within[way[-1]]
    else:
        within[way[-1]] = value
    return document


@pytest.mark.parametrize("name", VIEWS)
def test_no_odd_document_is_a_crash(name):
    show, document = VIEWS[name]
    show(document)
    show({})
    crashed = []
    for way in places(document):
        for odd in (..., *ODD):
            try:
                show(changed(document, way, odd))
            except Exception as exc:
                crashed.append((".".join(map(str, way)), odd, repr(exc)))
    assert crashed == []


def test_a_vault_in_the_words_of_the_options():
    shown = vault.to_view(VAULT)
    assert (shown["location"], shown["sku"], shown["identity"], shown["resource_group"]) == ("westeurope", "Standard", "system_assigned_user_assigned", "g")
    assert shown["user_assigned_identities"] == ["/i"] and shown["cross_region_restore"] is True
    assert vault.to_view({})["identity"] == "none" and vault.to_view({})["tags"] == {}


def test_views_can_be_told_as_json():
    for show, document in VIEWS.values():
        shown = show(document)
        json.dumps(shown)
