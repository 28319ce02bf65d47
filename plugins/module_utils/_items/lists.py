# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What a vault protects and what it is busy with, read in lists: never one request for each VM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .._core.errors import AzureBackupError
from .._core.fields import Document, fetch
from .._core.ids import key, name
from .._jobs.lists import VaultJobs
from .._jobs.view import vm_of
from . import view

if TYPE_CHECKING:
    from .._arm.client import Arm
    from .._arm.operations import Accepted

# So many single reads at once are quicker than the pages of a list.
FEW = 8
_EXPAND = "expand eq 'extendedinfo'"
VM_ITEMS = "backupManagementType eq 'AzureIaasVM' and itemType eq 'VM'"


def follows_policy(arm: Arm, group: str, vault_name: str, item_id: str, vm_name: str) -> bool | None:
    """Whether Azure says that an item follows its policy, which only a read of the item itself shows; None when it says nothing, or the item is gone."""
    found = arm.find(
        f"read the protection of VM {vm_name}", arm.backup.protected_items.get, vault_name, group, "Azure", *view.path_in(item_id), filter=_EXPAND
    )
    inconsistent = fetch(found, "properties.extendedInfo.policyInconsistent")
    return None if inconsistent is None else inconsistent is not True


class VaultItems:
    """The lists of one vault. few: ids of the only VMs that matter, where they are known and no more than FEW."""

    def __init__(self, arm: Arm, group: str, vault_name: str, few: Sequence[str] = ()) -> None:
        self._arm = arm
        self.group = group
        self.vault_name = vault_name
        self._few = few if len(few) <= FEW else ()
        # Those of the few that a list has shown, which may be under other names than their VM's.
        self._known: dict[str, view.Item] | None = None
        self.jobs = VaultJobs(arm, group, vault_name)

    def items(self) -> dict[str, view.Item]:
        """Protected VMs by id key, soft-deleted ones too; a vault full of others need not be listed for a few, or only once."""
        found = self._find_few()
        if found is not None:
            return found
        items = {key(item.vm_id): item for item in self._all(view.read_item)}
        self._known = {vm_key: items[vm_key] for vm_key in map(key, self._few) if vm_key in items}
        return items

    def views(self) -> dict[str, view.View]:
        """Only the view of each of these, which of a fleet takes far less memory."""
        found = self._find_few()
        if found is not None:
            return {vm_key: item.view for vm_key, item in found.items()}

        def pair(document: Document) -> tuple[str, view.View]:
            item = view.read_item(document)
            return key(item.vm_id), item.view

        return dict(self._all(pair))

    def _find_few(self) -> dict[str, view.Item] | None:
        """The items of the few, None when a list is needed to find them."""
        if not self._few:
            return None
        found = [view.read_item(each) for each in self._arm.each(self._item, self._few) if each]
        if self._known is None and len(found) < len(self._few):
            return None
        return {key(item.vm_id): item for item in found}

    def _item(self, vm_id: str) -> Document | None:
        doing = f"read the protection of VM {name(vm_id)}"
        path = view.path_of(vm_id, (self._known or {}).get(key(vm_id)))
        return self._arm.find(doing, self._arm.backup.protected_items.get, self.vault_name, self.group, "Azure", *path)

    def facts(self) -> list[dict[str, Any]]:
        """All that is told of each protected VM."""
        return self._all(view.facts)

    def _all(self, keep: Callable[[Document], Any]) -> list[Any]:
        return self._list("list the protected VMs of vault", self._arm.backup.backup_protected_items.list, VM_ITEMS, keep=keep)

    def find_items(self) -> dict[str, view.Item] | None:
        """The same, None when there is no such vault."""
        try:
            return self.items()
        except AzureBackupError as exc:
            if exc.is_absence:
                return None
            raise

    def policies(self) -> dict[str, Document]:
        """Policies for VMs by name key."""
        listed = self._list("list the policies of vault", self._arm.backup.backup_policies.list, "backupManagementType eq 'AzureIaasVM'")
        return {key(each["name"]): each for each in listed}

    def points(self, item_id: str, text: str | None = None) -> list[Document]:
        """Recovery points of one item; text is Azure's filter for them."""
        path = view.path_in(item_id)
        listed = self._arm.backup.recovery_points.list
        return self._arm.all_pages(f"list the recovery points of {path[1]}", listed, self.vault_name, self.group, "Azure", *path, filter=text)

    def running_jobs(self, operation: str) -> dict[tuple[str, str], str]:
        """Job names by VM key of the jobs of one operation that run."""
        return {vm_of(each): each["name"] for each in self.jobs.running(operation)}

    def operation(self, operation_id: str) -> Document:
        """One operation {status, error, properties.jobId}; for the few that did not end as they should."""
        get = self._arm.backup.backup_operation_statuses.get
        return self._arm.call(f"read operation {operation_id}", get, self.vault_name, self.group, operation_id).as_dict()

    def put(self, path: tuple[str, str], body: Document, doing: str) -> Accepted:
        """Start a change of one item."""
        begin = self._arm.backup.protected_items.begin_create_or_update
        return self._arm.send(doing, begin, self.vault_name, self.group, "Azure", *path, body)

    def delete(self, path: tuple[str, str], doing: str) -> Accepted:
        """Start the deletion of one item with its data."""
        return self._arm.begin(doing, self._arm.backup.protected_items.delete, self.vault_name, self.group, "Azure", *path)

    def back_up(self, path: tuple[str, str], body: Document, vm_name: str) -> Accepted:
        """Request a backup of one item."""
        doing = f"start a backup of VM {vm_name}"
        return self._arm.begin(doing, self._arm.backup.backups.trigger, self.vault_name, self.group, "Azure", *path, body)

    def _list(self, doing: str, function: Any, text: str, **options: Any) -> list[Any]:
        return self._arm.all_pages(f"{doing} {self.vault_name}", function, self.vault_name, self.group, filter=text, **options)
