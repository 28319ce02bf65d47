# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Jobs of vaults: listed, waited for by lists, read one by one only where that is needed, cancelled.

Azure allows 150 reads of jobs in an hour and subscription, a page of a list counting as one
(https://github.com/hashicorp/terraform-provider-azurerm/issues/26874, recorded traffic). So any number
of jobs is waited for by one list of what runs, at a pace that leaves room for others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .._arm.hints import hint
from .._arm.links import Pages
from .._core.errors import AzureBackupError
from .._core.fields import Document
from . import view
from .view import View

if TYPE_CHECKING:
    from .._arm.client import Arm

# Jobs last minutes to hours: the pauses between looks, then the last one for good, then the one of long jobs.
PAUSES_SECONDS = (15.0, 30.0, 60.0)
LONG_PAUSE_SECONDS = 120.0
LONG_AFTER_SECONDS = 1800.0
# With this much time for each page, waiting takes two thirds of the 150 reads at most.
PAGE_SECONDS = 36.0
# When Azure says that fewer reads are left in its hour, or refuses one.
FEW_READS_LEFT = 10
SPENT_PAUSE_SECONDS = 300.0
FAILED_LOOKS_MAX = 5
# Single reads of one task: of jobs that are named, and of jobs whose tasks are shown.
FEW = 8
DETAILS_MAX = 20


class VaultJobs:
    """The jobs of one vault. pages and reads_left are those of the latest list."""

    def __init__(self, arm: Arm, group: str, vault_name: str) -> None:
        self.arm = arm
        self.group = group
        self.vault_name = vault_name
        self.pages = 1
        self.reads_left: int | None = None

    def read(self, text: str) -> list[View]:
        """The jobs that a $filter of the domain leaves."""
        pages = Pages()
        listing = self.arm.backup.backup_jobs.list
        listed = self.arm.all_pages(
            f"list the jobs of vault {self.vault_name}", listing, self.vault_name, self.group, filter=text, keep=_view, pages=pages
        )
        self.pages, self.reads_left = max(1, pages.count), pages.reads_left
        return listed

    def running(self, operation: str | None = None) -> list[View]:
        """Jobs that run, whenever they began; operation is one of the domain."""
        return self.read(view.list_filter(operation=view.OPERATIONS[operation] if operation else None, status="InProgress"))

    def since(self, start: datetime, names: Iterable[str]) -> dict[str, View]:
        """The jobs of these names that began at that time or later."""
        wanted = set(names)
        window = (start - timedelta(minutes=1), self.arm.clock.now() + timedelta(days=1))
        return {job["name"]: job for job in self.read(view.list_filter(window=window)) if job["name"] in wanted}

    def find(self, name: str) -> View | None:
        """One job with its tasks."""
        found = self.arm.find(f"read job {name}", self.arm.backup.job_details.get, self.vault_name, self.group, name)
        return _view(found) if found else None

    def cancel(self, name: str) -> None:
        self.arm.call(f"cancel job {name}", self.arm.backup.job_cancellations.trigger, self.vault_name, self.group, name)


def _view(document: Document) -> View:
    """A job; where Azure names an error but recommends nothing, with our own line on it."""
    job = view.to_view(document)
    error = job["error"]
    if error and not error["recommendations"]:
        error["recommendations"] = list(filter(None, [hint(error["code"], str(error["message"] or ""))]))
    return job


@dataclass
class Watched:
    """What is waited for in one vault: jobs that fit. jobs are those seen so far by name, and in the end as they ended.

    begun is when a job began at the earliest whose start is not known.
    """

    vault: VaultJobs
    fits: Callable[[View], bool]
    jobs: dict[str, View] = field(default_factory=dict)
    operation: str | None = None
    begun: datetime | None = None
    running: set[str] = field(default_factory=set)

    @property
    def left(self) -> list[View]:
        return [job for job in self.jobs.values() if view.is_running(job)]

    def look(self) -> None:
        """One list of what runs; when nothing of ours is left there, one of how it ended."""
        running = {job["name"]: job for job in self.vault.running(self.operation) if self.fits(job)}
        self.jobs.update(running)
        self.running = set(running)
        if not running:
            self.settle()

    def settle(self) -> None:
        """How those ended that have left the list of what runs."""
        gone = [job for job in self.left if job["name"] not in self.running]
        if not gone:
            return
        starts = [view.moment(job["start_time"]) or self.begun or self.vault.arm.clock.now() for job in gone]
        found = self.vault.since(min(starts), [job["name"] for job in gone])
        unlisted = [job["name"] for job in gone if job["name"] not in found]
        self.jobs.update(found)
        self.jobs.update({name: job for name in unlisted[:FEW] if (job := self.vault.find(name))})


def wait_over(arm: Arm, watched: list[Watched], seconds: float) -> bool:
    """Look until none of the jobs runs any more: whether that came in time. Azure's passing failures do not end it."""
    begin = time.monotonic()
    looks, failed_looks = 0, 0
    total = sum(len(each.left) for each in watched)
    progress = arm.progress("jobs ended", total)
    waiting = watched
    while True:
        error = _all(arm, waiting, Watched.look)
        failed_looks = failed_looks + 1 if error else 0
        if error and (not _passes(error) or failed_looks >= FAILED_LOOKS_MAX):
            raise error
        if error is None:
            waiting = [each for each in waiting if each.left]
        progress.at(max(0, total - sum(len(each.left) for each in waiting)))
        passed = time.monotonic() - begin
        if not waiting:
            return True
        if passed >= seconds:
            _all(arm, waiting, Watched.settle)
            return False
        time.sleep(min(_pause(looks, passed, waiting, error), max(0.0, seconds - passed)))
        looks += 1


def _all(arm: Arm, waiting: list[Watched], work: Callable[[Watched], None]) -> AzureBackupError | None:
    """The first error of the work on each."""

    def look(each: Watched) -> AzureBackupError | None:
        try:
            work(each)
        except AzureBackupError as exc:
            return exc
        return None

    return next(filter(None, list(arm.each(look, waiting))), None)


def _passes(error: AzureBackupError) -> bool:
    """Whether Azure or the network failed for a while, or the answer came in pieces; not when Azure refused."""
    if error.status is None:
        return error.code in (None, "EndpointUnreachable", "InvalidAnswer")
    return error.status in (408, 429) or error.status >= 500


def _pause(looks: int, passed: float, waiting: list[Watched], error: AzureBackupError | None) -> float:
    if error and error.status == 429:
        return SPENT_PAUSE_SECONDS
    usual = LONG_PAUSE_SECONDS if passed > LONG_AFTER_SECONDS else PAUSES_SECONDS[min(looks, len(PAUSES_SECONDS) - 1)]
    return affordable(usual, [each.vault for each in waiting])


def affordable(pause: float, vaults: list[VaultJobs]) -> float:
    """The pause between two looks at all of these vaults, as long as Azure's limit on reads asks for, at least the one given."""
    if any(each.reads_left is not None and each.reads_left < FEW_READS_LEFT for each in vaults):
        return max(pause, SPENT_PAUSE_SECONDS)
    pages = sum(each.pages for each in vaults)
    return pause if pages == 1 else max(pause, PAGE_SECONDS * pages)


def with_tasks(arm: Arm, vaults: Iterable[VaultJobs], jobs: list[View]) -> list[View]:
    """The same jobs, the first DETAILS_MAX with their tasks. A job that cannot be read stays as it is."""
    by_place = {(each.group.lower(), each.vault_name.lower()): each for each in vaults}

    def read(job: View) -> View:
        vault = by_place.get((str(job["vault_resource_group"]).lower(), str(job["vault_name"]).lower()))
        if job["tasks"] is not None or vault is None:
            return job
        try:
            return vault.find(job["name"]) or job
        except AzureBackupError:
            return job

    return [*arm.each(read, jobs[:DETAILS_MAX]), *jobs[DETAILS_MAX:]]


def bad_end(job: View) -> AzureBackupError | None:
    """Why the job did not do what it was for, None when it did or still may."""
    if job["status"] not in (*view.BAD_ENDS, "completed_with_warnings"):
        return None
    error: View = job["error"] or {}
    return AzureBackupError(
        f"The {view.reason(job)}",
        code=error.get("code"),
        hint=" ".join(error.get("recommendations") or ()) or None,
        target=job["id"],
    )


def failure_of(jobs: list[View], ended: str, shown: int = 10) -> AzureBackupError:
    """The error of jobs that ended badly; ended says which and of how many."""
    lines = [f"- {view.describe(job)}" for job in jobs[:shown]]
    if len(jobs) > shown:
        lines.append(f"- and {len(jobs) - shown} more")
    first: View = jobs[0]["error"] or {}
    return AzureBackupError(f"{ended}:\n" + "\n".join(lines), code=first.get("code"), target=jobs[0]["id"])
