# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module gives the same result in Ansible's worker as in a process of its own."""

from __future__ import annotations

import json
import os
import re
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
# What a task says in its own process or in the worker: success, change predicted, a refusal, an error of Azure, a warning, a secret in use.
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


def results(playbooks: Playbooks, interpreter: str, *options: str) -> dict[str, Any]:
    tasks = []
    for name, task in TASKS.items():
        tasks += [{**task, "register": name, "ignore_errors": True}]
    tasks.append(playbooks.save("results", "{{ {" + ", ".join(f"'{name}': {name}" for name in TASKS) + "} | to_json }}"))
    variables = {"ansible_python_interpreter": interpreter}
    assert playbooks.tasks(tasks, "--extra-vars", json.dumps(variables), *options) == 0, playbooks.output
    return playbooks.saved("results")


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
    apart = results(playbooks, other, "-vvv")
    assert playbooks.output.count("Using module file") > len(TASKS)
    together = results(playbooks, sys.executable, "-vvv")
    assert [line for line in playbooks.output.splitlines() if "Using module file" in line and "safeharbor" in line] == []
    assert "wrong-secret" not in playbooks.output and azure.connection["client_secret"] not in playbooks.output
    assert settled(together) == settled(apart)
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
