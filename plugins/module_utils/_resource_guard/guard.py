# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The Resource Guard of the vault that a task writes to: asked only when something critical is about to be done."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from .._core.errors import Problem
from .._core.fields import Document
from .._core.ids import key
from .._core.sync import View
from .._task.module import Run
from . import rules


class VaultGuard:
    """Before a write: refuse(guard.missing(operations)). For the write: guard.approved(body, operations), or unlock() before a deletion."""

    def __init__(self, run: Run, group: str, vault_name: str) -> None:
        self._arm = run.arm
        self._options = run.options
        self.group = group
        self.vault_name = vault_name

    @cached_property
    def found(self) -> rules.Guard:
        return self.read()

    def read(self) -> rules.Guard:
        doing = f"read the Resource Guard proxies of vault {self.vault_name}"
        return rules.read(self._arm.all_pages(doing, self._arm.backup.resource_guard_proxies.get, self.vault_name, self.group))

    def missing(self, operations: Iterable[str]) -> list[Problem]:
        """What is to be refused before these critical operations; nothing is read when there is none."""
        operations = list(operations)
        return rules.missing(self.found, self._options, operations) if operations else []

    def approved(self, body: Document, operations: Iterable[str]) -> Document:
        """The body with the request ids that these operations need; as it is when there is none."""
        operations = list(operations)
        return rules.approved(body, rules.requests(self.found, self._options, *operations)) if operations else body

    def unlock(self, item_id: str) -> None:
        """Allow the deletion of one item for the next half hour; nothing to do when no guard watches deletions."""
        self._unlock(f"unlock the deletion of {item_id}", rules.DELETE_ITEM, item_id)

    def unlock_proxy(self) -> None:
        """Allow the vault to be taken from its guard."""
        self._unlock(f"unlock the Resource Guard proxy of vault {self.vault_name}", rules.DELETE_PROXY, None)

    def _unlock(self, doing: str, operation: str, item_id: str | None) -> None:
        ids = rules.requests(self.found, self._options, operation)
        if ids:
            unlock = self._arm.backup.resource_guard_proxy.unlock_delete
            self._arm.call(doing, unlock, self.vault_name, self.group, rules.PROXY, rules.unlock_body(ids, item_id))


class Association:
    """That a Resource Guard watches the vault, as a resource. The option's empty text means none."""

    def __init__(self, run: Run, guard: VaultGuard) -> None:
        self._arm = run.arm
        self._guard = guard
        self._id = run.options["resource_guard"]
        self.wanted: View | None = {"resource_guard": key(self._id)} if self._id else None

    def operations(self, before: View | None) -> list[str]:
        """The critical operations on the way to what is wanted."""
        return [rules.DELETE_PROXY] if before and before != self.wanted else []

    def read(self) -> View | None:
        found = self._guard.read()
        return {"resource_guard": key(found.id)} if found.id else None

    def create(self, after: View) -> None:
        body = {"properties": {"resourceGuardResourceId": self._id}}
        doing = f"put vault {self._guard.vault_name} under Resource Guard {self._id}"
        self._arm.call(doing, self._arm.backup.resource_guard_proxy.put, self._guard.vault_name, self._guard.group, rules.PROXY, body)

    def update(self, before: View, after: View, changes: View) -> None:
        """A vault has one guard: the old one goes first."""
        self.delete(before)
        self.create(after)

    def delete(self, before: View) -> None:
        self._guard.unlock_proxy()
        doing = f"take vault {self._guard.vault_name} from its Resource Guard"
        self._arm.call(doing, self._arm.backup.resource_guard_proxy.delete, self._guard.vault_name, self._guard.group, rules.PROXY)
