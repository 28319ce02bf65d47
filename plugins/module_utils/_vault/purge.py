# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Emptying a vault that is to be deleted. Each run looks at what is there, so an interrupted one is taken up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._arm.operations import Accepted
from .._core.errors import AzureBackupError, refuse
from .._core.fields import Document
from .._core.ids import key
from .._core.sync import Change, View, sync_many
from .._items.lists import VaultItems
from .._items.view import View as ItemView
from .._items.view import needs_undelete, undelete_body
from .._items.wait import Begun, begun, watch
from .._jobs.view import key_of_vm
from .._resource_guard.guard import VaultGuard
from .._task.module import Run
from .._task.operation import follow
from . import contents, locks
from .contents import DELETE_DATA, DISCONNECT, UNDELETE, UNREGISTER, PurgeStep

LOOK_AGAIN_SECONDS = 15
JOBS = {UNDELETE: "undelete", DELETE_DATA: "delete_backup_data"}


class Purge:
    """What one vault holds, the steps to empty and delete it, and how far they have got."""

    def __init__(self, run: Run, guard: VaultGuard, vault: View, document: Document) -> None:
        self._run = run
        self._arm = run.arm
        self._guard = guard
        self._vault = vault
        self._items = VaultItems(run.arm, guard.group, guard.vault_name)
        self.contents, self._locks = self._read(document)
        self.steps = contents.plan(self.contents, vault)

    def _read(self, document: Document) -> tuple[contents.Contents, list[dict[str, Any]]]:
        backup, vaults = self._arm.backup, self._arm.vaults
        doing = f"list what vault {self._guard.vault_name}"
        items, engines, replicated, held, *containers = self._arm.together(
            lambda: self._list(f"{doing} protects", backup.backup_protected_items.list),
            lambda: self._list(f"{doing} has for backup servers", backup.backup_engines.list),
            _allowed(lambda: self._arm.all_pages(f"{doing} replicates", vaults.replication_usages.list, self._guard.group, self._guard.vault_name)),
            lambda: locks.over_group(self._arm, self._guard.group),
            *(self._containers_of(doing, kind) for kind in contents.CONTAINERS),
        )
        registered = [each for listed in containers for each in listed]
        return contents.read(items, registered, engines, document, replicated), held

    def _list(self, doing: str, function: Any, **kwargs: Any) -> list[Document]:
        return self._arm.all_pages(doing, function, self._guard.vault_name, self._guard.group, **kwargs)

    def _containers_of(self, doing: str, kind: str) -> Callable[[], list[Document]]:
        listed = self._arm.backup.backup_protection_containers.list
        return lambda: self._list(f"{doing} has registered ({kind})", listed, filter=f"backupManagementType eq '{kind}'")

    def refuse(self) -> None:
        """Everything that stands against it, before anything is written."""
        problems = contents.check(self._run.options, self.contents, self._vault, self._locks)
        if self._run.options["purge"]:
            problems += self._guard.missing(contents.operations(self.contents, self._vault))
        refuse(problems)

    def sync(self) -> Change:
        """Empty the vault, unless in check mode. Raises when a step failed, with all steps in the result."""
        held = [each.what for each in self.contents.all]
        change = Change({"holds": held}, None) if held else Change(None, None)
        sync_many({"contents": change}, lambda pending: self._empty(), check_mode=self._run.check_mode)
        return change

    def finished(self) -> list[dict[str, Any]]:
        """The steps as they are once the vault is gone, or planned in check mode."""
        if not self._run.check_mode:
            self.steps[-1].status = "done"
        return [each.result() for each in self.steps]

    def failed(self, error: AzureBackupError) -> dict[str, Any]:
        """The result when the deletion of the empty vault failed."""
        _fail(self.steps[-1], error)
        return self._so_far()

    def _so_far(self) -> dict[str, Any]:
        return {"steps": [each.result() for each in self.steps], "changed": any(each.status == "done" for each in self.steps)}

    def _empty(self) -> None:
        """All steps but the last. One that fails stops no other of its kind, and keeps the vault."""
        self._items_step(UNDELETE, self._undelete, lambda view: view is not None and not needs_undelete(view))
        self._items_step(DELETE_DATA, self._delete, lambda view: view is None or needs_undelete(view))
        self._each(self._of(UNREGISTER), self._unregister)
        self._each(self._of(DISCONNECT), self._disconnect)
        failed = [each for each in self.steps if each.status == "failed"]
        if not failed:
            return
        for each in self.steps:
            each.status = "not_started" if each.status == "planned" else each.status
        told = "\n".join(f"- {each.what}: {each.reason}" for each in failed[: contents.NAMED])
        raise AzureBackupError(
            f"Vault {self._guard.vault_name} is kept: {len(failed)} of {len(self.steps)} steps to empty it failed. The key steps has them all.\n{told}",
            hint="Run it again when the cause is gone: it goes on with what is left.",
            extra=self._so_far(),
        )

    def _of(self, kind: str) -> list[PurgeStep]:
        lost = {each.held.id for each in self.steps if each.status == "failed"}
        return [each for each in self.steps if each.step == kind and each.held.id not in lost]

    def _each(self, steps: list[PurgeStep], work: Callable[[PurgeStep], None]) -> None:
        def attempt(step: PurgeStep) -> None:
            try:
                work(step)
                step.status = "done"
            except AzureBackupError as exc:
                _fail(step, exc)

        list(self._arm.each(attempt, steps))

    def _items_step(self, kind: str, start: Callable[[PurgeStep], Accepted], arrived: Callable[[ItemView | None], bool]) -> None:
        """VMs together by lists of the vault; items of other kinds, which are few, one by one."""
        vms = {key(each.held.vm_id): each for each in self._of(kind) if each.held.kind == "AzureIaasVM"}
        if vms:
            self._vms_step(kind, vms, start, arrived)
        others = [each for each in self._of(kind) if each.held.kind != "AzureIaasVM"]
        self._each(others, lambda step: self._follow(start(step), f"empty the vault of {step.held.what}"))

    def _vms_step(
        self, kind: str, vms: dict[str, PurgeStep], start: Callable[[PurgeStep], Accepted], arrived: Callable[[ItemView | None], bool]
    ) -> None:
        # In this order: what an earlier run began is either still a job, or shown by the items.
        running, present = self._items.running_jobs(JOBS[kind]), self._items.views()

        def begin(vm_key: str) -> tuple[str, Begun | None]:
            step = vms[vm_key]
            step.status = "done" if arrived(present.get(vm_key)) else step.status
            if step.status == "done":
                return vm_key, None
            if key_of_vm(step.held.vm_id) in running:
                return vm_key, Begun(step.held.vm_id)  # of an earlier run
            try:
                return vm_key, begun(step.held.vm_id, start(step))
            except AzureBackupError as exc:
                if exc.may_have_taken_effect:
                    return vm_key, Begun(step.held.vm_id, error=exc)  # Azure may have taken it all the same
                _fail(step, exc)
                return vm_key, None

        started = {vm_key: each for vm_key, each in self._arm.each(begin, list(vms)) if each}
        seen = watch(self._arm, self._items, started, lambda _vm_key, view: arrived(view), JOBS[kind], self._run.options["wait_timeout"])
        failed = {**seen.lost, **seen.failed}
        for vm_key in started:
            vms[vm_key].status = "done"
            if vm_key in failed:
                _fail(vms[vm_key], failed[vm_key])

    def _undelete(self, step: PurgeStep) -> Accepted:
        return self._items.put(_path(step), undelete_body(step.held.vm_id), f"bring back {step.held.what}")

    def _delete(self, step: PurgeStep) -> Accepted:
        self._guard.unlock(step.held.id)
        return self._items.delete(_path(step), f"delete the backup data of {step.held.what}")

    def _follow(self, accepted: Accepted, doing: str) -> None:
        """Wait for one operation of the vault."""
        operation = accepted.operation
        if operation:
            follow(lambda: self._items.operation(str(operation)), doing, self._run.options["wait_timeout"])

    def _unregister(self, step: PurgeStep) -> None:
        container, shown = step.held.path
        doing = f"unregister {step.held.what}"
        if step.held.kind in contents.SERVERS:
            self._arm.call(doing, self._arm.vaults.registered_identities.delete, self._guard.group, self._guard.vault_name, shown)
        else:
            unregister = self._arm.backup.protection_containers.unregister
            self._arm.call(doing, unregister, self._guard.vault_name, self._guard.group, "Azure", container)

    def _disconnect(self, step: PurgeStep) -> None:
        begin = self._arm.backup.private_endpoint_connection.begin_delete
        seconds = self._run.options["wait_timeout"]
        self._arm.wait_gone(f"remove {step.held.what}", seconds, begin, self._guard.vault_name, self._guard.group, step.held.path[0])


def _allowed(read: Callable[[], list[Document]]) -> Callable[[], list[Document]]:
    """What may not be read counts as nothing: Azure tells of it when the vault is deleted."""

    def attempt() -> list[Document]:
        try:
            return read()
        except AzureBackupError as exc:
            if exc.status in (403, 404):
                return []
            raise

    return attempt


def _path(step: PurgeStep) -> tuple[str, str]:
    container, item = step.held.path
    return container, item


def _fail(step: PurgeStep, error: AzureBackupError) -> None:
    step.status = "failed"
    step.reason = error.result()["msg"]
