# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module protection: many VMs of one vault, or of several, by few lists and only the writes that are needed."""

from __future__ import annotations

from typing import Any

from .._arm.constants import THREADS
from .._domain import protection_rules as rules
from .._domain.ids import key, name
from .._errors import AzureBackupError, Problem
from .._module import Run
from .._sync import sync_many
from .protection_check import examine
from .protection_plan import Plan, Vm, make
from .protection_write import Writer

FAILURES_SHOWN = 10


def check(options: dict[str, Any]) -> list[Problem]:
    return rules.check_options(options, THREADS)


def ensure(run: Run) -> dict[str, Any]:
    plan = make(run)
    examine(run, plan)
    _warn_of_deletions(run, plan)
    sync_many(
        {vm_key: vm.change for vm_key, vm in plan.vms.items() if vm.left_out is None},
        lambda pending: Writer(run).write([plan.vms[each] for each in pending]),
        check_mode=run.check_mode,
    )
    return _report(plan.vms)


def _warn_of_deletions(run: Run, plan: Plan) -> None:
    gone = [f"{name(vm.vm_id)}: {vm.note}" for vm in plan.pending().values() if vm.target.delete]
    if gone:
        verb = "would be deleted" if run.check_mode else "is deleted"
        more = f" and {len(gone) - FAILURES_SHOWN} more" if len(gone) > FAILURES_SHOWN else ""
        run.warn(f"Backup data of {len(gone)} VMs {verb}. {'; '.join(gone[:FAILURES_SHOWN])}{more}")


def result(vm: Vm) -> dict[str, Any]:
    changed = vm.change.changed and vm.waits
    status = "skipped" if vm.left_out else "failed" if vm.failure else "changed" if changed else "unchanged"
    reason = vm.failure.result()["msg"] if vm.failure else vm.left_out
    return {
        "vm": vm.vm_id,
        "name": name(vm.vm_id),
        "before": vm.before,
        "after": vm.change.after if vm.waits else vm.before,
        "changed": changed,
        "status": status,
        "reason": reason or (vm.note if changed else None),
        "job": vm.job,
    }


def _report(vms: dict[str, Vm]) -> dict[str, Any]:
    results = [result(vm) for vm in sorted(vms.values(), key=lambda vm: key(vm.vm_id))]
    counts = {status: sum(each["status"] == status for each in results) for status in ("changed", "unchanged", "skipped", "failed")}
    moved = [each for each in results if each["changed"]]
    diff = {side: {each["vm"]: each[side] or {} for each in moved} for side in ("before", "after")}
    report = {"changed": bool(moved), "vms": results, "summary": counts, "diff": diff}
    failed = [each for each in results if each["status"] == "failed"]
    if failed:
        shown = "\n".join(f"- {each['name']}: {each['reason']}" for each in failed[:FAILURES_SHOWN])
        more = f"\n- and {len(failed) - FAILURES_SHOWN} more, see vms" if len(failed) > FAILURES_SHOWN else ""
        first = next(vm.failure for vm in vms.values() if vm.failure)
        raise AzureBackupError(
            f"{len(failed)} of {len(results)} VMs failed; the key vms has the result of each:\n{shown}{more}",
            code=first.code,
            request_id=first.request_id,
            extra=report,
        )
    return report
