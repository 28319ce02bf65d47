# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual machines, their disks, extensions and run-time view."""

from __future__ import annotations

import pytest
from arm_simulator.core.messages import Request
from arm_simulator.core.router import open_router

VM = "Microsoft.Compute/virtualMachines/web"
DISKS = "Microsoft.Compute/disks"
NIC = "Microsoft.Network/networkInterfaces/nic1"
LOCATION = {"location": "westeurope"}
EXTENSION = f"{VM}/extensions/VMSnapshotLinux"
SNAPSHOT = {
    **LOCATION,
    "properties": {
        "publisher": "Microsoft.Azure.RecoveryServices",
        "type": "VMSnapshotLinux",
        "typeHandlerVersion": "1.0",
        "protectedSettings": {"a": "b"},
    },
}


@pytest.fixture
def estate(azure):
    """web: Linux, Ready, one data disk; the others by what is wrong with them."""
    azure.load(
        {
            "vms": [
                {
                    "name": "web",
                    "resource_group": "app",
                    "data_disks": [{"lun": 0, "size_gb": 64, "sku": "PremiumV2_LRS", "shares": 2}],
                    "zone": "1",
                    "tags": {"env": "prod"},
                },
                {"name": "win", "resource_group": "app", "os": "Windows", "security_type": "TrustedLaunch"},
                {"name": "deaf", "resource_group": "app", "agent": {"status": "NotReady"}},
                {"name": "bare", "resource_group": "app", "agent": {"status": "Missing"}},
                {"name": "off", "resource_group": "app", "power": "deallocated"},
                {"name": "broken", "resource_group": "app", "provisioning": "Failed"},
            ]
        }
    )
    return azure


@pytest.fixture
def nic(azure):
    vnet = {
        **LOCATION,
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": "a", "properties": {"addressPrefix": "10.0.0.0/24"}}],
        },
    }
    azure.put("Microsoft.Network/virtualNetworks/vnet", vnet)
    subnet = {"id": azure.id("Microsoft.Network/virtualNetworks/vnet/subnets/a")}
    return azure.put(NIC, {**LOCATION, "properties": {"ipConfigurations": [{"name": "one", "properties": {"subnet": subnet}}]}})


def body(nic, **properties):
    return {
        **LOCATION,
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
            "storageProfile": {
                "imageReference": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
            },
            "osProfile": {"computerName": "web", "adminUsername": "azureuser", "adminPassword": "secret"},
            "networkProfile": {"networkInterfaces": [{"id": nic["id"]}]},
            **properties,
        },
    }


def view(azure, name):
    return azure.get(f"Microsoft.Compute/virtualMachines/{name}", _expand="instanceView")["properties"]["instanceView"]


def test_new_vm_is_created_with_its_disk_and_hides_its_password(azure, nic):
    response = azure.send("PUT", VM, body(nic))
    assert response.status == 201 and response.body["properties"]["provisioningState"] == "Creating"
    assert "Location" not in response.headers and response.headers["Retry-After"]
    assert "/Microsoft.Compute/locations/westeurope/operations/" in response.headers["Azure-AsyncOperation"]
    waiting = azure.follow(response.headers["Azure-AsyncOperation"]).body
    assert waiting["status"] == "InProgress" and set(waiting) == {"startTime", "status", "name"}
    assert "vmAgent" not in view(azure, "web")
    done = azure.finish(response).body
    assert done["status"] == "Succeeded" and done["endTime"] > done["startTime"]
    vm = azure.get(VM)
    assert vm["properties"]["provisioningState"] == "Succeeded" and "adminPassword" not in vm["properties"]["osProfile"]
    assert vm["properties"]["storageProfile"]["osDisk"]["diskSizeGB"] == 30
    disk = azure.get(vm["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"])
    assert disk["managedBy"] == vm["id"] and disk["properties"]["diskState"] == "Attached"
    assert azure.get(NIC)["properties"]["virtualMachine"] == {"id": vm["id"]}
    assert azure.send("DELETE", NIC).body["error"]["code"] == "NicInUse"


