# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module gives the same result in Ansible's worker as in a Python process started for it."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from harness import Azure
from test_roles import Playbooks

ESTATE = """
resource_groups: [{name: app, location: westeurope}]
vms: [{name: web, count: 2, resource_group: app}]
vaults:
  - name: vault-we
    resource_group: app
    items: [{vm: app/web-0001, policy: DefaultPolicy, state: Protected}]
"""
VAULT = {"vault_name": "vault-we", "resource_group": "app"}
# What a task says in either: success, change predicted, a refusal, an error of Azure, a warning, a secret in use.
TASKS: dict[str, dict[str, Any]] = {
    "unchanged": {"safeharbor.azure_backup.protection": {**VAULT, "policy": "DefaultPolicy", "vms": ["app/web-0001"]}},
    "predicted": {"safeharbor.azure_backup.protection": {**VAULT, "policy": "DefaultPolicy", "vms": "app/web-0002"}, "check_mode": True, "diff": True},
    "refused": {"safeharbor.azure_backup.protection": {**VAULT, "parallel": "many", "colour": "blue", "vms": ["app/web-0001"]}},
    "aliases": {"safeharbor.azure_backup.vault_info": {"secret": "wrong-secret", "tenant": "{{ lookup('env', 'AZURE_TENANT_ID') }}"}},
    "absent": {"safeharbor.azure_backup.vault_info": {"name": "nosuch", "resource_group": "app"}},
    "warned": {"safeharbor.azure_backup.policy": {**VAULT, "name": "DefaultPolicy", "retention": {"daily": {"count": 90}}}, "check_mode": True},
    "secret": {
        "safeharbor.azure_backup.vault": {"name": "vault-we", "resource_group": "app", "tags": {"note": "it is {{ lookup('env', 'AZURE_CLIENT_SECRET') }}!"}},
        "check_mode": True,
        "diff": True,
    },
    "elsewhere": {"safeharbor.azure_backup.vault_info": {}, "environment": {"AZURE_SUBSCRIPTION_ID": "nonsense"}},
}
ALIKE = ("request_id", "exception")
# Ids and times that an answer of Azure carries.
MARKS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ")


STARTED = "Using module file"


def results(playbooks: Playbooks, variables: dict[str, Any]) -> dict[str, Any]:
    tasks = []
    for name, task in TASKS.items():
        tasks += [{**task, "register": name, "ignore_errors": True}]
    tasks.append(playbooks.save("results", "{{ {" + ", ".join(f"'{name}': {name}" for name in TASKS) + "} | to_json }}"))
    variables = {"azure_backup_in_worker": True, "ansible_python_interpreter": sys.executable, **variables}
    assert playbooks.tasks(tasks, "-vvv", "--extra-vars", json.dumps(variables)) == 0, playbooks.output
    return playbooks.saved("results")


def started(playbooks: Playbooks) -> int:
    """How many of our modules were started as programs."""
    return sum(STARTED in line and "safeharbor" in line for line in playbooks.output.splitlines())


def settled(value: Any) -> Any:
    """Without what differs between any two runs."""
    if isinstance(value, dict):
        return {key: settled(each) for key, each in value.items() if key not in ALIKE}
    if isinstance(value, list):
        return [settled(each) for each in value]
    return MARKS.sub("…", value) if isinstance(value, str) else value


@pytest.mark.skipif(sys.platform != "linux", reason="the worker runs modules on Linux only")
def test_same_results(azure: Azure, tmp_path: Path) -> None:
    azure.estate(ESTATE)
    playbooks = Playbooks(azure, tmp_path)
    other = os.path.join(os.path.dirname(sys.executable), "python3")
    assert other != sys.executable, "the test needs the interpreter under two names"
    apart = results(playbooks, {"ansible_python_interpreter": other})
    assert started(playbooks) == len(TASKS)
    switched_off = results(playbooks, {"azure_backup_in_worker": "{{ 1 > 2 }}"})
    assert started(playbooks) == len(TASKS)
    together = results(playbooks, {})
    assert started(playbooks) == 0
    assert "wrong-secret" not in playbooks.output and azure.connection["client_secret"] not in playbooks.output
    assert settled(together) == settled(apart) == settled(switched_off)
    assert together["secret"]["diff"]["after"]["tags"] == {"note": "it is ********!"} and azure.connection["client_secret"] not in json.dumps(together)
    assert "diff" in together["predicted"] and "diff" not in together["unchanged"]
    assert together["warned"]["changed"] and "its 1 protected item." in playbooks.output
    assert together["refused"]["failed"] and together["aliases"]["failed"] and not together["absent"]["vaults"]
    assert "'nonsense'" in together["elsewhere"]["msg"]


