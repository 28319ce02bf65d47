# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An estate with one VM, vault or subscription for each defect, which must have that finding and no other."""

from __future__ import annotations

import json
from typing import Any

import pytest

SERVICE = "44444444-4444-4444-8444-444444444444"  # Backup Management Service
DAILY: dict[str, Any] = {
    "backupManagementType": "AzureIaasVM",
    "timeZone": "UTC",
    "instantRpRetentionRangeInDays": 2,
    "schedulePolicy": {"schedulePolicyType": "SimpleSchedulePolicy", "scheduleRunFrequency": "Daily", "scheduleRunTimes": ["2020-01-01T20:00:00Z"]},
    "retentionPolicy": {
        "retentionPolicyType": "LongTermRetentionPolicy",
        "dailySchedule": {"retentionTimes": ["2020-01-01T20:00:00Z"], "retentionDuration": {"count": 30, "durationType": "Days"}},
    },
}
WEEKLY = DAILY | {
    "instantRpRetentionRangeInDays": 5,
    "schedulePolicy": DAILY["schedulePolicy"] | {"scheduleRunFrequency": "Weekly", "scheduleRunDays": ["Sunday"]},
    "retentionPolicy": {
        "retentionPolicyType": "LongTermRetentionPolicy",
        "weeklySchedule": {
            "daysOfTheWeek": ["Sunday"],
            "retentionTimes": ["2020-01-01T20:00:00Z"],
            "retentionDuration": {"count": 12, "durationType": "Weeks"},
        },
    },
}
CRASH = DAILY | {
    "policyType": "V2",
    "snapshotConsistencyType": "OnlyCrashConsistent",
    "instantRpRetentionRangeInDays": 7,
    "schedulePolicy": {
        "schedulePolicyType": "SimpleSchedulePolicyV2",
        "scheduleRunFrequency": "Daily",
        "dailySchedule": {"scheduleRunTimes": ["2020-01-01T20:00:00Z"]},
    },
}
LOGS = [f"AddonAzureBackup{each}" for each in ("Jobs", "Alerts", "Policy", "Storage", "ProtectedInstance")] + ["CoreAzureBackup"]
GOOD_VAULT: dict[str, Any] = {
    "resource_group": "backup",
    "soft_delete": "AlwaysON",
    "immutability": "Locked",
    "alerts": {"job_failures": True, "classic": False},
    "diagnostics": [{"name": "reports", "dedicated": True, "categories": LOGS}],
    "resource_guard": "guard",
}
EXTENSION = {"name": "tool", "publisher": "Contoso", "type": "Tool"}
SNAPSHOT = {"name": "VMSnapshotLinux", "publisher": "Microsoft.Azure.RecoveryServices", "type": "VMSnapshotLinux"}


def disk(**keys: Any) -> dict[str, Any]:
    return {"data_disks": [{"lun": 0, **keys}]}