def test_agent_of_a_new_vm_reports_after_a_while(azure, nic):
    response = azure.send("PUT", VM, body(nic))
    azure.world.clock.jump(1.0)
    assert azure.follow(response.headers["Azure-AsyncOperation"]).body["status"] == "Succeeded"
    early = view(azure, "web")
    assert early["vmAgent"]["vmAgentVersion"] == "Unknown" and "osName" not in early
    assert early["vmAgent"]["statuses"][0]["displayStatus"] == "Not Ready"
    azure.world.clock.jump(1.0)
    assert view(azure, "web")["vmAgent"]["statuses"][0]["displayStatus"] == "Ready"


def test_what_a_vm_needs(azure, nic):
    assert azure.send("PUT", VM, {**LOCATION, "properties": {}}).body["error"]["code"] == "InvalidParameter"
    missing = {"id": azure.id("Microsoft.Network/networkInterfaces/none")}
    assert azure.send("PUT", VM, body(missing)).body["error"]["code"] == "InvalidResourceReference"
    assert azure.send("GET", VM).body["error"]["code"] == "ResourceNotFound"


def test_patch_changes_what_it_names_and_nothing_else(estate):
    before = estate.get(VM)
    response = estate.send("PATCH", VM, {"properties": {"osProfile": {"allowExtensionOperations": False}}})
    assert response.status == 200 and response.body["properties"]["provisioningState"] == "Updating"
    assert "Azure-AsyncOperation" in response.headers and "Location" not in response.headers
    estate.finish(response)
    after = estate.get(VM)
    assert after["properties"]["osProfile"]["allowExtensionOperations"] is False
    assert after["tags"] == {"env": "prod"} and after["etag"] != before["etag"]
    before["properties"]["osProfile"]["allowExtensionOperations"] = False
    assert {**after, "etag": ""} == {**before, "etag": ""}
    estate.finish(estate.send("PATCH", VM, {"tags": {"a": "b"}}))
    assert estate.get(VM)["tags"] == {"a": "b"}


def test_some_properties_are_for_life(estate):
    response = estate.send("PATCH", VM, {"properties": {"osProfile": {"linuxConfiguration": {"provisionVMAgent": False}}}})
    assert (response.status, response.body["error"]["code"]) == (409, "PropertyChangeNotAllowed")
    assert response.body["error"]["target"] == "linuxConfiguration.provisionVMAgent"


def test_if_match_guards_a_vm(estate):
    assert estate.send("PATCH", VM, {"tags": {}}, {"if-match": '"0"'}).status == 412
    assert estate.send("PATCH", VM, {"tags": {}}, {"if-match": estate.get(VM)["etag"]}).status == 200


@pytest.mark.parametrize(
    ("name", "version", "shown", "message"),
    [
        ("web", "2.11.1.12", "Ready", "Guest Agent is running"),
        ("win", "2.7.41491.1095", "Ready", "GuestAgent is running and processing the extensions."),
        ("deaf", "Unknown", "Not Ready", "VM status blob is found but not yet populated."),
    ],
)
def test_agent_block_is_as_recorded(estate, name, version, shown, message):
    agent = view(estate, name)["vmAgent"]
    status = agent["statuses"][0]
    assert (agent["vmAgentVersion"], status["displayStatus"], status["message"]) == (version, shown, message)
    assert status["code"] == ("ProvisioningState/succeeded" if shown == "Ready" else "ProvisioningState/Unavailable")


def test_guest_is_named_only_while_the_agent_reports(estate):
    assert (view(estate, "web")["osName"], view(estate, "web")["osVersion"]) == ("ubuntu", "24.04")
    assert view(estate, "win")["osName"] == "Windows Server 2022 Datacenter"
    for name in ("deaf", "bare", "off"):
        assert "osName" not in view(estate, name)
    assert "vmAgent" not in view(estate, "bare") and "vmAgent" not in view(estate, "off")


def test_states_of_power_and_provisioning(estate):
    assert [each["code"] for each in view(estate, "off")["statuses"]] == ["ProvisioningState/succeeded", "PowerState/deallocated"]
    failed = view(estate, "broken")["statuses"][0]
    assert (failed["code"], failed["level"]) == ("ProvisioningState/failed", "Error")
    assert estate.get("Microsoft.Compute/virtualMachines/off/instanceView")["statuses"] == view(estate, "off")["statuses"]


