# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an estate can have that is not as it should be, in the form in which Azure shows it."""

from __future__ import annotations

from typing import Any

import pytest
from azure.mgmt.compute import models as compute
from azure.mgmt.recoveryservices import models as vaults

VM = "Microsoft.Compute/virtualMachines/web"
VAULT = "Microsoft.RecoveryServices/vaults/vault"


@pytest.fixture
def vm(azure: Any, unknown_fields: Any) -> Any:
    """A function of the keys of an estate's VM: the VM with its instance view, as Microsoft's typed model knows it."""

    def make(**keys: Any) -> Any:
        azure.load({"vms": [{"name": "web", "resource_group": "app", **keys}]})
        document = azure.get(VM, _expand="instanceView")
        assert unknown_fields(compute.VirtualMachine(document), document) == []
        return document["properties"]

    return make


def disk(azure: Any, reference: Any) -> Any:
    return azure.get(reference["managedDisk"]["id"])["properties"]


def test_an_extension_that_failed(vm: Any) -> None:
    extension = {"name": "tool", "publisher": "Contoso", "type": "Tool", "provisioning": "Failed", "message": "exit status 1"}
    (shown,) = vm(extensions=[extension])["instanceView"]["extensions"]
    assert shown["type"] == "Contoso.Tool"
    assert shown["statuses"] == [{"code": "ProvisioningState/failed/0", "level": "Error", "displayStatus": "Provisioning failed", "message": "exit status 1"}]


def test_disks_of_every_kind(azure: Any, vm: Any) -> None:
    storage = vm(
        os_disk={"ephemeral": True},
        data_disks=[
            {"lun": 0, "write_accelerator": True, "network_access": "DenyAll", "public_network_access": "Disabled"},
            {"lun": 1, "shares": 2, "data_access_auth_mode": "AzureActiveDirectory", "security_type": "TrustedLaunch"},
            {"lun": 2, "unmanaged": True},
        ],
    )["storageProfile"]
    assert storage["osDisk"]["diffDiskSettings"] == {"option": "Local", "placement": "CacheDisk"}
    first, second, third = storage["dataDisks"]
    assert first["writeAcceleratorEnabled"] is True and "_resource" not in first
    own = disk(azure, first)
    assert (own["networkAccessPolicy"], own["publicNetworkAccess"]) == ("DenyAll", "Disabled")
    own = disk(azure, second)
    assert (own["maxShares"], own["dataAccessAuthMode"], own["securityProfile"]) == (2, "AzureActiveDirectory", {"securityType": "TrustedLaunch"})
    assert third["vhd"]["uri"].endswith(".vhd") and "managedDisk" not in third


def test_disk_encryption_names_its_key_vault_wherever_azure_does(azure: Any, vm: Any) -> None:
    azure.load({"key_vaults": [{"name": "kv", "resource_group": "app", "access_policies": [{"object_id": "o", "keys": ["Get"]}]}]})
    shown = vm(disk_encryption={"key_vault": "app/kv"})
    key_vault = azure.id("Microsoft.KeyVault/vaults/kv")
    (setting,) = shown["instanceView"]["disks"][0]["encryptionSettings"]
    assert setting["enabled"] is True and setting["diskEncryptionKey"]["sourceVault"]["id"] == key_vault
    collection = disk(azure, shown["storageProfile"]["osDisk"])["encryptionSettingsCollection"]
    assert collection["encryptionSettings"][0]["diskEncryptionKey"]["sourceVault"]["id"] == key_vault
    assert [each["name"] for each in shown["instanceView"]["extensions"]] == ["AzureDiskEncryption"]
    vault = azure.get(key_vault)["properties"]
    assert vault["accessPolicies"][0]["permissions"]["keys"] == ["Get"] and vault["enableRbacAuthorization"] is False
    assert [each["name"] for each in azure.get(f"{azure.subscription}/providers/Microsoft.KeyVault/vaults")["value"]] == ["kv"]


def test_a_vm_of_a_specialised_disk_has_no_os_profile(vm: Any) -> None:
    shown = vm(specialized=True)
    assert "osProfile" not in shown and "imageReference" not in shown["storageProfile"]


def test_a_vm_made_without_an_agent(vm: Any) -> None:
    profile = vm(provision_agent=False, agent={"status": "Missing"})["osProfile"]
    assert profile["linuxConfiguration"]["provisionVMAgent"] is False and profile["allowExtensionOperations"] is False


def test_an_agent_that_was_heard_of_long_ago(azure: Any, vm: Any) -> None:
    status = vm(agent={"minutes_ago": 90})["instanceView"]["vmAgent"]["statuses"][0]
    assert status["displayStatus"] == "Ready" and status["time"][:13] != azure.world.clock.now().isoformat()[:13]


def test_a_vault_with_alerts_and_diagnostics(azure: Any, unknown_fields: Any) -> None:
    setting = {"name": "reports", "dedicated": True, "categories": ["CoreAzureBackup"]}
    entry = {"name": "vault", "resource_group": "app", "alerts": {"classic": True}, "diagnostics": [setting], "provisioning": "Failed"}
    azure.load({"vaults": [entry]})
    vault = azure.get(VAULT)
    assert unknown_fields(vaults.Vault(vault), vault) == []
    assert vault["properties"]["provisioningState"] == "Failed"
    assert vault["properties"]["monitoringSettings"] == {
        "azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled"},
        "classicAlertSettings": {"alertsForCriticalOperations": "Enabled"},
    }
    (shown,) = azure.get(f"{VAULT}/providers/Microsoft.Insights/diagnosticSettings")["value"]
    assert shown["properties"]["logAnalyticsDestinationType"] == "Dedicated" and shown["properties"]["logs"][0]["enabled"] is True


def test_items_in_every_state(azure: Any) -> None:
    items = [
        {"vm": "app/web-0001", "health": "ActionRequired", "last_backup_status": "Failed", "state": "ProtectionError"},
        {"vm": "app/web-0002", "disks": {"luns": [1], "included": True}, "running": "Backup"},
    ]
    azure.load({"vms": [{"name": "web", "count": 2, "resource_group": "app"}], "vaults": [{"name": "vault", "resource_group": "app", "items": items}]})
    first, second = (each["properties"] for each in azure.get(f"{VAULT}/backupProtectedItems")["value"])
    assert (first["healthStatus"], first["lastBackupStatus"], first["protectionState"]) == ("ActionRequired", "Failed", "ProtectionError")
    assert second["extendedProperties"] == {"diskExclusionProperties": {"diskLunList": [1], "isInclusionList": True}}
    (job,) = azure.get(f"{VAULT}/backupJobs", _filter="status eq 'InProgress'")["value"]
    assert (job["properties"]["operation"], job["properties"]["entityFriendlyName"]) == ("Backup", "web-0002")
