# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Rules about a VM's disks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..._core.fields import mapping
from ..rule import Answer, Facts, Rule, fails, not_applicable, passes, unknown
from ..values import enumerate_some, number, word

Disk = dict[str, Any]
_RESTRICTED = ("denyall", "allowprivate")
# https://learn.microsoft.com/azure/backup/backup-support-matrix-iaas
_SECURED = ("trustedlaunch", "confidentialvm")


def backed_up(disks: list[Disk], item: dict[str, Any]) -> list[Disk]:
    """The disks that a VM's item does not leave out. The OS disk is never left out."""
    mode, luns = selected(item)
    if mode not in ("include", "exclude", "os_only"):
        return disks
    return [each for each in disks if each.get("lun") is None or (str(each["lun"]) in luns) is (mode != "exclude")]


def selected(item: dict[str, Any]) -> tuple[Any, list[str]]:
    """(mode, LUNs as texts) of the disks that an item has, as protection_info shows them."""
    chosen = mapping(item.get("disks"))
    luns = chosen.get("luns")
    return chosen.get("mode"), [str(each) for each in luns] if isinstance(luns, list) else []


def _disks(facts: Facts) -> list[Disk]:
    return backed_up(facts.list_of("disks"), facts.of("item"))


def _each(facts: Facts, wrong: Callable[[Disk], str | None], good: str, chosen: list[Disk] | None = None) -> Answer:
    """Every disk must be seen for a pass; one that is wrong is enough to fail. wrong gives the reason. chosen: the disks, if not those backed up."""
    disks = _disks(facts) if chosen is None else chosen
    found = [f"Disk '{each.get('name')}' {reason}" for each in disks if (reason := wrong(each))]
    if found:
        return fails(f"{enumerate_some(found)}.")
    unseen = [each for each in disks if each.get("seen") is not True and each.get("managed") is not False]
    if unseen:
        names = enumerate_some(each.get("name") for each in unseen)
        return unknown(f"Azure Resource Graph does not show disk {names}: it is too new, or the principal may not read it.")
    return passes(good)


def _count(facts: Facts) -> Answer:
    most = facts.thresholds["data_disks_max"]
    count = len([each for each in _disks(facts) if each.get("lun") is not None])
    text = f"{count} data disks are backed up, at most {most} can be."
    return passes(text) if count <= most else fails(text)


def _size(facts: Facts, most: float) -> Answer:
    disks = _disks(facts)
    large = [f"'{each.get('name')}' has {number(each.get('size_gb')):g} GiB" for each in disks if (number(each.get("size_gb")) or 0) > most]
    if large:
        return fails(f"Disk {enumerate_some(large)}, more than {most:g} GiB.")
    unsized = [each for each in disks if number(each.get("size_gb")) is None]
    if unsized:
        return unknown(f"The size of disk {enumerate_some(each.get('name') for each in unsized)} is not known.")
    return passes(f"No disk has more than {most:g} GiB.")


def _total(facts: Facts) -> Answer:
    sizes = [number(each.get("size_gb")) for each in _disks(facts)]
    total, most = sum(each or 0 for each in sizes) / 1024, facts.thresholds["disks_total_tib_max"]
    if total > most:
        return fails(f"The disks have {total:.1f} TiB together, more than {most:g} TiB.")
    if None in sizes:
        return unknown("The size of a disk is not known.")
    return passes(f"The disks have {total:.1f} TiB together.")


def _unmanaged(facts: Facts) -> Answer:
    old = [each.get("name") for each in facts.list_of("disks") if each.get("managed") is False]
    return fails(f"Disk {enumerate_some(old)} is an unmanaged one.") if old else passes("All disks are managed disks.")


def _shared(facts: Facts, chosen: list[Disk] | None = None) -> Answer:
    def wrong(disk: Disk) -> str | None:
        shares = number(disk.get("max_shares")) or 1
        return f"may be attached to {shares:g} VMs" if shares > 1 else None

    return _each(facts, wrong, "No disk is shared.", chosen)


def _auth(facts: Facts) -> Answer:
    def wrong(disk: Disk) -> str | None:
        return "gives its data to Entra ID identities only" if word(disk.get("data_access_auth_mode")) == "azureactivedirectory" else None

    return _each(facts, wrong, "No disk asks for Entra ID to export its data.")


def _security(facts: Facts) -> Answer:
    def wrong(disk: Disk) -> str | None:
        kind = word(disk.get("security_type"))
        return f"is a data disk of security type {disk.get('security_type')}" if disk.get("lun") is not None and kind.startswith(_SECURED) else None

    return _each(facts, wrong, "No data disk has a security type of its own.")


def _access(facts: Facts) -> Answer:
    def wrong(disk: Disk) -> str | None:
        policy = word(disk.get("network_access_policy"))
        if policy in _RESTRICTED:
            return f"has network access policy {disk.get('network_access_policy')}"
        return "is closed to public networks" if word(disk.get("public_network_access")) == "disabled" else None

    return _each(facts, wrong, "Every disk can be exported.")


def _accelerated(facts: Facts) -> Answer:
    fast = [each.get("name") for each in _disks(facts) if each.get("write_accelerator") is True]
    return fails(f"Disk {enumerate_some(fast)} has Write Accelerator.") if fast else passes("No disk has Write Accelerator.")


def _ephemeral(facts: Facts) -> Answer:
    if facts.of("vm").get("ephemeral_os_disk") is not True:
        return passes("The OS disk is a lasting one.")
    return fails("The OS disk is ephemeral: what it holds is not in the backup.")


