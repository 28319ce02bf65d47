# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Extensions of virtual machines. They need an agent that reports, else Azure gives up after a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.regions import normalise
from ...core.router import route
from ...core.store import Document, public
from ...gateway.arm import not_found
from ..common.regional import compute_headers
from ..common.tracked import SUCCEEDED, merged
from .instance_view import agent_is_ready, extension_view, os_type
from .virtual_machines import EXTENSIONS, VM, require
from .vm_model import at

if TYPE_CHECKING:
    from ...core.world import World

SECONDS = 11
"""Recorded: 10 to 11 s, with the agent there."""
GIVE_UP_SECONDS = 25 * 60
"""Recorded: how long Azure waits for an agent that never reports."""

_HIDDEN = ("protectedSettings", "protectedSettingsFromKeyVault")
_EXTENSION = VM + "/extensions/{extension}"


def silent_agent(vm: Document) -> ArmError:
    """Why something that needs the agent failed in the end (recorded)."""
    return ArmError(
        200,
        "VMAgentStatusCommunicationError",
        f"VM '{vm['name']}' has not reported status for VM agent or extensions. Verify that the OS is up and healthy, the VM has a "
        "running VM agent, and that it can establish outbound connections to Azure storage. Please refer to "
        f"https://aka.ms/vmextension{os_type(vm).lower()}troubleshoot for additional VM agent troubleshooting information.",
    )


def _stored(world: World, request: Request) -> tuple[Document, str, Document | None]:
    """The VM, the extension's id and the extension if there is one."""
    vm = require(world, request)
    extension_id = f"{vm['id']}/extensions/{request.params['extension']}"
    extension = world.store.resource(extension_id)
    return vm, extension["id"] if extension else extension_id, extension


def _check_allowed(vm: Document) -> None:
    if at(vm["properties"], "osProfile.allowExtensionOperations") is False:
        raise ArmError(
            409,
            "OperationNotAllowed",
            "This operation cannot be performed when extension operations are disallowed. To allow, please ensure VM Agent is installed on "
            "the VM and the osProfile.allowExtensionOperations property is true.",
        )
    if vm["_power"] != "running":
        raise ArmError(409, "OperationNotAllowed", "Cannot modify extensions in the VM when the VM is not running.")


def _write(world: World, request: Request, vm: Document, document: Document, status: int) -> Response:
    world.store.put_resource(document)
    seconds = SECONDS if agent_is_ready(world, vm) else GIVE_UP_SECONDS
    record = world.operations.begin("vm extension write", document["id"], seconds, vm=vm["id"])
    return Response(status, public(document), compute_headers(world, request, vm["location"], record))


@route("PUT", _EXTENSION)
def put_extension(world: World, request: Request) -> Response:
    vm, extension_id, existing = _stored(world, request)
    _check_allowed(vm)
    body = request.json()
    asked = {key: value for key, value in (body.get("properties") or {}).items() if key not in _HIDDEN}
    for key in ("publisher", "type", "typeHandlerVersion"):
        if not asked.get(key):
            raise ArmError(400, "InvalidParameter", f"Required parameter '{key}' is missing (null).", target=key)
    document = {
        "name": extension_id.rpartition("/")[2],
        "id": extension_id,
        "type": EXTENSIONS,
        "location": normalise(body.get("location") or vm["location"]),
        "properties": {"autoUpgradeMinorVersion": False, **asked, "provisioningState": "Updating" if existing else "Creating"},
    }
    if body.get("tags"):
        document["tags"] = body["tags"]
    return _write(world, request, vm, document, 200 if existing else 201)


@route("PATCH", _EXTENSION)
def patch_extension(world: World, request: Request) -> Response:
    vm, extension_id, existing = _stored(world, request)
    if existing is None:
        raise not_found(extension_id)
    _check_allowed(vm)
    body = request.json()
    patch = {key: value for key, value in (body.get("properties") or {}).items() if key not in _HIDDEN}
    changed = merged(existing, {"properties": {**patch, "provisioningState": "Updating"}})
    if "tags" in body:
        changed["tags"] = body["tags"]
    return _write(world, request, vm, changed, 200)


@operation("vm extension write")
def _written(world: World, record: Document) -> None:
    extension, vm = world.store.resource(record["resource"]), world.store.resource(record["args"]["vm"])
    if extension is None or vm is None:
        return
    reported = agent_is_ready(world, vm)
    state = SUCCEEDED if reported else "Failed"
    world.store.put_resource({**extension, "properties": {**extension["properties"], "provisioningState": state}})
    if not reported:
        raise silent_agent(vm)


@route("GET", _EXTENSION)
def get_extension(world: World, request: Request) -> Response:
    _vm, extension_id, extension = _stored(world, request)
    if extension is None:
        raise not_found(extension_id)
    document = public(extension)
    if "instanceview" in request.query.get("$expand", "").lower():
        document["properties"] = {**extension["properties"], "instanceView": extension_view(extension)}
    return Response(200, document)


@route("GET", VM + "/extensions")
def list_extensions(world: World, request: Request) -> Response:
    """All of them at once; this list has no pages."""
    vm = require(world, request)
    return Response(200, {"value": [public(extension) for extension in world.store.list(EXTENSIONS, vm["id"])]})


@route("DELETE", _EXTENSION)
def delete_extension(world: World, request: Request) -> Response:
    vm, extension_id, extension = _stored(world, request)
    if extension is None:
        return Response(204)
    _check_allowed(vm)
    record = world.operations.begin("vm extension delete", extension_id, SECONDS)
    return Response(202, None, compute_headers(world, request, vm["location"], record, result=True))


@operation("vm extension delete")
def _removed(world: World, record: Document) -> None:
    world.store.delete_resource(record["resource"])
