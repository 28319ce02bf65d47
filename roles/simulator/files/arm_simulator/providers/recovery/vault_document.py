# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vault as a document: made from a PUT, changed by a PATCH, shown as each api-version shows it.

A stored vault carries every key of its newest form. Private keys: "_redundancy_owner" and
"_soft_delete_owner" are "vault" once the vault API has written the setting, and the older API no
longer may; "_registered" says that an item was ever protected, "_ignores_soft_delete" that the vault
API takes soft delete for nothing whatever its version, as users found in some regions.
"""

from __future__ import annotations

import copy
import re
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ...core.clock import iso
from ...core.regions import normalise
from ...core.store import Document, public
from . import vault_encryption
from .recovery_services import SECURE_BY_DEFAULT_API, VAULT_SOFT_DELETE_API, VAULTS, immutability, invalid, newer, service_error

NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{1,49}")
REDUNDANCIES = ("GeoRedundant", "LocallyRedundant", "ZoneRedundant")
ALWAYS_ON_REGIONS = ("westcentralus",)
"""Where soft delete is enforced for good (https://learn.microsoft.com/azure/backup/secure-by-default)."""
LIST_KEYS = (
    "provisioningState",
    "upgradeDetails",
    "privateEndpointConnections",
    "privateEndpointStateForBackup",
    "privateEndpointStateForSiteRecovery",
    "encryption",
    "monitoringSettings",
    "secureScore",
    "bcdrSecurityLevel",
    "publicNetworkAccess",
    "restoreSettings",
)
_WRITABLE = ("encryption", "monitoringSettings", "redundancySettings", "securitySettings", "publicNetworkAccess", "restoreSettings")
_KEYS = (
    "provisioningState",
    "upgradeDetails",
    "privateEndpointConnections",
    "privateEndpointStateForBackup",
    "privateEndpointStateForSiteRecovery",
    "encryption",
    "monitoringSettings",
    "costManagementSettings",
    "backupStorageVersion",
    "securitySettings",
    "redundancySettings",
    "regionOfChoiceSettings",
    "secureScore",
    "bcdrSecurityLevel",
    "publicNetworkAccess",
    "restoreSettings",
)


_KEPT = (
    "provisioningState",
    "upgradeDetails",
    "privateEndpointConnections",
    "privateEndpointStateForBackup",
    "encryption",
    "backupStorageVersion",
)
"""What a PUT on a vault leaves as it is when it does not carry it."""


def etag(moment: datetime) -> str:
    return f"W/\"datetime'{quote(iso(moment), safe='')}'\""


def default_soft_delete(location: str) -> Document:
    state = "AlwaysON" if location in ALWAYS_ON_REGIONS else "Enabled"
    return {"softDeleteRetentionPeriodInDays": 14, "softDeleteState": state, "enhancedSecurityState": state}


def new(vault_id: str, body: Document, api_version: str, now: datetime, tenant_id: str) -> Document:
    """The vault that a PUT of this body makes."""
    location = normalise(body["location"])
    document: Document = {
        "location": location,
        "name": vault_id.rpartition("/")[2],
        "etag": etag(now),
        "properties": {
            "provisioningState": "Succeeded",
            "privateEndpointStateForBackup": "None",
            "privateEndpointStateForSiteRecovery": "None",
            "backupStorageVersion": "Unassigned",
            "securitySettings": {"softDeleteSettings": default_soft_delete(location), "multiUserAuthorization": "Disabled"},
            "redundancySettings": {"standardTierStorageRedundancy": "GeoRedundant", "crossRegionRestore": "Disabled"},
            "publicNetworkAccess": "Enabled",
            "restoreSettings": {"crossSubscriptionRestoreSettings": {"crossSubscriptionRestoreState": "Enabled"}},
        },
        "id": vault_id,
        "type": VAULTS,
        "sku": body["sku"],
        "_redundancy_owner": None,
        "_soft_delete_owner": None,
        "_registered": False,
    }
    change(document, body, api_version, now, tenant_id, creating=True)
    return document


def change(document: Document, body: Document, api_version: str, now: datetime, tenant_id: str, *, creating: bool = False) -> None:
    """Apply what a body carries; the rest stays. What Azure refuses raises before anything is changed."""
    wanted = copy.deepcopy({key: value for key, value in (body.get("properties") or {}).items() if key in _WRITABLE and value is not None})
    if not newer(api_version, VAULT_SOFT_DELETE_API) or document.get("_ignores_soft_delete"):
        (wanted.get("securitySettings") or {}).pop("softDeleteSettings", None)  # accepted and ignored, as users found
    properties = copy.deepcopy(document["properties"])
    held = dict(document)
    if body.get("identity"):
        held["identity"] = identity(document.get("identity"), body["identity"], tenant_id)
        if properties.get("encryption") and "encryption" not in wanted:
            vault_encryption.check_identity(held, properties["encryption"])
    for key, value in wanted.items():
        _APPLY.get(key, _replace)(held, properties, key, value, creating, api_version)
    if "identity" in held:
        document["identity"] = held["identity"]
    if "tags" in body:
        _set(document, "tags", body["tags"])
    if "redundancySettings" in wanted:
        document["_redundancy_owner"] = "vault"
    if (wanted.get("securitySettings") or {}).get("softDeleteSettings"):
        document["_soft_delete_owner"] = "vault"
    document["properties"] = rate(properties)
    document["etag"] = etag(now)


def reset(old: Document, body: Document, api_version: str, now: datetime, tenant_id: str) -> Document:
    """The vault after a PUT on it: as new, but for what Azure never gives up (the locked, the irreversible, the owners)."""
    document = new(old["id"], {**body, "properties": {}, "tags": body.get("tags"), "identity": None}, api_version, now, tenant_id)
    before, after = old["properties"], document["properties"]
    document.update({key: value for key, value in old.items() if key.startswith("_")})
    after.update({key: before[key] for key in _KEPT if key in before})
    if "encryption" in before and body["sku"] != old["sku"]:
        raise invalid("sku")
    if old.get("identity") and (body.get("identity") or "encryption" in before):
        document["identity"] = old["identity"]
    if locked(old):
        after["redundancySettings"] = before["redundancySettings"]
    security = before["securitySettings"]
    after["securitySettings"]["multiUserAuthorization"] = security["multiUserAuthorization"]
    if immutability(old) == "Locked":
        after["securitySettings"]["immutabilitySettings"] = security["immutabilitySettings"]
    if security["softDeleteSettings"]["softDeleteState"] == "AlwaysON":
        after["securitySettings"]["softDeleteSettings"] = security["softDeleteSettings"]
    if before["restoreSettings"]["crossSubscriptionRestoreSettings"]["crossSubscriptionRestoreState"] == "PermanentlyDisabled":
        after["restoreSettings"] = before["restoreSettings"]
    change(document, body, api_version, now, tenant_id)
    return document


def _set(document: Document, key: str, value: Any) -> None:
    if value:
        document[key] = value
    else:
        document.pop(key, None)


def _replace(_document: Document, properties: Document, key: str, value: Any, _creating: bool, _api_version: str) -> None:
    properties[key] = value


def _merge(old: Any, new_value: Any) -> Any:
    if not isinstance(old, dict) or not isinstance(new_value, dict):
        return new_value
    return {**old, **{key: _merge(old.get(key), value) for key, value in new_value.items()}}


def _access(_document: Document, properties: Document, key: str, value: Any, _creating: bool, _api_version: str) -> None:
    if value not in ("Enabled", "Disabled"):
        raise invalid(key)
    properties[key] = value


def _monitoring(_document: Document, properties: Document, key: str, value: Document, _creating: bool, _api_version: str) -> None:
    states = [state for group in value.values() if isinstance(group, dict) for state in group.values()]
    if not states or not set(states) <= {"Enabled", "Disabled"}:
        raise invalid(key)
    properties[key] = value


def _restore(_document: Document, properties: Document, key: str, value: Any, _creating: bool, _api_version: str) -> None:
    old = properties[key]["crossSubscriptionRestoreSettings"]["crossSubscriptionRestoreState"]
    properties[key] = _merge(properties[key], value)
    state = properties[key]["crossSubscriptionRestoreSettings"]["crossSubscriptionRestoreState"]
    if old == "PermanentlyDisabled" and state != old:
        raise invalid(key)


def _redundancy(document: Document, properties: Document, key: str, value: Document, _creating: bool, _api_version: str) -> None:
    properties[key] = redundancy(document, value)


def redundancy(document: Document, value: Document) -> Document:
    """The redundancy settings after a write, or why they cannot be written."""
    old = document["properties"]["redundancySettings"]
    merged = {**old, **{key: each for key, each in value.items() if each is not None}}
    kind, cross = merged["standardTierStorageRedundancy"], merged["crossRegionRestore"]
    if kind not in REDUNDANCIES or cross not in ("Enabled", "Disabled") or (cross == "Enabled" and kind != "GeoRedundant"):
        raise invalid("redundancySettings")
    if kind != old["standardTierStorageRedundancy"] and locked(document):
        raise service_error(
            "StorageModelModifyError",
            "Storage Redundancy option is locked when the first machine is registered with the vault, and cannot be modified thereafter.",
        )
    if old["crossRegionRestore"] == "Enabled" and cross == "Disabled" and document["_registered"]:
        raise service_error(
            "BMSUserErrorCrossRegionRestoreCannotBeDisabled", "Cross Region Restore cannot be disabled once items are protected in the vault."
        )
    return merged


def locked(document: Document) -> bool:
    """Whether the redundancy can no longer change: something is registered, or cross-region restore is on."""
    return bool(document["_registered"]) or document["properties"]["redundancySettings"]["crossRegionRestore"] == "Enabled"


def _security(document: Document, properties: Document, key: str, value: Document, creating: bool, api_version: str) -> None:
    settings = properties[key]
    wanted = value.get("immutabilitySettings")
    if wanted:
        old = (settings.get("immutabilitySettings") or {}).get("state", "Disabled")
        _check_immutability(old, wanted.get("state", old), creating)
        settings["immutabilitySettings"] = _merge(settings.get("immutabilitySettings") or {}, wanted)
    if value.get("softDeleteSettings"):
        soft = settings["softDeleteSettings"]
        settings["softDeleteSettings"] = soft_delete(document, soft, value["softDeleteSettings"], api_version)


def _check_immutability(old: str, wanted: str, creating: bool) -> None:
    if wanted not in ("Disabled", "Unlocked", "Locked"):
        raise invalid("immutabilitySettings")
    if old == "Locked" and wanted != "Locked":
        raise service_error(
            "UserErrorUnsupportedVaultImmutabilityStateChange",
            "The immutable vault property for this vault is locked, hence, this setting cannot be disabled.",
        )
    if wanted == "Locked" and (creating or old == "Disabled"):
        raise service_error(
            "UserErrorUnsupportedVaultImmutabilityStateChange",
            "The immutable vault property can be locked only after it has been enabled and is unlocked.",
        )


def soft_delete(document: Document, old: Document, wanted: Document, api_version: str) -> Document:
    """Soft delete settings after a write through either API, or why they cannot be written."""
    merged = {**old, **{key: _state(value) for key, value in wanted.items() if key in old and value is not None}}
    if merged["softDeleteState"] not in ("Enabled", "Disabled", "AlwaysON") or not 14 <= int(merged["softDeleteRetentionPeriodInDays"]) <= 180:
        raise invalid("softDeleteSettings")
    if document["location"] in ALWAYS_ON_REGIONS and merged["softDeleteState"] != "AlwaysON":
        raise service_error(
            "BMSUserErrorSoftDeleteStateNotSetToAlwaysON", "Soft delete state must be set to AlwaysON for vaults of this region."
        )
    for key in ("softDeleteState", "enhancedSecurityState"):
        if old[key] == "AlwaysON" and merged[key] != "AlwaysON":
            raise service_error("BMSUserErrorSoftDeleteStateAlwaysOn", "The always-on state of soft delete is irreversible and cannot be changed.")
    if old["softDeleteState"] != "Disabled" and merged["softDeleteState"] == "Disabled" and newer(api_version, SECURE_BY_DEFAULT_API):
        raise service_error(
            "BMSUserErrorDisablingSoftDeleteStateNotAllowed",
            "Disabling soft delete or enhanced security state is not allowed for this vault. "
            "Please contact Microsoft Support if this is not expected.",
        )
    return merged


def _state(value: Any) -> Any:
    """The CLI writes AlwaysOn, the service AlwaysON."""
    return "AlwaysON" if isinstance(value, str) and value.lower() == "alwayson" else value


def _encryption(document: Document, properties: Document, key: str, value: Document, _creating: bool, _api_version: str) -> None:
    properties[key] = vault_encryption.changed(document, value, may_begin=not locked(document))
    properties["backupStorageVersion"] = "V2"


_APPLY = {
    "publicNetworkAccess": _access,
    "monitoringSettings": _monitoring,
    "restoreSettings": _restore,
    "redundancySettings": _redundancy,
    "securitySettings": _security,
    "encryption": _encryption,
}


def identity(old: Document | None, wanted: Document, tenant_id: str) -> Document:
    """The identity as Azure shows it: 'SystemAssigned, UserAssigned', with principal ids of its own making."""
    kinds = {each.strip().lower() for each in str(wanted.get("type", "None")).split(",")}
    if not kinds <= {"none", "systemassigned", "userassigned"}:
        raise service_error("InvalidIdentityType", f"The identity type '{wanted.get('type')}' is not valid.")
    old = old or {}
    if kinds == {"none"}:
        return {"type": "None"}
    shown: Document = {"tenantId": tenant_id}
    if "systemassigned" in kinds:
        shown["principalId"] = old.get("principalId") or str(uuid.uuid4())
    shown["type"] = ", ".join(name for name in ("SystemAssigned", "UserAssigned") if name.lower() in kinds)
    if "userassigned" in kinds:
        users = dict(old.get("userAssignedIdentities") or {})
        for name, value in (wanted.get("userAssignedIdentities") or {}).items():
            if value is None:
                users.pop(name, None)
            else:
                users.setdefault(name, {"clientId": str(uuid.uuid4()), "principalId": str(uuid.uuid4())})
        shown["userAssignedIdentities"] = users
    return shown


def rate(properties: Document) -> Document:
    """Give the vault its security score, from soft delete and immutability as recorded traffic shows it."""
    security = properties["securitySettings"]
    immutable = (security.get("immutabilitySettings") or {}).get("state", "Disabled")
    if security["softDeleteSettings"]["softDeleteState"] == "AlwaysON":
        score = ("Maximum", "Excellent") if immutable == "Locked" else ("Adequate", "Good")
    elif immutable != "Disabled":
        score = ("Minimum", "Fair")
    else:
        score = ("None", "Poor")
    properties["secureScore"], properties["bcdrSecurityLevel"] = score
    return properties


def view(document: Document, api_version: str) -> Document:
    """The vault as a GET of this api-version shows it."""
    shown = public(document)
    properties = dict(document["properties"])
    security = dict(properties["securitySettings"])
    soft = security["softDeleteSettings"]
    if soft["softDeleteState"] == "Disabled" and properties["backupStorageVersion"] == "V2":
        security["softDeleteSettings"] = {**soft, "softDeleteRetentionPeriodInDays": 0}
    if newer(api_version, VAULT_SOFT_DELETE_API):
        security["sourceScanConfiguration"] = {"state": "Disabled"}
        properties["regionOfChoiceSettings"] = {"status": "Disabled"}
    else:
        security = {"immutabilitySettings": None, **security}
    order = ("immutabilitySettings", "softDeleteSettings", "multiUserAuthorization", "sourceScanConfiguration")
    properties["securitySettings"] = {key: security[key] for key in order if key in security}
    shown["properties"] = {key: properties[key] for key in _KEYS if key in properties}
    return _ordered(shown)


def provisioning(document: Document, body: Document, api_version: str) -> Document:
    """What the answer to the creating PUT shows: a vault that is not ready, with fewer keys than a GET."""
    shown = view(document, api_version)
    properties = shown["properties"]
    properties["provisioningState"] = "Provisioning"
    del properties["backupStorageVersion"]
    carried = (body.get("properties") or {}).get("securitySettings")
    if carried:
        security = properties["securitySettings"]
        if "softDeleteSettings" not in carried and not newer(api_version, VAULT_SOFT_DELETE_API):
            security["softDeleteSettings"] = None
            properties["secureScore"], properties["bcdrSecurityLevel"] = "None", "Poor"
        security["multiUserAuthorization"] = "Invalid"
    else:
        del properties["securitySettings"]
    cost = (body.get("properties") or {}).get("costManagementSettings")
    if cost:
        properties["costManagementSettings"] = cost
        shown["properties"] = {key: properties[key] for key in _KEYS if key in properties}
    return shown


def list_view(document: Document) -> Document:
    """The shorter form that lists show."""
    shown = public(document)
    shown["properties"] = {key: document["properties"][key] for key in LIST_KEYS if key in document["properties"]}
    return _ordered(shown)


def _ordered(shown: Document) -> Document:
    order = ("location", "name", "etag", "tags", "identity", "properties", "id", "type", "sku")
    return {key: shown[key] for key in order if key in shown}
