# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module protection: many VMs of one vault, or of several, by few lists and only the writes that are needed."""

from __future__ import annotations

from typing import Any

from .._core.errors import Problem
from .._core.ids import name
from .._core.sync import sync_many
from .._task.module import Run
from .._task.results import FAILURES_SHOWN, report
from . import rules
from .check import examine
from .plan import Plan, PlannedVm, make
from .write import Writer


def check(options: dict[str, Any]) -> list[Problem]:
    return rules.check_options(options)


def ensure(run: Run) -> dict[str, Any]:
    plan = make(run)
    examine(run, plan)
    _warn_of_deletions(run, plan)
    sync_many(
        {vm_key: vm.change for vm_key, vm in plan.vms.items() if vm.left_out is None},
        lambda pending: _write(run, {vm_key: plan.vms[vm_key] for vm_key in pending}),
        check_mode=run.check_mode,
    )
    return report(run, plan.vms)


def _write(run: Run, vms: dict[str, PlannedVm]) -> None:
    for vm_key, outcome in Writer(run, vms).write().items():
        vms[vm_key].finish(outcome)


def _warn_of_deletions(run: Run, plan: Plan) -> None:
    gone = [f"{name(vm.vm_id)}: {vm.note}" for vm in plan.pending().values() if vm.target.delete]
    if gone:
        verb = "would be deleted" if run.check_mode else "is deleted"
        more = f" and {len(gone) - FAILURES_SHOWN} more" if len(gone) > FAILURES_SHOWN else ""
        run.warn(f"Backup data of {len(gone)} VMs {verb}. {'; '.join(gone[:FAILURES_SHOWN])}{more}")
