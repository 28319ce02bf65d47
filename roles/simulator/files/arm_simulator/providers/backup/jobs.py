# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup jobs: begun by the operations on items, read, listed with Azure's filters, cancelled.

A stored job holds what does not change with time; "_tasks" plans its tasks as [name, seconds] and
"_operation" names the operation that carries it, so that a failed operation fails its job.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ...core.clock import event, iso, parse
from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.router import route
from ...core.store import Document
from ...gateway import odata
from ...gateway.arm import page
from ..recovery.recovery_services import JOBS, VAULT, filter_time, find_vault, last, poll_headers, service_error, vault_of

if TYPE_CHECKING:
    from ...core.world import World

NEVER = "0001-01-01T00:00:00"
_CANCELLABLE = ("Backup", "Restore")


def start(
    world: World,
    item: str,
    vm_name: str,
    kind: str,
    bag: dict[str, str],
    *,
    operation_id: str | None = None,
    ends_after: float | None = None,
    tasks: list[list[Any]] | None = None,
    job_id: str | None = None,
    since: str | None = None,
    extended: Document | None = None,
) -> Document:
    """A job in progress on an item. ends_after lets it complete by itself after so many seconds of Azure."""
    name = job_id or world.new_id()
    document: Document = {
        "id": f"{vault_of(item)}/backupJobs/{name}",
        "name": name,
        "type": JOBS,
        "properties": {
            "containerName": last(item).partition(";")[2],
            "entityFriendlyName": vm_name,
            "operation": kind,
            "status": "InProgress",
            "startTime": since or iso(world.clock.now()),
            "propertyBag": bag,
            "activityId": world.new_id(),
            **(extended or {}),
        },
        "_item": item,
        "_operation": operation_id,
        "_tasks": tasks or [],
    }
    world.store.put_resource(document)
    if ends_after is not None:
        world.clock.at(world.clock.after(ends_after), "job-end", id=document["id"])
    return document


@event("job-end")
def _ends(world: World, args: Document) -> None:
    finish(world, args["id"])


def finish(world: World, job_id: str, status: str = "Completed", error: Document | None = None, bag: dict[str, str] | None = None) -> bool:
    """End a job that is still in progress; False when it has ended already. error is one entry of errorDetails."""
    job = world.store.resource(job_id)
    if job is None or job["properties"]["status"] != "InProgress":
        return False
    properties = {**job["properties"], "status": status, "endTime": iso(world.clock.now())}
    if bag:
        properties["propertyBag"] = {**properties["propertyBag"], **bag}
    if error:
        properties["errorDetails"] = [error]
    world.store.put_resource({**job, "properties": properties})
    return True


def running(world: World, item: str) -> bool:
    """Whether any job of an item is in progress."""
    jobs = [job for job in world.store.list(JOBS, vault_of(item)) if job["_item"].lower() == item.lower()]
    return any(_settled(world, job)["properties"]["status"] == "InProgress" for job in jobs)


def _settled(world: World, job: Document) -> Document:
    """The job, failed if its operation was made to fail."""
    if job["properties"]["status"] != "InProgress" or not job["_operation"]:
        return job
    record = world.operations.get(job["_operation"])
    if record is None or record["status"] != "Failed":
        return job
    finish(world, job["id"], "Failed", error_details(0, record["error"]["code"], record["error"]["message"]))
    return world.store.resource(job["id"]) or job


def error_details(number: int, title: str, text: str, recommendation: str = "") -> Document:
    return {"errorCode": number, "errorTitle": title, "errorString": text, "recommendations": [recommendation] if recommendation else []}


