# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fault matrix lets go wrong: one task of each writing module, with writes of every kind that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

GROUPS = "resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]\n"
VMS = "vms: [{name: web, count: 2, resource_group: app, data_disks: [{lun: 0, size_gb: 4}, {lun: 3, size_gb: 4}]}]\n"
VAULT = GROUPS + "vaults: [{name: safe, resource_group: backup, tags: {owner: platform}}]\n"
EMPTY = GROUPS + VMS + "vaults: [{name: safe, resource_group: backup}]\n"
ITEMS = "[{{vm: app/web-0001, policy: DefaultPolicy, state: {0}}}, {{vm: app/web-0002, policy: DefaultPolicy, state: {0}}}]"
FILLED = GROUPS + VMS + "vaults: [{name: safe, resource_group: backup, items: " + ITEMS.format("Protected") + "}, {name: new, resource_group: backup}]\n"
DELETED = GROUPS + VMS + "vaults: [{name: safe, resource_group: backup, items: " + ITEMS.format("SoftDeleted") + "}]\n"
NETWORK = """
resource_groups: [{name: app, location: westeurope}]
network_security_groups: [{name: lockdown, resource_group: app}]
"""
SAFE = {"vault_name": "safe", "resource_group": "backup"}
BOTH = {**SAFE, "vms": ["app/web-0001", "app/web-0002"], "wait_timeout": 3}
DAILY = {**BOTH, "policy": "DefaultPolicy"}
POLICY = {**SAFE, "name": "nightly", "schedule": {"frequency": "daily", "time": "22:00"}, "time_zone": "UTC", "retention": {"daily": {"count": 30}}}
RULE = {
    "name": "allow-proxy",
    "network_security_group": "lockdown",
    "resource_group": "app",
    "source": ["10.0.0.5/32"],
    "destination": ["Internet"],
    "destination_ports": ["80-443"],
    "wait_timeout": 3,
}


@dataclass(frozen=True)
class Scenario:
    """One task, and the estate that it finds. named: what an error has to name. before: a task that ran without a fault earlier.

    rests: a run after it has succeeded writes nothing. back: what a run may write more to bring things back to where they were, part of a path, and how often.
    """

    module: str
    options: dict[str, Any]
    estate: str
    named: tuple[str, ...]
    before: tuple[tuple[str, dict[str, Any]], ...] = ()
    rests: bool = True
    back: tuple[str, int] = ("", 0)


SCENARIOS = {
    "vault: create": Scenario(
        "vault",
        {"name": "safe", "resource_group": "backup", "location": "westeurope", "tags": {"owner": "me"}, "soft_delete_retention_days": 30, "wait_timeout": 3},
        GROUPS,
        ("safe",),
    ),
    "vault: change": Scenario(
        "vault",
        {"name": "safe", "resource_group": "backup", "tags": {"owner": "me"}, "identity": "system_assigned", "job_failure_alerts": True, "wait_timeout": 3},
        VAULT,
        ("safe",),
    ),
    "policy: create": Scenario("policy", POLICY, EMPTY, ("nightly", "safe")),
    "policy: change": Scenario("policy", {**POLICY, "retention": {"daily": {"count": 60}}}, EMPTY, ("nightly", "safe"), (("policy", POLICY),)),
    "protection: protect": Scenario("protection", DAILY, EMPTY, ("web-0001", "web-0002", "safe")),
    "protection: bring back": Scenario("protection", DAILY, DELETED, ("web-0001", "web-0002", "safe")),
    "protection: disks": Scenario(
        "protection", {**BOTH, "disks": {"mode": "exclude", "luns": [3]}}, FILLED, ("web-0001", "web-0002", "safe")
    ),
    "protection: stop": Scenario("protection", {**BOTH, "state": "absent"}, FILLED, ("web-0001", "web-0002", "safe")),
    # A VM that its new vault refuses is backed up by the old one again, and leaves it once more in the next run.
    "protection: move": Scenario(
        "protection",
        {**DAILY, "vault_name": "new", "move": True},
        FILLED,
        ("web-0001", "web-0002", "safe", "new"),
        back=("/vaults/safe/", 2),
    ),
    "backup": Scenario("backup", {**SAFE, "vms": ["app/web-0001", "app/web-0002"]}, FILLED, ("web-0001", "web-0002", "safe"), rests=False),
    "network_rule: create": Scenario("network_rule", RULE, NETWORK, ("allow-proxy", "lockdown")),
    "network_rule: change": Scenario("network_rule", {**RULE, "source": ["10.0.0.6"]}, NETWORK, ("allow-proxy", "lockdown"), (("network_rule", RULE),)),
}
