# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups and restores as they run: a job with tasks, a snapshot, then the data in the vault."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ...core.clock import event, iso, parse
from ...core.messages import Request, Response
from ...core.operations import operation
from ...core.router import route
from ...core.store import Document
from ..recovery import vault_guard
from ..recovery.recovery_services import ITEM, find_vault, last, poll_headers, require_item, service_error
from . import eligibility, jobs, recovery_points

if TYPE_CHECKING:
    from ...core.world import World

# A recorded first backup of a small VM: 41 minutes.
SNAPSHOT_SECONDS, TRANSFER_SECONDS = 456.0, 2020.0
_RESTORE_SECONDS = 1800.0
_MOST_PER_DAY = 9
"""On-demand backups of one item in a UTC day (https://learn.microsoft.com/azure/backup/backup-azure-vms-introduction)."""


@route("POST", ITEM + "/backup")
def backup_now(world: World, request: Request) -> Response:
    """Start a backup (202). The operation ends at once and names the job, which runs on."""
    item = _ready(world, request)
    wanted = request.json().get("properties") or {}
    if wanted.get("objectType") != "IaasVMBackupRequest":
        raise service_error("BMSUserErrorInvalidInput", "objectType must be IaasVMBackupRequest.")
    _check_limits(world, item)
    expiry = _expiry(world, wanted.get("recoveryPointExpiryTimeInUTC"))
    name = item["properties"]["friendlyName"]
    bag = {"VM Name": name, "Recovery Point Expiry Time in UTC": _american(expiry)}
    job = world.new_id()
    record = world.operations.begin("backup-accepted", item["id"], 1.0, job=job)
    record["properties"] = {"objectType": "OperationStatusJobExtendedInfo", "jobId": job}
    world.operations.update(record)
    run(world, [start(world, item, bag, expiry, record, job)])
    return _accepted(world, request, record, request.path.rstrip("/").removesuffix("/backup"))


def _accepted(world: World, request: Request, record: Document, path: str) -> Response:
    status, result = (f"{path}/{name}/{record['id']}" for name in ("operationsStatus", "operationResults"))
    return Response(202, None, poll_headers(world, request, status=status, result=result))


def _ready(world: World, request: Request) -> Document:
    item = require_item(world, request)
    if not item["properties"]["policyId"]:
        raise service_error("UserErrorProtectionStopped", "The protection of the item is stopped. Resume it before you start a backup.")
    return item


def _check_limits(world: World, item: Document) -> None:
    """One backup of an item at a time, and so many a day. Table "item_backups" knows {job, day, count} by item id."""
    entry = world.store.get("item_backups", item["id"].lower()) or {"job": "", "day": "", "count": 0}
    if _running(world, entry["job"]) is not None:
        raise service_error(
            "UserErrorBackupOperationInProgress", "Unable to initiate backup as another backup operation is currently in progress.", 409
        )
    if entry["day"] == _today(world) and entry["count"] >= _MOST_PER_DAY:
        raise service_error("CloudDosAbsoluteLimitReached", f"Only {_MOST_PER_DAY} on-demand backups of an item are possible in 24 hours.")


def _today(world: World) -> str:
    return world.clock.now().strftime("%Y-%m-%d")


def _expiry(world: World, text: str | None) -> datetime:
    if not text:
        return world.clock.now() + timedelta(days=30)
    try:
        moment = parse(text)
    except ValueError as exc:
        raise service_error("BMSUserErrorInvalidInput", f"The time '{text}' cannot be read.") from exc
    if moment <= world.clock.now():
        raise service_error("BMSUserErrorInvalidInput", "The recovery point expiry time must lie in the future.")
    return moment


def _american(moment: datetime) -> str:
    """'6/12/2024 12:00:00 AM', as the property bag of a job writes times."""
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S} {'AM' if moment.hour < 12 else 'PM'}"


def start(world: World, item: Document, bag: dict[str, str], expires: datetime, record: Document | None = None, job: str | None = None) -> str:
    """A backup job of an item; its id. What runs it is the event "backup-snapshot"."""
    speed = world.clock.speed
    document = jobs.start(
        world,
        item["id"],
        item["properties"]["friendlyName"],
        "Backup",
        bag,
        operation_id=record["id"] if record else None,
        job_id=job,
        since=record["start"] if record else None,
        tasks=[["Take Snapshot", SNAPSHOT_SECONDS / speed], ["Transfer data to vault", TRANSFER_SECONDS / speed]],
        extended={"internalPropertyBag": {"IsInstantRpJob": "True"}, "expires": iso(expires)},
    )
    key = item["id"].lower()
    entry = world.store.get("item_backups", key) or {"day": "", "count": 0}
    count = entry["count"] if entry["day"] == _today(world) else 0
    world.store.put("item_backups", key, {"job": document["id"], "day": _today(world), "count": count + (record is not None)})
    return document["id"]


