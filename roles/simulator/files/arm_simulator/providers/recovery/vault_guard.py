# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guards a vault: a Resource Guard wants a second consent for critical operations, immutability none at all.

Which operations are critical: https://learn.microsoft.com/azure/backup/multi-user-authorization-concept. The
consent is the id of a request to the guard, of the collection that the proxy names for the operation.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ...core.clock import iso, parse, ticks
from ...core.messages import ArmError, Request, Response
from ...core.router import route
from ...core.store import Document, public
from ..backup.policy_rules import reduces
from .recovery_services import VAULT, VAULT_SOFT_DELETE_API, VAULTS, find_vault, immutability, newer, service_error

if TYPE_CHECKING:
    from ...core.world import World

KIND = f"{VAULTS}/backupResourceGuardProxies"
_UNLOCK = timedelta(minutes=30)
_ITEM = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
_PIN_LIFE = timedelta(minutes=5)
"""https://learn.microsoft.com/azure/backup/backup-azure-security-feature"""
DELETE_ITEM = f"{_ITEM}/delete"
CHANGE_ITEM = f"{_ITEM}/write"
CHANGE_POLICY = f"{VAULTS}/backupPolicies/write"
DELETE_PROXY = f"{KIND}/delete"
GET_PIN = f"{VAULTS}/backupSecurityPIN/action"
DISABLE_SOFT_DELETE = f"{VAULTS}/backupconfig/write"
STOP = f"{_ITEM}/write#stopProtectionWithRetainData"
REDUCE_IMMUTABILITY = f"{VAULTS}/write#reduceImmutabilityState"
RESTORE = f"{_ITEM}/recoveryPoints/restore/action"
CHANGE_ENCRYPTION = f"{VAULTS}/write#modifyEncryptionSettings"
_CRITICAL = (
    (DELETE_ITEM, "deleteProtectedItemRequests"),
    (CHANGE_ITEM, "updateProtectedItemRequests"),
    (CHANGE_POLICY, "updateProtectionPolicyRequests"),
    (DELETE_PROXY, "deleteResourceGuardProxyRequests"),
    (GET_PIN, "getBackupSecurityPINRequests"),
    (DISABLE_SOFT_DELETE, "disableSoftDeleteRequests"),
    (STOP, "stopProtectionWithRetainDataRequests"),
    (REDUCE_IMMUTABILITY, "reduceImmutabilityStateRequests"),
    (RESTORE, "triggerRestoreRequests"),
)
_NEWER_CRITICAL = ((CHANGE_ENCRYPTION, "modifyEncryptionSettingsRequests"),)
"""Known to newer clients; not in the recorded traffic of 2024."""


def proxy_of(world: World, vault: Document) -> Document | None:
    return world.store.resource(f"{vault['id']}/backupResourceGuardProxies/VaultProxy")


def refused() -> ArmError:
    return service_error("BMSUserErrorResourceGuardRequestMissing", "ResourceGuard Operation requestid is either null or empty", 403)


def immutable() -> ArmError:
    return service_error("UserErrorOperationDeniedOnImmutableItem", "The Vault and Backup Item is immutable, hence operation is denied.")


def approve(world: World, vault: Document, operation: str, given: Document) -> None:
    """Refuse a critical operation unless what was given with it holds a request for it to the vault's guard."""
    proxy = proxy_of(world, vault)
    if proxy is not None and not _requested(proxy, operation, given.get("resourceGuardOperationRequests")):
        raise refused()


def _requested(proxy: Document, operation: str, requests: Any) -> bool:
    """Whether one of the requests is for the operation; for one that the guard does not know, none is needed."""
    properties = proxy["properties"]
    wanted = [each["defaultResourceRequest"] for each in properties["resourceGuardOperationDetails"] if each["vaultCriticalOperation"] == operation]
    if not wanted:
        return True
    collection = wanted[0].rpartition("/")[0].lower() + "/"
    return any(str(each).lower().startswith(collection) for each in requests or [])


def check_put(world: World, vault: Document, given: Document, item: Document | None, policy: Document | None) -> None:
    """Stopping protection, and a policy that keeps less or backs up less often, are critical; an immutable vault keeps no less."""
    if item is None:
        return
    if given.get("protectionState") in ("ProtectionStopped", "BackupsSuspended") and not given.get("isRehydrate"):
        approve(world, vault, STOP, given)
    before = world.store.resource(item["properties"]["policyId"]) if policy else None
    if before is not None and policy is not None:
        check_policy(world, vault, CHANGE_ITEM, given, before["properties"], policy["properties"])


def check_policy(world: World, vault: Document, operation: str, given: Document, before: Document, after: Document) -> None:
    """Whether items may come from the one policy to the other."""
    less_kept, less_often = reduces(before, after)
    if less_kept and immutability(vault) != "Disabled":
        raise immutable()
    if less_kept or less_often:
        approve(world, vault, operation, given)


def check_config(world: World, vault: Document, given: Document) -> None:
    """Switching soft delete or the security features of hybrid machines off is critical."""
    if "Disabled" in (given.get("softDeleteFeatureState"), given.get("enhancedSecurityState")):
        approve(world, vault, DISABLE_SOFT_DELETE, given)


