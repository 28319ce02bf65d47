# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module policy_reapply: items that Azure calls inconsistent with their policy are written again, with the policy that they have."""

from __future__ import annotations

import time
from typing import Any

from .._core.errors import AzureBackupError, Problem, refuse
from .._core.ids import name
from .._core.names import check_vault, no_vault
from .._core.sync import READ_AGAIN_SECONDS, Change, sync_many
from .._items.lists import VaultItems, follows_policy
from .._items.view import Item, path_of, protect_body
from .._task.module import Run
from .._task.results import VmResult, report
from .._vm import selection


def check(options: dict[str, Any]) -> list[Problem]:
    problems = check_vault(options)
    return problems + selection.check_vms(options.get("vms"))


class _Items:
    """The protected VMs of the task: {consistent, policy} of each is its view."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._arm = run.arm
        self._vault = VaultItems(run.arm, run.options["resource_group"], run.options["vault_name"])
        self.items: dict[str, Item] = {}
        self.vms: dict[str, VmResult] = {}

    def choose(self) -> None:
        options = self._run.options
        found = self._vault.find_items()
        if found is None:
            refuse([no_vault(options["vault_name"], options["resource_group"])])
        named = {selection.group_and_name(each): each for each in options.get("vms") or ()}
        self.items = {
            vm_key: item
            for vm_key, item in (found or {}).items()
            if item.state == "protected" and (not named or selection.group_and_name(item.vm_id) in named)
        }
        there = {selection.group_and_name(item.vm_id) for item in self.items.values()}
        refuse([Problem("vms", f"the vault does not protect VM '{text}'") for place, text in named.items() if place not in there])
        self.vms = {vm_key: VmResult(item.vm_id, bool(named)) for vm_key, item in self.items.items()}

    def read(self, vm_key: str) -> bool:
        """Whether the item follows its policy, as far as Azure shows."""
        item = self.items[vm_key]
        return follows_policy(self._arm, self._vault.group, self._vault.vault_name, item.id, name(item.vm_id)) is not False

    def examine(self, vm_key: str) -> None:
        vm = self.vms[vm_key]
        try:
            consistent = self.read(vm_key)
        except AzureBackupError as exc:
            vm.failure = exc
            return
        before = {"policy": self.items[vm_key].view["policy"], "consistent": consistent}
        vm.change = Change(before, {**before, "consistent": True}, ("consistent",) if not consistent else ())

    def write(self, pending: list[str]) -> None:
        list(self._arm.each(self._write, pending, self._run.options["parallel"]))

    def _write(self, vm_key: str) -> None:
        """A VM that fails stops none of the others."""
        vm, item = self.vms[vm_key], self.items[vm_key]
        try:
            body = protect_body(item.vm_id, item.policy_id or "", None)
            begin, path = self._arm.backup.protected_items.begin_create_or_update, path_of(item.vm_id, item)
            doing = f"apply the policy of VM {name(item.vm_id)} again"
            self._arm.wait(doing, self._run.options["wait_timeout"], begin, self._vault.vault_name, self._vault.group, "Azure", *path, body)
            self._verify(vm_key)
        except AzureBackupError as exc:
            vm.failure = exc
            vm.change = Change(vm.before, vm.before)

    def _verify(self, vm_key: str) -> None:
        for delay in READ_AGAIN_SECONDS:
            if self.read(vm_key):
                return
            time.sleep(delay)
        raise AzureBackupError(
            "Azure took the policy, but still says that the VM does not follow it.",
            code="NotShown",
            hint="Look at the VM's last configure_backup job (job_info): it says what the VM refuses.",
        )


def ensure(run: Run) -> dict[str, Any]:
    items = _Items(run)
    items.choose()
    list(run.arm.each(items.examine, list(items.vms), run.options["parallel"]))
    sync_many({vm_key: vm.change for vm_key, vm in items.vms.items() if vm.failure is None}, items.write, check_mode=run.check_mode)
    return report(run, items.vms)
