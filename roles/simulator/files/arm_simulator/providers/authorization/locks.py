# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Authorization: locks at every scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.messages import ArmError, Request, Response
from ...core.store import Document
from ...gateway.arm import LOCKS, page
from ..common.scopes import at_every_scope, scope_id

if TYPE_CHECKING:
    from ...core.world import World

LEVELS = ("CanNotDelete", "ReadOnly")


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


@at_every_scope("GET", LOCKS)
def list_locks(world: World, request: Request) -> Response:
    """Locks at the scope and below; atScope() leaves out those below."""
    scope = scope_id(world, request)
    locks = world.store.list(LOCKS, scope)
    if request.query.get("$filter", "").lower() == "atscope()":
        locks = [lock for lock in locks if lock["id"].lower() == f"{scope}/providers/{LOCKS}/{lock['name']}".lower()]
    return page(world, request, locks)


@at_every_scope("GET", LOCKS + "/{lock}")
def get_lock(world: World, request: Request) -> Response:
    lock = world.store.resource(request.path)
    if lock is None:
        raise ArmError(404, "LockNotFound", f"The lock '{request.params['lock']}' could not be found.", gateway=True)
    return Response(200, lock)


@at_every_scope("PUT", LOCKS + "/{lock}")
def put_lock(world: World, request: Request) -> Response:
    properties = request.json().get("properties") or {}
    level = next((known for known in LEVELS if known.lower() == str(properties.get("level")).lower()), None)
    if level is None:
        message = f"The lock level '{properties.get('level')}' is invalid. The allowed values are '{','.join(LEVELS)}'."
        raise ArmError(400, "InvalidLockLevel", message, gateway=True)
    known = world.store.resource(request.path)
    lock = _lock(scope_id(world, request), known["name"] if known else request.params["lock"], level, properties.get("notes"))
    return Response(200 if known else 201, world.store.put_resource(lock))


@at_every_scope("DELETE", LOCKS + "/{lock}")
def delete_lock(world: World, request: Request) -> Response:
    if world.store.resource(request.path) is None:
        return Response(204)
    world.store.delete_resource(request.path)
    return Response(200)