@pytest.mark.parametrize(
    ("action", "during", "after"),
    [
        ("powerOff", "stopping", "stopped"),
        ("deallocate", "deallocating", "deallocated"),
        ("restart", "running", "running"),
        ("redeploy", "running", "running"),
    ],
)
def test_power_actions_take_their_time(estate, action, during, after):
    response = estate.send("POST", f"{VM}/{action}")
    assert response.status == 202 and response.body is None
    assert view(estate, "web")["statuses"][1]["code"] == f"PowerState/{during}"
    assert estate.follow(response.headers["Location"]).status == 202
    assert estate.finish(response).body["status"] == "Succeeded"
    result = estate.follow(response.headers["Location"])
    assert (result.status, result.body) == (200, None)
    assert view(estate, "web")["statuses"][1] == {"code": f"PowerState/{after}", "level": "Info", "displayStatus": f"VM {after}"}


def test_start_brings_the_agent_back_and_reapply_mends(estate):
    estate.finish(estate.send("POST", "Microsoft.Compute/virtualMachines/off/start"))
    assert view(estate, "off")["vmAgent"]["statuses"][0]["displayStatus"] == "Ready"
    estate.finish(estate.send("POST", "Microsoft.Compute/virtualMachines/broken/reapply"))
    assert estate.get("Microsoft.Compute/virtualMachines/broken")["properties"]["provisioningState"] == "Succeeded"


def test_failed_action_leaves_the_vm_failed(estate):
    estate.world.faults.order(
        {"method": "POST", "fail_operation": {"code": "OverconstrainedAllocationRequest", "message": "No room."}}
    )
    body = estate.finish(estate.send("POST", "Microsoft.Compute/virtualMachines/off/start")).body
    assert body["status"] == "Failed" and body["error"] == {"code": "OverconstrainedAllocationRequest", "message": "No room."}
    assert estate.get("Microsoft.Compute/virtualMachines/off")["properties"]["provisioningState"] == "Failed"


def test_run_command_gives_its_output_in_both_places(estate):
    response = estate.send("POST", f"{VM}/runCommand", {"commandId": "RunShellScript", "script": ["true"]})
    output = estate.finish(response).body["properties"]["output"]
    assert output["value"][0]["code"] == "ProvisioningState/succeeded"
    assert estate.follow(response.headers["Location"]).body == output
    off = estate.send("POST", "Microsoft.Compute/virtualMachines/off/runCommand", {"commandId": "RunShellScript"})
    assert (off.status, off.body["error"]["code"]) == (409, "OperationNotAllowed")


def test_delete_lets_go_of_disks_and_interface(estate):
    vm = estate.get(VM)
    response = estate.send("DELETE", VM)
    assert response.status == 202 and response.headers["Location"]
    estate.finish(response)
    assert estate.send("GET", VM).status == 404 and estate.send("DELETE", VM).status == 204
    disk = estate.get(vm["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"])
    assert disk["properties"]["diskState"] == "Unattached" and "managedBy" not in disk
    assert "virtualMachine" not in estate.get("Microsoft.Network/networkInterfaces/webVMNic")["properties"]


def test_delete_takes_along_what_it_is_told_to(azure, nic):
    options = {"networkProfile": {"networkInterfaces": [{"id": nic["id"], "properties": {"deleteOption": "Delete"}}]}}
    azure.put(VM, body(nic, **options))
    azure.finish(azure.send("PATCH", VM, {"properties": {"storageProfile": {"osDisk": {"deleteOption": "Delete"}}}}))
    disk = azure.get(VM)["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"]
    azure.finish(azure.send("DELETE", VM))
    assert azure.send("GET", disk).status == 404 and azure.send("GET", NIC).status == 404
    assert "ipConfigurations" not in azure.get("Microsoft.Network/virtualNetworks/vnet/subnets/a")["properties"]


