# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a healthy VM, vault and subscription, as rules of readiness see them."""

from __future__ import annotations

from typing import Any

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/app"
VM_ID = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web"
VAULT_ID = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/v1"
OTHER_VAULT_ID = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/v2"
NOW = "2026-11-22T08:00:00+00:00"

POLICY: dict[str, Any] = {
    "name": "nightly", "policy_type": "standard", "time_zone": "UTC", "protected_items": 3, "instant_restore_days": 2, "consistency": "application",
    "schedule": {"frequency": "daily", "time": "22:00", "days": None, "interval_hours": None, "window_hours": None},
    "retention": {"daily": {"count": 30}, "weekly": None, "monthly": None, "yearly": None},
    "snapshot_resource_group": {"prefix": None, "suffix": None}, "tiering": {"mode": "none", "after_months": None},
}  # fmt: skip
DISK: dict[str, Any] = {
    "name": "os", "id": f"{GROUP}/providers/Microsoft.Compute/disks/os", "lun": None, "size_gb": 30, "sku": "Premium_LRS", "managed": True,
    "write_accelerator": False, "seen": True, "max_shares": None, "data_access_auth_mode": None, "network_access_policy": "AllowAll",
    "public_network_access": "Enabled", "security_type": None, "encryption_type": None, "key_vaults": [],
}  # fmt: skip
DATA = DISK | {"name": "data", "lun": 0}
VM: dict[str, Any] = {
    "id": VM_ID, "name": "web", "resource_group": "app", "subscription_id": SUBSCRIPTION, "location": "westeurope", "os": "Linux", "tags": {},
    "os_name": "ubuntu", "os_version": "24.04", "image": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"},
    "size": "Standard_D2s_v5", "power_state": "running", "provisioning_state": "Succeeded", "security_type": "TrustedLaunch",
    "extension_operations_allowed": True, "provision_vm_agent": True, "extensions": [], "disk_encryption": False, "ephemeral_os_disk": False,
    "extended_location": None, "disks": {"os": {}, "data": [{"lun": 0}]},
    "agent": {"status": "ready", "version": "2.11.1.12", "message": "Guest Agent is running", "time": "2026-11-22T07:59:00Z"},
}  # fmt: skip
ITEM: dict[str, Any] = {
    "vm_id": VM_ID, "state": "protected", "protection_state": "Protected", "policy": "nightly", "policy_type": "standard", "vault_name": "v1",
    "vault_id": VAULT_ID, "health": "Passed", "health_details": [], "last_backup_status": "Completed", "last_backup_time": "2026-11-21T22:00:00Z",
    "policy_inconsistent": None, "disks": {"mode": "all", "luns": []}, "soft_delete_time": None,
}  # fmt: skip
VAULT: dict[str, Any] = {
    "id": VAULT_ID, "name": "v1", "location": "westeurope", "provisioning_state": "Succeeded", "soft_delete": "AlwaysON",
    "soft_delete_retention_days": 14, "immutability": "Unlocked", "multi_user_authorization": "Enabled", "secure_score": "Maximum",
    "public_network_access": "Enabled", "job_failure_alerts": True, "classic_alerts": False, "upgrade": None,
}  # fmt: skip
LOGS = ["CoreAzureBackup", "AddonAzureBackupJobs", "AddonAzureBackupAlerts", "AddonAzureBackupPolicy", "AddonAzureBackupStorage"]
ALL_LOGS = [*LOGS, "AddonAzureBackupProtectedInstance"]
DIAGNOSTIC: dict[str, Any] = {"name": "reports", "workspace_id": "/w", "dedicated": True, "categories": ALL_LOGS, "category_groups": []}
KEY_VAULT: dict[str, Any] = {
    "id": "/kv", "name": "kv", "location": "westeurope", "subscription_id": SUBSCRIPTION, "uses_rbac": False,
    "access_policies": {"sp": {"keys": ["get", "list", "backup"], "secrets": ["all"]}},
}  # fmt: skip
EVERYTHING = {"actions": ["*"], "notActions": []}
GUEST: dict[str, Any] = {
    "agent_version": "2.11.1.12", "agent_service_running": True, "agent_disabled": False, "extensions_enabled": True, "auto_update": True,
    "noexec_mounts": [], "interpreter": "/usr/bin/python3", "missing_tools": [], "architecture": "x86_64", "platform_ports": {"80": True, "32526": True},
    "dhcp": True, "proxy": None, "no_proxy": [], "tls12": True,
}  # fmt: skip
HEALTHY: dict[str, Any] = {
    "vm": VM, "instance_view": {"whole": True}, "item": ITEM, "items": [ITEM], "policy": POLICY, "policies": [POLICY], "vaults": [VAULT],
    "disks": [DISK, DATA], "size": {"vcpus": 2, "memory_gib": 8}, "locks": [], "jobs": [], "key_vaults": [], "guest": GUEST,
    "azure": {"status": {"protectionStatus": "Protected", "vaultId": VAULT_ID.lower()}, "validation": {"status": "Succeeded"}},
    "vault": VAULT, "redundancy": {"redundancy": "GeoRedundant", "cross_region_restore": False, "locked": False}, "diagnostics": [DIAGNOSTIC],
    "servers": [{"name": "fs1", "agent_version": "2.0.9506.0"}],
    "engines": [{"name": "mabs", "agent_upgrade_available": False, "server_upgrade_available": False}],
    "network": {"interface": "/nic", "verdict": "open", "stopped_by": [], "via": [], "platform_blocks": [], "hidden": []},
    "orphans": [], "provider": {"state": "Registered"}, "permissions": [EVERYTHING],
}  # fmt: skip
