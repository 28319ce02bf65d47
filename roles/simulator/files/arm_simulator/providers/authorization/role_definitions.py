# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Authorization: roles, built-in and custom, and what the caller may do at a scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.clock import iso
from ...core.messages import ArmError, Request, Response
from ...core.roles import DEFINITIONS, built_in, built_in_roles, document, properties
from ...core.store import Document
from ...gateway import odata
from ...gateway.arm import page
from ...identity.access import permissions
from ..common.scopes import at_every_scope, scope_id

if TYPE_CHECKING:
    from ...core.world import World


def custom(world: World, guid: str, name: str, description: str, scopes: list[str], granted: list[Document]) -> Document:
    """Write a custom role; granted holds {actions, notActions, ...}."""
    known = world.store.resource(document(world, guid, {})["id"])
    now = iso(world.clock.now())
    times = (known["properties"]["createdOn"] if known else now, now)
    full = [{key: each.get(key) or [] for key in ("actions", "notActions", "dataActions", "notDataActions")} for each in granted]
    return world.store.put_resource(document(world, guid, properties(name, "CustomRole", description, scopes, full, times)))


def _all(world: World) -> list[Document]:
    found = [built_in(world, guid) for guid in built_in_roles()]
    return [each for each in found if each] + world.store.list(DEFINITIONS, f"/subscriptions/{world.settings.subscription_id}")


def by_name(world: World, name: str) -> Document | None:
    return next((each for each in _all(world) if each["properties"]["roleName"].lower() == name.lower()), None)


@at_every_scope("GET", DEFINITIONS)
def list_definitions(world: World, request: Request) -> Response:
    """$filter: roleName eq '...', type eq 'BuiltInRole' or 'CustomRole', atScopeAndBelow()."""
    scope_id(world, request)
    text = request.query.get("$filter", "").replace("atScopeAndBelow()", "").strip().removeprefix("and ").removesuffix(" and")
    accept = odata.parse(text)
    return page(world, request, [each for each in _all(world) if accept(each["properties"])])


def _find(world: World, request: Request) -> Document:
    guid = request.params["role"]
    role = world.store.resource(document(world, guid, {})["id"]) or built_in(world, guid)
    if role is None:
        message = f"The specified role definition with ID '{guid}' does not exist."
        raise ArmError(404, "RoleDefinitionDoesNotExist", message)
    return role


@at_every_scope("GET", DEFINITIONS + "/{role}")
def get_definition(world: World, request: Request) -> Response:
    return Response(200, _find(world, request))


@at_every_scope("PUT", DEFINITIONS + "/{role}")
def put_definition(world: World, request: Request) -> Response:
    wanted: dict[str, Any] = request.json().get("properties") or {}
    guid, name, scopes = request.params["role"], wanted.get("roleName"), wanted.get("assignableScopes")
    if built_in(world, guid):
        raise ArmError(403, "CannotUpdateBuiltInRole", "Built-in roles cannot be changed.")
    if not name or not scopes:
        raise ArmError(400, "MissingRequiredProperty", "A role definition needs roleName and assignableScopes.")
    holder = by_name(world, name)
    if holder and holder["name"].lower() != guid.lower():
        message = f"Custom role with name '{name}' already exists. Please use a different name."
        raise ArmError(409, "RoleDefinitionWithSameNameExists", message)
    role = custom(world, guid, name, wanted.get("description") or "", scopes, wanted.get("permissions") or [])
    return Response(201, role)


@at_every_scope("DELETE", DEFINITIONS + "/{role}")
def delete_definition(world: World, request: Request) -> Response:
    role = world.store.resource(document(world, request.params["role"], {})["id"])
    if role is None:
        return Response(204)
    world.store.delete_resource(role["id"])
    return Response(200, role)


@at_every_scope("GET", "Microsoft.Authorization/permissions")
def list_permissions(world: World, request: Request) -> Response:
    """What the caller's roles permit at the scope."""
    return Response(200, {"value": permissions(world, request.caller, request.path.rstrip("/").rpartition("/providers/")[0])})
