# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles, run by ansible-playbook against the simulator."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import Azure

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "safeharbor.azure_backup"
ESTATE = """
resource_groups: [{name: app, location: westeurope}, {name: far, location: northeurope}]
network_security_groups:
  - {name: lockdown, resource_group: app}
vms:
  - {name: web, count: 2, resource_group: app}
  - {name: asleep, resource_group: app, power: deallocated}
  - {name: silent, resource_group: app, agent: {status: NotReady}}
  - {name: db, resource_group: far, os: Windows}
  - {name: owned, resource_group: far}
vaults:
  - name: other
    resource_group: far
    items: [{vm: far/owned, state: Protected}]
"""
WISH = {"prepare_resource_group": "backup", "prepare_create_resource_group": True, "prepare_all_vms": True}
SAVED = re.compile(r"saved ([\w-]+): ([\w+/=]+)\.")


class Playbooks:
    """Runs of ansible-playbook from one directory, signed in to the simulator."""

    def __init__(self, azure: Azure, directory: Path) -> None:
        self._azure = azure
        self._directory = directory
        self._saved: dict[str, Any] = {}
        self.output = ""

    def run(self, playbook: str, *options: str) -> int:
        """The exit status of ansible-playbook. The settings of the user's Ansible do not count.

        With IN_WORKER=false in the environment of the tests no module runs inside Ansible's worker.
        """
        environment = [f"{name}={value}" for name, value in self._azure.connection["environment"].items()]
        switch = ["--extra-vars", f"azure_backup_in_worker={os.environ.get('IN_WORKER', 'true')}"]
        command = [str(ROOT / "tests/tools/run.sh"), "env", *environment, "ansible-playbook", playbook, *switch, *options]
        done = subprocess.run(command, cwd=self._directory, capture_output=True, text=True, timeout=300, check=False)
        self.output = done.stdout + done.stderr
        self._saved |= {name: json.loads(base64.b64decode(value)) for name, value in SAVED.findall(self.output)}
        return done.returncode

    def tasks(self, tasks: list[dict[str, Any]], *options: str) -> int:
        """Run these tasks on localhost."""
        path = self._directory / "play.yml"
        path.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
        return self.run(str(path), *options)

    def role(self, name: str, variables: dict[str, Any], *options: str) -> int:
        return self.tasks([role(name, variables), self.save("fact", "{{ {'plan': prepare_plan, 'results': prepare_results} }}")], *options)

    def warnings(self) -> list[str]:
        """Those of the last run but for that of the clock: ansible-playbook has this machine's, which is not that of the test's Azure."""
        lines = [line for line in self.output.splitlines() if "WARNING" in line]
        return [line for line in lines if "[WARNING]: The clock of the machine" not in line]

    def save(self, name: str, content: str) -> dict[str, Any]:
        """A task that keeps a value for saved(): by the output, which costs a second less than a file."""
        text = "{{ (__saved if __saved is string else __saved | to_json) | b64encode }}"
        return {"ansible.builtin.debug": {"msg": f"saved {name}: {text}."}, "vars": {"__saved": content}}

    def saved(self, name: str) -> Any:
        return self._saved[name]


def role(name: str, variables: dict[str, Any]) -> dict[str, Any]:
    return {"ansible.builtin.include_role": {"name": f"{COLLECTION}.{name}"}, "vars": variables}


