# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vm import view

RUNNING = [{"code": "ProvisioningState/succeeded"}, {"code": "PowerState/running"}]
STOPPED = [{"code": "ProvisioningState/succeeded"}, {"code": "PowerState/stopped"}]
DEALLOCATED = [{"code": "PowerState/deallocated"}]
READY = {"vmAgentVersion": "2.2.45", "statuses": [{"code": "ProvisioningState/succeeded", "displayStatus": "Ready", "message": "Guest Agent is running"}]}
SILENT = {"vmAgentVersion": "Unknown", "statuses": [{"code": "ProvisioningState/Unavailable", "displayStatus": "Not Ready", "message": "not yet populated"}]}

DOCUMENT = {
    "id": "/subscriptions/s/resourceGroups/App/providers/Microsoft.Compute/virtualMachines/web",
    "name": "web",
    "location": "West Europe",
    "zones": ["2"],
    "properties": {
        "hardwareProfile": {"vmSize": "Standard_DS1_v2"},
        "provisioningState": "Succeeded",
        "storageProfile": {
            "imageReference": {"publisher": "Canonical", "offer": "UbuntuServer", "sku": "18.04-LTS", "version": "latest", "exactVersion": "18.04.202401161"},
            "osDisk": {"osType": "Linux", "name": "web_os", "diskSizeGB": 30, "managedDisk": {"storageAccountType": "Premium_LRS", "id": "/disks/web_os"}},
            "dataDisks": [
                {"lun": 3, "name": "d3", "diskSizeGB": 64, "managedDisk": {"storageAccountType": "UltraSSD_LRS", "id": "/disks/d3"}},
                {"lun": 0, "name": "d0", "diskSizeGB": 32, "vhd": {"uri": "blob"}},
            ],
        },
        "osProfile": {"allowExtensionOperations": False},
        "networkProfile": {"networkInterfaces": [{"id": "/nic"}]},
        "timeCreated": "2024-08-26T08:24:19.1743155+00:00",
    },
}


def test_a_document_becomes_a_view():
    assert view.to_view(DOCUMENT) == {
        "id": DOCUMENT["id"],
        "name": "web",
        "resource_group": "App",
        "location": "westeurope",
        "tags": {},
        "zones": ["2"],
        "size": "Standard_DS1_v2",
        "os": "Linux",
        "os_name": None,
        "os_version": None,
        "image": {"publisher": "Canonical", "offer": "UbuntuServer", "sku": "18.04-LTS", "version": "18.04.202401161", "id": None},
        "provisioning_state": "Succeeded",
        "power_state": None,
        "extension_operations_allowed": False,
        "security_type": "Standard",
        "network_interfaces": ["/nic"],
        "time_created": "2024-08-26T08:24:19.1743155+00:00",
        "disks": {
            "os": {"name": "web_os", "size_gb": 30, "managed": True, "sku": "Premium_LRS", "id": "/disks/web_os"},
            "data": [
                {"lun": 0, "name": "d0", "size_gb": 32, "managed": False, "sku": None, "id": None},
                {"lun": 3, "name": "d3", "size_gb": 64, "managed": True, "sku": "UltraSSD_LRS", "id": "/disks/d3"},
            ],
        },
        "data_disk_count": 2,
        "unmanaged": True,
        "agent": {"status": "unknown", "version": None, "message": None, "time": None},
    }


def test_a_vm_made_from_a_disk_has_no_image_and_allows_extensions():
    bare = {"id": DOCUMENT["id"], "name": "web", "properties": {"storageProfile": {"osDisk": {"osType": "Windows", "managedDisk": {"id": "/disks/x"}}}}}
    shown = view.to_view(bare)
    assert shown["image"] is None
    assert shown["extension_operations_allowed"] is True
    assert shown["unmanaged"] is False


@pytest.mark.parametrize(
    ("instance_view", "whole", "status", "version"),
    [
        ({"statuses": RUNNING, "vmAgent": READY}, True, "ready", "2.2.45"),
        ({"statuses": RUNNING, "vmAgent": SILENT}, True, "not_ready", None),
        ({"statuses": RUNNING, "vmAgent": READY}, False, "ready", "2.2.45"),
        ({"statuses": RUNNING}, True, "missing", None),
        ({"statuses": RUNNING}, False, "unknown", None),
        ({"statuses": STOPPED, "vmAgent": READY}, True, "unknown", "2.2.45"),
        ({"statuses": DEALLOCATED}, True, "unknown", None),
        (None, True, "unknown", None),
    ],
)
def test_agent(instance_view, whole, status, version):
    agent = view.to_view(view.with_status(DOCUMENT, instance_view), whole)["agent"]
    assert (agent["status"], agent["version"]) == (status, version)


def test_the_instance_view_of_the_document_itself_is_kept():
    own = {**DOCUMENT, "properties": {"instanceView": {"statuses": RUNNING, "osName": "ubuntu"}}}
    shown = view.to_view(view.with_status(own, {"statuses": DEALLOCATED}))
    assert (shown["power_state"], shown["os_name"]) == ("running", "ubuntu")
