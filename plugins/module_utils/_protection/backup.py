# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module backup: backups of many VMs, asked for once each, and their jobs waited for together.

A request to back up is never sent twice for a VM: Azure makes a backup of each, nine a day at most
(https://learn.microsoft.com/azure/backup/backup-support-matrix-iaas). Where its answer is lost, the
vault's list of running jobs tells whether it was taken.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .._core.errors import AzureBackupError, Problem, refuse, timed_out
from .._core.ids import name
from .._core.names import check_vault, no_vault
from .._core.sync import Change, sync_many
from .._items.lists import VaultItems
from .._items.view import Item, path_of
from .._jobs.lists import DETAILS_MAX, FEW, Watched, bad_end, wait_over, with_tasks
from .._jobs.view import BAD_ENDS, View, is_running, key_of_vm, vm_of
from .._task.module import Run
from .._task.operation import failure
from .._task.results import VmResult, report
from .._vm import selection
from .._vm.find import selected
from . import backup_rules

# Between looks for the job of a request that was accepted; recorded traffic shows it at once.
LOOKS_SECONDS = (3.0, 10.0, 20.0)
# A request that was throttled, or met another operation on the item, Azure has not taken: it is sent again after a while.
AGAIN_SECONDS = (30.0, 60.0, 120.0, 300.0)
STARTED = Change(backup_rules.IDLE, backup_rules.UNDER_WAY, ("backup",))
NOTHING = Change(backup_rules.IDLE, backup_rules.IDLE)
BUSY = ("UserErrorBackupOperationInProgress",)
HELD = ("BMSUserErrorObjectLocked", "BMSUserErrorConflictingProtectionOperation")
RUNNING = "a backup of it is running already"


@dataclass
class BackupVm(VmResult):
    """item: its protected item. operation: that of the accepted request. lost: the answer to the request was lost. job: as it was seen last."""

    item: Item | None = None
    operation: str | None = None
    lost: AzureBackupError | None = None
    job: View | None = None

    def result(self) -> dict[str, Any]:
        job = self.job or {}
        shown = {"job": job.get("name"), "job_status": job.get("status"), "tasks": job.get("tasks")}
        return {key: value for key, value in super().result().items() if key not in ("before", "after")} | shown


def check(options: dict[str, Any]) -> list[Problem]:
    problems = check_vault(options)
    problems += selection.check(options) + backup_rules.check(options)
    return problems


def ensure(run: Run) -> dict[str, Any]:
    options, arm = run.options, run.arm
    chosen = selected(run)
    vault = VaultItems(arm, options["resource_group"], options["vault_name"], few=[document["id"] for document, _named in chosen.values()])
    items, running = arm.together(vault.find_items, lambda: _running(vault))
    began = arm.clock.now() - timedelta(hours=1)
    if items is None and not run.assume_created:
        refuse([no_vault(vault.vault_name, vault.group)])
    held = items or {}
    vms = {
        vm_key: BackupVm(vm_id=held[vm_key].vm_id if vm_key in held else document["id"], named=named, item=held.get(vm_key))
        for vm_key, (document, named) in chosen.items()
    }
    _plan(run, vault.vault_name, vms, running)
    sync_many(
        {vm_key: vm.change for vm_key, vm in vms.items()},
        lambda pending: _back_up(run, vault, [vms[each] for each in pending]),
        check_mode=run.check_mode,
    )
    if options["wait"] and not run.check_mode:
        _wait(run, vault, [vm for vm in vms.values() if vm.job or (vm.change.changed and vm.failure is None)], began)
    return report(run, vms)


def _running(vault: VaultItems) -> dict[tuple[str, str], View]:
    """Backups that run, by VM key; none in a vault that is missing."""
    try:
        return {vm_of(job): job for job in vault.jobs.running("backup")}
    except AzureBackupError as exc:
        if exc.is_absence:
            return {}
        raise


def _plan(run: Run, vault_name: str, vms: dict[str, BackupVm], running: dict[tuple[str, str], View]) -> None:
    """Who is to be backed up. What stands in the way of a VM that is named is refused, one that was found is left out."""
    now = run.arm.clock.now()
    problems = backup_rules.check_expiry(run.options, now)
    for vm in vms.values():
        vm.job = running.get(key_of_vm(vm.vm_id))
        reason = None if vm.item is None and run.assume_created else backup_rules.obstacle(vm.item, vault_name)
        if reason and vm.named:
            problems.append(Problem("vms", f"{vm.vm_id}: {reason}"))
        elif reason:
            vm.left_out = reason
        elif vm.job:
            vm.note = RUNNING
        else:
            vm.note = backup_rules.recent(vm.item, run.options["older_than_hours"], now)
            vm.change = NOTHING if vm.note else STARTED
    refuse(problems)


def _back_up(run: Run, vault: VaultItems, vms: list[BackupVm]) -> None:
    """Ask for a backup of each VM, then find the jobs that Azure made of it."""
    body = backup_rules.request(backup_rules.expiry(run.options, run.arm.clock.now()))

    def ask(vm: BackupVm) -> None:
        try:
            vm.operation = vault.back_up(path_of(vm.vm_id, vm.item), body, name(vm.vm_id)).operation
        except AzureBackupError as exc:
            _judge(vm, exc)

    waiting = vms
    for pause in (*AGAIN_SECONDS, None):
        for _done in run.arm.each(ask, waiting, run.options["parallel"], "VMs asked to be backed up"):
            pass
        waiting = [vm for vm in waiting if vm.failure is not None and (vm.failure.status == 429 or vm.failure.code in HELD)]
        if not waiting or pause is None:
            break
        time.sleep(pause)
        for vm in waiting:
            vm.failure, vm.change = None, STARTED
    _find_jobs(run, vault, [vm for vm in vms if vm.failure is None])


def _judge(vm: BackupVm, error: AzureBackupError) -> None:
    """What a request that was not accepted means: a backup is running, the answer was lost, or it failed."""
    if error.code in BUSY:
        vm.note, vm.change = RUNNING, NOTHING
    elif error.may_have_taken_effect:
        vm.lost = error
    else:
        _fail(vm, error)


def _fail(vm: BackupVm, error: AzureBackupError) -> None:
    """A request that had no effect."""
    vm.failure, vm.change = error, NOTHING


def _find_jobs(run: Run, vault: VaultItems, vms: list[BackupVm]) -> None:
    """The job of each request: of a few by their operations, of many by the list of what runs, and then by the operations of the rest."""
    left = vms
    for pause in LOOKS_SECONDS:
        if not left:
            return
        if len(vms) > FEW or any(vm.operation is None for vm in left):
            running = _running(vault)
            for vm in left:
                vm.job = running.get(key_of_vm(vm.vm_id))
        rest = [vm for vm in left if vm.job is None and vm.operation]
        for _done in run.arm.each(lambda vm: _look(vault, vm), rest if len(rest) <= FEW else []):
            pass
        left = [vm for vm in left if vm.job is None and vm.failure is None]
        if left:
            time.sleep(pause)
    for _done in run.arm.each(lambda vm: _look(vault, vm), [vm for vm in left if vm.operation][:DETAILS_MAX]):
        pass
    for vm in left:
        if vm.job is None and vm.lost:
            _fail(vm, vm.lost)


def _look(vault: VaultItems, vm: BackupVm) -> None:
    """What became of one request. The operation ends at once, the job that it names goes on."""
    try:
        operation = vault.operation(str(vm.operation))
    except AzureBackupError:
        return  # it was accepted, that is what counts
    job = (operation.get("properties") or {}).get("jobId")
    if operation.get("status") == "Succeeded" and job:
        vm.job = {"name": job, "status": "in_progress", "tasks": None, "start_time": None}
    elif failed := failure(operation, vm.operation):
        _fail(vm, failed)


def _wait(run: Run, vault: VaultItems, vms: list[BackupVm], began: datetime) -> None:
    """Wait for the jobs of all VMs by lists, and say of each how it ended. began: when the first of them may have."""
    keys = {key_of_vm(vm.vm_id) for vm in vms}
    watched = Watched(
        vault.jobs, lambda job: vm_of(job) in keys, {vm.job["name"]: vm.job for vm in vms if vm.job}, operation="backup", begun=began
    )
    error = None
    try:
        wait_over(run.arm, [watched], run.options["wait_timeout"])
    except AzureBackupError as exc:
        error = exc
    by_vm = {vm_of(job): job for job in watched.jobs.values() if "vm" in job}
    ended = {vm.vm_id: job for vm in vms if (job := watched.jobs.get(vm.job["name"]) if vm.job else by_vm.get(key_of_vm(vm.vm_id)))}
    failed = [job for job in ended.values() if job["status"] in BAD_ENDS]
    detailed = {job["name"]: job for job in with_tasks(run.arm, [vault.jobs], failed)}
    for vm in vms:
        job = ended.get(vm.vm_id)
        vm.job = detailed.get(job["name"], job) if job else vm.job
        _conclude(vm, run.options["wait_timeout"], error)


def _conclude(vm: BackupVm, seconds: float, error: AzureBackupError | None) -> None:
    job = vm.job
    if job is None or is_running(job):
        hint = "Wait for it with the module job_info, or run it again: a backup that is running is waited for and not requested again."
        vm.failure = error or timed_out("finish its backup", seconds, hint)
    elif job["status"] == "completed_with_warnings":
        vm.note = str(bad_end(job))
    else:
        vm.failure = bad_end(job)
