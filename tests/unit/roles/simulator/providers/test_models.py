# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every GET route of the providers, on an estate that has something of everything, read with Microsoft's typed models.

What neither the models nor recorded answers know of a body is a fault. A new route fails here until its model is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from arm_simulator.core.router import router

compute = pytest.importorskip("azure.mgmt.compute.models")
network = pytest.importorskip("azure.mgmt.network.models")
vaults = pytest.importorskip("azure.mgmt.recoveryservices.models")
backup = pytest.importorskip("azure.mgmt.recoveryservicesbackup.models")

Unknown = Callable[[Any, dict[str, Any]], list[str]]

SAFE = "Microsoft.RecoveryServices/vaults/safe"
PLAIN = "Microsoft.RecoveryServices/vaults/plain"
VM = "Microsoft.Compute/virtualMachines/web"
VMS = "Microsoft.Compute/virtualMachines"
NATIVE = "iaasvmcontainerv2;app;web"
ITEM = f"{SAFE}/backupFabrics/Azure/protectionContainers/iaasvmcontainer;{NATIVE}/protectedItems/vm;{NATIVE}"
NEWEST = "2026-10-01"
NAMESPACES = ("Microsoft.RecoveryServices", "Microsoft.Compute", "Microsoft.Network")


@dataclass
class ByKind:
    """Resources whose properties Microsoft's models read as a base class only: which class they are of says one of them."""

    key: str
    classes: dict[str, Any]


ITEMS = ByKind(
    "protectedItemType",
    {
        VMS: backup.AzureIaaSComputeVMProtectedItem,
        "MabFileFolderProtectedItem": backup.MabFileFolderProtectedItem,
        "AzureFileShareProtectedItem": backup.AzureFileshareProtectedItem,
    },
)
CONTAINERS = ByKind(
    "containerType",
    {VMS: backup.AzureIaaSComputeVMContainer, "Windows": backup.MabContainer, "StorageContainer": backup.AzureStorageContainer},
)
_VAULT = "Microsoft.RecoveryServices/vaults"
_ITEM = f"{_VAULT}/backupFabrics/protectionContainers/protectedItems"
_PLACES = "Microsoft.Compute/locations"

