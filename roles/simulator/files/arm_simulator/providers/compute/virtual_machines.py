# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual machines: PUT, PATCH, GET, instance view, lists and DELETE."""

from __future__ import annotations

import copy
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from ...core.clock import iso
from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.router import GROUP, route
from ...core.store import Document, public
from ...gateway.arm import page
from ..common import tracked
from ..common.regional import compute_headers
from ..common.tracked import SUCCEEDED, check_etag, check_location, make_id, merged, offset_time
from ..network.network_interfaces import NIC, attach
from ..network.network_resources import check_reference
from . import disks, vm_model
from .instance_view import instance_view

if TYPE_CHECKING:
    from ...core.world import World

TYPE = vm_model.TYPE
EXTENSIONS = f"{TYPE}/extensions"
VM = f"{GROUP}/providers/{TYPE}/{{name}}"
CREATE_SECONDS = 50
UPDATE_SECONDS = 10
AGENT_SECONDS = 60
"""How long after its start a new VM's agent is first heard of; until then it is Not Ready, as recorded."""


def require(world: World, request: Request) -> Document:
    """The VM that the request is about."""
    return tracked.require(world, request, TYPE)


def save(world: World, vm: Document, **private: object) -> Document:
    """Store a changed VM with its next etag; private keys are given without their underscore."""
    number = int(vm.get("etag", '"0"').strip('"')) + 1
    changes = {f"_{key}": value for key, value in private.items()}
    return world.store.put_resource({**vm, "etag": f'"{number}"', "_changed": offset_time(world.clock.now()), **changes})


def with_state(vm: Document, state: str) -> Document:
    return {**vm, "properties": {**vm["properties"], "provisioningState": state}}


def agent_starts(world: World, vm: Document) -> Document:
    """The agent of a VM that starts now, or that is made now."""
    agent = vm.get("_agent") or _agent_of(vm)
    return {**agent, "since": iso(world.clock.now() + timedelta(seconds=AGENT_SECONDS / world.clock.speed))}


def _agent_of(vm: Document) -> Document:
    """Whether the body wants an agent; one that was not provisioned is Not Ready for ever (recorded)."""
    profile = vm["properties"].get("osProfile") or {}
    own = profile.get("windowsConfiguration") or profile.get("linuxConfiguration") or {}
    return {"status": "Ready" if own.get("provisionVMAgent", True) else "NotReady"}


def shown(world: World, vm: Document, view: bool = False) -> Document:
    """The VM as a GET answers it, with its instance view when asked for."""
    extensions = world.store.list(EXTENSIONS, vm["id"])
    document = public(vm)
    if view:
        document["properties"] = {**vm["properties"], "instanceView": instance_view(world, vm, extensions)}
    if extensions:
        document["resources"] = [public(extension) for extension in extensions]
    return document


@route("GET", VM)
def get_vm(world: World, request: Request) -> Response:
    view = "instanceview" in request.query.get("$expand", "").lower()
    return Response(200, shown(world, require(world, request), view))


@route("GET", VM + "/instanceView")
def get_instance_view(world: World, request: Request) -> Response:
    vm = require(world, request)
    return Response(200, instance_view(world, vm, world.store.list(EXTENSIONS, vm["id"])))


@route("GET", f"{GROUP}/providers/{TYPE}")
@route("GET", f"/subscriptions/{{sub}}/providers/{TYPE}")
def list_vms(world: World, request: Request) -> Response:
    """statusOnly=true gives the run-time status of all; $expand=instanceView works only together with a $filter, as documented at
    https://learn.microsoft.com/rest/api/compute/virtual-machines/list-all
    """
    scope = request.path[: request.path.lower().index("/providers/")]
    response = page(world, request, world.store.list(TYPE, scope))
    vms = [world.store.resource(item["id"]) or item for item in response.body["value"]]
    if request.query.get("statusonly", "").lower() == "true":
        response.body["value"] = [_status_only(world, vm) for vm in vms]
    else:
        view = bool(request.query.get("$filter")) and "instanceview" in request.query.get("$expand", "").lower()
        response.body["value"] = [shown(world, vm, view) for vm in vms]
    return response


def _status_only(world: World, vm: Document) -> Document:
    full = shown(world, vm, view=True)
    kept = {key: full["properties"][key] for key in ("provisioningState", "vmId", "instanceView")}
    return {**{key: full[key] for key in ("name", "id", "type", "location")}, "properties": kept}


