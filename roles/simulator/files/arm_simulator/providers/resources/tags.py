# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Resources/tags: the tags of a subscription, a group or a resource as a resource of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.messages import ArmError, Request, Response
from ...core.router import route
from ...core.store import Document
from ...gateway.arm import page
from ..common.scopes import at_every_scope, scope_id

if TYPE_CHECKING:
    from ...core.world import World

TAGS = "Microsoft.Resources/tags"
_TABLE = "subscription_tags"
MOST = 50  # https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources


def _read(world: World, scope: str) -> dict[str, str]:
    holder = world.store.resource(scope) if scope.count("/") > 2 else world.store.get(_TABLE, scope.lower())
    return (holder or {}).get("tags") or {}


def _write(world: World, scope: str, tags: dict[str, str]) -> None:
    if len(tags) > MOST:
        raise ArmError(400, "TagLimitExceeded", f"The number of tags ({len(tags)}) exceeds the limit of {MOST}.", gateway=True)
    holder = world.store.resource(scope) if scope.count("/") > 2 else None
    if holder:
        world.store.put_resource({**holder, "tags": tags})
    else:
        world.store.put(_TABLE, scope.lower(), {"tags": tags})


def _document(scope: str, tags: dict[str, str]) -> Document:
    return {"id": f"{scope}/providers/{TAGS}/default", "name": "default", "type": TAGS, "properties": {"tags": tags}}


def _wanted(request: Request) -> dict[str, str]:
    tags = (request.json().get("properties") or {}).get("tags")
    if not isinstance(tags, dict):
        raise ArmError(400, "InvalidTags", "The property 'properties.tags' must be an object.", gateway=True)
    return {str(name): str(value) for name, value in tags.items()}


@at_every_scope("GET", TAGS + "/default")
def get_tags(world: World, request: Request) -> Response:
    scope = scope_id(world, request)
    return Response(200, _document(scope, _read(world, scope)))


@at_every_scope("PUT", TAGS + "/default")
def put_tags(world: World, request: Request) -> Response:
    scope, tags = scope_id(world, request), _wanted(request)
    _write(world, scope, tags)
    return Response(200, _document(scope, tags))


@at_every_scope("PATCH", TAGS + "/default")
def change_tags(world: World, request: Request) -> Response:
    """operation: Merge, Replace, or Delete (of the tags that are there with just that value). Names are compared without case."""
    scope, change, action = scope_id(world, request), _wanted(request), str(request.json().get("operation") or "Merge").lower()
    lower = {name.lower(): value for name, value in change.items()}
    tags = _read(world, scope)
    if action == "merge":
        tags = {name: value for name, value in tags.items() if name.lower() not in lower} | change
    elif action == "replace":
        tags = change
    elif action == "delete":
        tags = {name: value for name, value in tags.items() if lower.get(name.lower()) != value}
    else:
        raise ArmError(400, "InvalidTagsOperation", f"The operation '{action}' is none of Merge, Replace, Delete.", gateway=True)
    _write(world, scope, tags)
    return Response(200, _document(scope, tags))


@at_every_scope("DELETE", TAGS + "/default")
def delete_tags(world: World, request: Request) -> Response:
    _write(world, scope_id(world, request), {})
    return Response(200)


@route("GET", "/subscriptions/{sub}/tagNames")
def list_names(world: World, request: Request) -> Response:
    """Every tag name that is in use, with its values and how often each occurs."""
    counts: dict[str, dict[str, int]] = {}
    for document in world.store.tables.get("resources", {}).values():
        for name, value in (document.get("tags") or {}).items():
            values = counts.setdefault(name, {})
            values[value] = values.get(value, 0) + 1
    return page(world, request, [_name(request, name, values) for name, values in sorted(counts.items())])


def _name(request: Request, name: str, values: dict[str, int]) -> Document:
    tag_id = f"/subscriptions/{request.params['sub']}/tagNames/{name}"
    shown = [
        {"id": f"{tag_id}/tagValues/{value}", "tagValue": value, "count": {"type": "Total", "value": number}} for value, number in values.items()
    ]
    return {"id": tag_id, "tagName": name, "count": {"type": "Total", "value": sum(values.values())}, "values": shown}