def duration(span: timedelta) -> str:
    """ISO 8601 as the service writes it: 'PT41M16.2122671S', 'PT0S'."""
    seconds = max(0.0, span.total_seconds())
    hours, minutes, rest = int(seconds // 3600), int(seconds % 3600 // 60), seconds % 60
    text = f"{rest:.7f}".rstrip("0").rstrip(".")
    return f"PT{f'{hours}H' if hours else ''}{f'{minutes}M' if minutes else ''}{f'{text}S' if rest or not (hours or minutes) else ''}"


def view(world: World, job: Document, *, detail: bool) -> Document:
    """The job as a GET (detail) or a list shows it, now."""
    job = _settled(world, job)
    stored = job["properties"]
    begun, now = parse(stored["startTime"]), world.clock.now()
    ended = parse(stored["endTime"]) if "endTime" in stored else now
    shown: Document = {"jobType": "AzureIaaSVMJob"}
    if stored["operation"] in _CANCELLABLE:
        shown["actionsInfo"] = ["Cancellable"]
    shown["containerName"] = stored["containerName"]
    shown["duration"] = duration(ended - begun)
    if "errorDetails" in stored:
        shown["errorDetails"] = stored["errorDetails"]
    shown["virtualMachineVersion"] = "Compute"
    if detail:
        shown["extendedInfo"] = _extended(job, begun, ended)
    shown["entityFriendlyName"] = stored["entityFriendlyName"]
    shown["backupManagementType"] = "AzureIaasVM"
    shown.update({key: stored[key] for key in ("operation", "status", "startTime", "endTime", "activityId") if key in stored})
    return {"id": job["id"], "name": job["name"], "type": JOBS, "properties": shown}


def _extended(job: Document, begun: datetime, until: datetime) -> Document:
    stored = job["properties"]
    if stored["operation"] == "Restore":
        tasks = [{"taskId": job["_tasks"][0][0], "duration": "PT0S", "status": stored["status"], "taskType": "Normal"}]
    else:
        tasks = _tasks(job, begun, until)
    shown: Document = {"tasksList": tasks, "propertyBag": stored["propertyBag"]}
    for key in ("internalPropertyBag", "progressPercentage", "dynamicErrorMessage"):
        if key in stored:
            shown[key] = stored[key]
    return shown


def _tasks(job: Document, begun: datetime, until: datetime) -> list[Document]:
    """The tasks one after the other: those whose time is over are done, the one at hand has the job's state. A job fails in its first task."""
    shown: list[Document] = []
    status = job["properties"]["status"]
    for name, seconds in job["_tasks"]:
        done = begun + timedelta(seconds=seconds)
        if status == "Completed" or (done <= until and status != "Failed"):
            state, times = "Completed", (iso(begun), iso(done), duration(done - begun))
        elif begun <= until and (not shown or shown[-1]["status"] == "Completed"):
            state, times = status, (iso(begun), NEVER if status == "InProgress" else iso(until), duration(until - begun))
        else:
            state, times = "NotStarted", (NEVER, NEVER, "PT0S")
        shown.append({"taskId": name, "startTime": times[0], "endTime": times[1], "duration": times[2], "status": state, "taskType": "Normal"})
        begun = done
    return shown


def _find(world: World, request: Request) -> Document:
    vault = find_vault(world, request)
    job = world.store.resource(f"{vault['id']}/backupJobs/{request.params['job']}")
    if job is None:
        raise service_error("BMSUserErrorJobNotFound", f"The job '{request.params['job']}' was not found.", 404)
    return job


@route("GET", VAULT + "/backupJobs/{job}")
def get_job(world: World, request: Request) -> Response:
    return Response(200, view(world, _find(world, request), detail=True))


@route("GET", VAULT + "/backupJobs")
def list_jobs(world: World, request: Request) -> Response:
    """Newest first. The filter knows status, operation, backupManagementType, jobId, startTime (from) and endTime (until)."""
    vault = find_vault(world, request)
    wanted = odata.parse(request.query.get("$filter", "")).values()
    jobs = list(reversed(world.store.list(JOBS, vault["id"])))
    if str(wanted.get("backupmanagementtype") or "AzureIaasVM").lower() != "azureiaasvm":
        jobs = []
    if wanted.get("jobid"):
        jobs = [job for job in jobs if job["name"].lower() == wanted["jobid"].lower()]
    since, until = filter_time(wanted.get("starttime")), filter_time(wanted.get("endtime"))
    if since or until:
        jobs = [job for job in jobs if since <= job["properties"]["startTime"] and (not until or job["properties"]["startTime"] <= until)]
    for name in ("operation", "status"):
        if wanted.get(name):
            jobs = [job for job in jobs if _settled(world, job)["properties"][name].lower() == wanted[name].lower()]
    return page(world, request, jobs, view=lambda job: view(world, job, detail=False))


@route("POST", VAULT + "/backupJobs/{job}/cancel")
def cancel(world: World, request: Request) -> Response:
    """Ask a running backup or restore to stop (202; the job is Cancelled when the operation is done).

    A backup can be cancelled until its snapshot is taken: https://learn.microsoft.com/azure/backup/backup-azure-vm-backup-faq
    """
    job = _settled(world, _find(world, request))
    stored = job["properties"]
    if stored["status"] != "InProgress" or stored["operation"] not in _CANCELLABLE:
        raise service_error("BMSUserErrorJobNotCancellable", "The job is not in progress or cannot be cancelled.")
    if stored["operation"] == "Backup" and _tasks(job, parse(stored["startTime"]), world.clock.now())[0]["status"] == "Completed":
        raise service_error("BMSUserErrorJobNotCancellable", "The job cannot be cancelled as the data transfer from the snapshot is in progress.")
    record = world.operations.begin("job-cancel", job["id"], 3.0)
    status, result = (f"{job['id']}/{kind}/{record['id']}" for kind in ("operationsStatus", "operationResults"))
    return Response(202, None, poll_headers(world, request, status=status, result=result))


@operation("job-cancel")
def _cancelled(world: World, record: Document) -> None:
    if not finish(world, record["resource"], "Cancelled"):
        raise ArmError(200, "BMSUserErrorJobNotCancellable", "The job has ended in the meantime.")
