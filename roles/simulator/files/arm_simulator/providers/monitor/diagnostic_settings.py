# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Insights: diagnostic settings at every scope. They are kept and shown; nothing is sent anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.messages import Request, Response
from ...core.store import Document, public
from ..common.scopes import at_every_scope, scope_id

if TYPE_CHECKING:
    from ...core.world import World

SETTINGS = "Microsoft.Insights/diagnosticSettings"
_WORKSPACE = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/logs"
_SINKS = ("storageAccountId", "workspaceId", "eventHubAuthorizationRuleId", "marketplacePartnerId", "serviceBusRuleId")
MOST = 5  # of a resource: https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings


def _refusal(status: int, code: str, message: str) -> Response:
    """Azure Monitor's errors are not wrapped in 'error' (recorded traffic)."""
    return Response(status, {"code": code, "message": message})


def _document(scope: str, name: str, wanted: dict[str, Any]) -> Document:
    optional = {key: wanted[key] for key in ("eventHubName", "logAnalyticsDestinationType") if key in wanted}
    return {
        "id": f"{scope}/providers/{SETTINGS}/{name}",
        "type": SETTINGS,
        "name": name,
        "properties": {
            **{sink: wanted[sink] for sink in _SINKS if wanted.get(sink)},
            **optional,
            "metrics": [_category(each) for each in wanted.get("metrics") or []],
            "logs": [_category(each) for each in wanted.get("logs") or []],
        },
    }


def add(world: World, resource_id: str, entry: Document) -> None:
    """A setting of an estate: {name, workspace, dedicated, categories, category_groups}."""
    logs = [{"category": each, "enabled": True} for each in entry.get("categories") or []]
    logs += [{"categoryGroup": each, "enabled": True} for each in entry.get("category_groups") or []]
    wanted: dict[str, Any] = {"workspaceId": entry.get("workspace", _WORKSPACE), "logs": logs}
    if entry.get("dedicated"):
        wanted["logAnalyticsDestinationType"] = "Dedicated"
    world.store.put_resource(_document(resource_id, entry["name"], wanted))


def _category(wish: dict[str, Any]) -> dict[str, Any]:
    return {"enabled": False, **wish, "retentionPolicy": wish.get("retentionPolicy") or {"enabled": False, "days": 0}}


def _sent(properties: dict[str, Any]) -> set[tuple[str, str]]:
    """Which logs a setting sends to which workspace."""
    workspace = str(properties.get("workspaceId") or "").lower()
    return {(workspace, str(each.get("category"))) for each in properties.get("logs") or () if workspace and each.get("enabled") and each.get("category")}


@at_every_scope("GET", SETTINGS)
def list_settings(world: World, request: Request) -> Response:
    scope = scope_id(world, request)
    prefix = f"{scope}/providers/{SETTINGS}/".lower()
    return Response(200, {"value": [public(each) for each in world.store.list(SETTINGS, scope) if each["id"].lower().startswith(prefix)]})


@at_every_scope("GET", SETTINGS + "/{setting}")
def get_setting(world: World, request: Request) -> Response:
    scope_id(world, request)
    found = world.store.resource(request.path)
    return Response(200, found) if found else _refusal(404, "ResourceNotFound", f"The diagnostic setting '{request.params['setting']}' doesn't exist.")


@at_every_scope("PUT", SETTINGS + "/{setting}")
def put_setting(world: World, request: Request) -> Response:
    scope, wanted = scope_id(world, request), request.json().get("properties") or {}
    if not any(wanted.get(sink) for sink in _SINKS):
        return _refusal(400, "BadRequest", "At least one data sink needs to be specified.")
    known = world.store.resource(request.path)
    prefix = f"{scope}/providers/{SETTINGS}/".lower()
    others = [each for each in world.store.list(SETTINGS, scope) if each["id"].lower().startswith(prefix)]
    if known is None and len(others) >= MOST:
        return _refusal(409, "Conflict", f"A resource can have at most {MOST} diagnostic settings.")
    for other in others:
        twice = _sent(other["properties"]) & _sent(wanted) if known is None or other["id"] != known["id"] else set()
        if twice:
            text = f"Data sink '{wanted['workspaceId']}' is already used in diagnostic setting '{other['name']}' for category '{min(twice)[1]}'."
            return _refusal(409, "Conflict", f"{text} Data sinks can't be reused in different settings on the same category for the same resource.")
    return Response(200, world.store.put_resource(_document(scope, known["name"] if known else request.params["setting"], wanted)))


@at_every_scope("DELETE", SETTINGS + "/{setting}")
def delete_setting(world: World, request: Request) -> Response:
    scope_id(world, request)
    if world.store.resource(request.path) is None:
        return Response(204)
    world.store.delete_resource(request.path)
    return Response(200)
