# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery points: one for each backup that got as far as its snapshot."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ...core.clock import iso
from ...core.messages import Request, Response
from ...core.router import route
from ...core.store import Document, public
from ...gateway import odata
from ...gateway.arm import page
from ..recovery.recovery_services import ITEM, POINTS, filter_time, require_item, service_error

if TYPE_CHECKING:
    from ...core.world import World

_SNAPSHOT = {"type": "InstantRP", "status": "Valid"}
_NOT_YET = "It is not known yet whether the recovery point can be moved."
_VAULTED = {"type": "HardenedRP", "status": "Valid"}


def add(
    world: World,
    item: Document,
    moment: datetime,
    vm: Document | None,
    *,
    vaulted: bool = True,
    consistent: bool = True,
    expires: str = "",
) -> Document:
    """A recovery point of this moment, and the item that now has a backup. vaulted is False while only the snapshot exists."""
    machine = (vm or {}).get("properties", {})
    disk = (machine.get("storageProfile") or {}).get("osDisk") or {}
    name = str(world.store.next_number("recovery-point") + 76_746_413_000_000)
    point: Document = {
        "id": f"{item['id']}/recoveryPoints/{name}",
        "name": name,
        "type": POINTS,
        "properties": {
            "objectType": "IaasVMRecoveryPoint",
            "recoveryPointType": "AppConsistent" if consistent and disk.get("osType") == "Windows" else _file_system(consistent),
            "recoveryPointTime": iso(moment),
            "recoveryPointAdditionalInfo": "",
            "sourceVMStorageType": "PremiumVMOnPartialPremiumStorage",
            "isSourceVMEncrypted": False,
            "isInstantIlrSessionActive": False,
            "recoveryPointTierDetails": [_SNAPSHOT, _VAULTED] if vaulted else [_SNAPSHOT],
            "isManagedVirtualMachine": True,
            "virtualMachineSize": (machine.get("hardwareProfile") or {}).get("vmSize", "Standard_D2s_v5"),
            "originalStorageAccountOption": False,
            "osType": disk.get("osType", "Linux"),
            "recoveryPointMoveReadinessInfo": {"ArchivedRP": {"isReadyForMove": False, "additionalInfo": _NOT_YET}},
            "securityType": (machine.get("securityProfile") or {}).get("securityType", "None"),
            "isPrivateAccessEnabledOnAnyDisk": False,
            "createdWithPolicyType": item["_policy_type"],
            "threatStatus": 0,
        },
        "_expires": expires,
    }
    world.store.put_resource(point)
    properties = {**item["properties"], "lastBackupStatus": "Completed", "lastBackupTime": iso(moment), "lastRecoveryPoint": iso(moment)}
    if properties["protectionState"] == "IRPending":
        properties["protectionState"] = "Protected"
    world.store.put_resource({**item, "properties": properties})
    return point


def _file_system(consistent: bool) -> str:
    return "FileSystemConsistent" if consistent else "CrashConsistent"


def harden(world: World, point_id: str) -> None:
    """The data of a snapshot has arrived in the vault."""
    point = world.store.resource(point_id)
    if point is not None:
        world.store.put_resource({**point, "properties": {**point["properties"], "recoveryPointTierDetails": [_SNAPSHOT, _VAULTED]}})


def expire(world: World, item: Document) -> None:
    """Remove the points whose time is over."""
    now = iso(world.clock.now())
    for point in world.store.list(POINTS, item["id"]):
        if point["_expires"] and point["_expires"] <= now:
            world.store.delete_resource(point["id"])


def of_item(world: World, item: Document) -> list[Document]:
    """Newest first."""
    return sorted(world.store.list(POINTS, item["id"]), key=lambda point: point["properties"]["recoveryPointTime"], reverse=True)


def summary(world: World, item: Document) -> Document:
    """The extendedInfo of an item."""
    points = of_item(world, item)
    oldest = {"oldestRecoveryPoint": points[-1]["properties"]["recoveryPointTime"]} if points else {}
    return {**oldest, "recoveryPointCount": len(points), "policyInconsistent": item.get("_policy_inconsistent", False)}


@route("GET", ITEM + "/recoveryPoints")
def list_points(world: World, request: Request) -> Response:
    """Newest first. The filter knows startDate (from) and endDate (until)."""
    wanted = odata.parse(request.query.get("$filter", "")).values()
    since, until = filter_time(wanted.get("startdate")), filter_time(wanted.get("enddate"))
    points = of_item(world, require_item(world, request))
    return page(world, request, [each for each in points if since <= each["properties"]["recoveryPointTime"] <= (until or "9999")])


@route("GET", ITEM + "/recoveryPoints/{point}")
def get_point(world: World, request: Request) -> Response:
    return Response(200, public(find(world, request)))


def find(world: World, request: Request) -> Document:
    point = world.store.resource(f"{require_item(world, request)['id']}/recoveryPoints/{request.params['point']}")
    if point is None:
        raise service_error("BMSUserErrorRecoveryPointNotFound", f"The recovery point '{request.params['point']}' was not found.", 404)
    return point
