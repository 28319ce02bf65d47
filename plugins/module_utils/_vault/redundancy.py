# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Storage redundancy of a vault: what may become what, and until when. Nothing here talks to Azure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._core.errors import Problem
from .._core.fields import Document, fetch, mapping

SHORT = {"LRS": "LocallyRedundant", "ZRS": "ZoneRedundant", "GRS": "GeoRedundant"}
CHOICES = (*SHORT.values(), *SHORT)
KIND = "properties.redundancySettings.standardTierStorageRedundancy"
CROSS_REGION = "properties.redundancySettings.crossRegionRestore"
# Regions with zone-redundant vaults, as of early 2026: https://learn.microsoft.com/azure/backup/backup-support-matrix
ZONE_REDUNDANT_REGIONS = frozenset({
    "australiaeast",
    "brazilsouth",
    "canadacentral",
    "centralindia",
    "centralus",
    "eastasia",
    "eastus",
    "eastus2",
    "francecentral",
    "japaneast",
    "koreacentral",
    "northeurope",
    "norwayeast",
    "qatarcentral",
    "southafricanorth",
    "southcentralus",
    "southeastasia",
    "swedencentral",
    "switzerlandnorth",
    "uaenorth",
    "uksouth",
    "usgovvirginia",
    "westeurope",
    "westus2",
    "westus3",
})
NEW = {"redundancy": "GeoRedundant", "cross_region_restore": False}
MIGRATION = (
    "to get there: (1) create another vault with the wanted redundancy, (2) move the VMs there with the module "
    "protection (move), which stops their protection here and keeps their data, (3) keep this vault as long as its backups are needed"
)


@dataclass(frozen=True)
class Use:
    """How far a vault is in use. held: its protected items; locked: whether Azure has locked its storage configuration."""

    held: int = 0
    locked: bool = False

    @property
    def fixes_redundancy(self) -> bool:
        return self.locked or self.held > 0

    def began(self, cross_region_restore: bool) -> bool:
        """Whether anything was ever registered in the vault. Cross-region restore locks the storage too, so that the lock says nothing then."""
        return self.held > 0 or (self.locked and not cross_region_restore)

    def __str__(self) -> str:
        return f"it has {self.held} protected items" if self.held else "Azure has locked its storage"


def to_view(vault: Document, storage: Document | None) -> dict[str, Any]:
    """Redundancy by the vault itself, or for a vault that does not show it, by its storage configuration; None where neither does."""
    config = mapping(fetch(storage, "properties"))
    kind = fetch(vault, KIND) or config.get("storageType")
    restore = fetch(vault, CROSS_REGION)
    flag = config.get("crossRegionRestoreFlag")
    across = restore == "Enabled" if restore is not None else None if flag is None else bool(flag)
    if kind == "ReadAccessGeoZoneRedundant":
        kind, across = "GeoRedundant", True
    return {"redundancy": kind, "cross_region_restore": across, "locked": config.get("storageTypeState") == "Locked"}


def wanted(options: dict[str, Any]) -> dict[str, Any]:
    settings = {name: options[name] for name in ("redundancy", "cross_region_restore") if options.get(name) is not None}
    if "redundancy" in settings:
        settings["redundancy"] = SHORT.get(settings["redundancy"], settings["redundancy"])
    return settings


def check_change(options: dict[str, Any], before: dict[str, Any], use: Use) -> list[Problem]:
    """What is wrong with the options for a vault that is as it is before."""
    after = {**before, **wanted(options)}
    problems = []
    if after["redundancy"] != before["redundancy"] and use.fixes_redundancy:
        text = f"cannot change from {before['redundancy']} to {after['redundancy']}: redundancy is fixed once a vault is in use, and {use}; {MIGRATION}"
        problems.append(Problem("redundancy", text))
    if after["cross_region_restore"] and after["redundancy"] != "GeoRedundant":
        problems.append(Problem("cross_region_restore", f"needs redundancy GeoRedundant, not {after['redundancy']}; set it to false or choose GeoRedundant"))
    if before["cross_region_restore"] and not after["cross_region_restore"] and use.began(True):
        problems.append(Problem("cross_region_restore", f"cannot be turned off once a vault is in use, and {use}"))
    if after["cross_region_restore"] and not before["cross_region_restore"] and not options.get("accept_irreversible"):
        text = "cannot be turned off again once anything is protected; set accept_irreversible to true if that is wanted"
        problems.append(Problem("cross_region_restore", text))
    return problems


def warnings(before: dict[str, Any], after: dict[str, Any], region: str) -> list[str]:
    changes = after["redundancy"] != before.get("redundancy")
    if changes and after["redundancy"] == "ZoneRedundant" and region and region not in ZONE_REDUNDANT_REGIONS:
        return [f"Region '{region}' is not among the regions known to have zone-redundant vaults; Azure may refuse it."]
    return []