MODELS: dict[str, Any] = {
    "Microsoft.Compute/disks": compute.Disk,
    "Microsoft.Compute/skus": compute.ResourceSku,
    VMS: compute.VirtualMachine,
    f"{VMS}/extensions": compute.VirtualMachineExtension,
    f"{VMS}/instanceView": compute.VirtualMachineInstanceView,
    f"{VMS}/runCommands": compute.VirtualMachineRunCommand,
    f"{VMS}/vmSizes": compute.VirtualMachineSize,
    f"{_PLACES}/runCommands": compute.RunCommandDocument,
    f"{_PLACES}/vmSizes": compute.VirtualMachineSize,
    f"{_PLACES}/publishers": compute.VirtualMachineImageResource,
    f"{_PLACES}/publishers/artifacttypes/vmextension/types": compute.VirtualMachineExtensionImage,
    f"{_PLACES}/publishers/artifacttypes/vmextension/types/versions": compute.VirtualMachineExtensionImage,
    f"{_PLACES}/publishers/artifacttypes/vmimage/offers": compute.VirtualMachineImageResource,
    f"{_PLACES}/publishers/artifacttypes/vmimage/offers/skus": compute.VirtualMachineImageResource,
    f"{_PLACES}/publishers/artifacttypes/vmimage/offers/skus/versions": compute.VirtualMachineImage,
    "Microsoft.Network/applicationSecurityGroups": network.ApplicationSecurityGroup,
    "Microsoft.Network/locations/CheckDnsNameAvailability": network.DnsNameAvailabilityResult,
    "Microsoft.Network/locations/serviceTags": network.ServiceTagsListResult,
    "Microsoft.Network/networkInterfaces": network.NetworkInterface,
    "Microsoft.Network/networkSecurityGroups": network.NetworkSecurityGroup,
    "Microsoft.Network/networkSecurityGroups/defaultSecurityRules": network.SecurityRule,
    "Microsoft.Network/networkSecurityGroups/securityRules": network.SecurityRule,
    "Microsoft.Network/networkWatchers": network.NetworkWatcher,
    "Microsoft.Network/publicIPAddresses": network.PublicIPAddress,
    "Microsoft.Network/routeTables": network.RouteTable,
    "Microsoft.Network/routeTables/routes": network.Route,
    "Microsoft.Network/virtualNetworks": network.VirtualNetwork,
    "Microsoft.Network/virtualNetworks/subnets": network.Subnet,
    "Microsoft.RecoveryServices/locations/deletedVaults": vaults.DeletedVault,
    "Microsoft.RecoveryServices/locations/deletedVaults/operations": vaults.OperationResource,
    _VAULT: vaults.Vault,
    f"{_VAULT}/backupDeletedProtectionContainers": CONTAINERS,
    f"{_VAULT}/backupEncryptionConfigs/backupResourceEncryptionConfig": backup.BackupResourceEncryptionConfigExtendedResource,
    f"{_VAULT}/backupEngines": backup.BackupEngineBaseResource,
    f"{_VAULT}/backupFabrics/backupProtectionIntent": backup.ProtectionIntentResource,
    f"{_VAULT}/backupFabrics/operationsStatus": backup.OperationStatus,
    f"{_VAULT}/backupFabrics/protectionContainers": CONTAINERS,
    _ITEM: ITEMS,
    f"{_ITEM}/operationResults": ITEMS,
    f"{_ITEM}/operationsStatus": backup.OperationStatus,
    f"{_ITEM}/recoveryPoints": ByKind("objectType", {"IaasVMRecoveryPoint": backup.IaasVMRecoveryPoint}),
    f"{_VAULT}/backupJobs": ByKind("jobType", {"AzureIaaSVMJob": backup.AzureIaaSVMJob}),
    f"{_VAULT}/backupJobs/operationsStatus": backup.OperationStatus,
    f"{_VAULT}/backupOperations": backup.OperationStatus,
    f"{_VAULT}/backupPolicies": backup.ProtectionPolicyResource,
    f"{_VAULT}/backupPolicies/operationResults": backup.ProtectionPolicyResource,
    f"{_VAULT}/backupPolicies/operations": backup.OperationStatus,
    f"{_VAULT}/backupProtectableItems": ByKind("protectableItemType", {VMS: backup.AzureIaaSComputeVMProtectableItem}),
    f"{_VAULT}/backupProtectedItems": ITEMS,
    f"{_VAULT}/backupProtectionContainers": CONTAINERS,
    f"{_VAULT}/backupProtectionIntents": backup.ProtectionIntentResource,
    f"{_VAULT}/backupResourceGuardProxies": backup.ResourceGuardProxyBaseResource,
    f"{_VAULT}/backupUsageSummaries": backup.BackupManagementUsage,
    f"{_VAULT}/backupconfig/vaultconfig": backup.BackupResourceVaultConfigResource,
    f"{_VAULT}/backupstorageconfig/vaultstorageconfig": backup.BackupResourceConfigResource,
    f"{_VAULT}/operationResults": vaults.Vault,
    f"{_VAULT}/operationStatus": vaults.OperationResource,
    f"{_VAULT}/privateEndpointConnections": backup.PrivateEndpointConnectionResource,
    f"{_VAULT}/privateEndpointConnections/operationsStatus": backup.OperationStatus,
    f"{_VAULT}/privateLinkResources": vaults.PrivateLinkResource,
    f"{_VAULT}/replicationUsages": vaults.ReplicationUsage,
    f"{_VAULT}/usages": vaults.VaultUsage,
}
WITHOUT_MODEL = {
    "Microsoft.Compute/locations/DiskOperations": {"startTime", "endTime", "status", "name", "properties"},
    "Microsoft.Compute/locations/operations": {"startTime", "endTime", "status", "name", "properties"},
    "Microsoft.Network/locations/operations": {"status"},
    "Microsoft.Network/locations/operationResults": set(),
    f"{_VAULT}/backupFabrics/operationResults": set(),
    f"{_VAULT}/backupJobs/operationResults": set(),
    f"{_VAULT}/backupOperationResults": set(),
}
"""What recorded polls show of operations that the models leave to the transport."""
_IMAGE = f"{_PLACES}/publishers/artifacttypes/vmimage/offers/skus/versions"
RECORDED = {
    _IMAGE: {".properties.osDiskImage.sizeInGb", ".properties.replicaCount", ".properties.replicaType"},
    "Microsoft.RecoveryServices/locations/deletedVaults": {".location"},
    _ITEM: {".properties.sourceSideScanning", ".properties.softDeleteRetentionPeriod"},
    f"{_ITEM}/recoveryPoints": {".properties.recoveryPointMoveReadinessInfo", ".properties.createdWithPolicyType"},
    f"{_VAULT}/backupJobs": {".properties.extendedInfo.tasksList.taskType"},
    "Microsoft.Network/locations/serviceTags": {".values.properties.networkFeatures"},
    "Microsoft.Network/networkInterfaces": {".kind", ".properties.allowPort25Out"},
}
"""Fields of recorded answers that no model has, by the type of the resource."""
FIXED = {
    "rg": "app",
    "location": "westeurope",
    "fabric": "Azure",
    "container": f"iaasvmcontainer;{NATIVE}",
    "item": f"vm;{NATIVE}",
    "intent": "vm;web",
}
QUERIES = {
    f"{_VAULT}/backupUsageSummaries": {"$filter": "type eq 'BackupProtectedItemCountSummary'"},
    VMS: {"$expand": "instanceView"},
    "Microsoft.Network/locations/CheckDnsNameAvailability": {"domainNameLabel": "web"},
    _ITEM: {"$filter": "expand eq 'extendedinfo'"},
}
"""What makes an answer the fullest, or is needed to have one."""


