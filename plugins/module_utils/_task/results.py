# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The result of a task about many VMs: each VM's own, how many ended how, and one error when any failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import AzureBackupError
from .._core.fields import Document
from .._core.ids import name
from .._core.sync import Change, View
from .module import Run

STATUSES = ("changed", "unchanged", "skipped", "failed")
FAILURES_SHOWN = 10


@dataclass
class VmResult:
    """One VM of a task.

    change: what would be done, in the end what was done, so that a failure before any effect leaves it without a change.
    left_out: why nothing is done about it. note: what the user should know although all is as asked.
    """

    vm_id: str
    named: bool = False
    document: Document = field(default_factory=dict)
    change: Change = field(default_factory=lambda: Change(None, None))
    left_out: str | None = None
    failure: AzureBackupError | None = None
    note: str | None = None

    @property
    def before(self) -> View | None:
        return self.change.before

    def result(self) -> dict[str, Any]:
        changed = self.change.changed and self.left_out is None
        status = "failed" if self.failure else "skipped" if self.left_out else "changed" if changed else "unchanged"
        return {
            "vm": self.vm_id,
            "name": name(self.vm_id),
            "before": self.before,
            "after": self.before if self.left_out else self.change.after,
            "changed": changed,
            "status": status,
            "reason": self.failure.result()["msg"] if self.failure else self.left_out or self.note,
        }


def report(run: Run, vms: Mapping[str, VmResult]) -> dict[str, Any]:
    """The module's result: vms, summary, changed, diff if asked for. Raised as an error when any VM failed. vms: by VM key."""
    ordered = [vms[vm_key] for vm_key in sorted(vms)]
    results = [vm.result() for vm in ordered]
    counts = {status: sum(each["status"] == status for each in results) for status in STATUSES}
    whole = {"changed": any(each["changed"] for each in results), "vms": results, "summary": counts}
    if run.shows_diff:
        diffs = {each["vm"]: vm.change.diff() for vm, each in zip(ordered, results, strict=True) if each["changed"]}
        whole["diff"] = {side: {vm_id: each[side] for vm_id, each in diffs.items()} for side in ("before", "after")}
    failed = [each for each in results if each["status"] == "failed"]
    if not failed:
        return whole
    shown = "\n".join(f"- {each['name']}: {each['reason']}" for each in failed[:FAILURES_SHOWN])
    more = f"\n- and {len(failed) - FAILURES_SHOWN} more, see vms" if len(failed) > FAILURES_SHOWN else ""
    first = next(vm.failure for vm in ordered if vm.failure)
    raise AzureBackupError(
        f"{len(failed)} of {len(results)} VMs failed; the key vms has the result of each:\n{shown}{more}",
        code=first.code,
        request_id=first.request_id,
        extra=whole,
    )