def check_vault(world: World, before: Document, after: Document, given: Document) -> None:
    """The critical changes of a vault through its own API: less soft delete, less immutability, other encryption."""
    old, new = before["properties"], after["properties"]
    if _soft_delete(old) != "Disabled" and _soft_delete(new) == "Disabled":
        approve(world, before, DISABLE_SOFT_DELETE, given)
    if immutability(before) != "Disabled" and immutability(after) == "Disabled":
        approve(world, before, REDUCE_IMMUTABILITY, given)
    if old.get("encryption") != new.get("encryption"):
        approve(world, before, CHANGE_ENCRYPTION, given)


def _soft_delete(properties: Document) -> Any:
    return properties["securitySettings"]["softDeleteSettings"]["softDeleteState"]


@route("POST", VAULT + "/backupSecurityPIN")
def get_pin(world: World, request: Request) -> Response:
    """A PIN for a critical operation at a machine, good for five minutes. It is kept nowhere."""
    vault = find_vault(world, request)
    approve(world, vault, GET_PIN, request.json())
    until = world.clock.now() + _PIN_LIFE
    return Response(200, {"expiryTimeInUtcTicks": ticks(until), "securityPIN": f"{secrets.randbelow(1_000_000):06d}"})


def check_delete(world: World, vault: Document, resource: Document) -> None:
    """Deleting an item needs an unlock, made for it within the last half hour."""
    proxy = proxy_of(world, vault)
    if proxy is None:
        return
    unlocked = proxy["_unlocked"].get(resource["id"].lower())
    if unlocked is None or parse(unlocked) < world.clock.now():
        raise refused()


@route("GET", VAULT + "/backupResourceGuardProxies")
def list_proxies(world: World, request: Request) -> Response:
    proxy = proxy_of(world, find_vault(world, request))
    return Response(200, {"value": [public(proxy)] if proxy else []})


def _find(world: World, request: Request) -> Document:
    proxy = proxy_of(world, find_vault(world, request))
    if proxy is None or request.params["proxy"].lower() != "vaultproxy":
        raise service_error("BMSUserErrorResourceGuardProxyNotFound", f"The proxy '{request.params['proxy']}' was not found.", 404)
    return proxy


@route("GET", VAULT + "/backupResourceGuardProxies/{proxy}")
def get_proxy(world: World, request: Request) -> Response:
    return Response(200, public(_find(world, request)))


@route("PUT", VAULT + "/backupResourceGuardProxies/{proxy}")
def put_proxy(world: World, request: Request) -> Response:
    guard = str((request.json().get("properties") or {}).get("resourceGuardResourceId") or "")
    if "/resourceguards/" not in guard.lower():
        raise service_error("BMSUserErrorInvalidInput", "resourceGuardResourceId is not the id of a Resource Guard.")
    return Response(200, public(attach(world, find_vault(world, request), guard, request.api_version)))


def attach(world: World, vault: Document, guard: str, api_version: str) -> Document:
    """Put a vault under a Resource Guard; the proxy."""
    guard = guard.replace("/resourceGroups/", "/resourcegroups/")
    critical = _CRITICAL + _NEWER_CRITICAL if newer(api_version, VAULT_SOFT_DELETE_API) else _CRITICAL
    proxy = {
        "id": f"{vault['id']}/backupResourceGuardProxies/VaultProxy",
        "name": "VaultProxy",
        "type": KIND,
        "properties": {
            "resourceGuardResourceId": guard,
            "resourceGuardOperationDetails": [
                {"vaultCriticalOperation": name, "defaultResourceRequest": f"{guard}/{requests}/default"} for name, requests in critical
            ],
            "lastUpdatedTime": iso(world.clock.now()),
            "description": "",
        },
        "_unlocked": {},
    }
    _mark(world, vault, "Enabled")
    return world.store.put_resource(proxy)


def _mark(world: World, vault: Document, state: str) -> None:
    properties = vault["properties"]
    security = {**properties["securitySettings"], "multiUserAuthorization": state}
    world.store.put_resource({**vault, "properties": {**properties, "securitySettings": security}})


@route("POST", VAULT + "/backupResourceGuardProxies/{proxy}/unlockDelete")
def unlock(world: World, request: Request) -> Response:
    proxy, body = _find(world, request), request.json()
    until = iso(world.clock.now() + _UNLOCK)
    target = str(body.get("resourceToBeDeleted") or proxy["id"]).lower()
    operation = DELETE_PROXY if target == proxy["id"].lower() else DELETE_ITEM
    approve(world, find_vault(world, request), operation, body)
    world.store.put_resource({**proxy, "_unlocked": {**proxy["_unlocked"], target: until}})
    return Response(200, {"unlockDeleteExpiryTime": until})


@route("DELETE", VAULT + "/backupResourceGuardProxies/{proxy}")
def delete_proxy(world: World, request: Request) -> Response:
    vault = find_vault(world, request)
    proxy = proxy_of(world, vault)
    if proxy is None:
        return Response(204)
    check_delete(world, vault, proxy)
    world.store.delete_resource(proxy["id"])
    _mark(world, vault, "Disabled")
    return Response(200, {})
