# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of the collection azure.azcollection, run by ansible-playbook."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .environments import Simulator, install_azcollection

VAULT = {"resource_group": "backup", "name": "made"}
RULE = {"name": "backup", "priority": 200, "direction": "Outbound", "protocol": "Tcp", "destination_address_prefix": "AzureBackup"}
POLICY = {
    "vault_name": "made",
    "resource_group": "backup",
    "name": "nightly",
    "backup_management_type": "AzureIaasVM",
    "schedule_run_time": 22,
    "schedule_run_frequency": "Daily",
    "instant_recovery_snapshot_retention": 2,
    "daily_retention_count": 12,
    "time_zone": "UTC",
}


@pytest.fixture(scope="session")
def programs() -> Path:
    """ansible-playbook with the collection's own requirements."""
    return install_azcollection()


def task(module: str, register: str, **options: Any) -> dict[str, Any]:
    return {"name": register, f"azure.azcollection.{module}": options, "register": register}


def run(programs: Path, simulator: Simulator, folder: Path, tasks: list[dict[str, Any]]) -> dict[str, Any]:
    """What the tasks registered."""
    names = [each["register"] for each in tasks]
    report = {"ansible.builtin.copy": {"dest": str(folder / "result.json"), "content": "{{ dict(" + ", ".join(f"{n}={n}" for n in names) + ") | to_json }}"}}
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [*tasks, report]}]
    (folder / "play.json").write_text(json.dumps(play))
    environment = simulator.azcollection_environment(folder)
    command = [str(programs / "ansible-playbook"), "-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={programs / 'python'}"]
    done = subprocess.run([*command, str(folder / "play.json")], env=environment, cwd=folder, capture_output=True, check=False, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return json.loads((folder / "result.json").read_text())


def test_vault_policy_item_and_network(programs: Path, simulator: Simulator, tmp_path: Path) -> None:
    simulator.reset()
    vm_id = f"{simulator.subscription}/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0001"
    vault_id = f"{simulator.subscription}/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/made"
    item = {"resource_group": "backup", "recovery_vault_name": "made", "resource_id": vm_id}
    protected = {**item, "backup_policy_id": f"{vault_id}/backupPolicies/nightly"}
    group = {"resource_group": "app", "name": "nsg", "rules": [RULE]}
    result = run(
        programs,
        simulator,
        tmp_path,
        [
            task("azure_rm_resourcegroup", "group", name="new", location="westeurope", tags={"env": "dev"}),
            task("azure_rm_resourcegroup_info", "tagged", tags=["env:dev"]),
            task("azure_rm_recoveryservicesvault", "vault", **VAULT, location="westeurope"),
            task("azure_rm_recoveryservicesvault_info", "vaults", resource_group="backup"),
            task("azure_rm_backuppolicy", "policy", **POLICY),
            task("azure_rm_backuppolicy_info", "policies", vault_name="made", resource_group="backup", name="nightly"),
            task("azure_rm_backupazurevm", "protect", **protected, state="create"),
            task("azure_rm_backupazurevm_info", "items", **item),
            task("azure_rm_virtualmachine_info", "machines", resource_group="app"),
            task("azure_rm_securitygroup", "rules", **group),
            task("azure_rm_securitygroup", "again", **group),
            task("azure_rm_securitygroup_info", "groups_info", resource_group="app", name="nsg"),
            task("azure_rm_backupazurevm", "stop", **protected, state="delete"),
            task("azure_rm_resourcegroup", "gone", name="new", state="absent", force_delete_nonempty=True),
        ],
    )
    assert result["group"]["changed"]
    assert [each["name"] for each in result["tagged"]["resourcegroups"]] == ["new"]
    assert result["vault"]["changed"]
    assert "made" in str(result["vaults"]["response"])
    assert result["policy"]["changed"]
    assert "nightly" in str(result["policies"])
    assert result["protect"]["changed"]
    assert "web-0001" in str(result["items"]["response"])
    assert {each["name"] for each in result["machines"]["vms"]} == {"web-0001", "web-0002", "web-0003", "win"}
    assert result["rules"]["changed"]
    assert not result["again"]["changed"]
    assert [rule["name"] for rule in result["groups_info"]["securitygroups"][0]["rules"]] == ["backup"]
    assert result["gone"]["changed"]
