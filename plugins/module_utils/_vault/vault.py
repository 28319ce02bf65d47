# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module vault."""

from __future__ import annotations

import time
from typing import Any

from .._core.errors import AzureBackupError, Problem, refuse, timed_out
from .._core.fields import Document
from .._core.ids import VAULT_TYPE, location, resource_id
from .._core.sync import Change, View, decide, report, sync
from .._resource_guard.guard import Association, VaultGuard
from .._resource_guard.rules import vault_operations
from .._task.module import Run
from .._task.scope import read_vault
from . import redundancy, rules, view
from .deleted_info import DeletedVault, find_deleted
from .prerequisites import ProviderRegistration, ResourceGroup
from .purge import Purge

check = rules.check_options
SOFT_DELETE = ("soft_delete", "soft_delete_retention_days")
FIXED_BY_USE = ("encryption", "redundancy", "cross_region_restore")
# Azure answers an older vault API's soft delete with success and does nothing, so it is looked at before the older one is tried.
LOOK_AGAIN_SECONDS = (0, 3)
# What Azure has begun with a vault, by an earlier run or by somebody else: changes wait for its end.
BUSY = ("Provisioning", "Updating", "Deleting", "Pending")
BUSY_SECONDS = 10


class Vault:
    """One vault, read and written."""

    def __init__(self, run: Run, group: str, name: str) -> None:
        self._arm = run.arm
        self._run = run
        self.group = group
        self.name = name
        self.id = resource_id(run.arm.subscription_id, group, VAULT_TYPE, name)
        self.guard = VaultGuard(run, group, name)
        self.deleted: DeletedVault | None = None
        self.present: Document = {}

    def document(self) -> Document | None:
        return read_vault(self._arm, self.group, self.name)

    def read(self) -> View | None:
        document = self.document()
        self.present = document or {}
        return view.to_view(document, self._storage_of(document)) if document else None

    def _storage_of(self, document: Document) -> Document | None:
        """The storage configuration where a task is about the redundancy and the vault itself does not show it."""
        shown = view.to_view(document)
        asked = redundancy.wanted(self._run.options)
        return self.storage() if any(shown[name] is None for name in asked) else None

    def create(self, after: View) -> None:
        """A PUT of what it can carry, or the deleted vault brought back; then what is left."""
        asked = view.wanted(self._run.options, None)
        carried = view.at_creation(asked)
        if self.deleted:
            self.deleted.undelete(self.group)
        else:
            body = {"sku": {"name": "Standard"}, "properties": {}, **view.to_body(carried)}
            self._wait("create", self._arm.vaults.vaults.begin_create_or_update, body)
        if self.deleted or carried != asked:
            self._finish()

    def _finish(self) -> None:
        """Bring the vault that is there now to what the options want."""
        before = self.read()
        if before is None:
            raise AzureBackupError(f"Azure reports success, but there is no vault {self.name}.", hint="Run it again in a few minutes.")
        change = decide(before, view.wanted(self._run.options, before))
        if self.deleted:
            # What a deleted vault holds is not known until it is back.
            refuse(self.problems(before, change.after or {}))
        if change.changed:
            self.update(before, change.after or {}, {name: (change.after or {})[name] for name in change.differing})

    def update(self, before: View, after: View, changes: View) -> None:
        if self._is_gone(before):
            raise AzureBackupError(f"Vault {self.name} was being deleted and is gone.", hint="Run it again to create a new one.")
        repaired = changes.pop("provisioning_state", None)
        if repaired and not changes:
            self.patch({"tags": self.present.get("tags") or {}})  # any change that succeeds heals the vault
        if "user_assigned_identities" in changes:
            changes = {**changes, "identity": after["identity"]}
        present = dict(before)
        for batch in view.batches(before, changes):
            operations = vault_operations(present, {**present, **batch})
            self.patch(self.guard.approved(view.to_body(batch, self.present), operations))
            if any(name in batch for name in SOFT_DELETE):
                self._soft_delete_by_the_older_api({name: batch[name] for name in SOFT_DELETE if name in batch})
            present.update(batch)

    def patch(self, body: Document) -> None:
        """PATCH of just these settings: a PUT would reset the others."""
        self._wait("change", self._arm.vaults.vaults.begin_update, body)

    def _soft_delete_by_the_older_api(self, asked: View) -> None:
        """Where the vault itself did not take soft delete: by its configuration, unless that is no longer its owner.

        https://github.com/Azure/azure-rest-api-specs/issues/34218, https://github.com/Azure/bicep-registry-modules/pull/7292
        """
        for delay in LOOK_AGAIN_SECONDS:
            time.sleep(delay)
            shown = self.read() or {}
            if all(shown.get(name) == value for name, value in asked.items()):
                return
        body = view.legacy_soft_delete(asked, self.present)
        try:
            update = self._arm.backup.backup_resource_vault_configs.update
            self._arm.call(f"change the soft delete of vault {self.name}", update, self.name, self.group, body)
        except AzureBackupError as exc:
            if exc.code != "BMSUserErrorSoftDeleteUseVaultApi":
                raise

    def delete(self, before: View) -> None:
        doing = f"delete vault {self.name}"
        if self._is_gone(before):
            return
        self._arm.wait_gone(doing, self._run.options["wait_timeout"], self._arm.vaults.vaults.begin_delete, self.group, self.name)

    def _is_gone(self, before: View) -> bool:
        """Whether what Azure was busy with has ended in the vault's deletion."""
        present: View | None = before
        end = time.monotonic() + self._run.options["wait_timeout"]
        while present and present["provisioning_state"] in BUSY:
            if time.monotonic() > end:
                raise timed_out(f"change vault {self.name}, which is {present['provisioning_state']},", self._run.options["wait_timeout"])
            time.sleep(BUSY_SECONDS)
            present = self.read()
        return present is None

    def _wait(self, verb: str, begin: Any, body: Document) -> None:
        self._arm.wait(f"{verb} vault {self.name}", self._run.options["wait_timeout"], begin, self.group, self.name, body)

    def problems(self, before: View | None, after: View) -> list[Problem]:
        """What is wrong with the options for the vault as it is now, None when it does not exist."""
        options, use = self._run.options, self._use(before, after)
        across = bool((before or {}).get("cross_region_restore"))
        found = rules.check_change(options, before)
        found += rules.check_encryption(options, before, after, use.began(across))
        return found + redundancy.check_change(options, before or dict(redundancy.NEW), use)

    def _use(self, before: View | None, after: View) -> redundancy.Use:
        """Read only when it matters: for a change of what is fixed by the first item."""
        if before is None or all(before[name] == after[name] for name in FIXED_BY_USE):
            return redundancy.Use()
        storage, held = self._arm.together(self.storage, self.held)
        return redundancy.Use(held, redundancy.to_view(self.present, storage)["locked"])

    def held(self) -> int:
        """How many items the vault protects."""
        items = self._arm.backup.backup_protected_items.list
        return len(self._arm.all_pages(f"list what vault {self.name} protects", items, self.name, self.group))

    def storage(self) -> Document | None:
        """The storage configuration. Vaults around cross-region restore were seen to refuse to tell it; they tell most of it themselves.

        https://github.com/hashicorp/terraform-provider-azurerm/issues/21663
        """
        get = self._arm.backup.backup_resource_storage_configs_non_crr.get
        try:
            return self._arm.find(f"read the storage configuration of vault {self.name}", get, self.name, self.group)
        except AzureBackupError as exc:
            if exc.code != "BMSUserErrorCrossRegionRestoreNotEnabledInThisVault":
                raise
            return None


