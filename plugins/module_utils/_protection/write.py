# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The writes of the module protection: one change of each VM at a time, many VMs at once, and the wait for all of them together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .._arm.operations import Accepted
from .._core.errors import AzureBackupError
from .._core.fields import Document
from .._core.ids import key, name
from .._core.sync import View
from .._items.view import STOPPED, Item, blank, needs_undelete, path_of, protect_body, stop_body, undelete_body
from .._items.wait import Begun, Seen, begun, watch
from .._jobs.view import key_of_vm
from .._resource_guard.rules import STOP_ITEM
from .._task.module import Run
from .plan import Outcome, PlannedVm
from .surroundings import ProtectingVault

# The kind of job that Azure runs for each step (recorded traffic).
CONFIGURE, STOP, UNDELETE, DELETE = "configure_backup", "disable_backup", "undelete", "delete_backup_data"
# What progress is told of.
ASKED = {
    CONFIGURE: "VMs asked to be protected",
    STOP: "VMs asked to be stopped",
    UNDELETE: "VMs asked to come back",
    DELETE: "VMs asked to be deleted from the vault",
}
# When these are used up, no other VM will fare better for hours: https://learn.microsoft.com/azure/backup/backup-sql-server-azure-troubleshoot
SPENT = ("ResourceRequestsThrottled", "CloudDosAbsoluteLimitReached", "CloudDosTimeboudLimitReached")
# VMs that leave another vault before the rest does.
FIRST_MOVED = 16
# A change that did not come about though nothing runs any more is begun once more.
ROUNDS = 2


@dataclass(frozen=True)
class Step:
    """One change of VMs in one vault. send begins it; arrived: whether the vault shows it."""

    job: str
    send: Callable[[ProtectingVault, PlannedVm], Accepted]
    arrived: Callable[[PlannedVm, View | None], bool]


