# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The older settings APIs below a vault: storage redundancy, soft delete, encryption.

They show the same settings as the vault itself. Once the vault API has written one of them, the
older API refuses to write it, even with the same value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.messages import Request, Response
from ...core.router import route
from ...core.store import Document
from . import vault_document, vault_guard
from .recovery_services import VAULT, VAULTS, find_vault, service_error

if TYPE_CHECKING:
    from ...core.world import World

_STORAGE = VAULT + "/backupstorageconfig/vaultstorageconfig"
_CONFIG = VAULT + "/backupconfig/vaultconfig"
# Names of a setting in the older API and in the vault.
_SOFT_DELETE = {
    "enhancedSecurityState": "enhancedSecurityState",
    "softDeleteFeatureState": "softDeleteState",
    "softDeleteRetentionPeriodInDays": "softDeleteRetentionPeriodInDays",
}


def _child(vault: Document, kind: str, name: str, properties: Document) -> Document:
    return {"id": f"{vault['id']}/{kind}/{name}", "name": name, "type": f"{VAULTS}/{kind}", "properties": properties}


def _storage(vault: Document) -> Document:
    settings = vault["properties"]["redundancySettings"]
    kind = settings["standardTierStorageRedundancy"]
    return _child(
        vault,
        "backupstorageconfig",
        "vaultstorageconfig",
        {
            "storageModelType": kind,
            "storageType": kind,
            "storageTypeState": "Locked" if vault_document.locked(vault) else "Unlocked",
            "dedupState": "Disabled",
            "xcoolState": "Disabled",
            "crossRegionRestoreFlag": settings["crossRegionRestore"] == "Enabled",
        },
    )


@route("GET", _STORAGE)
def get_storage(world: World, request: Request) -> Response:
    return Response(200, _storage(find_vault(world, request)))


@route("PUT", _STORAGE)
def put_storage(world: World, request: Request) -> Response:
    return Response(200, _storage(_write_storage(world, request)))


@route("PATCH", _STORAGE)
def patch_storage(world: World, request: Request) -> Response:
    _write_storage(world, request)
    return Response(204)


def _write_storage(world: World, request: Request) -> Document:
    vault, given = find_vault(world, request), request.json().get("properties") or {}
    if vault["_redundancy_owner"] == "vault":
        raise _other_owner("BMSUserErrorRedundancySettingsUseVaultApi", "Redundancy settings", "redundancy settings")
    wanted: Document = {"standardTierStorageRedundancy": given.get("storageModelType") or given.get("storageType")}
    if given.get("crossRegionRestoreFlag") is not None:
        wanted["crossRegionRestore"] = "Enabled" if given["crossRegionRestoreFlag"] else "Disabled"
    if not any(wanted.values()):
        raise service_error("BMSUserErrorInvalidInput", "The request carries no setting that can be changed.")
    return _changed(world, vault, redundancySettings=vault_document.redundancy(vault, wanted))


def _changed(world: World, vault: Document, **properties: Document) -> Document:
    document = {**vault, "properties": {**vault["properties"], **properties}, "etag": vault_document.etag(world.clock.now())}
    return world.store.put_resource(document)


def _other_owner(code: str, subject: str, setting: str) -> Exception:
    return service_error(
        code,
        f"{subject} for this vault cannot be modified using this API. Since the Vault API was previously used to update the {setting} "
        "for this vault, you must again use the Vault API to make any further changes to this property.",
    )


def _config(vault: Document) -> Document:
    soft = vault["properties"]["securitySettings"]["softDeleteSettings"]
    properties = {name: soft[key] for name, key in _SOFT_DELETE.items()}
    return _child(vault, "backupconfig", "vaultconfig", {**properties, "isSoftDeleteFeatureStateEditable": True})


@route("GET", _CONFIG)
def get_config(world: World, request: Request) -> Response:
    return Response(200, _config(find_vault(world, request)))


@route("PUT", _CONFIG)
@route("PATCH", _CONFIG)
def write_config(world: World, request: Request) -> Response:
    """Both want the two states; what is left out of them is refused rather than kept."""
    vault, given = find_vault(world, request), request.json().get("properties") or {}
    if vault["_soft_delete_owner"] == "vault":
        raise _other_owner("BMSUserErrorSoftDeleteUseVaultApi", "Soft delete settings", "soft delete settings")
    if not given.get("softDeleteFeatureState") or not given.get("enhancedSecurityState"):
        raise service_error("BMSUserErrorInvalidInput", "softDeleteFeatureState and enhancedSecurityState must both be given.")
    vault_guard.check_config(world, vault, given)
    security = vault["properties"]["securitySettings"]
    wanted = {key: given[name] for name, key in _SOFT_DELETE.items() if given.get(name) is not None}
    soft = vault_document.soft_delete(vault, security["softDeleteSettings"], wanted, request.api_version)
    properties = vault_document.rate({**vault["properties"], "securitySettings": {**security, "softDeleteSettings": soft}})
    return Response(200, _config(_changed(world, vault, **properties)))


@route("GET", VAULT + "/backupEncryptionConfigs/backupResourceEncryptionConfig")
def get_encryption(world: World, request: Request) -> Response:
    vault = find_vault(world, request)
    encryption = vault["properties"].get("encryption")
    if not encryption:
        properties: Document = {
            "useSystemAssignedIdentity": True,
            "encryptionAtRestType": "MicrosoftManaged",
            "lastUpdateStatus": "NotEnabled",
            "infrastructureEncryptionState": "Disabled",
        }
    else:
        identity = encryption.get("kekIdentity") or {}
        user = identity.get("userAssignedIdentity")
        properties = {
            **({"userAssignedIdentity": user} if user else {}),
            "useSystemAssignedIdentity": bool(identity.get("useSystemAssignedIdentity")),
            "encryptionAtRestType": "CustomerManaged",
            "keyUri": (encryption.get("keyVaultProperties") or {}).get("keyUri", ""),
            "subscriptionId": "",
            "lastUpdateStatus": "Succeeded",
            "infrastructureEncryptionState": encryption["infrastructureEncryption"],
        }
    return Response(200, _child(vault, "backupEncryptionConfigs", "backupResourceEncryptionConfig", properties))
