# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Which vault and which policy a VM goes to: within the limits of both, spread evenly when there are several. Nothing here talks to Azure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .._core.errors import Problem

# https://learn.microsoft.com/azure/backup/backup-azure-backup-faq; Microsoft's clients refuse more VMs of a policy too.
VMS_PER_VAULT = 1000
VMS_PER_POLICY = 1000
# New VMs that Azure takes into a vault in a day: https://learn.microsoft.com/azure/backup/backup-support-matrix
REGISTRATIONS_PER_DAY = 250

Slot = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Wish:
    """A VM that needs a place, in one of these vaults (keys, in order of preference). joins: it is not counted by the vault yet."""

    vm: str
    vaults: tuple[str, ...]
    joins: bool = True


@dataclass(frozen=True)
class Limits:
    vms_per_vault: int = VMS_PER_VAULT
    vms_per_policy: int = VMS_PER_POLICY


def spread(wishes: Iterable[Wish], vaults: dict[str, int], policies: dict[Slot, int], limits: Limits) -> dict[str, Slot | None]:
    """(vault, policy) for each VM, None where no place is left.

    vaults and policies: how many VMs each holds, policies by (vault, policy), in order of preference. The VMs are
    taken in the order of their keys and each goes where there are fewest, so the same input gives the same plan.
    Who has a place already is no wish and stays.
    """
    held, used = dict(vaults), dict(policies)
    order = {slot: number for number, slot in enumerate(used)}
    plan: dict[str, Slot | None] = {}
    for wish in sorted(wishes, key=lambda each: each.vm):
        free = [slot for slot in used if _fits(slot, wish, held, used, limits)]
        best = min(free, key=lambda slot: (held[slot[0]] if wish.joins else 0, used[slot], order[slot]), default=None)
        plan[wish.vm] = best
        if best:
            used[best] += 1
            held[best[0]] += wish.joins
    return plan


def _fits(slot: Slot, wish: Wish, held: dict[str, int], used: dict[Slot, int], limits: Limits) -> bool:
    if slot[0] not in wish.vaults or used[slot] >= limits.vms_per_policy:
        return False
    return not wish.joins or held[slot[0]] < limits.vms_per_vault


def full(limits: Limits) -> str:
    """Why a VM found no place."""
    return (
        f"there is no room left for it: a vault takes {limits.vms_per_vault} VMs and a policy {limits.vms_per_policy} "
        "(max_vms_per_vault, max_vms_per_policy); name further ones in spread"
    )


def check(options: dict[str, Any]) -> list[Problem]:
    names = ("max_vms_per_vault", "max_vms_per_policy")
    return [Problem(each, f"{options[each]} is too few: 1 or more") for each in names if (value := options.get(each)) is not None and value < 1]