class Writer:
    """Brings VMs to their targets. A VM that fails stops none of the others, unless on_error says so. vms: by VM key, those that change."""

    def __init__(self, run: Run, vms: dict[str, PlannedVm]) -> None:
        self._run = run
        self._vms = vms
        self._outcomes = {vm_key: Outcome() for vm_key in vms}
        self._shut: AzureBackupError | None = None

    def write(self) -> dict[str, Outcome]:
        """What has come of each."""
        for place in {id(vm.place): vm.place for vm in self._vms.values()}.values():
            here = {vm_key: vm for vm_key, vm in self._vms.items() if vm.place is place}
            if self._run.options["state"] == "protected":
                self._protect(place, here)
            else:
                self._end(place, here)
        return self._outcomes

    def _end(self, place: ProtectingVault, vms: dict[str, PlannedVm]) -> None:
        for delete, step in ((False, Step(STOP, _send_stop, _is_there)), (True, Step(DELETE, _send_delete, _is_deleted))):
            self._step(place, {vm_key: vm for vm_key, vm in vms.items() if vm.target.delete is delete}, step, self._outcomes)

    def _protect(self, place: ProtectingVault, vms: dict[str, PlannedVm]) -> None:
        """Bring VMs under protection. Of those that another vault backs up a few go first: what their new vault has against them, it has against all."""
        moving = [vm_key for vm_key, vm in vms.items() if _leaves(vm)]
        first, later = moving[:FIRST_MOVED], moving[FIRST_MOVED:]
        self._bring(place, {vm_key: vm for vm_key, vm in vms.items() if vm_key not in later})
        refusal = self._outcomes[first[0]].failure if first else None
        if later and refusal and all(self._outcomes[each].refused for each in first):
            text = f"Not begun, and backed up as before: Azure has refused the {len(first)} VMs that went first, {name(vms[first[0]].vm_id)} and others."
            for vm_key in later:
                self._outcomes[vm_key].failure = AzureBackupError(text, code=refusal.code, hint=refusal.hint)
        else:
            self._bring(place, {vm_key: vms[vm_key] for vm_key in later})

    def _bring(self, place: ProtectingVault, vms: dict[str, PlannedVm]) -> None:
        """Free the VMs that another vault backs up, bring back what is soft-deleted, then give every VM its state."""
        freed = self._free({vm_key: vm for vm_key, vm in vms.items() if _leaves(vm)})
        deleted = {vm_key: vm for vm_key, vm in self._going_well(vms).items() if needs_undelete(vm.item.view if vm.item else None)}
        self._step(place, deleted, Step(UNDELETE, _send_undelete, _is_stopped), self._outcomes)
        self._step(place, self._going_well(vms), Step(CONFIGURE, _send_protect, _is_there), self._outcomes)
        self._go_back({vm_key: vm for vm_key, vm in freed.items() if not self._outcomes[vm_key].goes_well})

    def _going_well(self, vms: dict[str, PlannedVm]) -> dict[str, PlannedVm]:
        return {vm_key: vm for vm_key, vm in vms.items() if self._outcomes[vm_key].goes_well}

    def _free(self, vms: dict[str, PlannedVm]) -> dict[str, PlannedVm]:
        """Stop the backups of VMs in the vaults that they leave, keeping the data: those that are free now."""
        for place, leaving in _by_old_vault(vms):
            self._step(place, leaving, Step(STOP, _send_free, _is_stopped), self._outcomes)
        return self._going_well(vms)

    def _go_back(self, vms: dict[str, PlannedVm]) -> None:
        """VMs that do not come into their new vault are backed up by the old one again. Where they may still come, the next run resumes."""
        returning = {vm_key: vm for vm_key, vm in vms.items() if self._outcomes[vm_key].failure is None or self._outcomes[vm_key].refused}
        ways_back = {vm_key: Outcome(shown=self._outcomes[vm_key].shown, job=self._outcomes[vm_key].job) for vm_key in returning}
        shut, self._shut = self._shut, None
        for place, group in _by_old_vault(returning):
            self._step(place, group, Step(CONFIGURE, _send_back, _is_protected), ways_back)
        self._shut = shut
        for vm_key, vm in vms.items():
            outcome, way_back = self._outcomes[vm_key], ways_back.get(vm_key)
            back = way_back is not None and way_back.goes_well
            if way_back is not None:
                outcome.shown, outcome.job = way_back.shown, way_back.job
            where = _where_it_is(vm, back)
            if outcome.failure:
                outcome.failure = _with(outcome.failure, where)
            elif back:
                outcome.not_begun = f"{outcome.not_begun}. {where}"
            else:
                outcome.failure, outcome.not_begun = AzureBackupError(f"It was {outcome.not_begun}. {where}"), None

    # One step.

    def _step(self, place: ProtectingVault, vms: dict[str, PlannedVm], step: Step, outcomes: dict[str, Outcome]) -> None:
        """Begin one change of each VM, but not where an earlier run's is still in progress; then wait for all of them."""
        left = {vm_key: vm for vm_key, vm in vms.items() if outcomes[vm_key].goes_well}
        for rounds_left in reversed(range(ROUNDS)):
            if not left:
                break
            seen = self._round(place, left, step, outcomes)
            for vm_key in left:
                outcome = outcomes[vm_key]
                outcome.failure = seen.failed.get(vm_key) or (None if rounds_left else seen.lost.get(vm_key)) or outcome.failure
                outcome.refused = outcome.refused or vm_key in seen.refused
                if seen.views is not None:
                    outcome.shown = seen.views.get(vm_key)
            left = {vm_key: left[vm_key] for vm_key in seen.lost}

    def _round(self, place: ProtectingVault, vms: dict[str, PlannedVm], step: Step, outcomes: dict[str, Outcome]) -> Seen:
        try:
            # In this order: what an earlier run began is either still a job, or shown by the items.
            running, present = place.vault.running_jobs(step.job), place.vault.views()
        except AzureBackupError as exc:
            return Seen(failed=dict.fromkeys(vms, exc))
        left = [vm_key for vm_key, vm in vms.items() if not step.arrived(vm, present.get(vm_key))]

        def start(vm_key: str) -> tuple[str, Begun | None]:
            vm, outcome = vms[vm_key], outcomes[vm_key]
            if key_of_vm(vm.vm_id) in running:
                return vm_key, Begun(vm.vm_id)
            if self._shut is not None:
                self._leave(outcome, self._shut)
                return vm_key, None
            try:
                return vm_key, begun(vm.vm_id, step.send(place, vm))
            except AzureBackupError as exc:
                if exc.may_have_taken_effect:
                    return vm_key, Begun(vm.vm_id, error=exc)
                outcome.failure, outcome.refused = exc, exc.status is not None and 400 <= exc.status < 500 and exc.status != 429
                self._shut_after(exc)
                return vm_key, None

        started = {vm_key: each for vm_key, each in self._run.arm.each(start, left, self._run.options["parallel"], ASKED[step.job]) if each}
        if not started:
            return Seen(views=present)
        seen = watch(
            self._run.arm, place.vault, started, lambda vm_key, view: step.arrived(vms[vm_key], view), step.job, self._run.options["wait_timeout"]
        )
        for vm_key in started:
            outcomes[vm_key].job = seen.jobs.get(vm_key) or outcomes[vm_key].job
        for error in seen.failed.values():
            self._shut_after(error)
        return seen

    def _shut_after(self, exc: AzureBackupError) -> None:
        """Begin nothing more, when the task asks for that or it is of no use."""
        if self._shut is None and (exc.code in SPENT or self._run.options["on_error"] == "stop"):
            self._shut = exc

    def _leave(self, outcome: Outcome, cause: AzureBackupError) -> None:
        if self._run.options["on_error"] == "stop":
            outcome.not_begun = "not begun, because another VM failed and on_error is stop"
        else:
            outcome.failure = AzureBackupError(f"Not begun, as Azure takes no more of these for now: {cause.message}", code=cause.code, hint=cause.hint)