def _key_vault(facts: Facts) -> Answer:
    """Azure Disk Encryption: the service must read the keys. key_vaults: those that the disks name, by what Resource Graph shows."""
    if facts.of("vm").get("disk_encryption") is not True:
        return not_applicable("Azure Disk Encryption is not in use.")
    vaults = facts.list_of("key_vaults")
    if not vaults:
        return unknown("Azure Disk Encryption is in use; the Key Vault is not known.")
    region = facts.of("vm").get("location")
    far = [each for each in vaults if each.get("location") and each.get("location") != region]
    if far:
        return fails(f"Key Vault {enumerate_some(each.get('name') for each in far)} is not in the VM's region '{region}'.")
    own = word(facts.of("vm").get("subscription_id"))
    if own and any(word(each.get("subscription_id")) != own for each in vaults):
        return fails(f"Key Vault {enumerate_some(each.get('name') for each in vaults)} is in another subscription than the VM.")
    return _rights(vaults, facts.wanted.get("backup_service_principal_id"))


def _rights(vaults: list[dict[str, Any]], principal: Any) -> Answer:
    named = enumerate_some(each.get("name") for each in vaults)
    if any(each.get("uses_rbac") is not False for each in vaults):
        return unknown(f"Key Vault {named} gives rights by roles; whether Backup Management Service has one is not looked up.")
    if not principal:
        return unknown(f"Whether Backup Management Service may read Key Vault {named} is known only with backup_service_principal_id.")
    for each in vaults:
        rights = mapping(mapping(each.get("access_policies")).get(word(principal)))
        missing = [f"{right} {kind}" for kind in ("keys", "secrets") for right in ("backup", "get", "list") if not {right, "all"} & set(rights.get(kind) or ())]
        if missing:
            return fails(f"Backup Management Service lacks in Key Vault '{each.get('name')}': {', '.join(missing)}.")
    return passes(f"Backup Management Service may read keys and secrets of Key Vault {named}.")


_MATRIX = "https://learn.microsoft.com/azure/backup/backup-support-matrix-iaas"
_EXCLUDE = "Leave the disk out of the backup (an Enhanced policy with selected disks)"
UNMANAGED = Rule(
    "DISK-UNMANAGED", "error", "vm", "All disks are managed disks",
    "Deallocate the VM and convert its disks to managed disks.", _MATRIX, _unmanaged, ("disks",),
)  # fmt: skip
SHARED = Rule("DISK-SHARED", "error", "vm", "No disk that is backed up is shared", f"{_EXCLUDE}.", _MATRIX, _shared, ("disks", "item"))
# While the type of the policy changes no disk may be shared, not even one that is left out of the backup.
SHARED_BLOCKER = replace(
    SHARED,
    fix="Detach the shared disks, change the policy, and leave them out of the backup when they are attached again.",
    check=lambda facts: _shared(facts, facts.list_of("disks")),
)
RULES = (
    Rule(
        "DISK-COUNT", "error", "vm", "The VM has no more data disks than Azure backs up",
        "Leave disks out of the backup or detach them.", _MATRIX, _count, ("disks", "item"),
    ),
    Rule(
        "DISK-SIZE", "error", "vm", "No disk is larger than Azure backs up", f"{_EXCLUDE}, or split it.", _MATRIX,
        lambda facts: _size(facts, facts.thresholds["disk_size_gib_max"]), ("disks", "item"),
    ),
    Rule(
        "DISK-SIZE-LARGE", "warning", "vm", "No disk is larger than the older limit",
        "Make sure by a first backup: Microsoft's pages disagree about disks of this size.",
        "https://learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot", lambda facts: _size(facts, facts.thresholds["disk_size_gib_warn"]),
        ("disks", "item"),
    ),
    Rule(
        "DISK-TOTAL", "error", "vm", "The disks together are not larger than Azure backs up", f"{_EXCLUDE}.", _MATRIX, _total, ("disks", "item"),
    ),
    UNMANAGED,
    SHARED,
    Rule(
        "DISK-ENTRA-EXPORT", "error", "vm", "No disk asks for Entra ID to export its data",
        "Set data access authentication mode of the disk to None.", _MATRIX, _auth, ("disks", "item"),
    ),
    Rule(
        "DISK-SECURITY-TYPE", "error", "vm", "No data disk has a security type",
        f"{_EXCLUDE}, or replace it with a disk of security type Standard.", _MATRIX, _security, ("disks", "item"),
    ),
    Rule(
        "DISK-NETWORK-ACCESS", "info", "vm", "No disk restricts the export of its data",
        "Nothing to do for backups; read what restores of such disks are limited to.", _MATRIX, _access, ("disks", "item"),
    ),
    Rule(
        "DISK-WRITE-ACCELERATOR", "warning", "vm", "No disk needs an outbound connection for its snapshot",
        "Let the VM reach Azure Storage on TCP 443: snapshots of disks with Write Accelerator need it.", _MATRIX, _accelerated, ("disks", "item"),
    ),
    Rule(
        "DISK-EPHEMERAL-OS", "info", "vm", "The OS disk is in the backup",
        "Nothing, where data disks hold all that matters; otherwise rebuild the VM with a managed OS disk.", _MATRIX, _ephemeral, ("vm",),
    ),
    Rule(
        "DISK-ENCRYPTION-KEYS", "error", "vm", "Azure Backup may read the keys of Azure Disk Encryption",
        "Give Backup Management Service backup, get and list on keys and secrets of the Key Vault, which must be in the VM's region and subscription.",
        "https://learn.microsoft.com/azure/backup/backup-azure-vms-encryption", _key_vault, ("vm", "key_vaults"),
    ),
)  # fmt: skip
