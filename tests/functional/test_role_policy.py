# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role policy: a vault's policies as they are wanted, as another vault has them, and those that go."""

from __future__ import annotations

import json
from typing import Any

import pytest
from harness import Azure
from test_roles import Playbooks, playbooks, role

__all__ = ["playbooks"]
GUARD = "/subscriptions/00000000-0000-4000-8000-0000000000aa/resourceGroups/safe/providers/Microsoft.DataProtection/resourceGuards/guard"
ESTATE = f"""
resource_groups: [{{name: backup, location: westeurope}}, {{name: app, location: westeurope}}]
vms: [{{name: web, count: 2, resource_group: app}}]
vaults:
  - {{name: one, resource_group: backup}}
  - name: two
    resource_group: backup
    resource_guard: {GUARD}
    items: [{{vm: app/web-0001, policy: DefaultPolicy, state: Protected}}]
"""
TWO = {"policy_vault_name": "two", "policy_vault_resource_group": "backup"}
ONE = {"policy_vault_name": "one", "policy_vault_resource_group": "backup"}
WANTED = [
    {
        "name": "nightly",
        "policy_type": "enhanced",
        "schedule": {"frequency": "hourly", "time": "08:00", "interval_hours": 4, "window_hours": 12},
        "time_zone": "Europe/Berlin",
        "retention": {"daily": {"count": 30}, "yearly": {"count": 3, "months": ["december"], "month_days": ["last"]}},
        "snapshot_resource_group": {"prefix": "snapshots-"},
        "tiering": {"mode": "recommended"},
        "consistency": "crash_only",
        "instant_restore_days": 10,
    },
    {"name": "old", "state": "absent"},
]


@pytest.fixture
def filled(azure: Azure) -> Azure:
    azure.estate(ESTATE)
    old = {"name": "old", "schedule": {"frequency": "daily", "time": "22:00"}, "retention": {"daily": {"count": 7}}}
    azure.module("policy", vault_name="one", resource_group="backup", **old)
    azure.clear_ledger()
    return azure


def names(azure: Azure, vault: str) -> list[str]:
    return [each["name"] for each in azure.module("policy_info", vault_name=vault, resource_group="backup")["policies"]]


def written(azure: Azure) -> list[str]:
    return [f"{each['method']} {each['path'].rsplit('/', 1)[-1]}" for each in azure.requests(writes="true")]


def test_made_and_removed_and_given_to_another_vault(filled: Azure, playbooks: Playbooks) -> None:
    copied = {
        "safeharbor.azure_backup.policy_info": {"vault_name": "one", "resource_group": "backup"},
        "register": "found",
    }
    copy = role("policy", {**TWO, "policy_policies": "{{ found.policies | map(attribute='options') | rejectattr('name', 'eq', 'old') }}"})
    tasks: list[dict[str, Any]] = [role("policy", {**ONE, "policy_policies": WANTED}), copied, copy]
    assert playbooks.tasks(tasks[:1], "--check") == 0, playbooks.output
    assert written(filled) == []
    assert playbooks.tasks(tasks) == 0, playbooks.output
    assert written(filled) == ["PUT nightly", "DELETE old", "PUT nightly"]
    assert names(filled, "one") == names(filled, "two") == ["DefaultPolicy", "EnhancedPolicy", "nightly"]
    filled.clear_ledger()
    assert playbooks.tasks(tasks) == 0, playbooks.output
    assert "changed=0" in playbooks.output and written(filled) == []


def test_a_policy_that_keeps_less(filled: Azure, playbooks: Playbooks) -> None:
    """Under a Resource Guard and with a VM that follows it: two consents, and a word on what it costs."""
    less = {"name": "DefaultPolicy", "retention": {"daily": {"count": 20}}}
    assert playbooks.tasks([role("policy", {**TWO, "policy_policies": [less]})]) != 0
    assert "allow_shorter_retention" in playbooks.output and "updateProtectionPolicyRequests" in playbooks.output and written(filled) == []
    consent = {
        **TWO,
        "policy_policies": [{**less, "allow_shorter_retention": True}],
        "policy_resource_guard_operation_requests": [f"{GUARD}/updateProtectionPolicyRequests/default"],
    }
    assert playbooks.tasks([role("policy", {**consent, "policy_check_only": True})]) == 0, playbooks.output
    assert "changed=0" in playbooks.output and "1 protected item" in playbooks.output and written(filled) == []
    assert playbooks.tasks([role("policy", consent)]) == 0, playbooks.output
    assert written(filled) == ["PUT DefaultPolicy"]


def test_one_that_is_refused_stops_none_of_the_others(filled: Azure, playbooks: Playbooks) -> None:
    policies = [{"name": "DefaultPolicy", "state": "absent"}, *WANTED]
    assert playbooks.tasks([role("policy", {**TWO, "policy_policies": policies})]) != 0
    assert "web-0001" in playbooks.output and written(filled) == ["PUT nightly"], json.dumps(written(filled))