SAME = {f"{_VAULT}/backupProtectedItems": _ITEM, f"{_ITEM}/operationResults": _ITEM, f"{_VAULT}/operationResults": _VAULT}
"""Types whose answers are those of another."""
EMPTY = {kind for kind, fields in WITHOUT_MODEL.items() if not fields} | {f"{_VAULT}/replicationUsages"}
"""Where nothing is shown: results of operations that leave none, and what Site Recovery would count."""
VAULT_OF = {"privateEndpointConnections": "plain", "backupResourceGuardProxies": "guarded"}
"""Where what the vault "safe" cannot have is to be found."""
HERE = {"location": "westeurope"}
ESTATE: dict[str, Any] = {
    "network_security_groups": [
        {
            "name": "lockdown",
            "resource_group": "app",
            "rules": [{"name": "no", "priority": 200, "direction": "Outbound", "access": "Deny", "destination": "Internet"}],
        }
    ],
    "virtual_networks": [{"name": "vnet", "resource_group": "app", "subnets": [{"name": "default", "network_security_group": "lockdown"}]}],
    "vms": [
        {"name": "web", "resource_group": "app", "data_disks": [{"lun": 0, "size_gb": 4}], "nic": {"subnet": "vnet/default"}},
        {"name": "win", "resource_group": "app", "os": "Windows", "security_type": "TrustedLaunch", "zone": "1", "tags": {"a": "b"}},
        {"name": "deaf", "resource_group": "app", "agent": {"status": "NotReady"}},
        {"name": "off", "resource_group": "app", "power": "deallocated"},
        {"name": "free", "resource_group": "app"},
    ],
    "vaults": [
        {
            "name": "safe",
            "resource_group": "app",
            "tags": {"a": "b"},
            "asynchronous_policies": True,
            "upgrade_details": {},
            "items": [{"vm": "app/win"}, {"vm": "app/off"}, {"vm": "app/deaf", "state": "ProtectionStopped"}],
            "mars_servers": [{"name": "server", "items": ["C:\\"]}],
            "backup_engines": [{"name": "mabs"}],
            "storage_accounts": [{"name": "files", "shares": ["docs"]}],
            "private_endpoints": ["pe"],
            "ignores_soft_delete": True,
        },
        {"name": "guarded", "resource_group": "app", "resource_guard": "/subscriptions/x/providers/Microsoft.DataProtection/resourceGuards/guard"},
        *({"name": name, "resource_group": "app"} for name in ("plain", "gone", "kept")),
    ],
}


