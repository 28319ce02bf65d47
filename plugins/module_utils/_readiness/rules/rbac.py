# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Rules about the subscription: its resource provider, its limits, and what the principal may do there."""

from __future__ import annotations

from fnmatch import fnmatchcase

from ..._core.fields import texts
from ..rule import Answer, Facts, Rule, fails, not_applicable, passes, unknown
from ..values import word

# What reading for these checks takes, and what protecting VMs takes besides: https://learn.microsoft.com/azure/backup/backup-rbac-rs-vault
READ = (
    "Microsoft.RecoveryServices/vaults/read",
    "Microsoft.RecoveryServices/vaults/backupProtectedItems/read",
    "Microsoft.RecoveryServices/vaults/backupPolicies/read",
    "Microsoft.RecoveryServices/vaults/backupJobs/read",
    "Microsoft.Compute/virtualMachines/read",
    "Microsoft.Compute/disks/read",
)
PROTECT = (
    *READ,
    "Microsoft.RecoveryServices/vaults/write",
    "Microsoft.RecoveryServices/vaults/backupPolicies/write",
    "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/write",
    "Microsoft.RecoveryServices/vaults/backupFabrics/backupProtectionIntent/write",
    "Microsoft.RecoveryServices/locations/backupStatus/action",
    "Microsoft.RecoveryServices/locations/backupPreValidateProtection/action",
    "Microsoft.Compute/virtualMachines/write",
)
ACTIONS = {"read": READ, "protect": PROTECT}


def _matches(patterns: list[str], action: str) -> bool:
    """Azure's actions have no ? and no [, which fnmatch would take for more than they are."""
    return any(fnmatchcase(action.lower(), each.lower().replace("[", "[[]").replace("?", "[?]")) for each in patterns)


def _actions(facts: Facts) -> Answer:
    held, access = facts.list_of("permissions"), facts.wanted.get("access") or "read"
    if not held:
        return unknown("The principal has no right over the whole subscription; what it may do in resource groups is not looked up.")
    missing = [
        action
        for action in ACTIONS.get(access, READ)
        if not any(_matches(texts(each.get("actions")), action) and not _matches(texts(each.get("notActions")), action) for each in held)
    ]
    if missing:
        return fails(f"To {access}, the principal lacks over the subscription: {', '.join(missing)}.")
    return passes(f"The principal may {access} all over the subscription.")


def _provider(facts: Facts) -> Answer:
    state = facts.of("provider").get("state")
    if not state:
        return unknown("Azure does not say whether the resource provider is registered.")
    if word(state) == "registered":
        return passes("Microsoft.RecoveryServices is registered.")
    return fails(f"Microsoft.RecoveryServices is in state {state}.")


def _vaults(facts: Facts) -> Answer:
    count, most = len(facts.list_of("vaults")), facts.thresholds["vaults_per_subscription_max"]
    if not count:
        return not_applicable("There is no vault yet.")
    return passes(f"There are {count} vaults of at most {most}.") if count < most else fails(f"There are {count} vaults; the limit is {most}.")


RULES = (
    Rule(
        "SUBSCRIPTION-PROVIDER", "error", "subscription", "The resource provider of vaults is registered",
        "Register the resource provider Microsoft.RecoveryServices; the module vault does that.",
        "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types", _provider, ("provider",),
    ),
    Rule(
        "SUBSCRIPTION-VAULTS", "warning", "subscription", "The subscription has room for more vaults",
        "Use the vaults that are there, or another subscription.", "https://learn.microsoft.com/azure/backup/backup-support-matrix", _vaults,
        ("vaults",),
    ),
    Rule(
        "RBAC-ACTIONS", "error", "subscription", "The principal may do what is asked of it",
        "Assign the role Backup Contributor and, for the VMs, Virtual Machine Contributor, or a custom role with these actions.",
        "https://learn.microsoft.com/azure/backup/backup-rbac-rs-vault", _actions, ("permissions",),
    ),
)  # fmt: skip
