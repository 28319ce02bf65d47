# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where VMs go."""

from __future__ import annotations

from collections import Counter

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._protection.assign import Limits, Wish, check, full, spread

BOTH = ("a", "b")


def wishes(count: int, vaults: tuple[str, ...] = ("a",), joins: bool = True) -> list[Wish]:
    return [Wish(f"vm{number:04}", vaults, joins) for number in range(count)]


def test_one_vault_and_one_policy_take_all_up_to_their_limits():
    assert set(spread(wishes(5), {"a": 0}, {("a", "p"): 0}, Limits()).values()) == {("a", "p")}
    plan = spread(wishes(5), {"a": 997}, {("a", "p"): 0}, Limits())
    assert [vm for vm, slot in plan.items() if slot is None] == ["vm0003", "vm0004"]
    plan = spread(wishes(5), {"a": 0}, {("a", "p"): 7}, Limits(vms_per_policy=9))
    assert sum(slot is None for slot in plan.values()) == 3
    assert "a vault takes 1000 VMs and a policy 9" in full(Limits(vms_per_policy=9))


def test_vms_go_where_there_are_fewest():
    slots = {("a", "p"): 40, ("a", "q"): 10, ("b", "p"): 0, ("b", "q"): 0}
    plan = spread(wishes(100, BOTH), {"a": 50, "b": 0}, slots, Limits())
    count = Counter(plan.values())
    assert count[("a", "p")] + count[("a", "q")] == 25 and count[("b", "p")] + count[("b", "q")] == 75
    assert count[("a", "p")] == 0 and abs(count[("b", "p")] - count[("b", "q")]) <= 1


def test_the_same_input_gives_the_same_plan_in_any_order():
    slots = {("a", "p"): 0, ("a", "q"): 0}
    plan = spread(wishes(9), {"a": 0}, slots, Limits())
    assert spread(reversed(wishes(9)), {"a": 0}, slots, Limits()) == plan
    assert [plan[f"vm{number:04}"][1] for number in range(4)] == ["p", "q", "p", "q"]


def test_a_vm_that_has_a_vault_gets_a_policy_there_even_when_the_vault_is_full():
    slots = {("a", "p"): 0, ("b", "p"): 0}
    assert spread(wishes(1, joins=False), {"a": 1000, "b": 0}, slots, Limits()) == {"vm0000": ("a", "p")}
    assert spread(wishes(1), {"a": 1000, "b": 0}, slots, Limits()) == {"vm0000": None}


def test_a_fleet_fills_several_vaults():
    slots = {(vault, policy): 0 for vault in "abc" for policy in "pq"}
    plan = spread(wishes(2500, ("a", "b", "c")), dict.fromkeys("abc", 0), slots, Limits())
    assert set(Counter(slot[0] for slot in plan.values()).values()) <= {833, 834} and len(plan) == 2500


@pytest.mark.parametrize(("options", "wrong"), [({}, 0), ({"max_vms_per_vault": 1, "max_vms_per_policy": None}, 0), ({"max_vms_per_vault": 0}, 1)])
def test_limits(options, wrong):
    assert len(check(options)) == wrong