def changed_vms(results: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {each["vault_name"]: sorted(vm["name"] for vm in each["results"] if vm["changed"]) for each in results}


@pytest.fixture
def playbooks(azure: Azure, tmp_path: Path) -> Iterator[Playbooks]:
    before = azure.control("GET", "settings")
    azure.control("POST", "settings", json={"speed": 1000})
    yield Playbooks(azure, tmp_path)
    azure.control("POST", "settings", json={"speed": before["speed"]})


def test_prepare_predicts_then_does_then_rests(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    assert playbooks.role("prepare", WISH, "--check") == 0, playbooks.output
    assert azure.writes() == []
    predicted = playbooks.saved("fact")
    assert "would protect" in playbooks.output

    assert playbooks.role("prepare", WISH) == 0, playbooks.output
    done = playbooks.saved("fact")
    assert changed_vms(done["results"]) == {"vault-northeurope": ["db"], "vault-westeurope": ["asleep", "web-0001", "web-0002"]}
    assert changed_vms(predicted["results"]) == changed_vms(done["results"]) and predicted["plan"] == done["plan"]
    assert {each["name"] for each in done["plan"]["left_out"]} == {"silent", "owned"}
    for text in ("silent: The agent is not ready", "owned: vault other protects it already"):
        assert text in playbooks.output

    azure.clear_ledger()
    extra = json.dumps(WISH)
    assert playbooks.run(f"{COLLECTION}.prepare", "-e", extra) == 0, playbooks.output
    assert azure.writes() == [] and "changed=0" in playbooks.output


def test_a_region_that_fails_does_not_stop_the_next(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    azure.fault(method="PUT", path="*vaults/vault-northeurope", times=0, status=403, message="There is a policy against it.")
    two = {"prepare_vms": ["far/db", "app/web-0001"], "prepare_all_vms": False}
    assert playbooks.role("prepare", {**WISH, **two, "prepare_check_agents": False, "prepare_redundancy": "LRS"}) != 0
    assert "northeurope: Could not create vault vault-northeurope" in playbooks.output and "There is a policy against it." in playbooks.output
    assert [each["name"] for each in azure.module("protection_info", vault_name="vault-westeurope", resource_group="backup")["protected_items"]] == ["web-0001"]
    (vault,) = azure.module("vault_info", resource_group="backup")["vaults"]
    assert vault["redundancy"] == "LocallyRedundant"


def test_nothing_to_protect_is_no_failure(azure: Azure, playbooks: Playbooks) -> None:
    assert playbooks.role("prepare", WISH) == 0, playbooks.output
    assert "There is no VM to protect." in playbooks.output and azure.writes() == []


VAULT = {"vault_name": "new", "vault_resource_group": "app", "vault_location": "westeurope"}
POLICY = {"policy_vault_name": "other", "policy_vault_resource_group": "far"}
PROTECTION = {"protection_vault_name": "other", "protection_vault_resource_group": "far"}
LOCKDOWN = [{"name": "lockdown", "resource_group": "app"}]
REFUSED: list[tuple[str, dict[str, Any], list[str]]] = [
    ("vault", {"vault_resource_group": "app"}, ["vault_name"]),
    ("vault", {**VAULT, "vault_resource_group": "nosuch"}, ["there is no resource group 'nosuch'"]),
    ("vault", {**VAULT, "vault_redundancy": "Cheap"}, ["vault_redundancy", "LocallyRedundant"]),
    ("policy", {**POLICY, "policy_policies": [{"name": "p", "schedule": {"frequency": "daily", "time": "22:10"}}]}, ["schedule.time", "retention"]),
    ("prepare", {**WISH, "prepare_policy": {"name": "p", "schedule": {"frequency": "daily", "time": "22:10"}}}, ["schedule.time", "retention"]),
    ("policy", {**POLICY, "policy_vault_name": "nosuch", "policy_policies": [{"name": "p"}]}, ["nosuch"]),
    ("protection", {**PROTECTION, "protection_policy": "nosuch", "protection_vms": ["far/db"]}, ["there is no policy 'nosuch'"]),
    ("protection", {**PROTECTION, "protection_policy": "DefaultPolicy"}, ["no VM selected"]),
    ("network_access", {"network_access_mode": "service_tags"}, ["network_access_security_groups"]),
    ("network_access", {"network_access_mode": "proxy", "network_access_security_groups": LOCKDOWN}, ["network_access_proxy_address"]),
    ("network_access", {"network_access_mode": "proxy", "network_access_proxy_address": "10.0.0.4"}, ["network_access_security_groups"]),
    ("prepare", {"prepare_resource_group": "backup"}, ["No VMs are selected: set one or more of prepare_vms"]),
    ("prepare", {"prepare_resource_group": "backup", "prepare_all_vms": True, "prepare_policy": {"policy_type": "enhanced"}}, ["prepare_policy needs a name"]),
    ("prepare", {"prepare_resource_group": "backup", "prepare_tags": {"no": "such"}}, ["prepare_tags: no VM fits"]),
    ("prepare", {"prepare_resource_group": "backup", "prepare_vms": ["app/web-0001", "app/ghost"]}, ["prepare_vms: there is no VM 'app/ghost'"]),
    ("simulator", {"simulator_state_dir": "state", "simulator_host": "192.0.2.1"}, ["loopback"]),
    ("simulator", {"simulator_state_dir": "state", "simulator_estate": "nosuch.yml"}, ["nosuch.yml"]),
]


def test_bad_input_is_refused_before_any_write(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    tasks = [
        {
            "block": [role(name, variables), {"ansible.builtin.fail": {"msg": "not refused"}}],
            "rescue": [playbooks.save(f"refused-{number}", "{{ ansible_failed_result | to_json }}")],
        }
        for number, (name, variables, _words) in enumerate(REFUSED)
    ]
    assert playbooks.tasks(tasks) == 0, playbooks.output
    for number, (name, variables, words) in enumerate(REFUSED):
        told = json.dumps(playbooks.saved(f"refused-{number}"))
        assert [word for word in words if word not in told] == [], f"{name} {variables}: {told}"
    assert azure.writes() == []


def test_each_role_alone(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    weekly = {"name": "weekly", "schedule": {"frequency": "weekly", "time": "02:00", "days": ["sunday"]}, "retention": {"weekly": {"count": 4}}}
    tasks = [
        role("vault", VAULT),
        role("policy", {"policy_vault_name": "new", "policy_vault_resource_group": "app", "policy_policies": [weekly]}),
        role(
            "protection",
            {"protection_vault_name": "new", "protection_vault_resource_group": "app", "protection_policy": "weekly", "protection_names": ["web-*"]},
        ),
        role(
            "network_access",
            {"network_access_mode": "proxy", "network_access_proxy_address": "10.0.0.4", "network_access_security_groups": LOCKDOWN},
        ),
    ]
    assert playbooks.tasks(tasks) == 0, playbooks.output
    (vault,) = azure.module("vault_info", name="new", resource_group="app")["vaults"]
    assert vault["redundancy"] == "GeoRedundant"
    items = azure.module("protection_info", vault_name="new", resource_group="app")["protected_items"]
    assert {each["name"]: each["policy"] for each in items} == {"web-0001": "weekly", "web-0002": "weekly"}
    assert [each for each in azure.writes() if each.endswith("securityRules/AllowBackupProxy")]