def run(world: World, ids: list[str]) -> None:
    """Let the jobs of these ids take their snapshots together."""
    world.clock.at(world.clock.after(SNAPSHOT_SECONDS), "backup-snapshot", jobs=ids)


@operation("backup-accepted")
def _nothing_more(_world: World, _record: Document) -> None:
    """The job does the work."""


@event("backup-snapshot")
def _snapshots(world: World, args: Document) -> None:
    taken = [[job, point] for job in args["jobs"] if (point := _snapshot(world, job)) is not None]
    if taken:
        world.clock.at(world.clock.after(TRANSFER_SECONDS), "backup-transferred", pairs=taken)


def _snapshot(world: World, job_id: str) -> str | None:
    """Take the snapshot of a job: the id of the recovery point, or None when it cannot be or need not be taken."""
    job = _running(world, job_id)
    item = world.store.resource(job["_item"]) if job else None
    if job is None or item is None:
        return None
    vm_id = item["properties"]["virtualMachineId"]
    problem = eligibility.to_back_up(world, vm_id)
    if problem:
        error = problem.details()
        jobs.finish(world, job_id, "Failed", error)
        health = {"code": error["errorCode"], "title": error["errorTitle"], "message": error["errorString"], "recommendations": error["recommendations"]}
        properties = {
            **item["properties"],
            "lastBackupStatus": "Failed",
            "protectionStatus": "Unhealthy",
            "healthStatus": "ActionRequired",
            "healthDetails": [health],
        }
        world.store.put_resource({**item, "properties": properties})
        return None
    vm = world.store.resource(vm_id)
    point = recovery_points.add(
        world,
        _healthy(item),
        parse(job["properties"]["startTime"]),
        vm,
        vaulted=False,
        consistent=vm is not None and eligibility.running(vm),
        expires=job["properties"]["expires"],
    )
    return point["id"]


def _healthy(item: Document) -> Document:
    properties = {name: value for name, value in item["properties"].items() if name != "healthDetails"}
    return {**item, "properties": {**properties, "protectionStatus": "Healthy", "healthStatus": "Passed"}}


def _running(world: World, job_id: str) -> Document | None:
    """The job if it is neither cancelled nor failed by its operation."""
    job = world.store.resource(job_id)
    if job is None or job["properties"]["status"] != "InProgress":
        return None
    record = world.operations.get(job["_operation"] or "")
    return None if record and record["status"] == "Failed" else job


@event("backup-transferred")
def _transferred(world: World, args: Document) -> None:
    for job, point in args["pairs"]:
        if _running(world, job) is not None:
            recovery_points.harden(world, point)
            jobs.finish(world, job, bag={"Backup Size": "11390 MB"})


@route("POST", ITEM + "/recoveryPoints/{point}/restore")
def restore(world: World, request: Request) -> Response:
    """A restore that is a job and nothing else: it makes no disk. Its operation's id is the job's (recorded traffic)."""
    point = recovery_points.find(world, request)
    item = require_item(world, request)
    wanted = request.json().get("properties") or {}
    vault_guard.approve(world, find_vault(world, request), vault_guard.RESTORE, wanted)
    record = world.operations.begin("backup-accepted", item["id"], 1.0)
    record["properties"] = {"objectType": "OperationStatusJobExtendedInfo", "jobId": record["id"]}
    world.operations.update(record)
    bag = {
        "Job Type": "Recover disks",
        "Target VM Name": "vmName",
        "Target Storage Account Name": last(wanted.get("storageAccountId") or ""),
        "Recovery point time ": _american(parse(point["properties"]["recoveryPointTime"])),
    }
    jobs.start(
        world,
        item["id"],
        item["properties"]["friendlyName"],
        "Restore",
        bag,
        operation_id=record["id"],
        job_id=record["id"],
        since=record["start"],
        ends_after=_RESTORE_SECONDS,
        tasks=[["Transfer data from vault", _RESTORE_SECONDS / world.clock.speed]],
        extended={
            "internalPropertyBag": {"restoreLocationType": wanted.get("recoveryType", "RestoreDisks")},
            "progressPercentage": 1.0,
            "dynamicErrorMessage": "",
        },
    )
    return _accepted(world, request, record, item["id"])
