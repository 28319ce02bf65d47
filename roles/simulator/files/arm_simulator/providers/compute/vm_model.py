# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Azure makes of the body of a virtual machine: what it fills in, hides and refuses, and the disks that come with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.messages import ArmError
from ...core.store import Document
from . import disks

if TYPE_CHECKING:
    from ...core.world import World

TYPE = "Microsoft.Compute/virtualMachines"
EXACT_VERSION = {"Linux": "24.04.202409120", "Windows": "20348.2655.240810"}
OS_DISK_GB = {"Linux": 30, "Windows": 127}
FIXED = (
    "osProfile.adminUsername",
    "osProfile.computerName",
    "osProfile.linuxConfiguration.provisionVMAgent",
    "osProfile.windowsConfiguration.provisionVMAgent",
    "storageProfile.imageReference.publisher",
    "storageProfile.imageReference.offer",
    "storageProfile.imageReference.sku",
    "storageProfile.osDisk.name",
)
"""Properties that a VM keeps for life."""
_SECRETS = ("adminPassword", "customData")


def at(document: Document, path: str) -> Any:
    """The value at a dotted path; None when a part of it is missing."""
    value: Any = document
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def check_required(properties: Document) -> None:
    for key in ("hardwareProfile", "storageProfile", "networkProfile"):
        if not properties.get(key):
            raise ArmError(400, "InvalidParameter", f"Required parameter '{key}' is missing (null).", target=key)


