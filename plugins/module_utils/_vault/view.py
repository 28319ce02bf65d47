# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The Recovery Services vault: its options, its ARM document and the way between them. Nothing here talks to Azure."""

from __future__ import annotations

import re
from typing import Any

from .._core.fields import Document, Field, View, body, choice, fetch, mapping, place, view
from .._core.ids import key, location, part
from . import redundancy

IDENTITIES = ("none", "system_assigned", "user_assigned", "system_assigned_user_assigned")
_IDENTITY_ARM = ("None", "SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned")
_read_identity, _write_identity = choice(*zip(IDENTITIES, _IDENTITY_ARM, strict=True))

SYSTEM = "system_assigned"
DEFAULT_SOFT_DELETE_DAYS = 14

_SECURITY = "properties.securitySettings"
_SOFT_DELETE = f"{_SECURITY}.softDeleteSettings"
_IMMUTABILITY = f"{_SECURITY}.immutabilitySettings"
_MONITORING = "properties.monitoringSettings"


def _identity_type(value: Any) -> str:
    """Azure answers 'systemassigned, userassigned' with and without the space, in any letter case."""
    return _read_identity(re.sub(r",\s*", ", ", str(value))) if value else "none"


def _sku(value: Any) -> Any:
    """RS0 and Standard are two names of the one SKU."""
    return "Standard" if str(value).upper() == "RS0" else value


def _always_on(value: Any) -> Any:
    """Microsoft's clients write AlwaysOn, the service AlwaysON."""
    return "AlwaysON" if str(value).lower() == "alwayson" else value


def _enabled(value: Any) -> bool | None:
    return None if value is None else str(value).lower() == "enabled"


def _state(value: Any) -> str:
    return "Enabled" if value else "Disabled"


def _read_encryption(value: Any) -> View | None:
    if not fetch(value, "keyVaultProperties.keyUri"):
        return None
    user = fetch(value, "kekIdentity.userAssignedIdentity")
    return {
        "key_uri": key(fetch(value, "keyVaultProperties.keyUri")),
        "identity": key(user) if user else SYSTEM if fetch(value, "kekIdentity.useSystemAssignedIdentity") else None,
        "infrastructure_encryption": _enabled(fetch(value, "infrastructureEncryption")) or False,
    }


def _write_encryption(wanted: View) -> Document:
    system = wanted["identity"] == SYSTEM
    return {
        "keyVaultProperties": {"keyUri": wanted["key_uri"]},
        "kekIdentity": {"useSystemAssignedIdentity": True} if system else {"userAssignedIdentity": wanted["identity"]},
        "infrastructureEncryption": _state(wanted["infrastructure_encryption"]),
    }


def _upgrade(value: Any) -> View | None:
    """What a vault that was once a classic Backup vault says of its upgrade."""
    names = {
        "status": "status",
        "message": "message",
        "trigger": "triggerType",
        "started": "startTimeUtc",
        "ended": "endTimeUtc",
        "previous_id": "previousResourceId",
        "upgraded_id": "upgradedResourceId",
    }
    return {option: value.get(name) for option, name in names.items()} if isinstance(value, dict) and value else None


