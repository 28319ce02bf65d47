# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the regional providers Microsoft.Network and Microsoft.Compute answer long-running calls, as recorded.

Both hand out poll URLs below their locations. Network's poll answers a bare status and its result
URL 204 or a body; Compute's has times and a name, and its result is the same URL with monitor=true.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ...core.clock import parse, ticks
from ...core.messages import ArmError, Request, Response
from ...core.router import route
from ...core.store import Document
from .tracked import offset_time

if TYPE_CHECKING:
    from ...core.world import World

NETWORK_RETRY = 10
"""Seconds between polls that Network asks for (recorded gaps of 10 to 11 s)."""
COMPUTE_RETRY = 30
"""Seconds between polls that Compute asks for (recorded gaps of mostly 30 s)."""

_PRINCIPAL = "571046f6-b640-41c1-86f7-f9f044b5adf9"
"""The p parameter of every Compute poll URL; the recordings have one value for all."""
_NETWORK = "/subscriptions/{sub}/providers/Microsoft.Network/locations/{location}"
_COMPUTE = "/subscriptions/{sub}/providers/Microsoft.Compute/locations/{location}"


def _signature(world: World, operation_id: str) -> dict[str, str]:
    """The t, c, s and h parameters; real ones are 3.3 kB, clients have to send them back unchanged."""
    digest = hashlib.sha256(operation_id.encode()).hexdigest()
    return {"t": str(ticks(world.clock.now())), "c": f"MIIHpTCC{digest}", "s": digest[:43], "h": digest[-43:]}


def network_headers(world: World, request: Request, location: str, record: Document, *, status: bool = True, result: bool = False) -> dict[str, str]:
    """Azure-AsyncOperation (status) and Location (result) of a Network operation."""
    base = f"{world.settings.base_url}/subscriptions/{request.params['sub']}/providers/Microsoft.Network/locations/{location}"
    query = urlencode({"api-version": request.api_version, **_signature(world, record["id"])})
    headers = {"Retry-After": world.clock.retry_after(NETWORK_RETRY)}
    if result:
        headers["Location"] = f"{base}/operationResults/{record['id']}?{query}"
    if status:
        headers["Azure-AsyncOperation"] = f"{base}/operations/{record['id']}?{query}"
    return headers


def compute_headers(
    world: World, request: Request, location: str, record: Document, *, result: bool = False, segment: str = "operations"
) -> dict[str, str]:
    """Azure-AsyncOperation and, with result, Location of a Compute operation. Disks have their own segment, DiskOperations."""
    path = f"/subscriptions/{request.params['sub']}/providers/Microsoft.Compute/locations/{location}/{segment}/{record['id']}"
    base = f"{world.settings.base_url}{path}?p={_PRINCIPAL}"
    tail = urlencode({"api-version": request.api_version, **_signature(world, record["id"])})
    headers = {"Azure-AsyncOperation": f"{base}&{tail}", "Retry-After": world.clock.retry_after(COMPUTE_RETRY)}
    if result:
        headers["Location"] = f"{base}&monitor=true&{tail}"
    return headers


def _record(world: World, request: Request) -> Document:
    record = world.operations.get(request.params["id"])
    if record is None:
        raise ArmError(404, "OperationNotFound", f"The operation with id {request.params['id']} was not found.")
    return record


@route("GET", _NETWORK + "/operations/{id}")
def network_status(world: World, request: Request) -> Response:
    record = _record(world, request)
    if record["status"] == "InProgress":
        return Response(200, {"status": "InProgress"}, {"Retry-After": world.clock.retry_after(NETWORK_RETRY)})
    body = {"status": record["status"]}
    if record["error"]:
        body["error"] = {"details": [], **record["error"]}
    return Response(200, body)


@route("GET", _NETWORK + "/operationResults/{id}")
def network_result(world: World, request: Request) -> Response:
    """202 until the end; then the result if the operation has one, else 204, which still carries both headers."""
    record = _record(world, request)
    here = f"{world.settings.base_url}{request.path}?{urlencode(request.query)}"
    headers = {"Location": here}
    if record["status"] == "InProgress":
        return Response(202, None, {**headers, "Retry-After": world.clock.retry_after(NETWORK_RETRY)})
    if record["error"]:
        raise ArmError(400, record["error"]["code"], record["error"]["message"], details=[])
    if record["properties"] is not None:
        return Response(200, record["properties"])
    return Response(204, None, {**headers, "Azure-AsyncOperation": here.replace("/operationResults/", "/operations/")})


def _compute_status(world: World, request: Request) -> Response:
    """Status, or with monitor=true the result: the operation's output, or nothing."""
    record = _record(world, request)
    waiting = record["status"] == "InProgress"
    headers = {"Retry-After": world.clock.retry_after(COMPUTE_RETRY)} if waiting else {}
    if request.query.get("monitor"):
        here = f"{world.settings.base_url}{request.path}?{urlencode(request.query)}"
        return Response(202, None, {**headers, "Location": here}) if waiting else Response(200, (record["properties"] or {}).get("output"))
    body: Document = {"startTime": offset_time(parse(record["start"]))}
    if record["end"]:
        body["endTime"] = offset_time(parse(record["end"]))
    body["status"] = record["status"]
    if record["properties"]:
        body["properties"] = record["properties"]
    if record["error"]:
        body["error"] = record["error"]
    return Response(200, {**body, "name": record["id"]}, headers)


route("GET", _COMPUTE + "/operations/{id}")(_compute_status)
route("GET", _COMPUTE + "/DiskOperations/{id}")(_compute_status)