# Name: the VM's keys in the estate, those of its item (None: no vault has it), the findings that it must have.
VMS: dict[str, tuple[dict[str, Any], dict[str, Any] | None, set[str]]] = {
    "healthy": ({}, {}, set()),
    "healthy-windows": ({"os": "Windows"}, {}, set()),
    "weekly": ({}, {"policy": "weekly", "last_backup_hours_ago": 150}, set()),
    "ultra-enhanced": (disk(sku="UltraSSD_LRS"), {"policy": "EnhancedPolicy"}, set()),
    "shared-left-out": (disk(shares=2), {"disks": {"luns": [0]}}, set()),
    "snapshot-extension": ({"extensions": [SNAPSHOT]}, {}, set()),
    "keys-readable": ({"disk_encryption": {"key_vault": "app/kv-good"}}, {}, set()),
    "not-protected": ({}, None, {"ITEM-PROTECTED"}),
    "no-vault-there": ({"resource_group": "far"}, None, {"VM-VAULT-REGION", "ITEM-PROTECTED"}),
    "agent-silent": ({"agent": {"status": "NotReady"}}, {}, {"AGENT-READY"}),
    "agent-missing": ({"agent": {"status": "Missing"}}, {}, {"AGENT-READY"}),
    "agent-never": ({"agent": {"status": "Missing"}, "provision_agent": False}, {}, {"AGENT-READY", "VM-EXTENSIONS-ALLOWED"}),
    "agent-ancient": ({"os": "Windows", "agent": {"version": "2.6.1000.0"}}, {}, {"AGENT-VERSION", "AGENT-SUPPORTED"}),
    "agent-old-windows": ({"os": "Windows", "agent": {"version": "2.7.41491.1009"}}, {}, {"AGENT-SUPPORTED"}),
    "agent-old-linux": ({"agent": {"version": "2.2.45"}}, {}, {"AGENT-SUPPORTED"}),
    "agent-in-trouble": ({"agent": {"message": "GuestAgent is running and waiting for network issue to be resolved."}}, {}, {"AGENT-MESSAGE"}),
    "agent-long-ago": ({"agent": {"minutes_ago": 200}}, {}, {"AGENT-SILENT"}),
    "snapshot-failed": ({"extensions": [SNAPSHOT | {"provisioning": "Failed", "message": "no python"}]}, {}, {"AGENT-SNAPSHOT-EXTENSION"}),
    "extension-failed": ({"extensions": [EXTENSION | {"provisioning": "Failed"}]}, {}, {"AGENT-EXTENSIONS"}),
    "no-extensions": ({"extension_operations": False}, {}, {"VM-EXTENSIONS-ALLOWED"}),
    "off": ({"power": "deallocated"}, {}, {"VM-POWER"}),
    "provisioning-failed": ({"provisioning": "Failed"}, {}, {"VM-PROVISIONING"}),
    "core-os": ({"image": {"publisher": "CoreOS", "offer": "CoreOS", "sku": "Stable"}}, {}, {"VM-OS"}),
    "windows-2012": ({"os": "Windows", "image": {"sku": "2012-R2-Datacenter"}}, {}, {"VM-OS-OLD"}),
    "unheard-of": ({"specialized": True, "power": "deallocated"}, {}, {"VM-OS", "VM-POWER"}),
    "tiny": ({"size": "Standard_B1s"}, {}, {"VM-SIZE"}),
    "confidential": ({"security_type": "ConfidentialVM"}, {}, {"VM-SECURITY-TYPE"}),
    "frozen": ({}, {}, {"VM-LOCK"}),
    "many-disks": ({"data_disks": [{"lun": each} for each in range(33)]}, {}, {"DISK-COUNT"}),
    "huge-disk": (disk(size_gb=65537), {}, {"DISK-SIZE", "DISK-SIZE-LARGE"}),
    "large-disk": (disk(size_gb=32769), {}, {"DISK-SIZE-LARGE"}),
    "huge-together": ({"data_disks": [{"lun": each, "size_gb": 32767} for each in range(17)]}, {}, {"DISK-TOTAL"}),
    "unmanaged": ({"os_disk": {"unmanaged": True, "size_gb": 30}}, {}, {"DISK-UNMANAGED"}),
    "shared": (disk(shares=2), {}, {"DISK-SHARED"}),
    "entra": (disk(data_access_auth_mode="AzureActiveDirectory"), {}, {"DISK-ENTRA-EXPORT"}),
    "secured-disk": (disk(security_type="TrustedLaunch"), {}, {"DISK-SECURITY-TYPE"}),
    "private-disk": (disk(network_access="DenyAll"), {}, {"DISK-NETWORK-ACCESS"}),
    "accelerated": (disk(write_accelerator=True), {}, {"DISK-WRITE-ACCELERATOR"}),
    "ephemeral": ({"os_disk": {"ephemeral": True}}, {}, {"DISK-EPHEMERAL-OS"}),
    "keys-closed": ({"disk_encryption": {"key_vault": "app/kv-closed"}}, {}, {"DISK-ENCRYPTION-KEYS"}),
    "keys-by-roles": ({"disk_encryption": {"key_vault": "app/kv-roles"}}, {}, {"DISK-ENCRYPTION-KEYS"}),
    "keys-far": ({"disk_encryption": {"key_vault": "far/kv-far"}}, {}, {"DISK-ENCRYPTION-KEYS"}),
    "ultra": (disk(sku="UltraSSD_LRS"), {}, {"POLICY-ENHANCED"}),
    "premium-v2": (disk(sku="PremiumV2_LRS"), {}, {"POLICY-ENHANCED"}),
    "edge": ({"extended_location": "losangeles"}, {}, {"POLICY-ENHANCED"}),
    "crash-only": ({"os_disk": {"ephemeral": True}}, {"policy": "crash"}, {"POLICY-CRASH-CONSISTENT", "DISK-EPHEMERAL-OS"}),
    "stale": ({}, {"last_backup_hours_ago": 40}, {"ITEM-BACKUP-AGE"}),
    "waiting": ({}, {"state": "IRPending"}, {"ITEM-BACKUP-AGE"}),
    "stopped": ({}, {"state": "ProtectionStopped"}, {"ITEM-STATE"}),
    "suspended": ({}, {"state": "BackupsSuspended"}, {"ITEM-STATE"}),
    "deleted": ({}, {"state": "SoftDeleted"}, {"ITEM-PROTECTED"}),
    "wrong-policy": ({}, {"policy": "other"}, {"ITEM-POLICY"}),
    "inconsistent": ({}, {"policy_inconsistent": True}, {"ITEM-CONSISTENT"}),
    "last-failed": ({}, {"last_backup_status": "Failed"}, {"ITEM-LAST-BACKUP"}),
    "unhealthy": ({}, {"health": "ActionRequired"}, {"ITEM-HEALTH"}),
    "protection-error": ({}, {"state": "ProtectionError"}, {"ITEM-HEALTH"}),
    "disk-gone": ({}, {"disks": {"luns": [5], "included": True}}, {"ITEM-DISKS"}),
    "busy": ({}, {"running": "Backup"}, {"JOB-RUNNING"}),
    "locked-down": ({"nic": {"network_security_group": "lockdown"}}, {}, {"NETWORK-OUTBOUND"}),
    "nameless": ({"nic": {"network_security_group": "nameless"}}, {}, {"NETWORK-PLATFORM-RULES"}),
    "elsewhere": ({}, None, {"VM-ONE-VAULT"}),
}
ELSEWHERE = {"name": "other", "items": [{"vm": "app/elsewhere", "policy": "DefaultPolicy"}], "redundancy": "LocallyRedundant"}
VAULTS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "v-soft-delete-off": ({"soft_delete": "Disabled"}, {"VAULT-SOFT-DELETE", "VAULT-SECURITY-LEVEL"}),
    "v-soft-delete-short": ({"soft_delete_days": 5}, {"VAULT-SOFT-DELETE"}),
    "v-mutable": ({"immutability": "Disabled"}, {"VAULT-IMMUTABILITY"}),
    "v-no-alerts": ({"alerts": {"job_failures": False}}, {"VAULT-ALERTS"}),
    "v-classic-alerts": ({"alerts": {"classic": True}}, {"VAULT-CLASSIC-ALERTS"}),
    "v-no-logs": ({"diagnostics": []}, {"VAULT-DIAGNOSTICS"}),
    "v-old-logs": ({"diagnostics": [{"name": "old", "categories": LOGS}]}, {"VAULT-DIAGNOSTICS"}),
    "v-broken": ({"provisioning": "Failed"}, {"VAULT-STATE"}),
    "v-private": ({"public_network_access": "Disabled"}, {"VAULT-NETWORK-ACCESS"}),
    "v-upgrade": ({"upgrade_details": {"status": "Failed", "message": "stuck"}}, {"VAULT-UPGRADE"}),
    "v-mars": ({"mars_servers": [{"name": "fs1", "agent_version": "2.0.9082.0"}]}, {"HYBRID-MARS-VERSION", "HYBRID-MARS-IMMUTABLE"}),
    "v-mabs": ({"backup_engines": [{"name": "mabs", "agent_upgrade_available": True}]}, {"HYBRID-BACKUP-SERVER"}),
    "v-local": ({"redundancy": "LocallyRedundant"}, {"REDUNDANCY-TYPE"}),
    "v-cross-region": ({"cross_region_restore": True}, {"REDUNDANCY-CROSS-REGION"}),
}  # fmt: skip


