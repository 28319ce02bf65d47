# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Waiting for many accepted changes of protected items at once, by lists of the vault.

Azure's quotas allow some 150 reads of a kind in an hour, so nothing here asks once for each VM. Only
a change that did not come about, when no job for it runs any more, is looked at on its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from .._core.errors import AzureBackupError, timed_out
from .._core.fields import Document
from .._jobs.lists import VaultJobs, affordable, bad_end
from .._jobs.view import key_of_vm
from .._task.operation import failure
from . import view
from .lists import VaultItems

if TYPE_CHECKING:
    from .._arm.client import Arm
    from .._arm.operations import Accepted

FIRST_SECONDS = 15.0
LATER_SECONDS = 30.0
FIRST_LOOKS = 4
# The list of items may lag behind the operation, but not for ever.
LOOKS_AFTER_SUCCESS = 8
LOOKS_AT_ONCE = 16
NOT_SHOWN = "NotShown"


@dataclass(slots=True)
class Begun:
    """A change that Azure has taken, or may have taken. operation is None when its answer was lost or another run began it."""

    vm_id: str
    operation: str | None = None
    retry_after: float = FIRST_SECONDS
    error: AzureBackupError | None = None
    quiet_looks: int = 0
    asked: int = 0


@dataclass
class Seen:
    """What watching has found, by VM key.

    views: of the vault's items as they were read last. lost: changes that did not come about, and no word of Azure says that it ever took them.
    refused: those that failed by Azure's own word, and not because it is not known what became of them.
    """

    views: dict[str, view.View] | None = None
    jobs: dict[str, str] = field(default_factory=dict)
    failed: dict[str, AzureBackupError] = field(default_factory=dict)
    lost: dict[str, AzureBackupError] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)


def begun(vm_id: str, accepted: Accepted) -> Begun:
    """A change that Azure has accepted."""
    return Begun(vm_id, accepted.operation, FIRST_SECONDS if accepted.retry_after is None else accepted.retry_after)


def watch(
    arm: Arm,
    vault: VaultItems,
    waiting: dict[str, Begun],
    arrived: Callable[[str, view.View | None], bool],
    job_operation: str,
    seconds: float,
) -> Seen:
    """Wait until every change has arrived or failed. What is left when the time is over, or the vault stops to answer, counts as failed."""
    seen = Seen()
    left = dict(waiting)
    end = time.monotonic() + seconds
    looks = 0
    progress = arm.progress("VMs done", len(waiting))
    try:
        while left:
            time.sleep(_pause(left.values(), looks, vault.jobs))
            looks += 1
            running = vault.running_jobs(job_operation)
            busy = {key for key, each_begun in left.items() if key_of_vm(each_begun.vm_id) in running}
            seen.jobs.update({key: running[key_of_vm(left[key].vm_id)] for key in busy})
            late = time.monotonic() > end
            progress.at(len(waiting) - len(busy or left))
            if busy and not late:
                continue
            views = seen.views = vault.views()
            left = {key: each_begun for key, each_begun in left.items() if not arrived(key, views.get(key))}
            if late:
                seen.failed.update({key: left[key].error or timed_out("see the change in the vault", seconds, target=left[key].operation) for key in left})
                break
            for key, error in arm.each(partial(_look, vault, seen), _to_look_at(left)):
                if error:
                    (seen.failed if left[key].operation else seen.lost)[key] = error
            left = {key: each_begun for key, each_begun in left.items() if key not in seen.failed and key not in seen.lost}
    except AzureBackupError as exc:
        seen.failed.update(dict.fromkeys(left, exc))
    return seen


def _to_look_at(left: dict[str, Begun]) -> list[tuple[str, Begun]]:
    """The changes to ask Azure about one by one: when many are quiet, the list may just lag, so a few at a time and the oldest first."""
    for change in left.values():
        change.quiet_looks += 1
    quiet = sorted(left.items(), key=lambda each: each[1].asked)
    if len(quiet) > LOOKS_AT_ONCE:
        quiet = [each for each in quiet if each[1].quiet_looks > 1][:LOOKS_AT_ONCE]
    for _key, change in quiet:
        change.asked += 1
    return quiet


def _pause(left: Iterable[Begun], looks: int, jobs: VaultJobs) -> float:
    """Most changes are done within a few looks; after these the limit on reads of jobs counts."""
    asked = max(each.retry_after for each in left)
    return min(asked, FIRST_SECONDS) if looks < FIRST_LOOKS else affordable(min(asked, LATER_SECONDS), [jobs])


def _look(vault: VaultItems, seen: Seen, waiting: tuple[str, Begun]) -> tuple[str, AzureBackupError | None]:
    """Why one change has failed that has not arrived though no job for it is running; None when it may still come."""
    key, change = waiting
    if change.operation is None:
        lost = change.error or AzureBackupError("An earlier run's change ended without effect; run it again.")
        return key, lost if change.quiet_looks > 1 else None
    try:
        operation = vault.operation(change.operation)
        job_id = (operation.get("properties") or {}).get("jobId")
        if job_id:
            seen.jobs[key] = job_id
        failure = _operation_failure(vault, change, operation, job_id)
    except AzureBackupError as exc:
        return key, exc
    if failure and failure.code != NOT_SHOWN:
        seen.refused.add(key)
    return key, failure


def _operation_failure(vault: VaultItems, change: Begun, operation: Document, job_id: str | None) -> AzureBackupError | None:
    status = operation.get("status")
    if status == "Succeeded":
        job = vault.jobs.find(job_id) if job_id else None
        error = bad_end(job) if job else None
        if error is None and change.quiet_looks >= LOOKS_AFTER_SUCCESS:
            error = AzureBackupError("Azure reports success, but the vault does not show the change.", code=NOT_SHOWN, target=change.operation)
        return error
    return failure(operation, change.operation)
