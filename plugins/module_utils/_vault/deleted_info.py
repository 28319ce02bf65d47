# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Deleted vaults, which Azure keeps for a while: the module deleted_vault_info, and bringing one back for the module vault."""

from __future__ import annotations

from typing import Any

from .._core.errors import Problem
from .._core.ids import key, location
from .._core.names import check_group, check_vault_name
from .._task.module import Run
from . import deleted

NAMESPACE = "Microsoft.RecoveryServices"


def check(options: dict[str, Any]) -> list[Problem]:
    return check_vault_name(options.get("name")) + check_group(options.get("resource_group"))


class DeletedVault:
    """One deleted vault that can be brought back."""

    def __init__(self, run: Run, view: dict[str, Any]) -> None:
        self._run = run
        self.view = view

    def undelete(self, group: str) -> None:
        """Bring it back into a resource group of this subscription, with what it held."""
        arm = self._run.arm
        body = {"properties": {"recoveryResourceGroupId": f"/subscriptions/{arm.subscription_id}/resourceGroups/{group}"}}
        begin = arm.vaults.deleted_vaults.begin_undelete
        doing = f"bring back the deleted vault {self.view['name']}"
        arm.wait(doing, self._run.options["wait_timeout"], begin, self.view["location"], self.view["deleted_name"], body)


def find_deleted(run: Run, vault_id: str, region: str) -> DeletedVault | None:
    """The vault of this id that was deleted last, None when there is none."""
    found = [each for each in _listed(run, region) if key(each["id"]) == key(vault_id)]
    return DeletedVault(run, max(found, key=lambda each: str(each["deleted_at"]))) if found else None


def _listed(run: Run, region: str) -> list[dict[str, Any]]:
    vaults = run.arm.vaults.deleted_vaults
    return [deleted.to_view(each, region) for each in run.arm.all_pages(f"list the deleted vaults of {region}", vaults.list_by_subscription_id, region)]


def info(run: Run) -> dict[str, Any]:
    """The deleted vaults of one region, or of all that the provider names: Azure lists them by region only."""
    options = run.options
    regions = [location(options["location"])] if options["location"] else _regions(run)
    found = [each for listed in run.arm.each(lambda region: _listed(run, region), regions) for each in listed]
    chosen = [each for each in found if all(options[name] is None or key(options[name]) == key(each[name]) for name in ("name", "resource_group"))]
    return {"changed": False, "deleted_vaults": sorted(chosen, key=lambda each: (key(each["id"]), str(each["deleted_at"])))}


def _regions(run: Run) -> list[str]:
    provider = run.arm.call(f"read provider {NAMESPACE}", run.arm.resources.providers.get, NAMESPACE).as_dict()
    return deleted.regions(provider)
