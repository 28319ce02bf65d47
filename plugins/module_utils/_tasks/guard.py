# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The Resource Guard of the vault that a task writes to: asked only when something critical is about to be done."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from .._domain import guard as rules
from .._domain.fields import Document
from .._errors import Problem
from .._module import Run


class VaultGuard:
    """Before a write: refuse(guard.missing(operations)). For the write: guard.approved(body, operations), or unlock() before a deletion."""

    def __init__(self, run: Run, group: str, vault_name: str) -> None:
        self._arm = run.arm
        self._options = run.options
        self.group = group
        self.vault_name = vault_name

    @cached_property
    def found(self) -> rules.Guard:
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
        ids = rules.requests(self.found, self._options, rules.DELETE_ITEM)
        if ids:
            unlock = self._arm.backup.resource_guard_proxy.unlock_delete
            self._arm.call(f"unlock the deletion of {item_id}", unlock, self.vault_name, self.group, rules.PROXY, rules.unlock_body(ids, item_id))
