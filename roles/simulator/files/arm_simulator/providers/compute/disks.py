# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed disks: their own life, and being attached to virtual machines."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.router import GROUP, route
from ...core.store import Document, public
from ...gateway.arm import page
from ..common import tracked
from ..common.regional import compute_headers
from ..common.tracked import SUCCEEDED, check_location, make_id, merged, offset_time

if TYPE_CHECKING:
    from ...core.world import World

TYPE = "Microsoft.Compute/disks"
SECONDS = 5
_GIB = 1024**3
_DISKS = f"/providers/{TYPE}"


def make(world: World, disk_id: str, location: str, body: Document, existing: Document | None = None, state: str = SUCCEEDED) -> Document:
    """Store the disk that a PUT of this body describes."""
    sku = (body.get("sku") or {}).get("name") or "Standard_LRS"
    asked = body.get("properties") or {}
    kept = existing["properties"] if existing else {}
    size = asked.get("diskSizeGB") or kept.get("diskSizeGB") or 32
    document: Document = {"name": disk_id.rpartition("/")[2], "id": disk_id, "type": TYPE, "location": location}
    for key, value in (("tags", body.get("tags")), ("zones", body.get("zones")), ("managedBy", (existing or body).get("managedBy"))):
        if value is not None:
            document[key] = value
    document["sku"] = {"name": sku, "tier": sku.partition("_")[0]}
    document["properties"] = {
        "creationData": {"createOption": "Empty"},
        "encryption": {"type": "EncryptionAtRestWithPlatformKey"},
        "networkAccessPolicy": "AllowAll",
        "publicNetworkAccess": "Enabled",
        "timeCreated": kept.get("timeCreated") or offset_time(world.clock.now()),
        "uniqueId": kept.get("uniqueId") or world.new_id(),
        "diskState": "Unattached",
        **asked,
        "diskSizeGB": size,
        "diskSizeBytes": size * _GIB,
        "provisioningState": state,
    }
    return world.store.put_resource(document)


def set_owner(world: World, disk_id: str, vm_id: str | None) -> None:
    """Attach a disk to a VM, or detach it."""
    disk = world.store.resource(disk_id)
    if disk is not None:
        changed = {key: value for key, value in disk.items() if key != "managedBy"}
        world.store.put_resource({**changed, "managedBy": vm_id} if vm_id else changed)


def check_attachable(world: World, disk_id: str, vm_id: str) -> Document:
    """The disk, if the VM may have it."""
    disk = world.store.resource(disk_id)
    if disk is None:
        raise ArmError(404, "NotFound", f"Resource {disk_id.rpartition('/')[2]} is not found.")
    owner = disk.get("managedBy")
    if owner and owner.lower() != vm_id.lower() and disk["properties"].get("maxShares", 1) < 2:
        raise ArmError(
            409,
            "ConflictingUserInput",
            f"Disk '{disk['name']}' cannot be attached as the disk is already owned by VM '{owner}'.",
            target="dataDisk",
        )
    return disk


def shown(world: World, disk: Document) -> Document:
    """The disk as a GET answers it: its state follows the power of its VM."""
    owner = world.store.resource(disk["managedBy"]) if disk.get("managedBy") else None
    state = "Unattached"
    if owner:
        state = "Reserved" if owner.get("_power") == "deallocated" else "Attached"
    return {**public(disk), "properties": {**disk["properties"], "diskState": state}}


def _started(world: World, request: Request, disk: Document) -> Response:
    record = world.operations.begin("disk write", disk["id"], SECONDS)
    return Response(202, shown(world, disk), compute_headers(world, request, disk["location"], record, result=True, segment="DiskOperations"))


def _settle_as(state: str, world: World, record: Document) -> None:
    disk = world.store.resource(record["resource"])
    if disk is not None:
        stored = world.store.put_resource({**disk, "properties": {**disk["properties"], "provisioningState": state}})
        record["properties"] = {"output": shown(world, stored)}


@operation("disk write", failed=partial(_settle_as, "Failed"))
def _settle(world: World, record: Document) -> None:
    _settle_as(SUCCEEDED, world, record)


@route("PUT", f"{GROUP}{_DISKS}/{{name}}")
def put_disk(world: World, request: Request) -> Response:
    disk_id = make_id(world, request, TYPE, request.params["name"])
    existing = world.store.resource(disk_id)
    body = request.json()
    location = check_location(disk_id, body, existing)
    _check_size(body, existing)
    return _started(world, request, make(world, disk_id, location, body, existing, "Updating"))


@route("PATCH", f"{GROUP}{_DISKS}/{{name}}")
def patch_disk(world: World, request: Request) -> Response:
    disk = tracked.require(world, request, TYPE)
    body = request.json()
    _check_size(body, disk)
    allowed = {key: body[key] for key in ("tags", "sku", "properties") if key in body}
    changed = merged({key: value for key, value in disk.items() if key != "tags" or "tags" not in allowed}, allowed)
    return _started(world, request, make(world, disk["id"], disk["location"], changed, disk, "Updating"))


def _check_size(body: Document, existing: Document | None) -> None:
    wanted = (body.get("properties") or {}).get("diskSizeGB")
    current = existing["properties"]["diskSizeGB"] if existing else 0
    if wanted and wanted < current:
        raise ArmError(
            400,
            "BadRequest",
            f"The new disk size is {wanted} GB, which is smaller than the current disk size {current} GB, disk size reduction is not supported.",
        )


@route("GET", f"{GROUP}{_DISKS}/{{name}}")
def get_disk(world: World, request: Request) -> Response:
    return Response(200, shown(world, tracked.require(world, request, TYPE)))


@route("GET", f"{GROUP}{_DISKS}")
@route("GET", f"/subscriptions/{{sub}}{_DISKS}")
def list_disks(world: World, request: Request) -> Response:
    scope = request.path[: request.path.lower().index("/providers/")]
    response = page(world, request, world.store.list(TYPE, scope))
    response.body["value"] = [shown(world, disk) for disk in response.body["value"]]
    return response


@route("DELETE", f"{GROUP}{_DISKS}/{{name}}")
def delete_disk(world: World, request: Request) -> Response:
    disk = world.store.resource(make_id(world, request, TYPE, request.params["name"]))
    if disk is None:
        return Response(204)
    if disk.get("managedBy"):
        raise ArmError(409, "OperationNotAllowed", f"Disk {disk['name']} is attached to VM {disk['managedBy']}.")
    record = world.operations.begin("disk delete", disk["id"], SECONDS)
    return Response(202, None, compute_headers(world, request, disk["location"], record, result=True, segment="DiskOperations"))


@operation("disk delete")
def _remove(world: World, record: Document) -> None:
    world.store.delete_resource(record["resource"])
