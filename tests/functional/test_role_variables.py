# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role variables as the command line gives them, which is as text, and misspelt ones, judged by what Azure sees."""

from __future__ import annotations

import json

from harness import Azure
from test_roles import COLLECTION, ESTATE, LOCKDOWN, WISH, Playbooks, playbooks, role

__all__ = ["playbooks"]


def test_false_is_false_and_numbers_are_numbers_on_the_command_line(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    tasks = [role("network_access", {"network_access_mode": "service_tags", "network_access_security_groups": LOCKDOWN})]
    given = ("-e", "network_access_deny_rest=false", "-e", "network_access_remove_unused=no", "-e", "network_access_priority_from=300")
    assert playbooks.tasks(tasks, *given) == 0, playbooks.output
    assert len(azure.writes()) == 3 and not any("DenyInternet" in each for each in azure.writes())
    nsg = azure.send("GET", azure.id("app", "Microsoft.Network/networkSecurityGroups", "lockdown"))
    assert sorted(each["properties"]["priority"] for each in nsg["properties"]["securityRules"]) == [300, 301, 302]

    azure.clear_ledger()
    texts = {"prepare_report": "false", "prepare_resume_stopped": "false", "prepare_check_agents": "false", "prepare_allow_extension_operations": "no"}
    extra = [part for name, value in texts.items() for part in ("-e", f"{name}={value}")]
    places = {"prepare_vms": ["app/web-0001"], "prepare_all_vms": False, "prepare_network_access_deny_rest": "false"}
    network = {"prepare_network_access_mode": "service_tags", "prepare_network_access_security_groups": LOCKDOWN}
    assert playbooks.run(f"{COLLECTION}.prepare", "-e", json.dumps({**WISH, **places, **network}), *extra) == 0, playbooks.output
    assert "readiness : " not in playbooks.output and not any("DenyInternet" in each for each in azure.writes())

    azure.module("protection", vault_name="vault-westeurope", resource_group="backup", vms=["app/web-0001"], state="stopped")
    azure.clear_ledger()
    assert playbooks.run(f"{COLLECTION}.prepare", "-e", json.dumps({**WISH, **places}), *extra) == 0, playbooks.output
    assert not any("protectedItems" in each for each in azure.writes()) and "its protection was stopped" in playbooks.output


def test_misspelt_variables_are_refused_before_any_write(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    misspelt = {"prepare_exlude": ["web-*"], "prepare_exclude_tags": {"a": "b"}, "prepare_subscriptions": ["x"], "vault_soft_delet": "Enabled"}
    own = {"vault_db_password": "geheim", "policy_text": "x", "vault_names": ["a"], "prepare_policy_name": "p"}
    wrong = {"prepare_report": "perhaps", "prepare_redundancy": "Cheap"}
    named = {"prepare_policy": {"name": "{{ prepare_policy_name }}", "schedule": {"frequency": "daily", "time": "22:00"}, "retention": {"daily": {"count": 7}}}}
    for options in ([], ["--check"]):
        assert playbooks.run(f"{COLLECTION}.prepare", "-e", json.dumps({**WISH, **misspelt, **own, **named, **wrong}), *options) != 0
        assert azure.writes() == [] and "6 problems with the options, nothing was written" in playbooks.output
        for text in ("prepare_exclude?", "readiness_subscriptions?", "vault_soft_delete?", "prepare_tags?", "true or false", "LocallyRedundant"):
            assert text in playbooks.output
        assert not any(f"{name}: " in playbooks.output for name in own) and "geheim" not in playbooks.output
    # From facts and inventories too, and in a role that one's own playbook includes.
    facts = {"ansible.builtin.set_fact": {"network_access_deny_rst": True}}
    assert playbooks.tasks([facts, role("network_access", {"network_access_mode": "service_tags", "network_access_security_groups": LOCKDOWN})]) != 0
    assert azure.writes() == [] and "did you mean network_access_deny_rest?" in playbooks.output


def test_values_stay_typed_through_loops_and_other_hosts(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    names = ["one", "two"]
    loop = {**role("vault", {"vault_name": "{{ item }}", "vault_resource_group": "app", "vault_location": "westeurope"}), "loop": "{{ vault_names }}"}
    given = ("-e", json.dumps({"vault_names": names, "vault_undelete": "false", "vault_soft_delete_retention_days": "30", "vault_purge": "no"}))
    assert playbooks.tasks([loop], *given) == 0, playbooks.output
    vaults = azure.module("vault_info", resource_group="app")["vaults"]
    assert sorted((each["name"], each["soft_delete_retention_days"]) for each in vaults) == [("one", 30), ("two", 30)]
    azure.clear_ledger()
    assert playbooks.tasks([loop], *given, "--check") == 0, playbooks.output
    assert playbooks.tasks([loop], *given) == 0 and azure.writes() == []
