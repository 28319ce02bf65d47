# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The modules vault and vault_info."""

from __future__ import annotations

from typing import Any

from .._domain import vault as rules
from .._domain.fields import Document
from .._domain.ids import VAULT_TYPE, key, location, resource_id
from .._errors import Problem, refuse
from .._module import Run
from .._sync import Change, View, report, sync
from .groups import ProviderRegistration, ResourceGroup

check = rules.check_options


def check_info(options: dict[str, Any]) -> list[Problem]:
    return rules.check_name(options.get("name")) + rules.check_group(options.get("resource_group"))


class Vault:
    """One vault, read and written."""

    def __init__(self, run: Run, group: str, name: str) -> None:
        self._arm = run.arm
        self._run = run
        self.group = group
        self.name = name
        self.id = resource_id(run.arm.subscription_id, group, VAULT_TYPE, name)

    def document(self) -> Document | None:
        return self._arm.find(f"read vault {self.name}", self._arm.vaults.vaults.get, self.group, self.name)

    def read(self) -> View | None:
        document = self.document()
        return rules.to_view(document) if document else None

    def create(self, after: View) -> None:
        """User-assigned identities only after the vault is there: Azure fails to find them while it creates it."""
        later = {name: after[name] for name in ("identity", "user_assigned_identities") if after.get("user_assigned_identities")}
        body = {"sku": {"name": "Standard"}, "properties": {}, **rules.to_body({name: after[name] for name in after if name not in later})}
        self._wait("create", self._arm.vaults.vaults.begin_create_or_update, body)
        if later:
            self.patch(rules.to_body(later))

    def update(self, before: View, after: View, changes: View) -> None:
        if "identity" in changes or "user_assigned_identities" in changes:
            changes = {**changes, "identity": after["identity"]}
        self.patch(rules.to_body(changes))

    def patch(self, body: Document) -> None:
        """PATCH of just these settings: a PUT would reset the others."""
        self._wait("change", self._arm.vaults.vaults.begin_update, body)

    def delete(self, before: View) -> None:
        doing = f"delete vault {self.name}"
        self._arm.wait_gone(doing, self._run.options["wait_timeout"], self._arm.vaults.vaults.begin_delete, self.group, self.name)

    def _wait(self, verb: str, begin: Any, body: Document) -> None:
        self._arm.wait(f"{verb} vault {self.name}", self._run.options["wait_timeout"], begin, self.group, self.name, body)

    def contents(self) -> list[str]:
        """Names of what the vault protects or has registered: while there is any, Azure does not delete it."""
        items = self._arm.all_pages(
            f"list what vault {self.name} protects", self._arm.backup.backup_protected_items.list, self.name, self.group
        )
        servers = self._arm.all_pages(
            f"list the servers registered with vault {self.name}",
            self._arm.backup.backup_protection_containers.list,
            self.name,
            self.group,
            filter="backupManagementType eq 'MAB'",
        )
        return sorted(each["properties"].get("friendlyName") or each["name"] for each in [*items, *servers])


def ensure(run: Run) -> dict[str, Any]:
    options = run.options
    vault = Vault(run, options["resource_group"], options["name"])
    before = vault.read()
    changes: dict[str, Change] = {}
    if options["state"] == "absent":
        _refuse_if_filled(vault, before)
        changes["vault"] = sync(vault, before, None, check_mode=run.check_mode)
    else:
        changes.update(_prepare(run, before))
        wanted = rules.wanted(options, before)
        changes["vault"] = sync(vault, before, wanted, check_mode=run.check_mode, blank=rules.blank(vault.id, vault.name))
    return {
        **report(changes),
        "vault": changes["vault"].after or {},
        "resource_group_created": "resource_group" in changes and changes["resource_group"].changed,
        "provider_registered": "provider" in changes and changes["provider"].changed,
    }


def _refuse_if_filled(vault: Vault, before: View | None) -> None:
    held = vault.contents() if before else []
    if held:
        names = ", ".join(held[:20]) + (f" and {len(held) - 20} more" if len(held) > 20 else "")
        refuse([Problem("state", f"vault {vault.name} is not deleted while it holds {len(held)} protected or registered items: {names}")])


def _prepare(run: Run, before: View | None) -> dict[str, Change]:
    """What must be there before a vault can be created: its resource group and the registered provider."""
    options = run.options
    problems = rules.check_change(options, before)
    if before is not None:
        refuse(problems)
        return {}
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


def info(run: Run) -> dict[str, Any]:
    """All vaults of the subscription or of a group, or the one that is named; an empty list when there is none."""
    options = run.options
    if options.get("name"):
        shown = Vault(run, options["resource_group"], options["name"]).read()
        return {"changed": False, "vaults": [shown] if shown else []}
    vaults = run.arm.vaults.vaults
    if options.get("resource_group"):
        group = options["resource_group"]
        found = run.arm.all_pages(f"list the vaults of resource group {group}", vaults.list_by_resource_group, group)
    else:
        found = run.arm.all_pages("list the vaults of the subscription", vaults.list_by_subscription_id)
    region = location(options.get("location"))
    chosen = [rules.to_view(each) for each in found if not region or location(each.get("location")) == region]
    # A list leaves out redundancy and security settings: only a read of the vault itself has them.
    whole = run.arm.each(lambda each: Vault(run, each["resource_group"], each["name"]).read(), chosen)
    return {"changed": False, "vaults": sorted(filter(None, whole), key=lambda each: key(each["id"]))}