class Walk:
    """An estate with something of everything, and the URLs at which its operations can be polled."""

    def __init__(self, azure: Any) -> None:
        self.azure = azure
        self.polls: list[str] = []
        azure.load(ESTATE)
        self._vaults()
        self._protection()
        self._machines()
        self._networks()

    def begin(self, method: str, path: str, body: Any = None, seconds: float = 600) -> Any:
        """Send, note where the operation can be polled, and let time pass."""
        answer = self.azure.send(method, path, body, **{"api-version": NEWEST})
        assert answer.status < 300, (method, path, answer.body)
        self.polls += [url for name, url in answer.headers.items() if name in ("Azure-AsyncOperation", "Location")]
        self.azure.world.clock.jump(seconds)
        return answer

    def _vaults(self) -> None:
        endpoint = {"properties": {"privateEndpoint": {"id": "/subscriptions/x/pe"}, "groupIds": ["AzureBackup"]}}
        key = {"keyVaultProperties": {"keyUri": "https://k.vault.azure.net/keys/k"}, "kekIdentity": {"useSystemAssignedIdentity": True}}
        self.begin("PATCH", PLAIN, {"identity": {"type": "systemassigned"}})
        self.begin("PATCH", PLAIN, {"properties": {"encryption": key}})
        for name in ("pe", "short"):
            self.begin("PUT", f"{PLAIN}/privateEndpointConnections/{name}", endpoint)
        self.begin("DELETE", f"{PLAIN}/privateEndpointConnections/short")
        self.begin("PATCH", SAFE, {"properties": {"publicNetworkAccess": "Disabled"}})
        self.begin("PUT", SAFE + "/backupPolicies/DefaultPolicy", {"properties": self.azure.get(f"{SAFE}/backupPolicies/DefaultPolicy")["properties"]})
        for name in ("gone", "kept"):
            self.begin("DELETE", f"{_VAULT}/{name}")
        deleted = self.azure.get(f"{self.azure.subscription}/providers/Microsoft.RecoveryServices/locations/westeurope/deletedVaults")["value"]
        self.begin("POST", deleted[0]["id"] + "/undelete", {"properties": {"recoveryResourceGroupId": self.azure.group}})

    def _protection(self) -> None:
        source = {"sourceResourceId": self.azure.id(VM)}
        exclusion = {"diskExclusionProperties": {"diskLunList": [0], "isInclusionList": True}}
        wish = {"protectedItemType": VMS, "policyId": self.azure.id(f"{SAFE}/backupPolicies/DefaultPolicy"), "extendedProperties": exclusion}
        backup_now = {"properties": {"objectType": "IaasVMBackupRequest"}}
        intent = {"properties": {"protectionIntentItemType": "AzureResourceItem", **source}}
        self.begin("POST", SAFE + "/backupFabrics/Azure/refreshContainers")
        self.begin("PUT", SAFE + "/backupFabrics/Azure/backupProtectionIntent/vm;web", intent)
        self.begin("PUT", ITEM, {"properties": {**wish, **source}})
        self.begin("POST", ITEM + "/backup", backup_now, 1)
        (job,) = self.azure.get(SAFE + "/backupJobs", _filter="status eq 'InProgress'")["value"]
        self.begin("POST", job["id"] + "/cancel")
        self.begin("POST", ITEM + "/backup", backup_now, 3600)
        item = self.azure.get(f"{SAFE}/backupProtectedItems", _filter="friendlyName eq 'off'")["value"][0]
        self.begin("DELETE", item["id"])

    def _machines(self) -> None:
        extension = {"publisher": "Microsoft.Azure.Extensions", "type": "CustomScript", "typeHandlerVersion": "2.1"}
        disk = {"creationData": {"createOption": "Empty"}, "diskSizeGB": 4}
        self.begin("PUT", f"{VM}/extensions/script", {**HERE, "properties": extension})
        self.begin("PUT", f"{VM}/runCommands/look", {**HERE, "properties": {"source": {"script": "true"}}})
        self.begin("POST", f"{VM}/restart")
        self.begin("PUT", "Microsoft.Compute/disks/spare", {**HERE, "properties": disk})

    def _networks(self) -> None:
        route = {"name": "out", "properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "Internet"}}
        self.begin("PUT", "Microsoft.Network/publicIPAddresses/pip", {**HERE, "properties": {"publicIPAllocationMethod": "Static"}})
        self.begin("PUT", "Microsoft.Network/applicationSecurityGroups/asg", HERE)
        self.begin("PUT", "Microsoft.Network/routeTables/routes", {**HERE, "properties": {"routes": [route]}})
        self.begin("PUT", "Microsoft.Network/networkWatchers/watcher", HERE)
        self.begin("PUT", "Microsoft.Network/networkSecurityGroups/doomed", HERE)
        self.begin("DELETE", "Microsoft.Network/networkSecurityGroups/doomed")

    def get(self, path: str, query: dict[str, str]) -> Any:
        return self.azure.send("GET", path, **{"api-version": NEWEST, **query})

    def path(self, template: str) -> str | None:
        """A path of the template that leads to something: known names, or the first that the list above it gives."""
        path = ""
        for segment in template.strip("/").split("/"):
            if not segment.startswith("{"):
                path += f"/{segment}"
                continue
            name = self._name(template, segment.strip("{}"), path)
            if name is None:
                return None
            path += f"/{name}"
        return path

    def _name(self, template: str, parameter: str, path: str) -> str | None:
        if parameter == "sub":
            return str(self.azure.world.settings.subscription_id)
        if parameter == "vault":
            return next((name for part, name in VAULT_OF.items() if part in template), "safe")
        if parameter == "publisher":
            return "Microsoft.Azure.Extensions" if "vmextension" in template else "Canonical"
        if path.endswith("/privateEndpointConnections"):
            return "pe"
        if parameter in FIXED:
            return FIXED[parameter]
        listed = self.get(path, {}).body
        found = listed if isinstance(listed, list) else (listed or {}).get("value") or []
        return found[0].get("name") or found[0].get("id") if found else None

    def poll(self, template: str) -> Any:
        """The answer at a poll URL of this template."""
        pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)) + "$", re.IGNORECASE)
        url = next((url for url in self.polls if pattern.search(url.split("?")[0])), None)
        return self.azure.follow(url) if url else None


