# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Resources: lists of resources of all kinds, and what the other lists of Resource Manager share with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ...core.messages import ArmError, Request, Response
from ...core.router import GROUP, route
from ...core.store import Document, public
from ...gateway import odata
from ...gateway.arm import group_not_found, page

if TYPE_CHECKING:
    from ...core.world import World

SUBSCRIPTION = "/subscriptions/{sub}"


def _matches_tags(accept: odata.Filter, document: Document) -> bool:
    """Whether a filter takes the document, with tagName and tagValue standing for any one of its tags."""
    fields = {
        "name": document["name"],
        "location": document.get("location"),
        "resourcetype": document["type"],
        "resourcegroup": document["id"].split("/")[4] if document["id"].count("/") > 3 else None,
    }
    tags = (document.get("tags") or {}).items() or [(None, None)]
    return any(accept({**fields, "tagname": name, "tagvalue": value}) for name, value in tags)


def listed(world: World, request: Request, items: Iterable[Document], view: Callable[[Document], Document] = public) -> Response:
    text = request.query.get("$filter", "")
    accept = odata.parse(text)
    top = request.query.get("$top", "")
    if top and (not top.isdigit() or int(top) == 0):
        raise ArmError(400, "InvalidTopValue", f"The $top value '{top}' must be a positive integer.", gateway=True)
    size = min(int(top or world.settings.page_size), world.settings.page_size)
    found = [item for item in items if _matches_tags(accept, item)] if text else list(items)
    return page(world, request, found, size, view=view)


def _top_level(world: World, scope: str, kind: str | None) -> Iterable[Document]:
    """The resources (not their children) at or below a scope; of one type only when the caller can name it."""
    return world.store.list(kind, scope) if kind else world.store.top_level(scope)


_EXPANSIONS: dict[str, Callable[[Document], object]] = {
    "createdtime": lambda document: document.get("_created_at"),
    "changedtime": lambda document: document.get("_changed_at"),
    "provisioningstate": lambda document: document.get("properties", {}).get("provisioningState"),
}
_SPELLING = {"createdtime": "createdTime", "changedtime": "changedTime", "provisioningstate": "provisioningState"}


def _view(expand: str) -> Callable[[Document], Document]:
    """How a list shows a resource: without its properties, but with what $expand names."""
    wanted = [name.strip().lower() for name in expand.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in _EXPANSIONS]
    if unknown:
        message = f"The $expand value '{expand}' is not valid. Supported are {', '.join(_SPELLING.values())}."
        raise ArmError(400, "InvalidExpandParameter", message, gateway=True)
    kept = ("id", "name", "type", "location", "sku", "kind", "plan", "identity", "zones", "managedBy", "tags")

    def show(document: Document) -> Document:
        shown = {key: document[key] for key in kept if document.get(key) is not None}
        return shown | {_SPELLING[name]: _EXPANSIONS[name](document) for name in wanted if _EXPANSIONS[name](document)}

    return show


def _resources(world: World, request: Request, scope: str) -> Response:
    text = request.query.get("$filter", "")
    wanted = odata.parse(text).values().get("resourcetype")
    kind = None if wanted is None or re.search(r"\b(or|not)\b", text, re.IGNORECASE) else str(wanted)
    return listed(world, request, _top_level(world, scope, kind), _view(request.query.get("$expand", "")))


@route("GET", SUBSCRIPTION + "/resources")
def list_resources(world: World, request: Request) -> Response:
    return _resources(world, request, f"/subscriptions/{request.params['sub']}")


@route("GET", GROUP + "/resources")
def list_group_resources(world: World, request: Request) -> Response:
    group = world.store.resource(f"/subscriptions/{request.params['sub']}/resourceGroups/{request.params['rg']}")
    if group is None:
        raise group_not_found(request.params["rg"])
    return _resources(world, request, group["id"])