def test_disks_have_a_life_of_their_own(estate):
    response = estate.send(
        "PUT",
        f"{DISKS}/extra",
        {
            **LOCATION,
            "sku": {"name": "Premium_LRS"},
            "properties": {"diskSizeGB": 128, "creationData": {"createOption": "Empty"}},
        },
    )
    assert response.status == 202 and "/DiskOperations/" in response.headers["Azure-AsyncOperation"]
    assert estate.finish(response).body["properties"]["output"]["properties"]["provisioningState"] == "Succeeded"
    disk = estate.get(f"{DISKS}/extra")
    attached = {"lun": 1, "createOption": "Attach", "managedDisk": {"id": disk["id"]}}
    storage = estate.get(VM)["properties"]["storageProfile"]
    estate.finish(estate.send("PATCH", VM, {"properties": {"storageProfile": {"dataDisks": [*storage["dataDisks"], attached]}}}))
    data_disks = estate.get(VM)["properties"]["storageProfile"]["dataDisks"]
    assert [(each["lun"], each["name"]) for each in data_disks][1] == (1, "extra") and data_disks[1]["diskSizeGB"] == 128
    refused = estate.send("DELETE", f"{DISKS}/extra")
    assert (refused.status, refused.body["error"]["code"]) == (409, "OperationNotAllowed")
    other = estate.send(
        "PATCH", "Microsoft.Compute/virtualMachines/win", {"properties": {"storageProfile": {"dataDisks": [attached]}}}
    )
    assert (other.status, other.body["error"]["code"]) == (409, "ConflictingUserInput")
    estate.finish(estate.send("PATCH", VM, {"properties": {"storageProfile": {"dataDisks": storage["dataDisks"]}}}))
    assert estate.send("PATCH", f"{DISKS}/extra", {"properties": {"diskSizeGB": 64}}).status == 400
    estate.finish(estate.send("PATCH", f"{DISKS}/extra", {"properties": {"diskSizeGB": 256}}))
    assert estate.get(f"{DISKS}/extra")["properties"]["diskSizeGB"] == 256
    estate.finish(estate.send("DELETE", f"{DISKS}/extra"))
    assert estate.send("GET", f"{DISKS}/extra").status == 404


def test_disks_of_an_estate(estate):
    storage = estate.get(VM)["properties"]["storageProfile"]
    data = estate.get(storage["dataDisks"][0]["managedDisk"]["id"])
    assert (data["sku"]["name"], data["properties"]["diskSizeGB"], data["properties"]["maxShares"], data["zones"]) == (
        "PremiumV2_LRS",
        64,
        2,
        ["1"],
    )
    assert "_shares" not in storage["dataDisks"][0]
    off = estate.get("Microsoft.Compute/virtualMachines/off")["properties"]["storageProfile"]["osDisk"]
    assert estate.get(off["managedDisk"]["id"])["properties"]["diskState"] == "Reserved"


def test_extension_life(estate):
    response = estate.send("PUT", EXTENSION, SNAPSHOT)
    assert response.status == 201 and response.body["properties"]["provisioningState"] == "Creating"
    assert "protectedSettings" not in response.body["properties"]
    estate.finish(response)
    assert estate.get(EXTENSION)["properties"]["provisioningState"] == "Succeeded"
    assert estate.get(EXTENSION, _expand="instanceView")["properties"]["instanceView"]["name"] == "VMSnapshotLinux"
    assert [each["name"] for each in estate.get(f"{VM}/extensions")["value"]] == ["VMSnapshotLinux"]
    assert [each["name"] for each in estate.get(VM)["resources"]] == ["VMSnapshotLinux"]
    assert view(estate, "web")["vmAgent"]["extensionHandlers"][0]["type"] == "Microsoft.Azure.RecoveryServices.VMSnapshotLinux"
    kept = estate.send("PATCH", VM, {"properties": {"osProfile": {"allowExtensionOperations": False}}})
    assert (kept.status, kept.body["error"]["code"]) == (409, "OperationNotAllowed")
    estate.finish(estate.send("DELETE", EXTENSION))
    assert estate.send("GET", EXTENSION).status == 404 and "resources" not in estate.get(VM)


