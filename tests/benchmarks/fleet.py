# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet that is measured: one region, one vault, any number of VMs."""

from __future__ import annotations

from typing import Any

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
VAULT = {"vault_name": "vault-westeurope", "resource_group": "backup", "policy": "DefaultPolicy"}
MODULE = "safeharbor.azure_backup.protection"


def estate(count: int, protected: bool) -> dict[str, Any]:
    """One region, one vault, so many VMs, all of them protected or none."""
    vault: dict[str, Any] = {"name": VAULT["vault_name"], "resource_group": "backup", "location": "westeurope"}
    if protected:
        vault["items"] = [{"vm": "app/web-{n}", "count": count, "policy": VAULT["policy"], "state": "Protected"}]
    return {
        "subscription_id": SUBSCRIPTION,
        "resource_groups": [{"name": "backup", "location": "westeurope"}, {"name": "app", "location": "westeurope"}],
        "vms": [{"name": "web", "count": count, "resource_group": "app"}],
        "vaults": [vault],
    }


def vm_ids(count: int) -> list[str]:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/app"
    return [f"{group}/providers/Microsoft.Compute/virtualMachines/web-{number:04d}" for number in range(1, count + 1)]
