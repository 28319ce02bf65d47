# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The modules policy and policy_info."""

from __future__ import annotations

from typing import Any

from .._core.errors import Problem, refuse
from .._core.fields import Document
from .._core.ids import VAULT_TYPE, key, resource_id
from .._core.names import check_vault, no_vault
from .._core.sync import View, decide, report, sync
from .._resource_guard import rules
from .._resource_guard.guard import VaultGuard
from .._task.module import Run
from .._task.operation import follow
from .._task.scope import read_vault
from . import view
from .rules import check_change, check_options

VM_POLICIES = "backupManagementType eq 'AzureIaasVM'"


def check(options: dict[str, Any]) -> list[Problem]:
    return [*check_options(options), *check_info(options), *rules.check_guard(options)]


def check_info(options: dict[str, Any]) -> list[Problem]:
    return check_vault(options)


class Policy:
    """One policy of a vault, read and written."""

    def __init__(self, run: Run, group: str, vault: str, policy: str) -> None:
        self._arm = run.arm
        self._run = run
        self.group = group
        self.vault = vault
        self.name = policy
        self.id = resource_id(run.arm.subscription_id, group, f"{VAULT_TYPE}/backupPolicies", vault, policy)
        self.guard = VaultGuard(run, group, vault)
        self._properties: Document = {}

    def read(self) -> View | None:
        found = self._arm.find(f"read policy {self.name}", self._arm.backup.protection_policies.get, self.vault, self.group, self.name)
        self._properties = (found or {}).get("properties") or {}
        return view.to_view(found) if found else None

    @property
    def workload(self) -> str | None:
        """What the policy that was read backs up: AzureIaasVM for virtual machines."""
        return self._properties.get("backupManagementType")

    def create(self, after: View) -> None:
        self._put("create", {"properties": view.to_properties(after, {})})

    def update(self, before: View, after: View, changes: View) -> None:
        body = {"properties": view.to_properties(after, self._properties)}
        self._put("change", self.guard.approved(body, critical(before, after)))

    def delete(self, before: View) -> None:
        begin = self._arm.backup.protection_policies.begin_delete
        self._arm.wait_gone(f"delete policy {self.name}", self._run.options["wait_timeout"], begin, self.vault, self.group, self.name)

    def _put(self, verb: str, body: Document) -> None:
        """Azure answers at once, or has the change still to do and names an operation."""
        doing = f"{verb} policy {self.name}"
        put = self._arm.backup.protection_policies.create_or_update
        accepted = self._arm.begin(doing, put, self.vault, self.group, self.name, body)
        if accepted.operation:
            self._follow(doing, accepted.operation)

    def _follow(self, doing: str, operation: str) -> None:
        look = self._arm.backup.protection_policy_operation_statuses.get
        follow(lambda: self._arm.call(doing, look, self.vault, self.group, self.name, operation).as_dict(), doing, self._run.options["wait_timeout"])

    def users(self) -> list[str]:
        """The names of the VMs whose backups follow this policy."""
        items = self._arm.all_pages(
            f"list the items of policy {self.name}",
            self._arm.backup.backup_protected_items.list,
            self.vault,
            self.group,
            filter=f"{VM_POLICIES} and policyName eq '{self.name}'",
        )
        ours = [each for each in items if key(each["properties"].get("policyId")) == key(self.id)]
        return sorted(each["properties"].get("friendlyName") or each["name"] for each in ours)

    def immutability(self) -> str | None:
        """The vault's: Disabled, Unlocked or Locked, None when it was never set."""
        found = self.find_vault() or {}
        settings = ((found.get("properties") or {}).get("securitySettings") or {}).get("immutabilitySettings")
        return (settings or {}).get("state")

    def find_vault(self) -> Document | None:
        return read_vault(self._arm, self.group, self.vault)


def critical(before: View | None, after: View) -> list[str]:
    """What a Resource Guard may want approved: that the policy keeps less or backs up less often."""
    return [rules.CHANGE_POLICY] if before and rules.weaker(before, after) else []


def ensure(run: Run) -> dict[str, Any]:
    options = run.options
    policy = Policy(run, options["resource_group"], options["vault_name"], options["name"])
    before = policy.read()
    affected, not_applied = 0, list[str]()
    if policy.workload not in (None, "AzureIaasVM"):
        refuse([Problem("name", f"policy {policy.name} is for {policy.workload}, not for virtual machines; choose another name")])
    if options["state"] == "absent":
        _refuse_if_used(policy, before)
        change = sync(policy, before, None, check_mode=run.check_mode)
    else:
        after = view.wanted(options, before)
        if before and options["create_only"]:
            not_applied, after = list(decide(before, after).differing), {}
        else:
            refuse(_missing_vault(run, policy, before) + _problems(policy, options, before, after))
        blank = {**view.to_view({"id": policy.id, "name": policy.name}), "protected_items": 0}
        change = sync(policy, before, after, check_mode=run.check_mode, blank=blank)
        if before and change.changed:
            affected = before["protected_items"]
    if affected:
        items = "its 1 protected item" if affected == 1 else f"each of its {affected} protected items"
        run.warn(f"A change of policy {policy.name} makes Azure start a configuration job for {items}.")
    return {**report({policy.name: change}), "policy": change.after or {}, "items_affected": affected, "not_applied": not_applied}


def _missing_vault(run: Run, policy: Policy, before: View | None) -> list[Problem]:
    """Azure answers 404 for a policy that is missing and for one whose vault is."""
    if before is not None or run.assume_created or policy.find_vault() is not None:
        return []
    return [no_vault(policy.vault, policy.group)]


def _problems(policy: Policy, options: dict[str, Any], before: View | None, after: View) -> list[Problem]:
    """The rules, and that an immutable vault keeps what its items were promised."""
    problems = check_change(options, before, after)
    if before and before["protected_items"] and view.shorter(before, after):
        state = policy.immutability()
        if state not in (None, "Disabled"):
            text = f"cannot get shorter while vault {policy.vault} is immutable ({state}) and {before['protected_items']} items follow the policy"
            problems = [each for each in problems if each.option != "retention"] + [Problem("retention", text)]
    return problems + policy.guard.missing(critical(before, after))


def _refuse_if_used(policy: Policy, before: View | None) -> None:
    users = policy.users() if before else []
    if users or (before and before["protected_items"]):
        count = len(users) or (before or {})["protected_items"]
        named = ": " + ", ".join(users[:20]) + (f" and {len(users) - 20} more" if len(users) > 20 else "") if users else ""
        refuse([Problem("state", f"policy {policy.name} is not deleted while {count} protected items follow it{named}; give them another policy first")])


def info(run: Run) -> dict[str, Any]:
    """The VM policies of a vault, or the one that is named; an empty list when there is none."""
    options = run.options
    group, vault = options["resource_group"], options["vault_name"]
    if options.get("name"):
        policy = Policy(run, group, vault, options["name"])
        shown = policy.read()
        return {"changed": False, "policies": [_with_options(shown)] if shown and policy.workload == "AzureIaasVM" else []}
    found = run.arm.all_pages(f"list the policies of vault {vault}", run.arm.backup.backup_policies.list, vault, group, filter=VM_POLICIES)
    return {"changed": False, "policies": sorted((_with_options(view.to_view(each)) for each in found), key=lambda each: key(each["id"]))}


def _with_options(shown: View) -> View:
    return {**shown, "options": view.to_options(shown)}
