# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the located resources of Microsoft.Compute and Microsoft.Network have in common.

Documents in the store are never changed in place: a handler copies, changes and puts, so that an
answer that was given keeps saying what was true then.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...core.messages import ArmError, Request
from ...core.regions import normalise
from ...core.store import Document
from ...gateway.arm import not_found

if TYPE_CHECKING:
    from ...core.world import World

SUCCEEDED = "Succeeded"


def group_id(world: World, request: Request) -> str:
    """The id of the request's resource group, in the letter case it was created with."""
    asked = f"/subscriptions/{request.params['sub']}/resourceGroups/{request.params['rg']}"
    return (world.store.resource(asked) or {"id": asked})["id"]


def make_id(world: World, request: Request, kind: str, name: str) -> str:
    """The id of a resource of the request's group; that of the stored document if there is one."""
    asked = f"{group_id(world, request)}/providers/{kind}/{name}"
    return (world.store.resource(asked) or {"id": asked})["id"]


def require(world: World, request: Request, kind: str) -> Document:
    """The resource of this type that the request is about, or ARM's 404."""
    resource_id = make_id(world, request, kind, request.params["name"])
    resource = world.store.resource(resource_id)
    if resource is None:
        raise not_found(resource_id)
    return resource


def check_location(resource_id: str, body: Document, existing: Document | None) -> str:
    """The location a PUT asks for; it is required, and a resource never moves."""
    location = normalise(str(body.get("location") or ""))
    if not location:
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.", gateway=True)
    if existing and existing["location"] != location:
        name, group = existing["name"], resource_id.split("/")[4]
        raise ArmError(
            409,
            "InvalidResourceLocation",
            f"The resource '{name}' already exists in location '{existing['location']}' in resource group '{group}'. "
            f"A resource with the same name cannot be created in location '{location}'. Please select a new resource name.",
            gateway=True,
        )
    return location


def check_etag(request: Request, existing: Document | None, **extra: Any) -> None:
    """Optimistic concurrency: If-Match names the etag that the resource must have, If-None-Match: * that it must be new."""
    wanted = request.headers.get("if-match", "")
    current = existing["etag"] if existing else ""
    if wanted and wanted != current and not (wanted == "*" and existing):
        raise ArmError(
            412, "PreconditionFailed", f"Etag provided in if-match header {wanted} does not match etag {current} of resource.", **extra
        )
    if existing and request.headers.get("if-none-match") == "*":
        raise ArmError(412, "PreconditionFailed", f"The resource {existing['id']} exists already.", **extra)


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396 without removal by null: objects are merged, everything else is replaced."""
    if not isinstance(target, dict) or not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target)
    for key, value in patch.items():
        if value is not None:
            result[key] = merged(target.get(key), value)
    return result


def same_id(one: str, other: str) -> bool:
    return one.rstrip("/").lower() == other.rstrip("/").lower()


def offset_time(moment: datetime, digits: int = 7) -> str:
    """'2024-08-26T08:24:21.4087244+00:00', as Compute writes a time; 0 digits without the fraction."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{moment.microsecond:06d}0"[: digits + 1] if digits else ""
    return f"{text}{fraction}+00:00"
