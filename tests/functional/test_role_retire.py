# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and playbook retire, and what the role protection does besides protecting."""

from __future__ import annotations

import json

import pytest
from harness import Azure
from test_roles import COLLECTION, Playbooks, playbooks, role

__all__ = ["playbooks"]
ESTATE = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms:
  - {name: web, count: 3, resource_group: app, tags: {lifecycle: retired}, data_disks: [{lun: 0, size_gb: 4}]}
  - {name: db, resource_group: app}
  - {name: gone, resource_group: app}
vaults:
  - name: one
    resource_group: backup
    items: [{vm: app/web-0001, state: Protected}, {vm: app/gone, state: Protected}, {vm: app/db, state: Protected}]
  - name: two
    resource_group: backup
    items: [{vm: app/web-0002, state: Protected}]
"""
WISH = {"retire_tags": {"lifecycle": "retired"}, "retire_vms": ["app/gone"]}


@pytest.fixture
def filled(azure: Azure) -> Azure:
    """The VM 'gone' was deleted, which leaves its backups."""
    azure.estate(ESTATE)
    azure.delete(azure.vm_id("app", "gone"))
    azure.clear_ledger()
    return azure


def states(azure: Azure) -> dict[str, str]:
    return {each["name"]: each["state"] for each in azure.module("protection_info")["protected_items"]}


def test_retire_predicts_then_does_then_rests(filled: Azure, playbooks: Playbooks) -> None:
    extra = json.dumps(WISH)
    assert playbooks.run(f"{COLLECTION}.retire", "-e", extra, "--check") == 0, playbooks.output
    assert filled.writes() == []
    for text in (
        "4 VMs found, the backups of 3 are to be stopped, all data is kept",
        "in vault one 2: gone, web-0001",
        "in vault two 1: web-0002",
        "web-0003: no vault backs it up",
        "one: would stop the backups of 2 VMs and keep their data",
    ):
        assert text in playbooks.output
    assert playbooks.run(f"{COLLECTION}.retire", "-e", extra) == 0, playbooks.output
    assert "one: the backups of 2 VMs are stopped, and their data is kept" in playbooks.output
    assert states(filled) == {"web-0001": "stopped", "web-0002": "stopped", "gone": "stopped", "db": "protected"}
    assert len(filled.writes()) == 3 and not [each for each in filled.writes() if each.startswith("DELETE")]
    filled.clear_ledger()
    assert playbooks.run(f"{COLLECTION}.retire", "-e", extra) == 0, playbooks.output
    assert filled.writes() == [] and "changed=0" in playbooks.output and "There are no backups to stop." in playbooks.output


def test_a_vault_that_fails_does_not_stop_the_next(filled: Azure, playbooks: Playbooks) -> None:
    filled.fault(method="PUT", path="*vaults/one/*", times=0, status=403, message="Not you.")
    assert playbooks.tasks([role("retire", WISH)]) != 0
    assert "one: 2 of 2 VMs failed" in playbooks.output and "Not you." in playbooks.output
    assert states(filled)["web-0002"] == "stopped" and states(filled)["web-0001"] == "protected"


REFUSED: list[tuple[dict[str, object], str]] = [
    ({}, "No VMs are selected: set one or more of retire_vms"),
    ({"retire_vms": ["app/ghost"]}, "retire_vms: app/ghost: there is no such VM, and no vault has backups of it"),
    ({"retire_tags": {"no": "such"}}, "retire_tags: no VM fits"),
]


def test_bad_selections_are_refused(filled: Azure, playbooks: Playbooks) -> None:
    tasks = [
        {
            "block": [role("retire", variables), {"ansible.builtin.fail": {"msg": "not refused"}}],
            "rescue": [playbooks.save(f"refused-{number}", "{{ ansible_failed_result | to_json }}")],
        }
        for number, (variables, _told) in enumerate(REFUSED)
    ]
    assert playbooks.tasks(tasks) == 0, playbooks.output
    for number, (_variables, told) in enumerate(REFUSED):
        assert told in json.dumps(playbooks.saved(f"refused-{number}"))
    assert filled.writes() == []


def test_the_role_protection_moves_chooses_disks_and_deletes_what_is_named(filled: Azure, playbooks: Playbooks) -> None:
    vault = {"protection_vault_name": "two", "protection_vault_resource_group": "backup"}
    tasks = [
        role(
            "protection",
            {**vault, "protection_policy": "DefaultPolicy", "protection_names": ["web-*"], "protection_move": True, "protection_disks": {"mode": "os_only"}},
        ),
        role("protection", {**vault, "protection_state": "absent", "protection_delete_backup_data": True, "protection_vms": ["app/web-0003"]}),
    ]
    assert playbooks.tasks(tasks) == 0, playbooks.output
    items = filled.module("protection_info", vault_name="two", resource_group="backup")["protected_items"]
    assert {each["name"]: each["state"] for each in items} == {"web-0001": "protected", "web-0002": "protected", "web-0003": "soft_deleted"}
    assert {each["disks"]["mode"] for each in items} == {"os_only"}
