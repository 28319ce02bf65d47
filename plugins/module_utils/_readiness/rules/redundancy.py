# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Rules about the storage redundancy of a vault. What is wanted comes from the task's options."""

from __future__ import annotations

from ..._core.ids import key, location
from ..._vault.redundancy import MIGRATION, ZONE_REDUNDANT_REGIONS, Use
from ..rule import Answer, Facts, Rule, fails, not_applicable, passes, unknown
from .item import JOB_RUNNING


def _type(facts: Facts) -> Answer:
    """Once anything is protected the redundancy is fixed: https://learn.microsoft.com/azure/backup/backup-create-recovery-services-vault"""
    wanted, present = facts.wanted.get("redundancy"), facts.of("redundancy").get("redundancy")
    if not wanted:
        return not_applicable("No redundancy is asked for.")
    if not present:
        return unknown("Azure does not say how the vault stores backups.")
    if present == wanted:
        return passes(f"The vault's redundancy is {present}.")
    items = facts.list_of("items")
    if not items and "storage" in facts.unread:
        return unknown(facts.unread["storage"])
    use = Use(len(items), facts.of("redundancy").get("locked") is True)
    # Other items stay in the vault, with the backups that they have.
    moving = sorted((str(each.get("vm_id")) for each in items if each.get("state") == "protected"), key=key)
    action = {"redundancy": wanted, "in_place": not use.fixes_redundancy, "vms": moving}
    if use.fixes_redundancy:
        reason = f"{use.held} VMs are protected" if items else "something was registered in it"
        return fails(f"The vault's redundancy is {present}, asked for is {wanted}, and it can no longer change since {reason}.", MIGRATION, action)
    return fails(f"The vault's redundancy is {present}, asked for is {wanted}; it can still be changed.", action=action)


def _cross_region(facts: Facts) -> Answer:
    wanted, found = facts.wanted.get("cross_region_restore"), facts.of("redundancy")
    present, kind = found.get("cross_region_restore"), found.get("redundancy")
    if present is True and kind not in ("GeoRedundant", None):
        return fails(f"Cross-region restore is on with redundancy {kind}, which has no second region.")
    if wanted is None:
        return not_applicable("Nothing is asked for.")
    if not isinstance(present, bool):
        return unknown("Azure does not say whether cross-region restore is on.")
    state = "on" if present else "off"
    if present == wanted:
        return passes(f"Cross-region restore is {state}.")
    return fails(f"Cross-region restore is {state}, asked for is {'on' if wanted else 'off'}.")


def _zone_region(facts: Facts) -> Answer:
    region, kinds = facts.of("vault").get("location"), (facts.of("redundancy").get("redundancy"), facts.wanted.get("redundancy"))
    if "ZoneRedundant" not in kinds:
        return not_applicable("Zone redundancy is neither there nor asked for.")
    if not region:
        return unknown("Azure does not say where the vault is.")
    if location(region) in ZONE_REDUNDANT_REGIONS:
        return passes(f"Region '{region}' has zone-redundant vaults.")
    return fails(f"Region '{region}' is not among those known to have zone-redundant vaults.")


_PAGE = "https://learn.microsoft.com/azure/backup/backup-create-recovery-services-vault"
RULES = (
    Rule(
        "REDUNDANCY-TYPE", "error", "vault", "The vault stores backups with the redundancy asked for",
        "Set the redundancy before the first VM is protected.", _PAGE, _type, ("redundancy", "items"), step="redundancy",
        blocked_by=(JOB_RUNNING,),
    ),
    Rule(
        "REDUNDANCY-CROSS-REGION", "warning", "vault", "Cross-region restore is as asked for",
        "Set cross-region restore; it needs geo-redundant storage and cannot be switched off once VMs are protected.", _PAGE, _cross_region,
        ("redundancy",),
    ),
    Rule(
        "REDUNDANCY-ZONE-REGION", "warning", "vault", "The region has zone-redundant vaults",
        "See Azure's support matrix; choose another redundancy where the region has no zone-redundant vaults.",
        "https://learn.microsoft.com/azure/backup/backup-support-matrix", _zone_region, ("vault", "redundancy"),
    ),
)  # fmt: skip
