# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guards a vault: a Resource Guard wants a second consent for critical operations, immutability none at all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ..clock import iso, parse
from ..messages import ArmError, Request, Response
from ..router import route
from ..store import Document, public
from .recovery import VAULT, VAULTS, find_vault, service_error

if TYPE_CHECKING:
    from ..world import World

KIND = f"{VAULTS}/backupResourceGuardProxies"
_UNLOCK = timedelta(minutes=30)
_ITEM = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
_CRITICAL = (
    (f"{_ITEM}/delete", "deleteProtectedItemRequests"),
    (f"{_ITEM}/write", "updateProtectedItemRequests"),
    (f"{VAULTS}/backupPolicies/write", "updateProtectionPolicyRequests"),
    (f"{KIND}/delete", "deleteResourceGuardProxyRequests"),
    (f"{VAULTS}/backupSecurityPIN/action", "getBackupSecurityPINRequests"),
    (f"{VAULTS}/backupconfig/write", "disableSoftDeleteRequests"),
    (f"{_ITEM}/write#stopProtectionWithRetainData", "stopProtectionWithRetainDataRequests"),
    (f"{VAULTS}/write#reduceImmutabilityState", "reduceImmutabilityStateRequests"),
    (f"{_ITEM}/recoveryPoints/restore/action", "triggerRestoreRequests"),
)


def proxy_of(world: World, vault: Document) -> Document | None:
    return world.store.resource(f"{vault['id']}/backupResourceGuardProxies/VaultProxy")


def refused() -> ArmError:
    return service_error("BMSUserErrorResourceGuardRequestMissing", "ResourceGuard Operation requestid is either null or empty", 403)


def immutable() -> ArmError:
    return service_error("UserErrorOperationDeniedOnImmutableItem", "The Vault and Backup Item is immutable, hence operation is denied.")


def check_put(world: World, vault: Document, given: Document, item: Document | None) -> None:
    """Changing or stopping protection of an item that exists is critical."""
    if item is not None and proxy_of(world, vault) is not None and not given.get("resourceGuardOperationRequests"):
        raise refused()


def check_config(world: World, vault: Document, given: Document) -> None:
    """Switching soft delete off is critical."""
    disables = given.get("softDeleteFeatureState") == "Disabled"
    if disables and proxy_of(world, vault) is not None and not given.get("resourceGuardOperationRequests"):
        raise refused()


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
    vault = find_vault(world, request)
    guard = str((request.json().get("properties") or {}).get("resourceGuardResourceId") or "").replace("/resourceGroups/", "/resourcegroups/")
    if "/resourceguards/" not in guard.lower():
        raise service_error("BMSUserErrorInvalidInput", "resourceGuardResourceId is not the id of a Resource Guard.")
    proxy = {
        "id": f"{vault['id']}/backupResourceGuardProxies/VaultProxy",
        "name": "VaultProxy",
        "type": KIND,
        "properties": {
            "resourceGuardResourceId": guard,
            "resourceGuardOperationDetails": [
                {"vaultCriticalOperation": name, "defaultResourceRequest": f"{guard}/{requests}/default"} for name, requests in _CRITICAL
            ],
            "lastUpdatedTime": iso(world.clock.now()),
            "description": "",
        },
        "_unlocked": {},
    }
    world.store.put_resource(proxy)
    _mark(world, vault, "Enabled")
    return Response(200, public(proxy))


def _mark(world: World, vault: Document, state: str) -> None:
    properties = vault["properties"]
    security = {**properties["securitySettings"], "multiUserAuthorization": state}
    world.store.put_resource({**vault, "properties": {**properties, "securitySettings": security}})


@route("POST", VAULT + "/backupResourceGuardProxies/{proxy}/unlockDelete")
def unlock(world: World, request: Request) -> Response:
    proxy, body = _find(world, request), request.json()
    if not body.get("resourceGuardOperationRequests"):
        raise refused()
    until = iso(world.clock.now() + _UNLOCK)
    target = str(body.get("resourceToBeDeleted") or proxy["id"]).lower()
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
