# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes at every scope: the subscription, a resource group, a resource of any kind and its children."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ...core.messages import Request
from ...core.router import GROUP, Handler, route, router
from ...core.store import Document
from ...gateway.arm import group_not_found, not_found

if TYPE_CHECKING:
    from ...core.world import World

_RESOURCE = GROUP + "/providers/{ns}/{type}/{name}"
_SCOPES = (
    "/subscriptions/{sub}",
    GROUP,
    _RESOURCE,
    _RESOURCE + "/{type2}/{name2}",
    _RESOURCE + "/{type2}/{name2}/{type3}/{name3}",
    _RESOURCE + "/{type2}/{name2}/{type3}/{name3}/{type4}/{name4}",
)


def at_every_scope(method: str, tail: str) -> Callable[[Handler], Handler]:
    """Register a handler for .../providers/{tail} at every scope."""

    def register(handler: Handler) -> Handler:
        for scope in _SCOPES:
            route(method, f"{scope}/providers/{tail}")(handler)
        return handler

    return register


def scope_id(world: World, request: Request) -> str:
    """The id of what the request is about, in the letter case of that resource itself; it must be there."""
    scope = request.path.rstrip("/").rpartition("/providers/")[0]
    if "rg" not in request.params:
        return f"/subscriptions/{world.settings.subscription_id}"
    document = world.store.resource(scope)
    if document is None and "type2" in request.params:
        document = _part(world, request, scope)
    if document is None:
        raise not_found(scope) if "ns" in request.params else group_not_found(request.params["rg"])
    return document["id"]


def _part(world: World, request: Request, scope: str) -> Document | None:
    """What a GET shows of a scope that is part of another resource, as a subnet is of its network."""
    handler, params, _methods = router.find("GET", scope)
    return handler(world, replace(request, method="GET", path=scope, params=params)).body if handler else None