@route("PUT", VM)
def put_vm(world: World, request: Request) -> Response:
    vm_id = make_id(world, request, TYPE, request.params["name"])
    existing = world.store.resource(vm_id)
    body = request.json()
    check_etag(request, existing)
    location = check_location(vm_id, body, existing)
    if existing:
        tags = {"tags": body.get("tags") or {}}
        return _change(world, request, existing, {**body, **tags, "properties": body.get("properties") or {}})
    vm_model.check_required(body.get("properties") or {})
    for nic_id in vm_model.interface_ids(body["properties"]):
        check_reference(world, vm_id, nic_id)
    vm = vm_model.make(world, vm_id, location, body, state="Creating")
    vm["properties"]["timeCreated"] = offset_time(world.clock.now())
    stored = save(world, vm, power="running", agent=_agent_of(vm))
    _attach_interfaces(world, stored)
    record = world.operations.begin("vm create", vm_id, CREATE_SECONDS)
    return Response(201, shown(world, stored), compute_headers(world, request, location, record))


@route("PATCH", VM)
def patch_vm(world: World, request: Request) -> Response:
    vm = require(world, request)
    check_etag(request, vm)
    return _change(world, request, vm, request.json())


def _change(world: World, request: Request, vm: Document, body: Document) -> Response:
    """What a PUT and a PATCH of an existing VM do: the properties that are given change, the others stay."""
    allowed = {key: body[key] for key in ("tags", "identity", "plan", "properties") if key in body}
    wanted = merged({key: value for key, value in vm.items() if key != "tags" or "tags" not in allowed}, allowed)
    vm_model.check_fixed(vm["properties"], wanted["properties"])
    _check_extensions_allowed(world, vm, wanted)
    changed = vm_model.make(world, vm["id"], vm["location"], copy.deepcopy(wanted), vm, "Updating")
    private = {key: value for key, value in vm.items() if key.startswith("_") or key == "etag"}
    stored = save(world, {**changed, **private})
    for disk_id in vm_model.disk_ids(vm["properties"]).keys() - vm_model.disk_ids(stored["properties"]).keys():
        disks.set_owner(world, disk_id, None)
    for nic_id in vm_model.interface_ids(vm["properties"]).keys() - vm_model.interface_ids(stored["properties"]).keys():
        attach(world, nic_id, None)
    _attach_interfaces(world, stored)
    record = world.operations.begin("vm update", vm["id"], UPDATE_SECONDS)
    return Response(200, shown(world, stored), compute_headers(world, request, vm["location"], record))


def _check_extensions_allowed(world: World, vm: Document, wanted: Document) -> None:
    path = "osProfile.allowExtensionOperations"
    if vm_model.at(wanted["properties"], path) is False and world.store.list(EXTENSIONS, vm["id"]):
        raise ArmError(409, "OperationNotAllowed", f"'{path}' cannot be false while the VM has extensions.", target=path)


def _attach_interfaces(world: World, vm: Document) -> None:
    for place, nic_id in enumerate(vm_model.interface_ids(vm["properties"])):
        nic = check_reference(world, vm["id"], nic_id)
        if (nic["properties"].get("virtualMachine") or {}).get("id", "").lower() != vm["id"].lower():
            attach(world, nic_id, vm["id"], primary=place == 0)


def settle_as(state: str, world: World, record: Document) -> None:
    """The effect of an operation that changed a VM: it is in its final state now."""
    vm = world.store.resource(record["resource"])
    if vm is not None:
        save(world, with_state(vm, state))


@operation("vm create", failed=partial(settle_as, "Failed"))
def _created(world: World, record: Document) -> None:
    vm = world.store.resource(record["resource"])
    if vm is not None:
        save(world, with_state(vm, SUCCEEDED), agent=agent_starts(world, vm))


@operation("vm update", failed=partial(settle_as, "Failed"))
def _updated(world: World, record: Document) -> None:
    settle_as(SUCCEEDED, world, record)


@route("DELETE", VM)
def delete_vm(world: World, request: Request) -> Response:
    vm = world.store.resource(make_id(world, request, TYPE, request.params["name"]))
    if vm is None:
        return Response(204)
    check_etag(request, vm)
    save(world, with_state(vm, "Deleting"))
    record = world.operations.begin("vm delete", vm["id"], 40)
    return Response(202, None, compute_headers(world, request, vm["location"], record, result=True))


@operation("vm delete", failed=partial(settle_as, "Failed"))
def _removed(world: World, record: Document) -> None:
    """The VM goes; its disks and interfaces are let go of or deleted with it, as their deleteOption says."""
    vm = world.store.resource(record["resource"])
    if vm is None:
        return
    world.store.delete_resource(vm["id"])
    for disk_id, option in vm_model.disk_ids(vm["properties"]).items():
        if option == "Delete":
            world.store.delete_resource(disk_id)
        else:
            disks.set_owner(world, disk_id, None)
    for nic_id, option in vm_model.interface_ids(vm["properties"]).items():
        attach(world, nic_id, None)
        nic = world.store.resource(nic_id)
        if nic is not None and option == "Delete":
            NIC.remove(world, nic)