def deny(name: str, destination: str) -> dict[str, Any]:
    rule = {"name": "Deny", "priority": 200, "direction": "Outbound", "access": "Deny", "destination": destination}
    return {"name": name, "resource_group": "app", "rules": [rule]}


def estate() -> dict[str, Any]:
    vms = [{"name": name, "resource_group": "app", **keys} for name, (keys, _item, _findings) in VMS.items()]
    items = [{"vm": f"app/{name}", "policy": "DefaultPolicy", **item} for name, (_keys, item, _findings) in VMS.items() if item is not None]
    for each in items:
        if each.get("state") in ("ProtectionStopped", "BackupsSuspended", "SoftDeleted"):
            del each["policy"]
    policies = [{"name": "weekly", "properties": WEEKLY}, {"name": "other", "properties": DAILY}, {"name": "crash", "properties": CRASH}]
    rights = {"object_id": SERVICE, "keys": ["Backup", "Get", "List"], "secrets": ["Backup", "Get", "List"]}
    return {
        "resource_groups": [
            {"name": "app", "location": "westeurope"},
            {"name": "backup", "location": "westeurope"},
            {"name": "far", "location": "japaneast"},
            {"name": "AzureBackupRG_westeurope_1", "location": "westeurope"},
        ],
        "network_security_groups": [deny("lockdown", "Internet"), deny("nameless", "AzurePlatformDNS")],
        "vms": vms,
        "key_vaults": [
            {"name": "kv-good", "resource_group": "app", "access_policies": [rights]},
            {"name": "kv-closed", "resource_group": "app", "access_policies": [rights | {"keys": []}]},
            {"name": "kv-roles", "resource_group": "app", "rbac": True},
            {"name": "kv-far", "resource_group": "far", "access_policies": [rights]},
        ],
        "vaults": [
            {"name": "main", **GOOD_VAULT, "policies": policies, "items": items},
            {**GOOD_VAULT, **ELSEWHERE},
            *({"name": name, **GOOD_VAULT, **keys} for name, (keys, _findings) in VAULTS.items()),
        ],
        "locks": [
            {"name": "freeze", "level": "ReadOnly", "scope": "FROZEN"},
            {"name": "keep", "level": "CanNotDelete", "scope": "AzureBackupRG_westeurope_1"},
        ],
        "providers": {"Microsoft.RecoveryServices": "Unregistered"},
    }