def check_fixed(before: Document, after: Document) -> None:
    for path in FIXED:
        old, new = at(before, path), at(after, path)
        if old is not None and new is not None and old != new:
            name = path.removeprefix("osProfile.") if "Configuration." in path else path
            raise ArmError(409, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", target=name)


def system_of(properties: Document) -> str:
    """Linux or Windows, from whatever the body says about it."""
    stated = at(properties, "storageProfile.osDisk.osType")
    if stated:
        return stated
    windows = at(properties, "osProfile.windowsConfiguration") is not None
    publisher = at(properties, "storageProfile.imageReference.publisher") or ""
    return "Windows" if windows or publisher.startswith("MicrosoftWindows") else "Linux"


def generation_of(properties: Document) -> str:
    image = at(properties, "storageProfile.imageReference") or {}
    modern = str(image.get("sku", "")).endswith(("-g2", "-gen2", "_2", "server"))
    return "V2" if modern or at(properties, "securityProfile.securityType") else "V1"


def complete_os_profile(properties: Document, name: str, system: str) -> None:
    """Fill in what Azure does, and forget the secrets. A VM made from a specialised disk has no OS profile."""
    profile = properties.get("osProfile")
    if profile is None:
        return
    for key in _SECRETS:
        profile.pop(key, None)
    profile.setdefault("computerName", name)
    if system == "Windows":
        own: Document = profile.setdefault("windowsConfiguration", {})
        own.setdefault("provisionVMAgent", True)
        own.setdefault("enableAutomaticUpdates", True)
        own.setdefault("patchSettings", {"patchMode": "AutomaticByOS", "assessmentMode": "ImageDefault"})
    else:
        own = profile.setdefault("linuxConfiguration", {})
        own.setdefault("disablePasswordAuthentication", False)
        own.setdefault("provisionVMAgent", True)
        own.setdefault("patchSettings", {"patchMode": "ImageDefault", "assessmentMode": "ImageDefault"})
    profile.setdefault("secrets", [])
    profile.setdefault("allowExtensionOperations", own["provisionVMAgent"])
    profile.setdefault("requireGuestProvisionSignal", True)


def complete_storage(world: World, vm: Document, system: str) -> None:
    """Make or take the disks that the storage profile names, and write down what they are."""
    storage = vm["properties"]["storageProfile"]
    if storage.get("imageReference") and "id" not in storage["imageReference"]:
        storage["imageReference"].setdefault("exactVersion", EXACT_VERSION[system])
    os_disk = storage.setdefault("osDisk", {})
    label = "OsDisk_1" if system == "Windows" else "disk1"
    os_disk["osType"] = system
    os_disk.setdefault("createOption", "FromImage")
    os_disk.setdefault("caching", "ReadWrite")
    _bind(world, vm, os_disk, f"{vm['name']}_{label}_{world.new_id().replace('-', '')}", OS_DISK_GB[system])
    for disk in storage.setdefault("dataDisks", []):
        disk.setdefault("caching", "None")
        disk.setdefault("toBeDetached", False)
        _bind(world, vm, disk, f"{vm['name']}_lun_{disk['lun']}_2_{world.new_id().replace('-', '')}", 32)


def _bind(world: World, vm: Document, disk: Document, name: str, size: int) -> None:
    """Tie one entry of a storage profile to its managed disk, which _resource adds properties to. Old VMs with blobs (vhd) have none."""
    resource = disk.pop("_resource", {})
    if disk.get("vhd"):
        disk.setdefault("name", name)
        return
    disk.setdefault("deleteOption", "Detach")
    managed = disk.setdefault("managedDisk", {})
    if managed.get("id"):
        existing = disks.check_attachable(world, managed["id"], vm["id"])
        disk.setdefault("name", existing["name"])
        disk["diskSizeGB"] = existing["properties"]["diskSizeGB"]
        managed["storageAccountType"] = existing["sku"]["name"]
        disks.set_owner(world, existing["id"], vm["id"])
        return
    disk.setdefault("name", name)
    disk.setdefault("diskSizeGB", size)
    managed.setdefault("storageAccountType", "Premium_LRS")
    managed["id"] = f"{vm['id'].split('/providers/')[0]}/providers/{disks.TYPE}/{disk['name']}"
    option = disk.get("createOption", "Empty")
    properties: Document = {"diskSizeGB": disk["diskSizeGB"], "creationData": {"createOption": option}}
    if "osType" in disk:
        properties.update(osType=disk["osType"], hyperVGeneration=vm["_generation"])
    properties.update(resource)
    if at(vm["properties"], "securityProfile.securityType") and "osType" in disk:
        properties["securityProfile"] = {"securityType": vm["properties"]["securityProfile"]["securityType"]}
    body = {"sku": {"name": managed["storageAccountType"]}, "properties": properties, "zones": vm.get("zones"), "managedBy": vm["id"]}
    disks.make(world, managed["id"], vm["location"], body)


def disk_ids(properties: Document) -> dict[str, str]:
    """Lower-case disk id: deleteOption, of every managed disk of a VM."""
    storage = properties["storageProfile"]
    return {
        disk["managedDisk"]["id"].lower(): disk.get("deleteOption", "Detach")
        for disk in [storage["osDisk"], *storage.get("dataDisks", [])]
        if (disk.get("managedDisk") or {}).get("id")
    }


def interface_ids(properties: Document) -> dict[str, str]:
    """Interface id: deleteOption, of every interface of a VM."""
    profile = properties.get("networkProfile") or {}
    return {each["id"]: (each.get("properties") or {}).get("deleteOption", "Detach") for each in profile.get("networkInterfaces") or []}


def make(world: World, vm_id: str, location: str, body: Document, existing: Document | None = None, state: str = "Succeeded") -> Document:
    """The VM that a PUT of this body makes, not yet stored; its disks are. Takes the body's properties over as its own."""
    properties = body["properties"]
    for key in ("userData", "instanceView"):
        properties.pop(key, None)
    system = system_of(properties)
    name = vm_id.rpartition("/")[2]
    document: Document = {"name": name, "id": vm_id, "type": TYPE, "location": location}
    for key in ("tags", "zones", "identity", "plan", "extendedLocation"):
        if body.get(key) is not None:
            document[key] = body[key]
    kept = existing["properties"] if existing else {}
    document["properties"] = {
        **properties,
        "provisioningState": state,
        "vmId": kept.get("vmId") or world.new_id(),
        "timeCreated": kept.get("timeCreated", ""),
    }
    document["_generation"] = existing["_generation"] if existing else generation_of(properties)
    complete_storage(world, document, system)
    complete_os_profile(document["properties"], name, system)
    return document
