# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Authorization: role assignments, and the principals of an estate, which get theirs when it is loaded."""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import TYPE_CHECKING, Any

from ...core.clock import iso
from ...core.messages import ArmError, Request, Response
from ...core.store import Document
from ...gateway.arm import page
from ...identity.access import ASSIGNMENTS, OBJECT_ID, PRINCIPALS, definition_of, principal
from ..common.scopes import at_every_scope, scope_id
from . import role_definitions

if TYPE_CHECKING:
    from ...core.world import World

_PRINCIPAL_FILTER = re.compile(r"(?:principalId\s+eq\s+'([^']*)'|assignedTo\('([^']*)'\))", re.IGNORECASE)


def _id(scope: str, name: str) -> str:
    return f"{scope.rstrip('/')}/providers/{ASSIGNMENTS}/{name}"


def assign(world: World, scope: str, name: str, properties: Document, caller: str = "") -> Document:
    """Write an assignment; properties need roleDefinitionId and principalId."""
    now = iso(world.clock.now())
    who = principal(world, caller or world.settings.client_id)
    known = world.store.resource(_id(scope, name))
    document: Document = {
        "properties": {
            "roleDefinitionId": properties["roleDefinitionId"],
            "principalId": properties["principalId"],
            "principalType": properties.get("principalType") or "ServicePrincipal",
            "scope": scope,
            "condition": properties.get("condition"),
            "conditionVersion": properties.get("conditionVersion"),
            "createdOn": known["properties"]["createdOn"] if known else now,
            "updatedOn": now,
            "createdBy": None,
            "updatedBy": who["object_id"] if who else None,
            "delegatedManagedIdentityResourceId": properties.get("delegatedManagedIdentityResourceId"),
            "description": properties.get("description"),
        },
        "id": _id(scope, name),
        "type": ASSIGNMENTS,
        "name": name,
    }
    return world.store.put_resource(document)


def build(world: World, section: list[dict[str, Any]]) -> None:
    """The estate's principals: each gets a custom role of its actions, the built-in roles it names, or nothing at all."""
    for entry in section:
        client_id = entry["client_id"].lower()
        default = client_id == world.settings.client_id.lower()
        object_id = entry.get("object_id") or (OBJECT_ID if default else str(uuid.uuid5(uuid.NAMESPACE_URL, client_id)))
        secret = entry.get("client_secret")
        world.store.put(
            PRINCIPALS,
            client_id,
            {
                "client_id": entry["client_id"],
                "object_id": object_id,
                "secret": hashlib.sha256(secret.encode()).hexdigest() if secret else "",
                "certificates": entry.get("certificates", []),
                "co_administrator": entry.get("co_administrator", False),
            },
        )
        scope = _scope(world, entry.get("scope", ""))
        roles = [role["id"] for name in entry.get("roles", []) if (role := role_definitions.by_name(world, name))]
        if entry.get("actions"):
            granted = [{"actions": entry["actions"], "notActions": entry.get("not_actions", [])}]
            guid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{client_id} role"))
            roles.append(role_definitions.custom(world, guid, f"Role of {entry['client_id']}", "Made from the estate.", [scope], granted)["id"])
        for role in roles:
            name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{client_id} {role} {scope}"))
            assign(world, scope, name, {"roleDefinitionId": role, "principalId": object_id})


def _scope(world: World, text: str) -> str:
    """An id as it is; the name of a resource group; nothing for the subscription."""
    root = f"/subscriptions/{world.settings.subscription_id}"
    if text.startswith("/"):
        return text.rstrip("/")
    return f"{root}/resourceGroups/{text}" if text else root


@at_every_scope("GET", ASSIGNMENTS)
def list_assignments(world: World, request: Request) -> Response:
    """Assignments at, above and below the scope; atScope() leaves out those below. principalId eq and assignedTo() choose a principal."""
    scope = scope_id(world, request).lower()
    text = request.query.get("$filter", "")
    chosen = _PRINCIPAL_FILTER.search(text)
    wanted = (chosen.group(1) or chosen.group(2)).lower() if chosen else ""
    found = []
    for assignment in world.store.list(ASSIGNMENTS, f"/subscriptions/{world.settings.subscription_id}"):
        held = assignment["properties"]
        above = f"{scope}/".startswith(f"{held['scope'].lower()}/")
        below = held["scope"].lower().startswith(f"{scope}/") and "atscope()" not in text.lower()
        if (above or below) and wanted in ("", held["principalId"].lower()):
            found.append(assignment)
    return page(world, request, found)


@at_every_scope("GET", ASSIGNMENTS + "/{assignment}")
def get_assignment(world: World, request: Request) -> Response:
    found = world.store.resource(request.path)
    if found is None:
        raise ArmError(404, "RoleAssignmentNotFound", f"The role assignment '{request.params['assignment']}' is not found.")
    return Response(200, found)


@at_every_scope("PUT", ASSIGNMENTS + "/{assignment}")
def put_assignment(world: World, request: Request) -> Response:
    scope, name = scope_id(world, request), request.params["assignment"]
    properties = request.json().get("properties") or {}
    role, who = str(properties.get("roleDefinitionId") or ""), str(properties.get("principalId") or "")
    if definition_of(world, role) is None:
        message = f"The specified role definition with ID '{role.rpartition('/')[2]}' does not exist."
        raise ArmError(400, "RoleDefinitionDoesNotExist", message)
    if not properties.get("principalType") and who.lower() not in _object_ids(world):
        raise _principal_not_found(world, who)
    _check_conflicts(world, scope, name, role, who)
    return Response(201, assign(world, scope, name, properties, request.caller))


def _check_conflicts(world: World, scope: str, name: str, role: str, who: str) -> None:
    """One assignment of a role to a principal at a scope, and none that turns into another."""
    for each in world.store.list(ASSIGNMENTS, scope):
        held = each["properties"]
        same = (held["principalId"].lower(), held["roleDefinitionId"].lower().rpartition("/")[2]) == (who.lower(), role.lower().rpartition("/")[2])
        if held["scope"].lower() != scope.lower():
            continue
        if each["name"].lower() == name.lower() and not same:
            message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
            raise ArmError(400, "RoleAssignmentUpdateNotPermitted", message)
        if each["name"].lower() != name.lower() and same:
            raise ArmError(409, "RoleAssignmentExists", "The role assignment already exists.")


def _object_ids(world: World) -> set[str]:
    """Everybody the directory knows: the principals, and the identities of resources."""
    known = {OBJECT_ID, *(each["object_id"].lower() for each in world.store.tables.get(PRINCIPALS, {}).values())}
    for document in world.store.tables.get("resources", {}).values():
        identity = document.get("identity") or {}
        users = (identity.get("userAssignedIdentities") or {}).values()
        known.update(str(each["principalId"]).lower() for each in (identity, *users) if each and each.get("principalId"))
    return known


def _principal_not_found(world: World, who: str) -> ArmError:
    return ArmError(
        400,
        "PrincipalNotFound",
        f"Principal {who.replace('-', '')} does not exist in the directory {world.settings.tenant_id}. Check that you have the correct "
        "principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a "
        "replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or "
        "Group.  See https://aka.ms/docs-principaltype",
    )


@at_every_scope("DELETE", ASSIGNMENTS + "/{assignment}")
def delete_assignment(world: World, request: Request) -> Response:
    found = world.store.resource(request.path)
    if found is None:
        return Response(204)
    world.store.delete_resource(found["id"])
    return Response(200, found)
