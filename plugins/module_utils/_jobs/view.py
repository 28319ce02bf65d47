# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Jobs of a vault: their views, Azure's filter for lists of them, and which of them a task means. Nothing here talks to Azure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .._core.errors import Problem
from .._core.fields import Document, View, mapping, objects
from .._core.ids import name, part

# (resource group, VM name) in lower case: what a job is about, and how the VM options name a VM.
VmKey = tuple[str, str]

RUNNING = ("in_progress", "cancelling")
# What a job that was waited for must not end as: there is no backup then.
BAD_ENDS = ("failed", "cancelled")
STATUSES = (*RUNNING, "completed", "completed_with_warnings", *BAD_ENDS)
# Azure's words for what jobs of VMs do: https://learn.microsoft.com/azure/backup/backup-azure-arm-userestapi-managejobs
OPERATIONS = {
    "backup": "Backup",
    "restore": "Restore",
    "cross_region_restore": "CrossRegionRestore",
    "configure_backup": "ConfigureBackup",
    "migrate_policy": None,  # its name is a sentence, which no filter takes
    "disable_backup": "DisableBackup",
    "delete_backup_data": "DeleteBackupData",
    "undelete": "Undelete",
}
CANCELLABLE = ("backup", "restore")
DEFAULT_HOURS = 24
# A list needs both ends of its window. Azure takes one that lies ahead.
_AHEAD = timedelta(days=1)
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?")


def word(text: Any) -> str | None:
    """Azure's word as an option has it: 'CompletedWithWarnings' is 'completed_with_warnings'."""
    text = str(text or "")
    if "migrate" in text.lower():
        return "migrate_policy"
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", text).strip("_").lower() or None


def key_of_vm(vm_id: str) -> VmKey:
    return part(vm_id, "resourceGroups").lower(), name(vm_id).lower()


def seconds(duration: Any) -> float | None:
    """Seconds of an ISO 8601 duration, 'PT41M16.2122671S'."""
    found = _DURATION.fullmatch(str(duration or ""))
    if not found or duration in ("P", "PT"):
        return None
    days, hours, minutes, rest = (float(each or 0) for each in found.groups())
    return round(days * 86_400 + hours * 3600 + minutes * 60 + rest, 3)


def moment(text: Any) -> datetime | None:
    """A time of Azure or of an option, taken as UTC where it does not say; None when it is none."""
    try:
        found = datetime.fromisoformat(str(text))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def to_view(document: Document) -> View:
    """A job in the words of the modules. tasks are there only when the job was read on its own."""
    properties = mapping(document.get("properties"))
    extended = mapping(properties.get("extendedInfo"))
    group = part(document.get("id"), "resourceGroups")
    *_kind, vm_group, vm_name = ("", "", *str(properties.get("containerName") or "").split(";"))  # 'iaasvmcontainerv2;group;vm'
    return {
        "id": document.get("id"),
        "name": document.get("name"),
        "vault_name": part(document.get("id"), "vaults"),
        "vault_resource_group": group,
        "vm": f"{vm_group}/{vm_name}" if vm_group else None,
        "operation": word(properties.get("operation")),
        "status": word(properties.get("status")),
        "start_time": properties.get("startTime"),
        "end_time": properties.get("endTime") or None,
        "duration_seconds": seconds(properties.get("duration")),
        "user_triggered": properties.get("isUserTriggered"),
        "progress_percent": extended.get("progressPercentage"),
        "error": _error(properties, extended),
        "tasks": [_task(each) for each in objects(extended.get("tasksList"))] if "tasksList" in extended else None,
    }


def _error(properties: Document, extended: Document) -> View | None:
    """The first error of a job. Azure's name of it stands in the title, where the number is all that the code is."""
    errors = objects(properties.get("errorDetails"))
    if not errors and not extended.get("dynamicErrorMessage"):
        return None
    first = errors[0] if errors else {}
    title = first.get("errorTitle")
    number = first.get("errorCode")
    named = title if title and re.fullmatch(r"\w+", str(title)) else number or title
    return {
        "code": str(named) if named else None,
        "number": number or None,
        "message": first.get("errorString") or extended.get("dynamicErrorMessage") or title,
        "recommendations": [str(each) for error in errors if isinstance(texts := error.get("recommendations"), list) for each in texts],
    }