ALERTS = (
    Field("job_failure_alerts", f"{_MONITORING}.azureMonitorAlertSettings.alertsForAllJobFailures", _enabled, _state),
    Field("replication_issue_alerts", f"{_MONITORING}.azureMonitorAlertSettings.alertsForAllReplicationIssues", _enabled, _state),
    Field("failover_issue_alerts", f"{_MONITORING}.azureMonitorAlertSettings.alertsForAllFailoverIssues", _enabled, _state),
    Field("classic_alerts", f"{_MONITORING}.classicAlertSettings.alertsForCriticalOperations", _enabled, _state),
    Field("site_recovery_emails", f"{_MONITORING}.classicAlertSettings.emailNotificationsForSiteRecovery", _enabled, _state),
)
REDUNDANCY = (
    Field("redundancy", redundancy.KIND),
    Field("cross_region_restore", redundancy.CROSS_REGION, _enabled, _state),
)
SETTINGS = (
    Field("location", "location", location),
    Field("sku", "sku.name", _sku),
    Field("tags", "tags", lambda value: dict(mapping(value))),
    Field("identity", "identity.type", _identity_type, _write_identity),
    Field(
        "user_assigned_identities",
        "identity.userAssignedIdentities",
        lambda value: sorted(each.lower() for each in mapping(value)),
        lambda ids: {each: {} for each in ids},
    ),
    Field("public_network_access", "properties.publicNetworkAccess"),
    Field("cross_subscription_restore", "properties.restoreSettings.crossSubscriptionRestoreSettings.crossSubscriptionRestoreState"),
    Field("immutability", f"{_IMMUTABILITY}.state", lambda value: value or "Disabled"),
    Field("soft_delete", f"{_SOFT_DELETE}.softDeleteState", _always_on),
    Field("soft_delete_retention_days", f"{_SOFT_DELETE}.softDeleteRetentionPeriodInDays"),
    Field("encryption", "properties.encryption", _read_encryption, _write_encryption),
    *REDUNDANCY,
    *ALERTS,
)
FACTS = (
    Field("id", "id"),
    Field("name", "name"),
    Field("provisioning_state", "properties.provisioningState"),
    Field("principal_id", "identity.principalId"),
    Field("multi_user_authorization", f"{_SECURITY}.multiUserAuthorization"),
    Field("secure_score", "properties.secureScore"),
    Field("security_level", "properties.bcdrSecurityLevel"),
    Field("private_endpoints", "properties.privateEndpointConnections", lambda value: len(value) if isinstance(value, list) else 0),
    Field("backup_storage_version", "properties.backupStorageVersion"),
    Field("move_state", "properties.moveState"),
    Field("upgrade", "properties.upgradeDetails", _upgrade),
)
_PLAIN = ("public_network_access", "cross_subscription_restore", "immutability", "soft_delete", "soft_delete_retention_days")


def to_view(document: Document, storage: Document | None = None) -> View:
    """A vault in the words of the modules: settings and facts, and the group that its id names. storage: its storage configuration, where it was read."""
    shown = view((*FACTS, *SETTINGS), document)
    kept = redundancy.to_view(document, storage)
    return {**shown, **{each.option: kept[each.option] for each in REDUNDANCY}, "resource_group": part(document.get("id"), "resourceGroups")}


def blank(vault_id: str, name: str) -> View:
    """The view that a vault would have, as far as that is known before it exists."""
    return {**to_view({"id": vault_id, "name": name}), "sku": "Standard", "private_endpoints": 0}


def to_body(values: View, present: Document | None = None) -> Document:
    """An ARM document with just these settings. Where Azure takes a group of settings whole, what is present fills it up."""
    document = body(SETTINGS, values)
    if any(each.option in values for each in ALERTS):
        _fill(document, present or {}, dict.fromkeys((each.path for each in ALERTS), "Enabled"))
    if any(each.option in values for each in REDUNDANCY):
        _fill(document, present or {}, {redundancy.KIND: "GeoRedundant", redundancy.CROSS_REGION: "Disabled"})
    if "soft_delete" in values or "soft_delete_retention_days" in values:
        place(document, _SOFT_DELETE, _soft_delete(document, present or {}))
    if values.get("immutability") in ("Unlocked", "Locked"):
        place(document, f"{_IMMUTABILITY}.configuration", fetch(present, f"{_IMMUTABILITY}.configuration") or {"type": "AsPerPolicy"})
    return document


def _fill(document: Document, present: Document, defaults: dict[str, str]) -> None:
    """Settings that are written all together, as Microsoft's own clients do: as they are, and what nobody set as Azure has it."""
    for path, default in defaults.items():
        if fetch(document, path) is None:
            place(document, path, fetch(present, path) or default)


def _soft_delete(document: Document, present: Document) -> Document:
    settings: Document = {**mapping(fetch(present, _SOFT_DELETE)), **mapping(fetch(document, _SOFT_DELETE))}
    # While soft delete is off Azure shows 0 days, which it does not take back.
    settings["softDeleteRetentionPeriodInDays"] = settings.get("softDeleteRetentionPeriodInDays") or DEFAULT_SOFT_DELETE_DAYS
    if _always_on(settings.get("softDeleteState")) == "AlwaysON":
        settings["enhancedSecurityState"] = "AlwaysON"
    return settings


