# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Azure's documents as the facts that rules of readiness look at. Nothing here talks to Azure.

Where a module of the collection shows the same thing, a fact has the shape that it has there: a VM that of vm_info, a vault
that of vault_info, a policy that of policy_info, a protected item that of protection_info; more keys are added to them.
"""

from __future__ import annotations

from typing import Any

from .._core.fields import Document, Field, fetch, mapping, objects, texts, view
from .._core.ids import key, location, name, part
from .._items.view import facts
from .._policy.view import to_view as policy_view
from .._vault import redundancy
from .._vault.view import to_view as vault_view
from .._vm.view import to_view as vm_view
from .values import number, word

AZURE_DISK_ENCRYPTION = ("azurediskencryption", "azurediskencryptionforlinux")
SNAPSHOT_EXTENSIONS = ("vmsnapshot", "vmsnapshotlinux")


def _one_of(*paths: str) -> Any:
    """A reader of the first of these places that is not empty."""
    return lambda document: next((found for path in paths if (found := fetch(document, path)) is not None), None)


_VM = (
    Field("ephemeral_os_disk", "properties.storageProfile.osDisk.diffDiskSettings.option", lambda value: word(value) == "local"),
    Field("has_os_profile", "properties.osProfile", lambda value: isinstance(value, dict)),
    Field("encryption_at_host", "properties.securityProfile.encryptionAtHost", lambda value: value is True),
    Field("extended_location", "extendedLocation.name"),
)
_provision_agent = _one_of("properties.osProfile.windowsConfiguration.provisionVMAgent", "properties.osProfile.linuxConfiguration.provisionVMAgent")


def vm_facts(document: Document, whole: bool) -> dict[str, Any]:
    """A VM. whole: the instance view is the VM's own and not the shorter one of a list."""
    shown = vm_view(document, whole)
    return {
        **shown,
        **view(_VM, document),
        "subscription_id": part(document.get("id"), "subscriptions"),
        "provision_vm_agent": _provision_agent(document) is not False,
        "extensions": _extensions(document),
        "disk_encryption": _uses_disk_encryption(document),
    }


def _extensions(document: Document) -> list[dict[str, Any]]:
    """{name, publisher, type, status, message} of each: the model's, and what the agent says of it where that was read."""
    found: dict[str, dict[str, Any]] = {}
    for each in objects(document.get("resources")):
        properties = mapping(each.get("properties"))
        state = properties.get("provisioningState")
        kind = {"publisher": properties.get("publisher"), "type": properties.get("type")}
        found[key(name(each.get("id")) or each.get("name"))] = {"name": each.get("name"), **kind, "status": state, "message": None}
    for each in objects(fetch(document, "properties.instanceView.extensions")):
        publisher, _dot, kind_name = str(each.get("type") or "").rpartition(".")
        status: Document = next(iter(objects(each.get("statuses"))), {})
        state = _state(status.get("code"))
        known = found.setdefault(key(each.get("name")), {"name": each.get("name"), "publisher": publisher, "type": kind_name, "status": None})
        known.update(status=state or known["status"], message=status.get("message"))
    return list(found.values())


def _state(code: Any) -> str | None:
    """'ProvisioningState/failed/0' is failed."""
    return next(iter(str(code or "").split("/")[1:]), "") or None


def _uses_disk_encryption(document: Document) -> bool:
    """Whether Azure Disk Encryption works inside the guest, which backup needs rights on a Key Vault for."""
    inside = any(word(each["type"]) in AZURE_DISK_ENCRYPTION for each in _extensions(document))
    disks = objects(fetch(document, "properties.instanceView.disks"))
    settings = [objects(each.get("encryptionSettings")) for each in disks]
    return inside or any(one.get("enabled") is True for each in settings for one in each)


# Disks.


def _key_vaults(settings: Any) -> list[str]:
    places = [fetch(each, f"{secret}.sourceVault.id") for each in objects(settings) for secret in ("diskEncryptionKey", "keyEncryptionKey")]
    return list(dict.fromkeys(texts(places)))


