# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: principals, the actions that requests need, and the check of one against the other.

What a principal may do comes from role assignments, as in Azure. The principal in connection.json may do everything unless
the estate lists it among its principals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from ..core.messages import ArmError, Request
from ..core.roles import built_in
from ..core.router import router
from ..core.store import Document

if TYPE_CHECKING:
    from ..core.world import World

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
PRINCIPALS = "principals"
OBJECT_ID = "33333333-3333-4333-8333-333333333333"  # of the principal in connection.json
EVERYTHING: Document = {"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}
_VERBS = {"GET": "read", "HEAD": "read", "DELETE": "delete", "POST": "action"}
# What every principal may ask: who am I, what may I do, how far is the operation that I began.
_OPEN = re.compile(
    r"/(tenants|subscriptions(/[^/]+(/operationresults/[^/]+)?)?|(.*/)?providers/Microsoft\.Authorization/permissions"
    r"|providers/Microsoft\.ResourceGraph/resources)/?",
    re.IGNORECASE,
)


def principal(world: World, client_id: str) -> Document | None:
    """{client_id, object_id, secret (SHA-256, hexadecimal), certificates (PEM)} of a client; None when nobody has that id."""
    known = world.store.get(PRINCIPALS, client_id.lower())
    if known or client_id.lower() != world.settings.client_id.lower():
        return known
    return {"client_id": world.settings.client_id, "object_id": OBJECT_ID, "secret": "", "certificates": []}


def is_owner(world: World, caller: str) -> bool:
    """Whether a client id (empty: no sign-in asked for) may do everything without a look at assignments."""
    return world.store.get(PRINCIPALS, (caller or world.settings.client_id).lower()) is None


def is_co_administrator(world: World, caller: str) -> bool:
    """Whether a client is an administrator in the sense of the classic service, which roles of Resource Manager do not make."""
    return is_owner(world, caller) or bool((principal(world, caller) or {}).get("co_administrator"))


def permissions(world: World, caller: str, scope: str) -> list[Document]:
    """The permissions of all roles that a client holds at a scope or above it."""
    if is_owner(world, caller):
        return [EVERYTHING]
    who = principal(world, caller or world.settings.client_id)
    found: list[Document] = []
    for assignment in world.store.list(ASSIGNMENTS, f"/subscriptions/{world.settings.subscription_id}"):
        held = assignment["properties"]
        if who and held["principalId"].lower() == who["object_id"].lower() and f"{scope}/".lower().startswith(f"{held['scope']}/".lower()):
            definition = definition_of(world, held["roleDefinitionId"])
            found += definition["properties"]["permissions"] if definition else []
    return found


def definition_of(world: World, definition_id: str) -> Document | None:
    """A role by its id; a built-in one is known by the GUID at its end, whatever stands before it."""
    return world.store.resource(definition_id) or built_in(world, definition_id.rpartition("/")[2])


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*"), re.IGNORECASE)


def _matches(patterns: Iterable[str], action: str) -> bool:
    return any(_pattern(pattern).fullmatch(action) for pattern in patterns)


def allows(permission_list: list[Document], action: str) -> bool:
    """Whether one of the permissions grants an action and does not take it back."""
    return any(_matches(each["actions"], action) and not _matches(each["notActions"], action) for each in permission_list)


def reader(world: World, caller: str) -> Callable[[str, str], bool]:
    """A function of (type, id) that tells whether a client may read a resource."""
    if is_owner(world, caller):
        return lambda kind, resource_id: True
    return lambda kind, resource_id: allows(permissions(world, caller, resource_id), f"{kind}/read")


# Actions


@lru_cache(maxsize=1)
def _spelling(_routes: int) -> dict[str, str]:
    """The words of all routes as Azure writes them, by their lower-case form."""
    words = {word.lower(): word for _method, template in router.templates for word in template.split("/") if word and "{" not in word}
    return words | {"resourcegroups": "resourcegroups"}  # so in the errors of Azure


def requirement(request: Request) -> tuple[str, str]:
    """(action, scope) of a request: 'Microsoft.Compute/virtualMachines/start/action' over the VM's id."""
    segments = request.path.strip("/").split("/")
    lower = [segment.lower() for segment in segments]
    verb = _VERBS.get(request.method, "write")
    at = len(segments) - lower[::-1].index("providers") if "providers" in lower[:-1] else 0
    if at and len(segments) > at + 1:
        kind, above = [segments[at], *segments[at + 1:: 2]], segments[: at - 1]
        ends_in_type = (len(segments) - at) % 2 == 0
    else:
        kind, above = ["Microsoft.Resources", *segments[:at or None][::2]], segments[:-1]
        ends_in_type = len(segments) % 2 == 1
    scope = segments
    if verb == "action" and ends_in_type:  # the action's own name is no part of its scope
        scope = above if len(segments) == at + 2 else segments[:-1]
    spelling = _spelling(len(router.templates))
    action = "/".join(spelling.get(word.lower(), word) for word in kind)
    return f"{action}/{verb}", "/" + "/".join(scope)


def authorize(world: World, request: Request) -> None:
    """Raise AuthorizationFailed unless the caller may do what the request asks."""
    if is_owner(world, request.caller) or _OPEN.fullmatch(request.path):
        return
    action, scope = requirement(request)
    if allows(permissions(world, request.caller, scope), action):
        return
    who = principal(world, request.caller or world.settings.client_id) or {}
    raise ArmError(
        403,
        "AuthorizationFailed",
        f"The client '{who.get('client_id', request.caller)}' with object id '{who.get('object_id', request.caller)}' does not have "
        f"authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, "
        "please refresh your credentials.",
        gateway=True,
    )