def legacy_soft_delete(values: View, present: Document) -> Document:
    """The body for backupconfig/vaultconfig, the older API. It takes the properties whole only.

    https://github.com/Azure/azure-rest-api-specs/issues/34530
    """
    soft = _soft_delete(body(SETTINGS, values), present)
    return {
        "properties": {
            "softDeleteFeatureState": soft.get("softDeleteState") or "Enabled",
            "softDeleteRetentionPeriodInDays": soft["softDeleteRetentionPeriodInDays"],
            "enhancedSecurityState": soft.get("enhancedSecurityState") or "Enabled",
        }
    }


def batches(before: View, changes: View) -> list[View]:
    """The changes in the order that Azure takes them, one PATCH each.

    The identity is there before the key that it opens. A vault is locked only once it is Unlocked
    (https://github.com/Azure/azure-rest-api-specs/issues/26598).
    """
    rest = dict(changes)
    identity: View = {name: rest.pop(name) for name in ("identity", "user_assigned_identities") if name in rest and "encryption" in rest}
    encryption: View = {"encryption": rest.pop("encryption")} if "encryption" in rest else {}
    lock: View = {}
    if rest.get("immutability") == "Locked" and before["immutability"] == "Disabled":
        lock = {"immutability": "Locked"}
        rest["immutability"] = "Unlocked"
    return [each for each in (identity, encryption, rest, lock) if each]


def at_creation(after: View) -> View:
    """The settings that a PUT may carry; the others follow when the vault is there.

    While it creates a vault Azure fails to find user-assigned identities
    (https://github.com/Azure/azure-rest-api-specs/issues/27851), the key needs an identity first and must be there
    before cross-region restore, and soft delete days need the state that the region gives.
    """
    names = ["location", "sku", "tags", "public_network_access", "cross_subscription_restore", "redundancy", *(each.option for each in ALERTS)]
    if not after.get("encryption"):
        names.append("cross_region_restore")
    if not after.get("user_assigned_identities"):
        names.append("identity")
    if after.get("soft_delete") is not None:
        names += ["soft_delete", "soft_delete_retention_days"]
    carried = {name: after[name] for name in names if after.get(name) is not None}
    if after.get("immutability") in ("Unlocked", "Locked"):
        carried["immutability"] = "Unlocked"
    return carried


def wanted(options: View, before: View | None) -> View:
    """The settings that the options ask for, in canonical form."""
    before = before or {}
    names = ("location", "sku", "identity", "user_assigned_identities", *_PLAIN, *(each.option for each in ALERTS))
    settings = {name: options[name] for name in names if options.get(name) is not None}
    settings |= redundancy.wanted(options)
    if "location" in settings:
        settings["location"] = location(settings["location"])
    if "sku" in settings:
        settings["sku"] = _sku(settings["sku"])
    if "user_assigned_identities" in settings:
        present = before.get("user_assigned_identities") or []
        settings["user_assigned_identities"] = sorted({key(each) for each in settings["user_assigned_identities"]} | set(present))
    if options.get("encryption"):
        settings["encryption"] = _wanted_encryption(options["encryption"], before.get("encryption"))
    if options.get("tags") is not None:
        settings["tags"] = merged_tags(before.get("tags") or {}, options["tags"], options.get("append_tags", True))
    return settings


def _wanted_encryption(asked: View, present: View | None) -> View:
    defaults = present or {"identity": SYSTEM, "infrastructure_encryption": False}
    given = {name: value for name, value in asked.items() if value is not None}
    wanted_encryption = {**defaults, **given, "key_uri": key(asked["key_uri"])}
    wanted_encryption["identity"] = key(wanted_encryption["identity"])
    return wanted_encryption


def merged_tags(present: dict[str, str], asked: dict[str, Any], append: bool) -> dict[str, str]:
    """Tags as they shall be. Azure compares tag names without letter case and keeps the first spelling."""
    spelled = {name.lower(): name for name in present}
    asked = {spelled.get(name.lower(), name): "" if value is None else str(value) for name, value in asked.items()}
    return {**present, **asked} if append else asked
