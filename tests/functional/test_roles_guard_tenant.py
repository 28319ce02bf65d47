# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles on a vault whose Resource Guard belongs to another tenant: each of them hands the tenant to its module."""

from __future__ import annotations

import json
from typing import Any

from harness import Azure
from test_roles import Playbooks, playbooks, role

__all__ = ["playbooks"]
TENANT, SUBSCRIPTION = "55555555-5555-4555-8555-555555555555", "66666666-6666-4666-8666-666666666666"
GUARD = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/safe/providers/Microsoft.DataProtection/resourceGuards/guard"
ESTATE = f"""
other_tenants: [{{tenant_id: {TENANT}, subscriptions: ['{SUBSCRIPTION}']}}]
resource_groups: [{{name: app, location: westeurope}}]
vms: [{{name: web, count: 2, resource_group: app}}]
vaults:
  - {{name: open, resource_group: app}}
  - name: guarded
    resource_group: app
    resource_guard: {GUARD}
    items: [{{vm: 'app/web-{{n}}', count: 2, policy: DefaultPolicy, state: Protected}}]
"""
SHORTER = {"name": "DefaultPolicy", "retention": {"daily": {"count": 20}}, "allow_shorter_retention": True}
# What each role is asked for, and the kind of request that a guard wants to see approved for it.
WISHES: dict[str, tuple[dict[str, Any], str | None]] = {
    "vault": ({"vault_name": "open", "vault_resource_group": "app", "vault_resource_guard": GUARD}, None),
    "policy": ({"policy_vault_name": "guarded", "policy_vault_resource_group": "app", "policy_policies": [SHORTER]}, "updateProtectionPolicyRequests"),
    "protection": (
        {"protection_vault_name": "guarded", "protection_vault_resource_group": "app", "protection_state": "stopped", "protection_vms": ["app/web-0001"]},
        "stopProtectionWithRetainDataRequests",
    ),
    "retire": ({"retire_vms": ["app/web-0002"]}, "stopProtectionWithRetainDataRequests"),
}


def test_with_the_tenant_it_is_done_and_without_it_refused(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    refused, done = [], []
    for name, (wish, kind) in WISHES.items():
        wish = {**wish, f"{name}_resource_guard_operation_requests": [f"{GUARD}/{kind}/default"]} if kind else wish
        refused.append({"block": [role(name, wish)], "rescue": [playbooks.save(name, "{{ ansible_failed_result | to_json }}")]})
        done.append(role(name, {**wish, f"{name}_resource_guard_tenant_id": TENANT}))
    assert playbooks.tasks(refused) == 0, playbooks.output
    assert [name for name in WISHES if "LinkedAuthorizationFailed" not in json.dumps(playbooks.saved(name))] == []
    assert [each["status"] for each in azure.requests(writes="true")] == [403] * len(WISHES)
    azure.clear_ledger()
    assert playbooks.tasks(done) == 0, playbooks.output
    writes = azure.requests(writes="true")
    assert len(writes) == len(WISHES) and all(each["status"] < 300 for each in writes)
