# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which item counts where several vaults have one of a VM, and that everyone who asks gets the same answer."""

from __future__ import annotations

from itertools import permutations
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.filter.retire_plan import retire_plan
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items.leading import leading, weight
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._protection.plan import _place_of

VM = "/subscriptions/s/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web"
ORDER = ("protected", "unknown", "stopped", "soft_deleted")


def item(state: str, vault: str, last: str | None = None) -> dict[str, Any]:
    place = {"vault_name": vault, "vault_resource_group": "backup", "vault_id": f"/vaults/{vault}"}
    return {"vm_id": VM, "name": "web", "state": state, "last_backup_time": last, **place}


@pytest.mark.parametrize("states", [*permutations(ORDER, 2), ("suspended", "soft_deleted"), ("suspended", "unknown"), ("suspended", "protected")])
def test_the_state_decides(states: tuple[str, str]) -> None:
    items = [item(state, vault) for state, vault in zip(states, ("a", "b"), strict=True)]
    expected = next(each for state in (*ORDER[:2], "suspended", *ORDER[2:]) for each in items if each["state"] == state)
    assert leading(items) is leading(items[::-1]) is expected


def test_stopped_and_suspended_alike_the_later_backup_decides_and_then_the_name() -> None:
    old, new = item("stopped", "b", "2026-01-01T00:00:00Z"), item("suspended", "a", "2026-02-01T00:00:00Z")
    assert leading([old, new]) is new and leading([new, old]) is new
    alike = [item("stopped", "a"), item("stopped", "b")]
    assert leading(alike) is leading(alike[::-1]) is alike[1] and leading([]) is None


@pytest.mark.parametrize(("one", "two"), [("stopped", "suspended"), ("unknown", "stopped"), ("unknown", "suspended"), ("protected", "soft_deleted")])
def test_the_module_protection_and_the_role_retire_agree(one: str, two: str) -> None:
    items = [item(one, "a", "2026-01-01T00:00:00Z"), item(two, "b", "2026-03-01T00:00:00Z")]
    counts = leading(items) or {}
    places = [
        SimpleNamespace(name=each["vault_name"], key=f"backup/{each['vault_name']}", items={"vm": SimpleNamespace(**each)}) for each in items
    ]
    assert _place_of("vm", places).name == counts["vault_name"]  # type: ignore[arg-type]
    plan = retire_plan(items, named=["app/web"])
    retired = [each["vault_name"] for each in plan["vaults"]] or [plan["left_out"][0]["reason"].rpartition(" ")[2]]
    assert retired == [counts["vault_name"]]


def test_letter_case_of_a_state_that_is_not_known_is_no_matter() -> None:
    assert weight("Frozen", None, "A") == weight("frozen", "", "a")
