# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module readiness_info: the rules are put to what was read of every VM, vault and subscription."""

from __future__ import annotations

from typing import Any

from .._arm.auth import GUID
from .._core.errors import Problem
from .._core.ids import key
from .._task.module import Run
from .._vm import selection
from . import catalogue, thresholds
from .assemble import Assembly
from .coverage import coverage
from .fleet import Fleet, vault_place
from .index import KnownSubscription, KnownVault, KnownVm
from .rule import Facts
from .verdict import Tally, verdict

VM_KEYS = ("id", "name", "resource_group", "subscription_id", "location", "os", "tags")
VAULT_KEYS = ("id", "name", "resource_group", "subscription_id", "location", "tags")
VAULT_SETTINGS = ("redundancy", "cross_region_restore", "soft_delete", "soft_delete_retention_days", "immutability")


def check(options: dict[str, Any]) -> list[Problem]:
    problems = selection.check(options, required=False)
    problems += catalogue.problems(options) + thresholds.check(options.get("thresholds"))
    for each in options.get("subscriptions") or ():
        if not GUID.fullmatch(each):
            problems.append(Problem("subscriptions", f"'{each}' is no subscription id: a GUID is needed"))
    if options.get("subscriptions") and options.get("all_subscriptions"):
        problems.append(Problem("all_subscriptions", "means every subscription that the principal sees; leave it out or leave out subscriptions"))
    for each in options.get("vaults") or ():
        if vault_place(each) is None:
            problems.append(Problem("vaults", f"'{each}' is neither the id of a vault nor of the form group/name"))
    for each, found in (options.get("guest_facts") or {}).items():
        if selection.group_and_name(str(each)) is None:
            problems.append(Problem("guest_facts", f"'{each}' is neither the id of a VM nor of the form group/name"))
        if not isinstance(found, dict):
            problems.append(Problem("guest_facts", f"what is given of '{each}' is no dictionary"))
    return problems


def info(run: Run) -> dict[str, Any]:
    choice = catalogue.choose(run.options)
    fleet = Fleet(run, choice.needs())
    assembly, index = fleet.read(), fleet.index
    teller = _Teller(choice, set(run.options["statuses"]))
    vms = [teller.vm(assembly, each) for each in sorted(index.vms, key=lambda each: key(each.id))]
    vaults = [teller.vault(assembly, each) for each in sorted(index.shown_vaults(), key=lambda each: key(each.id))]
    subscriptions = [teller.subscription(assembly, each) for each in index.subscriptions]
    return {
        "changed": False,
        "time": f"{assembly.now:%Y-%m-%dT%H:%M:%SZ}",
        "vms": vms,
        "vaults": vaults,
        "subscriptions": subscriptions,
        "rules": choice.shown(),
        "summary": {**teller.tally.summary(vms, vaults, subscriptions), "requests": run.arm.requests},
        "limits": fleet.limits.shown(),
        "unmatched": [{"option": each.option, "message": each.text} for each in fleet.unmatched],
    }


class _Teller:
    """Puts the rules to facts. All findings count; only those of the statuses asked for are shown."""

    def __init__(self, choice: catalogue.Choice, statuses: set[str]) -> None:
        self._choice = choice
        self._statuses = statuses
        self.tally = Tally()

    def _judge(self, scope: str, name: str, facts: Facts) -> dict[str, Any]:
        findings = self._choice.findings(scope, name, facts)
        self.tally.add(findings)
        return {"verdict": verdict(findings), "findings": [each for each in findings if each["status"] in self._statuses]}

    def vm(self, assembly: Assembly, vm: KnownVm) -> dict[str, Any]:
        facts = assembly.of_vm(vm)
        item = facts.of("item")
        return {
            **{name: vm.facts[name] for name in VM_KEYS},
            "coverage": coverage(facts),
            "vault": item.get("vault_name"),
            "policy": item.get("policy"),
            "last_backup_time": item.get("last_backup_time"),
            **self._judge("vm", str(vm.facts["name"]), facts),
        }

    def vault(self, assembly: Assembly, vault: KnownVault) -> dict[str, Any]:
        facts = assembly.of_vault(vault)
        shown = {**vault.listed, **facts.of("vault")}
        return {
            **{name: shown.get(name) for name in VAULT_KEYS},
            **{name: shown.get(name) if "vault" in facts.known else None for name in VAULT_SETTINGS},
            "protected_vms": len(facts.list_of("items")) if "items" in facts.known else None,
            **self._judge("vault", vault.name, facts),
        }

    def subscription(self, assembly: Assembly, subscription: KnownSubscription) -> dict[str, Any]:
        facts = assembly.of_subscription(subscription)
        counts = {"vms": len(subscription.vms), "vaults": len(subscription.vaults)}
        return {"id": subscription.id, **counts, **self._judge("subscription", subscription.id, facts)}