def _task(task: Document) -> View:
    return {"name": task.get("taskId"), "status": word(task.get("status")), "duration_seconds": seconds(task.get("duration"))}


def is_running(job: View) -> bool:
    return job["status"] in RUNNING


def vm_of(job: View) -> VmKey:
    group, _slash, vm = str(job["vm"] or "").lower().partition("/")
    return group, vm


def reason(job: View) -> str:
    """Why a job ended as it did, and which of its tasks were not done."""
    message = str((job["error"] or {}).get("message") or "").rstrip(".")
    text = f"{job['operation']} job {job['name']} ended as {job['status']}" + (f": {message}" if message else "")
    unfinished = [f"{task['name']} {task['status']}" for task in job["tasks"] or () if task["status"] != "completed"]
    return text + (f" (tasks: {', '.join(unfinished)})" if unfinished else "")


def describe(job: View) -> str:
    """One line on a job that ended badly: whose it was, why, and what to do."""
    error = job["error"] or {}
    text = f"{job['vm']}: {reason(job)}" + (f" (code {error['code']})" if error.get("code") else "")
    return text + (f". Recommendation: {' '.join(error['recommendations'])}" if error.get("recommendations") else "")


@dataclass(frozen=True)
class JobQuery:
    """Which jobs are meant. Empty tuples mean any; names are job names in lower case, vms keys of VMs."""

    operations: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    vms: tuple[VmKey, ...] = ()
    names: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, job: View) -> bool:
        return self.is_about(job) and (not self.statuses or job["status"] in self.statuses)

    def is_about(self, job: View) -> bool:
        """Whether it fits but for its status, which changes."""
        return (
            (not self.operations or job["operation"] in self.operations)
            and (not self.vms or vm_of(job) in self.vms)
            and (not self.names or str(job["name"]).lower() in self.names)
        )

    def window(self, now: datetime) -> tuple[datetime, datetime] | None:
        """The first and the last start time; None for all times, where jobs that run are meant and no time is given."""
        if self.since is None and self.until is None and self.statuses and set(self.statuses) <= set(RUNNING):
            return None
        until = self.until or now + _AHEAD
        return self.since or (self.until or now) - timedelta(hours=DEFAULT_HOURS), until

    def filter(self, now: datetime) -> str:
        """Azure's filter for the list: what it can tell apart, the rest is told by fits."""
        operation = OPERATIONS.get(self.operations[0]) if len(self.operations) == 1 else None
        status = _azure_status(self.statuses[0]) if len(self.statuses) == 1 else None
        return list_filter(operation=operation, status=status, window=self.window(now))


def _azure_status(status: str) -> str:
    return "".join(each.capitalize() for each in status.split("_"))


def list_filter(*, operation: str | None = None, status: str | None = None, window: tuple[datetime, datetime] | None = None) -> str:
    """A $filter for lists of jobs: times are UTC on a 12-hour clock (https://learn.microsoft.com/rest/api/backup/backup-jobs/list)."""
    terms = ["backupManagementType eq 'AzureIaasVM'"]
    if operation:
        terms.append(f"operation eq '{operation}'")
    if status:
        terms.append(f"status eq '{status}'")
    if window:
        terms += [f"{side} eq '{when.astimezone(UTC):%Y-%m-%d %I:%M:%S %p}'" for side, when in zip(("startTime", "endTime"), window, strict=True)]
    return " and ".join(terms)


def check_window(options: dict[str, Any]) -> list[Problem]:
    text = "'{}' is no time: ISO 8601, for example 2026-11-20T01:00:00Z, UTC unless it says otherwise"
    wrong = [option for option in ("since", "until") if options.get(option) is not None and moment(options[option]) is None]
    problems = [Problem(option, text.format(options[option])) for option in wrong]
    since, until = moment(options.get("since")), moment(options.get("until"))
    if since and until and since >= until:
        problems.append(Problem("since", f"{options['since']} is not before until, {options['until']}"))
    return problems


def newest_first(jobs: Iterable[View]) -> list[View]:
    return sorted(jobs, key=lambda job: (str(job["start_time"] or ""), str(job["name"])), reverse=True)