def test_in_the_background(azure: Azure, tmp_path: Path) -> None:
    azure.estate(ESTATE)
    playbooks = Playbooks(azure, tmp_path)
    tasks = [{"safeharbor.azure_backup.vault_info": {}, "async": 60, "poll": 1, "register": "found"}, playbooks.save("found", "{{ found.vaults | length }}")]
    assert playbooks.tasks(tasks) == 0, playbooks.output
    assert playbooks.saved("found") == 1


def test_switch_that_is_neither_on_nor_off(azure: Azure, tmp_path: Path) -> None:
    playbooks = Playbooks(azure, tmp_path)
    task = {"safeharbor.azure_backup.vault_info": {}, "register": "found", "ignore_errors": True}
    tasks = [task, playbooks.save("found", "{{ found | to_json }}")]
    assert playbooks.tasks(tasks, "--extra-vars", "azure_backup_in_worker=maybe") == 0, playbooks.output
    found = playbooks.saved("found")
    assert found["failed"] and found["msg"].startswith("azure_backup_in_worker: The value 'maybe' is not a valid boolean")
    assert not azure.requests()


def test_hosts_at_once(azure: Azure, tmp_path: Path) -> None:
    """Each host's task has its own variables, environment and result, though all run in forks of one process."""
    azure.estate(ESTATE)
    playbooks = Playbooks(azure, tmp_path)
    subscription = "{{ (inventory_hostname == 'astray') | ternary('nonsense', lookup('env', 'AZURE_SUBSCRIPTION_ID')) }}"
    task = {
        "safeharbor.azure_backup.vault_info": {"name": "{{ inventory_hostname }}", "resource_group": "app"},
        "environment": {"AZURE_SUBSCRIPTION_ID": subscription},
        "register": "found",
        "ignore_errors": True,
    }
    save = {**playbooks.save("found", "{{ ansible_play_hosts | map('extract', hostvars, 'found') | to_json }}"), "run_once": True}
    play = {"hosts": "all", "gather_facts": False, "connection": "local", "vars": {"ansible_python_interpreter": sys.executable}, "tasks": [task, save]}
    path = tmp_path / "hosts.yml"
    path.write_text(json.dumps([play]))
    options = ("--inventory", "vault-we,astray,nosuch", "--extra-vars", "azure_backup_in_worker=true")
    assert playbooks.run(str(path), "-vvv", *options) == 0, playbooks.output
    present, astray, absent = playbooks.saved("found")
    assert [each["name"] for each in present["vaults"]] == ["vault-we"] and absent["vaults"] == []
    assert astray["failed"] and "'nonsense'" in astray["msg"]
    assert started(playbooks) == (0 if sys.platform == "linux" else 3)


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("su") is None, reason="only root becomes another user without a password")
def test_as_another_user(azure: Azure, tmp_path: Path) -> None:
    azure.estate(ESTATE)
    playbooks = Playbooks(azure, tmp_path)
    task = {"safeharbor.azure_backup.vault_info": {}, "become": True, "become_method": "ansible.builtin.su", "register": "found"}
    tasks = [task, playbooks.save("found", "{{ found.vaults | length }}")]
    variables = {"azure_backup_in_worker": True, "ansible_python_interpreter": sys.executable}
    assert playbooks.tasks(tasks, "-vvv", "--extra-vars", json.dumps(variables)) == 0, playbooks.output
    assert playbooks.saved("found") == 1 and started(playbooks) == 1
