# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The URLs at which a backup operation is asked for its state. Any of them answers for any operation of its vault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.messages import ArmError, Request, Response
from ...core.router import route
from ...core.store import Document
from ..recovery.recovery_services import ITEM, POLL_SECONDS, VAULT, find_vault, poll_headers, vault_of
from . import protected_items
from .jobs import NEVER

if TYPE_CHECKING:
    from ...core.world import World

_FABRIC = VAULT + "/backupFabrics/{fabric}"
_JOB = VAULT + "/backupJobs/{job}"
_POLICY = VAULT + "/backupPolicies/{policy}"


def _find(world: World, request: Request) -> Document:
    vault = find_vault(world, request)
    record = world.operations.get(request.params["operation"])
    if record is None or vault_of(record["resource"]).lower() != vault["id"].lower():
        raise ArmError(404, "ResourceNotFound", f"The operation '{request.params['operation']}' was not found.")
    return record


def state_of(record: Document) -> Document:
    """{id, name, status, startTime, endTime[, error][, properties]}; endTime is startTime once it is over (recorded traffic)."""
    over = record["status"] != "InProgress"
    body = {
        "id": record["id"],
        "name": record["id"],
        "status": record["status"],
        "startTime": record["start"],
        "endTime": record["start"] if over else NEVER,
    }
    if record["error"]:
        body["error"] = record["error"]
    if over and record["properties"]:
        body["properties"] = record["properties"]
    return body


@route("GET", VAULT + "/backupOperations/{operation}")
def vault_status(world: World, request: Request) -> Response:
    record = _find(world, request)
    headers = {} if record["status"] != "InProgress" else {"Retry-After": world.clock.retry_after(POLL_SECONDS)}
    return Response(200, state_of(record), headers)


@route("GET", ITEM + "/operationsStatus/{operation}")
@route("GET", _FABRIC + "/operationsStatus/{operation}")
@route("GET", _JOB + "/operationsStatus/{operation}")
@route("GET", _POLICY + "/operations/{operation}")
def status(world: World, request: Request) -> Response:
    record = _find(world, request)
    if record["status"] != "InProgress":
        return Response(200, state_of(record))
    path, _slash, name = request.path.rpartition("/")
    result = f"{path.rpartition('/')[0]}/operationResults/{name}"
    return Response(200, state_of(record), poll_headers(world, request, status=request.path, result=result))


@route("GET", VAULT + "/backupOperationResults/{operation}")
@route("GET", _FABRIC + "/operationResults/{operation}")
@route("GET", _JOB + "/operationResults/{operation}")
@route("GET", ITEM + "/operationResults/{operation}")
@route("GET", _POLICY + "/operationResults/{operation}")
def result(world: World, request: Request) -> Response:
    """202 while it runs, then the item or policy if the operation has left one, else 204; its error if it failed."""
    record = _find(world, request)
    if record["status"] == "InProgress":
        return Response(202, None, poll_headers(world, request, result=request.path))
    if record["error"]:
        raise ArmError(400, **record["error"])
    left = world.store.resource(record["resource"]) if {"item", "policy"} & set(request.params) else None
    if left is None:
        return Response(204)
    return Response(200, protected_items.view(world, left, request.api_version) if "item" in request.params else left)