def ensure(run: Run) -> dict[str, Any]:
    options = run.options
    vault = Vault(run, options["resource_group"], options["name"])
    before = vault.read()
    if options["state"] == "absent":
        return _absent(run, vault, before)
    wanted = view.wanted(options, before)
    if before and before["provisioning_state"] == "Failed":
        wanted = {**wanted, "provisioning_state": "Succeeded"}
    association = Association(run, vault.guard) if options["resource_guard"] is not None else None
    guarded = association.read() if association and before else None
    changes = _prepare(run, vault, before, wanted, association.operations(guarded) if association else [])
    changes["vault"] = sync(vault, before, wanted, check_mode=run.check_mode, blank=view.blank(vault.id, vault.name))
    shown = changes["vault"].after or {}
    if association:
        changes["resource_guard"] = sync(association, guarded, association.wanted, check_mode=run.check_mode)
        if changes["resource_guard"].changed:
            shown = {**shown, "multi_user_authorization": "Enabled" if association.wanted else "Disabled"} if run.check_mode else vault.read() or {}
    return {**_report(changes), "vault": shown, "steps": [], "undeleted": vault.deleted is not None}


def _absent(run: Run, vault: Vault, before: View | None) -> dict[str, Any]:
    changes: dict[str, Change] = {}
    purge = Purge(run, vault.guard, before, vault.present) if before else None
    if purge:
        purge.refuse()
        changes["contents"] = purge.sync()
    try:
        changes["vault"] = sync(vault, before, None, check_mode=run.check_mode)
    except AzureBackupError as exc:
        exc.extra.update(purge.failed(exc) if purge else {})
        raise
    return {**_report(changes), "vault": {}, "steps": purge.finished() if purge else [], "undeleted": False}


