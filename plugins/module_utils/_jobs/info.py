# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module job_info."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .._core.errors import AzureBackupError, Problem, refuse, timed_out
from .._core.ids import key
from .._task import scope
from .._task.module import Run
from .._task.scope import VaultRef
from .._vm.selection import check_vms, group_and_name
from . import named, view
from .lists import VaultJobs, Watched, failure_of, wait_over, with_tasks
from .view import JobQuery, View


def check(options: dict[str, Any]) -> list[Problem]:
    problems = scope.check(options) + check_vms(options.get("vms")) + view.check_window(options) + named.check(options)
    if options.get("jobs") and any(options.get(option) for option in ("since", "until", "location")):
        problems.append(Problem("jobs", "names jobs, of whatever time and region; leave out since, until and location"))
    return problems


def info(run: Run) -> dict[str, Any]:
    """The jobs that the options mean, newest first; with wait, as they are when none of them runs any more."""
    query = _query(run.options)
    sought = named.places_of(run) or dict.fromkeys(scope.vaults_of(run), ())
    vaults = {place: VaultJobs(run.arm, place.group, place.name) for place in sought}
    unread: dict[VaultRef, AzureBackupError] = {}

    def read(place: VaultRef) -> list[View]:
        """A vault that cannot be read hides none of the others, where nobody named it."""
        try:
            return _read(run, vaults[place], place, query, sought[place])
        except AzureBackupError as exc:
            if place.named or len(sought) == 1:
                raise
            run.warn(f"Vault {place.id} could not be read, its jobs are not shown. {exc.message}")
            unread[place] = exc
            return []

    found = [job for each in run.arm.each(read, list(sought)) for job in each]
    watched: list[Watched] = []
    in_time = True
    if run.options["wait"]:
        watched = [Watched(vaults[place], _fit(query, names), _known(found, place, names)) for place, names in sought.items() if place not in unread]
        in_time = wait_over(run.arm, watched, run.options["wait_timeout"])
    waited = {job["id"]: job for each in watched for job in each.jobs.values()}
    report = _show(run, query, list(vaults.values()), found, waited)
    report["unread"] = [{"vault_id": place.id, "message": error.result()["msg"]} for place, error in unread.items()]
    _judge(run, report, [job for job in report["jobs"] if job["id"] in waited], in_time)
    return report


def _query(options: dict[str, Any]) -> JobQuery:
    return JobQuery(
        operations=tuple(options["operations"] or ()),
        statuses=tuple(options["statuses"] or ()),
        vms=tuple(filter(None, map(group_and_name, options["vms"] or ()))),
        since=view.moment(options["since"]),
        until=view.moment(options["until"]),
    )


def _fit(query: JobQuery, names: tuple[str, ...]) -> Callable[[View], bool]:
    return replace(query, names=names).is_about


def _known(found: list[View], place: VaultRef, names: tuple[str, ...]) -> dict[str, View]:
    """Those of the jobs found in a vault that are waited for: all that are named, else the ones that run."""
    ours = [job for job in found if key(job["id"]).startswith(f"{key(place.id)}/")]
    return {job["name"]: job for job in ours if names or view.is_running(job)}


def _read(run: Run, vault: VaultJobs, place: VaultRef, query: JobQuery, names: tuple[str, ...]) -> list[View]:
    if names:
        return named.read(run, vault, place, names)
    try:
        return [job for job in vault.arm.clock.by_time(lambda now: vault.read(query.filter(now))) if query.fits(job)]
    except AzureBackupError as exc:
        if exc.is_absence and place.named:
            refuse([scope.missing(place)])
        raise


def _show(run: Run, query: JobQuery, vaults: list[VaultJobs], found: list[View], waited: dict[str, View]) -> dict[str, Any]:
    """The module's result; jobs that were waited for are in it whatever they have come to."""
    jobs = [job for job in ({job["id"]: job for job in found} | waited).values() if query.fits(job) or job["id"] in waited]
    wanting = [job for job in jobs if job["status"] == "failed" or run.options["jobs"]]
    detailed = {job["id"]: job for job in with_tasks(run.arm, vaults, view.newest_first(wanting))}
    jobs = [detailed.get(job["id"], job) for job in view.newest_first(jobs)]
    return {"changed": False, "jobs": jobs, "summary": {status: sum(job["status"] == status for job in jobs) for status in view.STATUSES}}


def _judge(run: Run, report: dict[str, Any], waited: list[View], in_time: bool) -> None:
    """Whether what was waited for came out well. Raises with the whole report when it did not."""
    for job in waited:
        if job["status"] == "completed_with_warnings":
            run.warn(view.describe(job))
    bad = [job for job in waited if job["status"] in view.BAD_ENDS]
    if bad and run.options["fail_on_failed"]:
        error = failure_of(bad, f"{len(bad)} of {len(waited)} jobs failed; the key jobs has all of them")
        error.extra = report
        raise error
    if not in_time:
        left = [job for job in waited if view.is_running(job)]
        names = ", ".join(f"{job['vm']} ({job['operation']})" for job in left[:10])
        raise timed_out(f"see the end of {len(left)} of {len(waited)} jobs ({names})", run.options["wait_timeout"], extra=report)
