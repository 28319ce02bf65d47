# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vaults of an estate with their policies, items and machines, all at rest, without any operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.clock import iso
from ...core.store import Document
from ..backup import policies, protected_items
from ..monitor import diagnostic_settings
from . import file_shares, hybrid, private_endpoints, vault_document, vault_guard
from .recovery_services import VAULT_SOFT_DELETE_API, VAULTS

if TYPE_CHECKING:
    from ...core.world import World


def build(world: World, section: list[Document]) -> None:
    for entry in section:
        group = f"/subscriptions/{world.settings.subscription_id}/resourceGroups/{entry['resource_group']}"
        found = world.store.resource(group)
        location = entry.get("location") or (found or {}).get("location", "westeurope")
        document = _vault(world, f"{found['id'] if found else group}/providers/{VAULTS}/{entry['name']}", location, entry)
        world.store.put_resource(document)
        if entry.get("resource_guard"):
            vault_guard.attach(world, document, entry["resource_guard"], VAULT_SOFT_DELETE_API)
        private_endpoints.build(world, document, entry.get("private_endpoints") or [])
        policies.add_defaults(world, document)
        policies.build(world, document, entry.get("policies") or [])
        protected_items.build(world, document, entry.get("items") or [])
        for each in entry.get("diagnostics") or []:
            diagnostic_settings.add(world, document["id"], each)
        file_shares.build(world, document, entry.get("storage_accounts") or [])
        hybrid.build(world, document, entry.get("mars_servers") or [], entry.get("backup_engines") or [])


def _vault(world: World, resource_id: str, location: str, entry: Document) -> Document:
    body = {"location": location, "sku": _sku(entry.get("sku", "Standard")), "tags": entry.get("tags") or {}, "properties": {}}
    now = world.clock.now()
    document = vault_document.new(resource_id, body, VAULT_SOFT_DELETE_API, now, world.settings.tenant_id)
    document["_asynchronous_policies"] = entry.get("asynchronous_policies", False)
    document["_ignores_soft_delete"] = entry.get("ignores_soft_delete", False)
    properties = document["properties"]
    properties["redundancySettings"] = {
        "standardTierStorageRedundancy": entry.get("redundancy", "GeoRedundant"),
        "crossRegionRestore": "Enabled" if entry.get("cross_region_restore") else "Disabled",
    }
    properties["publicNetworkAccess"] = entry.get("public_network_access", "Enabled")
    properties["provisioningState"] = entry.get("provisioning", properties.get("provisioningState", "Succeeded"))
    if "alerts" in entry:
        properties["monitoringSettings"] = _alerts(entry["alerts"])
    security = properties["securitySettings"]
    if "immutability" in entry:
        security["immutabilitySettings"] = {"state": entry["immutability"]}
    soft = security["softDeleteSettings"]
    state = entry.get("soft_delete", soft["softDeleteState"])
    soft.update(softDeleteState=state, enhancedSecurityState="AlwaysON" if state == "AlwaysON" else "Enabled")
    soft["softDeleteRetentionPeriodInDays"] = entry.get("soft_delete_days", soft["softDeleteRetentionPeriodInDays"])
    if "upgrade_details" in entry:
        properties["upgradeDetails"] = _upgrade(world, resource_id, entry["upgrade_details"])
    vault_document.rate(properties)
    return document


def _alerts(given: Document) -> Document:
    state = {True: "Enabled", False: "Disabled"}
    return {
        "azureMonitorAlertSettings": {"alertsForAllJobFailures": state[given.get("job_failures", True)]},
        "classicAlertSettings": {"alertsForCriticalOperations": state[given.get("classic", False)]},
    }


def _upgrade(world: World, resource_id: str, given: Document) -> Document:
    """What a vault says that was once a classic one; an upgrade that is in progress has no end."""
    now = iso(world.clock.now())
    details = {
        "operationId": world.new_id(),
        "startTimeUtc": now,
        "lastUpdatedTimeUtc": now,
        "endTimeUtc": now,
        "status": "Upgraded",
        "message": "",
        "triggerType": "UserTriggered",
        "upgradedResourceId": resource_id,
        "previousResourceId": f"{resource_id.partition('/providers/')[0]}/providers/Microsoft.Backup/BackupVault/{resource_id.rpartition('/')[2]}",
        **given,
    }
    if details["status"] == "InProgress" and "endTimeUtc" not in given:
        del details["endTimeUtc"]
    return details


def _sku(name: str) -> Document:
    return {"name": "RS0", "tier": "Standard"} if name == "RS0" else {"name": name}
