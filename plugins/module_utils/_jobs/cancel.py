# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module job_cancel: stops backups and restores that run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._core.errors import AzureBackupError, Problem, refuse, timed_out
from .._core.sync import Change, decide, sync_many
from .._task import scope
from .._task.module import Run
from .._task.results import FAILURES_SHOWN
from .._vm.selection import check_vms, group_and_name
from . import named, view
from .lists import FEW, VaultJobs, Watched, wait_over
from .view import JobQuery, View

IN_TIME = "A backup can be cancelled until its snapshot is taken, not while its data goes to the vault."


@dataclass
class Cancelled:
    """One job of the task, as it was seen last, and what is made of it."""

    vault: VaultJobs
    job: View
    change: Change = field(default_factory=lambda: Change(None, None))
    failure: AzureBackupError | None = None
    note: str | None = None

    def result(self) -> dict[str, Any]:
        reason = self.failure.result()["msg"] if self.failure else self.note
        return {**self.job, "changed": self.change.changed, "reason": reason}


def check(options: dict[str, Any]) -> list[Problem]:
    problems = scope.check(options) + check_vms(options.get("vms")) + named.check(options)
    if options.get("vms") and not options.get("vault_name"):
        problems.append(Problem("vms", "needs vault_name and resource_group, the vault whose jobs are cancelled"))
    return problems


def ensure(run: Run) -> dict[str, Any]:
    jobs = _named(run) if run.options["jobs"] else _of_vms(run)
    refuse([problem for each in jobs.values() for problem in _plan(each)])
    pending = sync_many(
        {job_id: each.change for job_id, each in jobs.items()},
        lambda ids: _cancel(run, [jobs[each] for each in ids]),
        check_mode=run.check_mode,
    )
    if pending and not run.check_mode:
        _settle(run, [jobs[each] for each in pending])
    return _report(list(jobs.values()))


def _named(run: Run) -> dict[str, Cancelled]:
    found: dict[str, Cancelled] = {}
    for place, names in named.places_of(run).items():
        vault = VaultJobs(run.arm, place.group, place.name)
        found |= {job["id"]: Cancelled(vault, job) for job in named.read(run, vault, place, names)}
    return found


def _of_vms(run: Run) -> dict[str, Cancelled]:
    """What runs for the VMs that are named and may be cancelled."""
    (place,) = scope.vaults_of(run)
    vault = VaultJobs(run.arm, place.group, place.name)
    query = JobQuery(operations=tuple(run.options["operations"]), vms=tuple(filter(None, map(group_and_name, run.options["vms"] or ()))))
    try:
        return {job["id"]: Cancelled(vault, job) for job in vault.running() if query.is_about(job)}
    except AzureBackupError as exc:
        if exc.is_absence:
            refuse([scope.missing(place)])
        raise


def _plan(each: Cancelled) -> list[Problem]:
    job = each.job
    if job["status"] != "in_progress":
        each.note = f"it is {job['status']} already"
    elif job["operation"] not in view.CANCELLABLE:
        return [Problem("jobs", f"{job['name']} is a {job['operation']} job; Azure cancels only jobs of {' and '.join(view.CANCELLABLE)}")]
    else:
        each.change = decide({"status": job["status"]}, {"status": "cancelled"})
    return []


def _cancel(run: Run, jobs: list[Cancelled]) -> None:
    """Ask for every cancellation; one that is refused stops none of the others."""

    def ask(each: Cancelled) -> None:
        try:
            each.vault.cancel(each.job["name"])
        except AzureBackupError as exc:
            each.failure = exc

    for _done in run.arm.each(ask, jobs):
        pass


def _settle(run: Run, jobs: list[Cancelled]) -> None:
    """Wait for the jobs to end. One whose cancellation was refused may have ended just before, one whose answer was lost is being cancelled or not."""
    refused = [each for each in jobs if each.failure is not None and not each.failure.may_have_taken_effect]
    for each, job in zip(refused[:FEW], run.arm.each(lambda each: each.vault.find(each.job["name"]), refused[:FEW]), strict=True):
        each.job = {**each.job, **(job or {})}
    by_vault: dict[VaultJobs, dict[str, View]] = {}
    for each in jobs:
        if each not in refused:
            by_vault.setdefault(each.vault, {})[each.job["name"]] = each.job
    watched = [Watched(vault, lambda job, mine=mine: job["name"] in mine, mine) for vault, mine in by_vault.items()]  # type: ignore[misc]
    error = None
    try:
        wait_over(run.arm, watched, run.options["wait_timeout"])
    except AzureBackupError as exc:
        error = exc
    ended = {name: job for each in watched for name, job in each.jobs.items()}
    for each in jobs:
        _conclude(each, ended.get(each.job["name"], each.job), error, run.options["wait_timeout"])


def _conclude(each: Cancelled, job: View, error: AzureBackupError | None, seconds: float) -> None:
    each.job = {**each.job, **job}
    if job["status"] == "cancelled":
        each.failure = None
        return
    each.change = Change(each.change.before, each.change.before)
    if not view.is_running(job):
        each.failure, each.note = None, f"it ended as {job['status']} before it was cancelled"
    elif each.failure is None:
        each.failure = error or timed_out("cancel it", seconds, IN_TIME)
    else:
        each.failure.hint = each.failure.hint or IN_TIME


def _report(jobs: list[Cancelled]) -> dict[str, Any]:
    shown = view.newest_first(each.result() for each in jobs)
    moved = [each for each in jobs if each.change.changed]
    diff = {side: {each.job["id"]: each.change.diff()[side] for each in moved} for side in ("before", "after")}
    report = {"changed": bool(moved), "jobs": shown, "diff": diff}
    failed = [each for each in jobs if each.failure]
    if failed:
        lines = [f"- {each.job['vm']}: {each.result()['reason']}" for each in failed[:FAILURES_SHOWN]]
        more = [f"- and {len(failed) - FAILURES_SHOWN} more"] if len(failed) > FAILURES_SHOWN else []
        first = failed[0].failure
        raise AzureBackupError(
            "\n".join([f"{len(failed)} of {len(jobs)} jobs could not be cancelled:", *lines, *more]), code=first.code if first else None, extra=report
        )
    return report