def _report(changes: dict[str, Change]) -> dict[str, Any]:
    names = {"resource_group_created": "resource_group", "provider_registered": "provider"}
    told = {option: name in changes and changes[name].changed for option, name in names.items()}
    return {**report({name: each for name, each in changes.items() if each.changed or name == "vault"}), **told}


def _prepare(run: Run, vault: Vault, before: View | None, wanted: View, operations: list[str]) -> dict[str, Change]:
    """Refuse what cannot be, and make what a new vault stands on: its resource group and the registered provider."""
    after = {**(before or view.blank(vault.id, vault.name)), **wanted}
    problems = vault.problems(before, after)
    for text in redundancy.warnings(before or {}, after, after["location"]):
        run.warn(text)
    if before is not None:
        refuse(problems + vault.guard.missing([*vault_operations(before, after), *operations]))
        return {}
    if not problems:
        _look_for_deleted(run, vault, wanted["location"])
    return _foundation(run, problems)


def _look_for_deleted(run: Run, vault: Vault, region: str) -> None:
    """The deleted vault to bring back; where that is not asked, the user is told that there is one."""
    try:
        found = find_deleted(run, vault.id, region)
    except AzureBackupError:
        if run.options["undelete"]:
            raise
        return
    if found and run.options["undelete"]:
        vault.deleted = found
    elif found:
        shown = found.view
        run.warn(f"Vault {vault.name} was deleted at {shown['deleted_at']}; what it held can be brought back with undelete until {shown['purge_at']}.")


def _foundation(run: Run, problems: list[Problem]) -> dict[str, Change]:
    options = run.options
    provider, group = ProviderRegistration(run, "Microsoft.RecoveryServices"), ResourceGroup(run, options["resource_group"])
    registered, present = run.arm.together(provider.read, group.read)
    if present is None and not options["create_resource_group"]:
        text = f"there is no resource group '{group.name}' in subscription {run.arm.subscription_id}; correct it or set create_resource_group"
        problems.append(Problem("resource_group", text))
    refuse(problems)
    changes = {"provider": sync(provider, registered, {"state": "Registered"}, check_mode=run.check_mode)}
    if present is None:
        wanted = {"location": location(options["location"])}
        changes["resource_group"] = sync(group, None, wanted, check_mode=run.check_mode, blank={"id": group.id, "name": group.name})
    return changes