def _leaves(vm: PlannedVm) -> bool:
    """Whether another vault backs the VM up, which it is to leave."""
    return vm.elsewhere is not None and vm.elsewhere.item.state not in STOPPED


def _by_old_vault(vms: dict[str, PlannedVm]) -> list[tuple[ProtectingVault, dict[str, PlannedVm]]]:
    places = {held.place.key: held.place for vm in vms.values() if (held := vm.elsewhere)}
    return [(place, {vm_key: vm for vm_key, vm in vms.items() if vm.elsewhere and vm.elsewhere.place is place}) for place in places.values()]


def _where_it_is(vm: PlannedVm, back: bool) -> str:
    vault = vm.elsewhere.place.name if vm.elsewhere else ""
    if back:
        return f"It is backed up by vault {vault} again."
    return f"Its backups by vault {vault} are stopped, and its data is kept there; the next run goes on."


def _with(exc: AzureBackupError, told: str) -> AzureBackupError:
    return AzureBackupError(
        f"{exc.message.rstrip('.')}. {told}",
        hint=exc.hint,
        code=exc.code,
        status=exc.status,
        target=exc.target,
        request_id=exc.request_id,
        details=exc.details,
    )


# What is sent, and when it has come about.


def _put(place: ProtectingVault, vm: PlannedVm, body: Document, item: Item | None) -> Accepted:
    return place.vault.put(path_of(vm.vm_id, item), body, f"change the protection of VM {name(vm.vm_id)}")


def _send_protect(place: ProtectingVault, vm: PlannedVm) -> Accepted:
    present = vm.item.view["disks"] if vm.item else blank(place.name)["disks"]
    chosen = vm.target.disks if vm.target.disks != present else None
    body = protect_body(vm.vm_id, vm.target.policy_id or "", chosen)
    return _put(place, vm, place.guard.approved(body, vm.critical), vm.item)


def _send_undelete(place: ProtectingVault, vm: PlannedVm) -> Accepted:
    return _put(place, vm, undelete_body(vm.vm_id), vm.item)


def _send_stop(place: ProtectingVault, vm: PlannedVm) -> Accepted:
    return _put(place, vm, place.guard.approved(stop_body(vm.vm_id, vm.target.state), [STOP_ITEM]), vm.item)


def _send_free(place: ProtectingVault, vm: PlannedVm) -> Accepted:
    body = place.guard.approved(stop_body(vm.vm_id, "stopped"), [STOP_ITEM])
    return _put(place, vm, body, vm.elsewhere.item if vm.elsewhere else None)


def _send_back(place: ProtectingVault, vm: PlannedVm) -> Accepted:
    item = vm.elsewhere.item if vm.elsewhere else None
    return _put(place, vm, protect_body(vm.vm_id, (item.policy_id if item else None) or "", None), item)


def _send_delete(place: ProtectingVault, vm: PlannedVm) -> Accepted:
    if vm.item is None:
        raise AzureBackupError("There is no item to delete.")  # the plan deletes items only
    place.guard.unlock(vm.item.id)
    return place.vault.delete(vm.item.path, f"delete the backup data of VM {name(vm.vm_id)}")


def _is_there(vm: PlannedVm, view: View | None) -> bool:
    """Whether the vault shows what was asked. Azure may leave out the policy of an item that is stopped."""
    wanted = vm.change.after or {}
    if view is None or view["state"] != wanted["state"]:
        return False
    same_disks = vm.target.disks is None or view["disks"] == vm.target.disks
    return not vm.target.protects or (key(view["policy"]) == key(wanted.get("policy")) and same_disks)


def _is_protected(_vm: PlannedVm, view: View | None) -> bool:
    return view is not None and view["state"] == "protected"


def _is_stopped(_vm: PlannedVm, view: View | None) -> bool:
    return view is not None and view["state"] == "stopped"


def _is_deleted(_vm: PlannedVm, view: View | None) -> bool:
    return view is None or needs_undelete(view)