def test_extension_needs_an_agent_that_reports(estate):
    path = "Microsoft.Compute/virtualMachines/deaf/extensions/VMSnapshotLinux"
    response = estate.send("PUT", path, SNAPSHOT)
    estate.world.clock.jump(60 / estate.world.clock.speed)
    assert estate.follow(response.headers["Azure-AsyncOperation"]).body["status"] == "InProgress"
    failed = estate.finish(response).body
    assert failed["error"]["code"] == "VMAgentStatusCommunicationError" and "VM 'deaf'" in failed["error"]["message"]
    assert estate.get(path)["properties"]["provisioningState"] == "Failed"


def test_extension_is_refused_where_it_cannot_work(estate):
    off = estate.send("PUT", "Microsoft.Compute/virtualMachines/off/extensions/x", SNAPSHOT)
    assert (off.status, off.body["error"]["code"]) == (409, "OperationNotAllowed")
    estate.finish(estate.send("PATCH", VM, {"properties": {"osProfile": {"allowExtensionOperations": False}}}))
    assert "allowExtensionOperations property is true" in estate.send("PUT", EXTENSION, SNAPSHOT).body["error"]["message"]


def test_lists_and_what_they_show(estate):
    everywhere = f"{estate.subscription}/providers/Microsoft.Compute/virtualMachines"
    names = ["web", "win", "deaf", "bare", "off", "broken"]
    assert [each["name"] for each in estate.get(everywhere)["value"]] == names
    assert all("instanceView" not in each["properties"] for each in estate.get(everywhere, _expand="instanceView")["value"])
    filtered = estate.get(
        "Microsoft.Compute/virtualMachines", _expand="instanceView", _filter="'virtualMachineScaleSet/id' eq '/x'"
    )["value"]
    assert all("instanceView" in each["properties"] for each in filtered) and len(filtered) == len(names)
    status = estate.get(everywhere, statusOnly="true")["value"]
    assert set(status[0]) == {"name", "id", "type", "location", "properties"}
    assert set(status[0]["properties"]) == {"provisioningState", "vmId", "instanceView"}
    estate.world.settings.page_size = 4
    assert "statusonly=true" in estate.get(everywhere, statusOnly="true")["nextLink"].lower()


def test_group_and_name_are_found_in_any_letter_case(estate):
    other = estate.id(VM).upper().replace("/SUBSCRIPTIONS/", "/subscriptions/")
    assert estate.get(other)["id"] == estate.id(VM)


def test_subnets_of_an_estate(azure):
    azure.load(
        {
            "network_security_groups": [{"name": "lockdown", "resource_group": "app"}],
            "virtual_networks": [
                {
                    "name": "vnet",
                    "resource_group": "app",
                    "subnets": [{"name": "default", "address_prefix": "10.0.1.0/24", "network_security_group": "lockdown"}],
                }
            ],
            "vms": [
                {"name": "web", "resource_group": "app", "nic": {"subnet": "vnet/default", "network_security_group": "lockdown"}}
            ],
        }
    )
    nic = azure.get("Microsoft.Network/networkInterfaces/webVMNic")["properties"]
    assert nic["ipConfigurations"][0]["properties"]["privateIPAddress"] == "10.0.1.4"
    assert nic["virtualMachine"] == {"id": azure.id(VM)}
    nsg = azure.get("Microsoft.Network/networkSecurityGroups/lockdown")["properties"]
    assert len(nsg["networkInterfaces"]) == len(nsg["subnets"]) == 1


def test_guest_can_be_changed_from_the_inside(estate):
    request = Request("POST", "/_simulator/vms/app/deaf", body=b'{"agent": {"status": "Ready", "version": "2.2.46"}}')
    handler, request.params, _methods = open_router.find(request.method, request.path)
    assert handler(estate.world, request).status == 200
    assert view(estate, "deaf")["vmAgent"]["vmAgentVersion"] == "2.2.46"


def test_sizes(azure):
    sizes = {
        each["name"]: each
        for each in azure.get(f"{azure.subscription}/providers/Microsoft.Compute/locations/westeurope/vmSizes")["value"]
    }
    assert (sizes["Standard_D2s_v5"]["numberOfCores"], sizes["Standard_D2s_v5"]["memoryInMB"]) == (2, 8192)