def kind_of(template: str) -> str:
    """The type that a route is about, for a list as for one of it."""
    namespace, *segments = template.rpartition("/providers/")[2].split("/")
    return "/".join([namespace, *(segment for segment in segments if not segment.startswith("{") and segment != "Azure")])


def documents(body: Any) -> list[Any]:
    """What a body shows: the entries of a list, or itself."""
    if isinstance(body, list):
        return body
    value = body.get("value")
    return value if isinstance(value, list) and not {"id", "properties"} & set(body) else [body]


def strange(unknown_fields: Unknown, kind: str, document: dict[str, Any]) -> set[str]:
    """The fields that nobody knows."""
    if kind in WITHOUT_MODEL:
        return set(document) - WITHOUT_MODEL[kind]
    model = MODELS[kind]
    recorded = RECORDED.get(SAME.get(kind, kind), set())
    if not isinstance(model, ByKind):
        return set(unknown_fields(model(document), document)) - recorded
    properties = document["properties"]
    inner = model.classes[properties[model.key]]
    found = {f".properties{name}" for name in unknown_fields(inner(properties), properties)}
    return (found | {f".{key}" for key in set(document) - {"id", "name", "type", "properties"}}) - recorded


def routes() -> list[str]:
    found = {template for method, template in router.templates if method == "GET"}
    return sorted(each for each in found if each.rpartition("/providers/")[2].split("/")[0] in NAMESPACES)


def test_every_route_answers_what_the_models_or_recordings_know(azure: Any, unknown_fields: Unknown) -> None:
    walk, problems, seen = Walk(azure), [], 0
    for template in routes():
        kind = kind_of(template)
        if kind not in MODELS and kind not in WITHOUT_MODEL:
            problems.append(f"{template}: no model is named for it")
            continue
        polled = re.search(r"operation\w*/\{\w+\}$", template, re.IGNORECASE)
        path = None if polled else walk.path(template)
        answer = walk.poll(template) if polled else path and walk.get(path, QUERIES.get(kind, {}))
        if not answer or answer.status not in (200, 202, 204):
            problems.append(f"{template}: nothing to read: {answer.body if answer else path}")
            continue
        shown = documents(answer.body) if answer.body else []
        if not shown and kind not in EMPTY:
            problems.append(f"{template}: empty")
        for document in shown:
            seen += 1
            problems += [f"{template}: {name}" for name in sorted(strange(unknown_fields, kind, document))]
    assert not problems, "\n".join(problems)
    assert seen > len(routes())


@pytest.mark.parametrize("name", ["web", "win", "deaf", "off"])
def test_machines_in_every_state(azure: Any, unknown_fields: Unknown, name: str) -> None:
    azure.load({section: entries for section, entries in ESTATE.items() if section != "vaults"})
    for path, kind in ((f"{VMS}/{name}", VMS), (f"{VMS}/{name}/instanceView", f"{VMS}/instanceView")):
        assert strange(unknown_fields, kind, azure.get(path, _expand="instanceView")) == set()


@pytest.mark.parametrize("api", ["2016-06-01", "2024-04-01", NEWEST])
def test_vaults_and_items_of_every_age(azure: Any, unknown_fields: Unknown, api: str) -> None:
    azure.load(ESTATE)
    for path, kind in ((SAFE, _VAULT), (f"{SAFE}/backupProtectedItems", _ITEM)):
        for document in documents(azure.get(path, **{"api-version": api})):
            assert strange(unknown_fields, kind, document) == set()


def test_no_name_is_out_of_date() -> None:
    assert set(MODELS) | set(WITHOUT_MODEL) == {kind_of(template) for template in routes()}