_DISK_ROW = (
    Field("max_shares", "properties.maxShares"),
    Field("data_access_auth_mode", "properties.dataAccessAuthMode"),
    Field("network_access_policy", "properties.networkAccessPolicy"),
    Field("public_network_access", "properties.publicNetworkAccess"),
    Field("security_type", "properties.securityProfile.securityType"),
    Field("encryption_type", "properties.encryption.type"),
    Field("key_vaults", "properties.encryptionSettingsCollection.encryptionSettings", _key_vaults),
)


def disk_facts(document: Document, rows: dict[str, Document]) -> list[dict[str, Any]]:
    """The disks of a VM, the OS disk first with lun None. rows: disks by the keys of their ids; seen says whether one was there."""
    storage = mapping(fetch(document, "properties.storageProfile"))
    shown = []
    for each in (mapping(storage.get("osDisk")), *objects(storage.get("dataDisks"))):
        row = rows.get(key(fetch(each, "managedDisk.id")), {})
        sku = fetch(row, "sku.name") or fetch(each, "managedDisk.storageAccountType")
        size = fetch(row, "properties.diskSizeGB")
        shown.append(
            {
                "name": each.get("name"),
                "id": fetch(each, "managedDisk.id"),
                "lun": each.get("lun"),
                "size_gb": number(each.get("diskSizeGB") if size is None else size),
                "sku": sku,
                "managed": each.get("vhd") is None,
                "write_accelerator": each.get("writeAcceleratorEnabled") is True,
                "seen": bool(row),
                **view(_DISK_ROW, row),
            }
        )
    return shown


# Protected items.


def item_facts(document: Document, vault_id: str) -> dict[str, Any]:
    return {
        **facts(document),
        "vault_id": vault_id,
        "vault_name": name(vault_id),
        "policy_inconsistent": fetch(document, "properties.extendedInfo.policyInconsistent"),
    }


# Vaults and what is in them.

def vault_facts(document: Document) -> dict[str, Any]:
    return {**vault_view(document), "subscription_id": part(document.get("id"), "subscriptions")}


def redundancy_facts(document: Document, storage: Document | None) -> dict[str, Any]:
    """{redundancy, cross_region_restore, locked}"""
    return redundancy.to_view(document, storage)


def policy_facts(document: Document) -> dict[str, Any]:
    return policy_view(document)


def server_facts(container: Document) -> dict[str, Any]:
    """A machine with the MARS agent."""
    properties = mapping(container.get("properties"))
    return {"name": properties.get("friendlyName") or container.get("name"), "agent_version": properties.get("agentVersion")}


def engine_facts(engine: Document) -> dict[str, Any]:
    """A backup server: DPM or MABS."""
    properties = mapping(engine.get("properties"))
    return {
        "name": properties.get("friendlyName") or engine.get("name"),
        "agent_version": properties.get("azureBackupAgentVersion"),
        "agent_upgrade_available": properties.get("isAzureBackupAgentUpgradeAvailable") is True,
        "server_upgrade_available": properties.get("isDpmUpgradeAvailable") is True,
    }


# Key Vaults.


def key_vault_facts(row: Document) -> dict[str, Any]:
    """A Key Vault as Resource Graph shows it; access_policies by object id in lower case, rights in lower case."""
    policies_by_id: dict[str, dict[str, list[str]]] = {}
    for each in objects(fetch(row, "properties.accessPolicies")):
        rights = mapping(each.get("permissions"))
        policies_by_id[word(each.get("objectId"))] = {kind: [word(right) for right in texts(rights.get(kind))] for kind in ("keys", "secrets")}
    return {
        "id": row.get("id"),
        "name": row.get("name") or name(row.get("id")),
        "location": location(row.get("location")),
        "subscription_id": part(row.get("id"), "subscriptions"),
        "uses_rbac": fetch(row, "properties.enableRbacAuthorization"),
        "access_policies": policies_by_id,
    }


def key_vaults_of(document: Document, disks: list[dict[str, Any]]) -> list[str]:
    """Ids of the Key Vaults that a VM's disks name, by the instance view and by the disks themselves."""
    views = objects(fetch(document, "properties.instanceView.disks"))
    named = [each for view_ in views for each in _key_vaults(view_.get("encryptionSettings"))]
    return list(dict.fromkeys([*named, *(each for disk in disks for each in disk["key_vaults"])]))
