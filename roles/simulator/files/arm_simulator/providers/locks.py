# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Authorization: locks at every scope, and what the caller may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..arm import LOCKS, not_found, page
from ..messages import ArmError, Request, Response
from ..router import GROUP, Handler, route
from ..store import Document

if TYPE_CHECKING:
    from ..world import World

LEVELS = ("CanNotDelete", "ReadOnly")
_SCOPES = (
    "/subscriptions/{sub}",
    GROUP,
    GROUP + "/providers/{ns}/{type}/{name}",
    GROUP + "/providers/{ns}/{type}/{name}/{type2}/{name2}",
    GROUP + "/providers/{ns}/{type}/{name}/{type2}/{name2}/{type3}/{name3}",
)


def _at_every_scope(method: str, tail: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        for scope in _SCOPES:
            route(method, f"{scope}/providers/Microsoft.Authorization/{tail}")(handler)
        return handler

    return register


def _scope(world: World, request: Request) -> str:
    """The id of what the lock is on, in the letter case of that resource itself."""
    scope = request.path.rstrip("/").rpartition("/providers/")[0]
    if "providers" not in scope.lower().split("/") and "rg" not in request.params:
        return scope
    document = world.store.resource(scope)
    if document is None:
        raise not_found(scope)
    return document["id"]


def _lock(scope: str, name: str, level: str, notes: str | None = None) -> Document:
    properties = {"level": level} if notes is None else {"level": level, "notes": notes}
    return {"properties": properties, "id": f"{scope}/providers/{LOCKS}/{name}", "type": LOCKS, "name": name}


def build(world: World, section: list[dict[str, Any]]) -> None:
    """scope: the id of a resource, or the name of a resource group."""
    for entry in section:
        scope = entry["scope"]
        if not scope.startswith("/"):
            scope = f"/subscriptions/{world.settings.subscription_id}/resourceGroups/{scope}"
        world.store.put_resource(_lock(scope.rstrip("/"), entry["name"], entry["level"], entry.get("notes")))


@_at_every_scope("GET", "locks")
def list_locks(world: World, request: Request) -> Response:
    """Locks at the scope and below; atScope() leaves out those below."""
    scope = _scope(world, request)
    locks = world.store.list(LOCKS, scope)
    if request.query.get("$filter", "").lower() == "atscope()":
        locks = [lock for lock in locks if lock["id"].lower() == f"{scope}/providers/{LOCKS}/{lock['name']}".lower()]
    return page(world, request, locks)


@_at_every_scope("GET", "locks/{lock}")
def get_lock(world: World, request: Request) -> Response:
    lock = world.store.resource(request.path)
    if lock is None:
        raise ArmError(404, "LockNotFound", f"The lock '{request.params['lock']}' could not be found.", gateway=True)
    return Response(200, lock)


@_at_every_scope("PUT", "locks/{lock}")
def put_lock(world: World, request: Request) -> Response:
    properties = request.json().get("properties") or {}
    level = next((known for known in LEVELS if known.lower() == str(properties.get("level")).lower()), None)
    if level is None:
        message = f"The lock level '{properties.get('level')}' is invalid. The allowed values are '{','.join(LEVELS)}'."
        raise ArmError(400, "InvalidLockLevel", message, gateway=True)
    known = world.store.resource(request.path)
    lock = _lock(_scope(world, request), known["name"] if known else request.params["lock"], level, properties.get("notes"))
    return Response(200 if known else 201, world.store.put_resource(lock))


@_at_every_scope("DELETE", "locks/{lock}")
def delete_lock(world: World, request: Request) -> Response:
    if world.store.resource(request.path) is None:
        return Response(204)
    world.store.delete_resource(request.path)
    return Response(200)


@_at_every_scope("GET", "permissions")
def list_permissions(world: World, request: Request) -> Response:
    """The simulated service principal owns the subscription."""
    permission: Document = {"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}
    return Response(200, {"value": [permission]})
