# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""A virtual machine as backup sees it: from Azure's document to a view. Nothing here talks to Azure."""

from __future__ import annotations

from typing import Any

from .._core.fields import Document, Field, fetch, mapping, objects, view
from .._core.ids import location, part


def _power_state(statuses: Any) -> str | None:
    """'PowerState/running' means running; None when Azure does not say."""
    codes = [str(each.get("code") or "") for each in objects(statuses)]
    return next((code.partition("/")[2] for code in codes if code.lower().startswith("powerstate/")), None)


FIELDS = (
    Field("id", "id"),
    Field("name", "name"),
    Field("location", "location", location),
    Field("tags", "tags", lambda value: dict(mapping(value))),
    Field("zones", "zones", lambda value: list(value) if isinstance(value, list) else []),
    Field("size", "properties.hardwareProfile.vmSize"),
    Field("os", "properties.storageProfile.osDisk.osType"),
    Field("os_name", "properties.instanceView.osName"),
    Field("os_version", "properties.instanceView.osVersion"),
    Field("provisioning_state", "properties.provisioningState"),
    Field("power_state", "properties.instanceView.statuses", _power_state),
    Field("extension_operations_allowed", "properties.osProfile.allowExtensionOperations", lambda value: value is not False),
    Field("security_type", "properties.securityProfile.securityType", lambda value: value or "Standard"),
    Field("network_interfaces", "properties.networkProfile.networkInterfaces", lambda value: [each["id"] for each in objects(value) if "id" in each]),
    Field("time_created", "properties.timeCreated"),
)
_IMAGE = (
    Field("publisher", "publisher"),
    Field("offer", "offer"),
    Field("sku", "sku"),
    Field("version", "exactVersion"),
    Field("id", "id"),
)
_DISK = (
    Field("name", "name"),
    Field("size_gb", "diskSizeGB"),
    Field("managed", "vhd", lambda vhd: vhd is None),
    Field("sku", "managedDisk.storageAccountType"),
    Field("id", "managedDisk.id"),
)
_DATA_DISK = (Field("lun", "lun"), *_DISK)


def to_view(document: Document, whole: bool = False) -> dict[str, Any]:
    """The VM in the words of the modules.

    document: a VM of Azure, with properties.instanceView as far as it was read. whole: that is the VM's own
    instance view and not the shorter status of a list, so that an agent it does not show is missing.
    """
    shown = view(FIELDS, document)
    image = fetch(document, "properties.storageProfile.imageReference")
    disks = objects(fetch(document, "properties.storageProfile.dataDisks"))
    data = sorted((view(_DATA_DISK, each) for each in disks), key=lambda each: each["lun"] if isinstance(each["lun"], int) else -1)
    os_disk = view(_DISK, mapping(fetch(document, "properties.storageProfile.osDisk")))
    return {
        **shown,
        "resource_group": part(document.get("id"), "resourceGroups"),
        "image": view(_IMAGE, image) if image else None,
        "disks": {"os": os_disk, "data": data},
        "data_disk_count": len(data),
        "unmanaged": not all(each["managed"] for each in (os_disk, *data)),
        "agent": _agent(fetch(document, "properties.instanceView.vmAgent"), shown["power_state"], whole),
    }


def for_backup(document: Document) -> Document:
    """The part of a VM that a backup needs to know, {location, properties}."""
    luns = [each.get("lun") for each in objects(fetch(document, "properties.storageProfile.dataDisks"))]
    data_disks = [{"lun": lun} for lun in luns if isinstance(lun, int)]
    return {"location": location(document.get("location")), "properties": {"storageProfile": {"dataDisks": data_disks}}}


def for_selection(document: Document) -> Document:
    """The same with what VMs are selected by."""
    return {**for_backup(document), **{name: document[name] for name in ("id", "name", "location", "tags") if document.get(name)}}


def with_status(document: Document, instance_view: Document | None) -> Document:
    """The VM's document with this instance view in it, unless it has one of its own."""
    properties = mapping(document.get("properties"))
    return {**document, "properties": {"instanceView": instance_view or {}, **properties}}


def _agent(agent: Any, power_state: str | None, whole: bool) -> dict[str, Any]:
    """What Azure last heard of the VM agent. A VM that is off has no agent that could report, so that says nothing."""
    status: Document = next(iter(objects(mapping(agent).get("statuses"))), {})
    version = mapping(agent).get("vmAgentVersion")
    if power_state != "running":
        verdict = "unknown"
    elif agent is None:
        verdict = "missing" if whole else "unknown"
    else:
        verdict = "ready" if status.get("displayStatus") == "Ready" else "not_ready"
    return {
        "status": verdict,
        "version": None if version == "Unknown" else version,
        "message": status.get("message"),
        "time": status.get("time"),
    }
