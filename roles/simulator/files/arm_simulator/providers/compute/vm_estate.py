# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual machines of an estate, each with its disks and an interface; and the knob that changes a VM from the inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.estate_schema import Address, check
from ...core.messages import ArmError, Request, Response
from ...core.regions import normalise
from ...core.router import open_router
from ...core.store import Document
from ..common.tracked import offset_time
from ..key_vault import key_vaults
from ..network import virtual_networks
from ..network.network_interfaces import NIC, attach
from . import guests, vm_model
from .instance_view import AGENT_VERSION, instance_view

if TYPE_CHECKING:
    from ...core.world import World

IMAGES = {
    "Linux": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"},
    "Windows": {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-datacenter-g2", "version": "latest"},
}
SIZE = "Standard_D2s_v5"
_ENCRYPTION = {"Linux": "AzureDiskEncryptionForLinux", "Windows": "AzureDiskEncryption"}
_NSGS = "Microsoft.Network/networkSecurityGroups"


def build(world: World, section: list[Document]) -> None:
    """The estate's vms, spelled out (no counts): see the estate's schema for the keys of an entry."""
    subnets: dict[tuple[str, str], str] = {}
    created = offset_time(world.clock.now())
    for entry in section:
        group = _group(world, entry["resource_group"])
        place = (group["name"].lower(), (entry.get("nic") or {}).get("subnet", ""))
        if place not in subnets:
            subnets[place] = _subnet_id(world, group, place[1])
        _build_vm(world, entry, group, subnets[place], created)


def _group(world: World, name: str) -> Document:
    group_id = f"/subscriptions/{world.settings.subscription_id}/resourceGroups/{name}"
    return world.store.resource(group_id) or {"id": group_id, "name": name, "location": "westeurope"}


def _subnet_id(world: World, group: Document, text: str) -> str:
    """'vnet/subnet' of the group, or of the one network of that name elsewhere; without a text a network is made."""
    vnet_name, _slash, subnet = text.rpartition("/")
    if not text:
        vnet_name, subnet = f"{group['name']}-vnet", "default"
    vnet_id = virtual_networks.named_id(world, vnet_name, group["name"], virtual_networks.VNET.type)
    if world.store.resource(vnet_id) is None:
        everywhere = world.store.list(virtual_networks.VNET.type, f"/subscriptions/{world.settings.subscription_id}")
        namesakes = [vnet for vnet in everywhere if text and vnet["name"].lower() == vnet_name.lower()]
        if namesakes:
            vnet_id = namesakes[0]["id"]
        elif not text:
            subnets = [{"name": subnet, "address_prefix": "10.0.0.0/16"}]
            virtual_networks.build(world, [{"name": vnet_name, "resource_group": group["name"], "subnets": subnets}])
    if virtual_networks.find_subnet(world, f"{vnet_id}/subnets/{subnet}") is None:
        raise ArmError(400, "InvalidEstate", f"There is no subnet '{text}' for the VMs of resource group '{group['name']}'; it is named as network/subnet.")
    return f"{vnet_id}/subnets/{subnet}"


def _build_vm(world: World, entry: Document, group: Document, subnet_id: str, created: str) -> None:
    system = entry.get("os", "Linux")
    location = normalise(entry.get("location") or group["location"])
    name = entry["name"]
    vm_id = f"{group['id']}/providers/{vm_model.TYPE}/{name}"
    nic_id = f"{group['id']}/providers/{NIC.type}/{name}VMNic"
    encryption = _encryption(world, entry, group)
    vm = vm_model.make(world, vm_id, location, _body(entry, system, nic_id, encryption), state=entry.get("provisioning", "Succeeded"))
    vm["properties"]["timeCreated"] = created
    vm.update(etag='"1"', _power=entry.get("power", "running"), _agent=_agent(entry, system), _changed=created)
    if "guest_address" in entry:
        vm = guests.connect(world, vm, entry["guest_address"])
    if encryption:
        vm["_encryption"] = encryption
    world.store.put_resource(vm)
    for each in _extensions(entry, system):
        _build_extension(world, vm, each)
    configuration = {"name": f"ipconfig{name}", "properties": {"subnet": {"id": subnet_id}}}
    properties: Document = {"ipConfigurations": [configuration]}
    nsg = (entry.get("nic") or {}).get("network_security_group")
    if nsg:
        properties["networkSecurityGroup"] = {"id": virtual_networks.named_id(world, nsg, group["name"], _NSGS)}
    NIC.make(world, nic_id, location, {"properties": properties})
    attach(world, nic_id, vm_id)


def _agent(entry: Document, system: str) -> Document:
    agent = dict(entry.get("agent") or {})
    agent.setdefault("status", "Ready")
    if agent["status"] == "Ready":
        agent.setdefault("version", AGENT_VERSION[system])
    return agent


def _os_profile(entry: Document, system: str) -> Document:
    profile: Document = {"computerName": entry["name"], "adminUsername": "azureuser"}
    if "extension_operations" in entry:
        profile["allowExtensionOperations"] = entry["extension_operations"]
    if "provision_agent" in entry:
        profile[f"{system.lower()}Configuration"] = {"provisionVMAgent": entry["provision_agent"]}
    return profile


def _body(entry: Document, system: str, nic_id: str, encryption: Document | None) -> Document:
    """The entry as the body of a PUT. A VM of a specialised disk has neither an image nor an OS profile."""
    os_disk: Document = {"osType": system, **_disk(entry.get("os_disk") or {}, f"{entry['name']}-os")}
    data_disks = entry.get("data_disks") or []
    if encryption:
        settings = {"enabled": True, "encryptionSettings": [encryption], "encryptionSettingsVersion": "1.1"}
        os_disk["_resource"] = {**os_disk.get("_resource", {}), "encryptionSettingsCollection": settings}
    properties: Document = {
        "hardwareProfile": {"vmSize": entry.get("size", SIZE)},
        "storageProfile": {
            "imageReference": {**IMAGES[system], **(entry.get("image") or {})},
            "osDisk": os_disk,
            "dataDisks": [{"lun": each["lun"], "createOption": "Empty", **_disk(each, f"{entry['name']}-{each['lun']}")} for each in data_disks],
        },
        "osProfile": _os_profile(entry, system),
        "networkProfile": {"networkInterfaces": [{"id": nic_id}]},
    }
    if entry.get("specialized"):
        del properties["storageProfile"]["imageReference"], properties["osProfile"]
        os_disk["createOption"] = "Attach"
    if entry.get("security_type", "Standard") != "Standard":
        properties["securityProfile"] = {
            "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True},
            "securityType": entry["security_type"],
        }
    body: Document = {"tags": entry.get("tags") or {}, "properties": properties}
    if entry.get("zone"):
        body["zones"] = [entry["zone"]]
    if entry.get("extended_location"):
        body["extendedLocation"] = {"name": entry["extended_location"], "type": "EdgeZone"}
    return body


# What an entry says of the disk as a resource of its own: key, property.
_RESOURCE = (
    ("shares", "maxShares"),
    ("data_access_auth_mode", "dataAccessAuthMode"),
    ("network_access", "networkAccessPolicy"),
    ("public_network_access", "publicNetworkAccess"),
)


def _disk(entry: Document, name: str) -> Document:
    """A disk of a VM's storage profile. _resource: what its own resource has besides."""
    disk: Document = {}
    if entry.get("size_gb"):
        disk["diskSizeGB"] = entry["size_gb"]
    if entry.get("sku"):
        disk["managedDisk"] = {"storageAccountType": entry["sku"]}
    if entry.get("write_accelerator"):
        disk["writeAcceleratorEnabled"] = True
    if entry.get("ephemeral"):
        disk.update(caching="ReadOnly", diffDiskSettings={"option": "Local", "placement": "CacheDisk"})
    if entry.get("unmanaged"):
        disk.update(name=name, vhd={"uri": f"https://olddisks.blob.core.windows.net/vhds/{name}.vhd"})
    resource = {to: entry[key] for key, to in _RESOURCE if key in entry}
    if entry.get("security_type"):
        resource["securityProfile"] = {"securityType": entry["security_type"]}
    return {**disk, "_resource": resource} if resource else disk


def _encryption(world: World, entry: Document, group: Document) -> Document | None:
    """What Azure Disk Encryption writes down: where the secret of a disk lies. Its extension is made with the others."""
    text = (entry.get("disk_encryption") or {}).get("key_vault")
    if not text:
        return None
    vault_group, _slash, name = text.rpartition("/")
    vault_id = key_vaults.key_vault_id(world, vault_group or group["name"], name)
    return {"diskEncryptionKey": {"secretUrl": f"https://{name}.vault.azure.net/secrets/{entry['name']}/1", "sourceVault": {"id": vault_id}}}


def _extensions(entry: Document, system: str) -> list[Document]:
    encrypts = {"name": "AzureDiskEncryption", "publisher": "Microsoft.Azure.Security", "type": _ENCRYPTION[system], "version": "1.1"}
    return [*(entry.get("extensions") or []), *([encrypts] if entry.get("disk_encryption") else [])]


def _build_extension(world: World, vm: Document, entry: Document) -> None:
    document = {
        "name": entry["name"],
        "id": f"{vm['id']}/extensions/{entry['name']}",
        "type": f"{vm_model.TYPE}/extensions",
        "location": vm["location"],
        "properties": {
            "autoUpgradeMinorVersion": True,
            "publisher": entry["publisher"],
            "type": entry["type"],
            "typeHandlerVersion": entry.get("version", "1.0"),
            "provisioningState": entry.get("provisioning", "Succeeded"),
        },
        "_message": entry.get("message"),
    }
    world.store.put_resource(document)


def _address(text: Any) -> str | None:
    problems: list[str] = []
    if text is not None:
        check(text, Address, "guest_address", problems)
    if problems:
        raise ArmError(400, "InvalidAddress", "; ".join(problems))
    return text


@open_router.route("POST", "/_simulator/vms/{group}/{name}")
def change_from_inside(world: World, request: Request) -> Response:
    """What happens in a guest and not through ARM: {"agent": {status, version, message}, "power", "provisioning"}.

    {"guest_address": "10.0.0.4"} lets the real guest of that address speak for the VM's agent, null ends that. Answers the instance view.
    """
    vm_id = f"/subscriptions/{world.settings.subscription_id}/resourceGroups/{request.params['group']}/providers/{vm_model.TYPE}/{request.params['name']}"
    vm = world.store.resource(vm_id)
    if vm is None:
        raise ArmError(404, "NotFound", f"There is no VM '{request.params['name']}' in resource group '{request.params['group']}'.")
    wish = request.json()
    changed = dict(vm)
    if "agent" in wish:
        changed["_agent"] = _agent(wish, vm["properties"]["storageProfile"]["osDisk"]["osType"])
    if "guest_address" in wish:
        changed = guests.connect(world, changed, _address(wish["guest_address"]))
    changed["_power"] = wish.get("power", vm["_power"])
    changed["properties"] = {**vm["properties"], "provisioningState": wish.get("provisioning", vm["properties"]["provisioningState"])}
    world.store.put_resource(changed)
    return Response(200, instance_view(world, changed, []))
