# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Jobs that a task names, by id or by name, and the vaults that they are in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .._core.errors import AzureBackupError, Problem, refuse
from .._core.ids import VAULT_TYPE, key, name, part, resource_id
from .._task import scope
from .._task.module import Run
from .._task.scope import VaultRef
from .lists import FEW, VaultJobs
from .view import JobQuery, View

# How long ago a job that is one of many named ones may have begun.
NAMED_DAYS = 30


def check(options: dict[str, Any]) -> list[Problem]:
    return [problem for each in options.get("jobs") or () for problem in _check_job(each, options)]


def _check_job(job: str, options: dict[str, Any]) -> list[Problem]:
    vault = part(job, "vaults")
    if "/" in job and not (vault and part(job, "backupJobs") and part(job, "resourceGroups")):
        return [Problem("jobs", f"'{job}' is neither the id of a job (…/vaults/name/backupJobs/name) nor its name")]
    if "/" not in job and not options.get("vault_name"):
        return [Problem("jobs", f"'{job}' is a name: set vault_name and resource_group, or give the job's id")]
    if vault and options.get("vault_name") and key(vault) != key(options["vault_name"]):
        return [Problem("jobs", f"'{job}' is a job of another vault than vault_name")]
    return []


def places_of(run: Run) -> dict[VaultRef, tuple[str, ...]]:
    """The vaults of the jobs that are named, each with the names of its jobs in lower case; none when no job is named."""
    jobs = tuple(dict.fromkeys(each.rstrip("/") for each in run.options["jobs"] or ()))
    found: dict[VaultRef, tuple[str, ...]] = {}
    subscription = run.arm.subscription_id
    foreign = [each for each in jobs if "/" in each and key(part(each, "subscriptions")) != key(subscription)]
    refuse([Problem("jobs", f"'{each}' is not in subscription {subscription}; set subscription_id or use another task") for each in foreign])
    for each in jobs:
        group = part(each, "resourceGroups") or run.options["resource_group"]
        vault = part(each, "vaults") or run.options["vault_name"]
        place = VaultRef(group.lower(), vault.lower(), resource_id(subscription, group, VAULT_TYPE, vault).lower(), named=True)
        found[place] = (*found.get(place, ()), name(each).lower())
    return found


def read(run: Run, vault: VaultJobs, place: VaultRef, names: tuple[str, ...]) -> list[View]:
    """A few are read one by one, more by a list; a job or vault that does not exist is refused."""
    try:
        listed = _listed(vault) if len(names) > FEW else {}
        unlisted = [each for each in names if each not in listed][:FEW]
        listed |= {each: job for each, job in zip(unlisted, run.arm.each(vault.find, unlisted), strict=True) if job}
    except AzureBackupError as exc:
        if exc.is_absence:
            refuse([scope.missing(place)])
        raise
    text = "there is no job '{}' in vault '{}'"
    refuse([Problem("jobs", text.format(each, vault.vault_name)) for each in names if each not in listed])
    return [listed[each] for each in names]


def _listed(vault: VaultJobs) -> dict[str, View]:
    found = vault.arm.clock.by_time(lambda now: vault.read(JobQuery(since=now - timedelta(days=NAMED_DAYS)).filter(now)))
    return {str(job["name"]).lower(): job for job in found}