@pytest.fixture(scope="module")
def result(simulator):
    """One run over the whole estate; every test looks at another part of what it says."""
    simulator.reset(hour=17)
    text = json.dumps(estate()).replace("FROZEN", simulator.vm_id("app", "frozen"))
    simulator.estate(text)
    simulator.clear_ledger()
    found = simulator.module(
        "readiness_info",
        vaults=["backup/main"],
        policies=["DefaultPolicy", "EnhancedPolicy", "weekly", "crash"],
        redundancy="GRS",
        cross_region_restore=False,
        details=True,
        outbound=True,
        backup_service_principal_id=SERVICE,
    )
    assert not found.get("failed"), found
    assert simulator.writes() == []
    return found


def ids(subject: dict[str, Any]) -> set[str]:
    return {each["id"] for each in subject["findings"]}


@pytest.mark.parametrize("name", VMS)
def test_a_vm_has_the_finding_of_its_defect_and_no_other(result, name):
    vm = {each["name"]: each for each in result["vms"]}[name]
    assert ids(vm) == VMS[name][2], vm["findings"]
    assert all(each["evidence"] and each["fix"] and each["source"].startswith("https://") for each in vm["findings"])


@pytest.fixture(scope="module")
def vaults(simulator, result):
    """Without vaults that are asked for, all of them are looked at."""
    found = simulator.module("readiness_info", rules=["VAULT-*", "HYBRID-*", "POLICY-*", "REDUNDANCY-*"], redundancy="GRS", cross_region_restore=False)
    return {each["name"]: each for each in found["vaults"]}


@pytest.mark.parametrize("name", VAULTS)
def test_a_vault_has_the_finding_of_its_defect_and_no_other(vaults, name):
    assert ids(vaults[name]) == VAULTS[name][1], vaults[name]["findings"]


def test_the_subscription(result):
    (subscription,) = result["subscriptions"]
    assert ids(subscription) == {"SUBSCRIPTION-PROVIDER", "POLICY-SNAPSHOT-GROUP"}


def test_a_good_vault_has_none(result):
    main, other = sorted(result["vaults"], key=lambda each: each["name"])
    assert (main["name"], other["name"]) == ("main", "other")
    assert ids(main) == set(), main["findings"]


def test_coverage_tells_of_each_drift(result):
    found = {each["name"]: each["coverage"] for each in result["vms"]}
    drifted = ("stale", "stopped", "suspended", "inconsistent")
    assert {name: found[name] for name in drifted} == {name: name for name in drifted}
    others = {"healthy": "protected", "waiting": "protected", "weekly": "protected", "not-protected": "unprotected", "deleted": "soft_deleted"}
    others |= {"wrong-policy": "wrong_policy", "elsewhere": "other_vault"}
    assert {name: found[name] for name in others} == others


def test_verdicts_follow_from_the_findings(result):
    found = {each["name"]: each["verdict"] for each in result["vms"]}
    expected = {"healthy": "ready", "not-protected": "ready", "stale": "warning", "agent-silent": "blocked", "unheard-of": "unknown"}
    assert {name: found[name] for name in expected} == expected


def test_the_summary_counts_what_is_shown(result):
    summary = result["summary"]
    assert summary["vms"] == len(VMS) == sum(summary["verdicts"].values()) == sum(summary["coverage"].values())
    shown = [each for kind in ("vms", "vaults", "subscriptions") for subject in result[kind] for each in subject["findings"]]
    assert sum(summary["failed"].values()) + sum(summary["unknown"].values()) == len(shown)
    assert {each["id"] for each in result["rules"]} == set(summary["rules"])


def test_enough_defects_are_tried():
    assert len([findings for _keys, _item, findings in VMS.values() if findings]) >= 40
