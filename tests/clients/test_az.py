# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The az command line, signed in to the simulator."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .environments import Simulator, install_az

Az = Callable[..., Any]
VAULT = ("--vault-name", "filled", "--resource-group", "backup")
PROTECTED = (*VAULT, "--container-name", "web-0003", "--item-name", "web-0003", "--backup-management-type", "AzureIaasVM")


class AzError(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@pytest.fixture(scope="session")
def signed_in(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Az:
    """A function that runs az and returns what it prints, as JSON."""
    program = install_az() / "az"
    environment = simulator.az_environment(tmp_path_factory.mktemp("az"))

    def az(*arguments: str) -> Any:
        done = subprocess.run([str(program), *arguments, "--output", "json"], env=environment, capture_output=True, check=False, text=True, timeout=300)
        if done.returncode:
            raise AzError(done.returncode, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    *cloud, sign_in = simulator.az_sign_in()
    for arguments in cloud:
        az(*arguments)
    accounts = az(*sign_in)
    assert [each["id"] for each in accounts] == [simulator.connection["subscription_id"]]
    return az


@pytest.fixture
def az(signed_in: Az, simulator: Simulator) -> Az:
    simulator.reset()
    return signed_in


def test_wrong_secret(az: Az, simulator: Simulator) -> None:
    login = ("login", "--service-principal", "-u", simulator.connection["client_id"], "--tenant", simulator.connection["tenant_id"], "-p")
    az("account", "clear")
    with pytest.raises(AzError, match="AADSTS7000215"):
        az(*login, "wrong")
    az(*login, simulator.connection["client_secret"])


def test_resource_groups(az: Az) -> None:
    assert az("group", "exists", "--name", "new") is False
    assert az("group", "create", "--name", "new", "--location", "westeurope", "--tags", "env=dev")["properties"]["provisioningState"] == "Succeeded"
    assert [each["name"] for each in az("group", "list", "--tag", "env=dev")] == ["new"]
    az("group", "update", "--name", "new", "--set", "tags.env=prod")
    assert az("group", "show", "--name", "new")["tags"] == {"env": "prod"}
    az("group", "delete", "--name", "new", "--yes")
    assert az("group", "exists", "--name", "new") is False


def test_locks(az: Az) -> None:
    az("lock", "create", "--name", "keep", "--lock-type", "CanNotDelete", "--resource-group", "app")
    assert [each["name"] for each in az("lock", "list", "--resource-group", "app")] == ["keep"]
    with pytest.raises(AzError, match="ScopeLocked"):
        az("vm", "delete", "--resource-group", "app", "--name", "win", "--yes")
    az("lock", "delete", "--name", "keep", "--resource-group", "app")
    az("vm", "delete", "--resource-group", "app", "--name", "win", "--yes")


def test_vaults(az: Az) -> None:
    here = ("--name", "made", "--resource-group", "backup")
    with pytest.raises(AzError, match="ResourceNotFound") as missing:
        az("backup", "vault", "show", *here)
    assert missing.value.code == 3
    assert az("backup", "vault", "create", *here, "--location", "westeurope")["properties"]["provisioningState"] == "Succeeded"
    assert {each["name"] for each in az("backup", "vault", "list")} == {"filled", "made"}
    az("backup", "vault", "backup-properties", "set", *here, "--backup-storage-redundancy", "LocallyRedundant")
    shown = az("backup", "vault", "show", *here)
    assert shown["properties"]["redundancySettings"]["standardTierStorageRedundancy"] == "LocallyRedundant"
    properties = az("backup", "vault", "backup-properties", "show", *here)
    assert "LocallyRedundant" in json.dumps(properties)
    az("backup", "vault", "delete", *here, "--yes")
    assert {each["name"] for each in az("backup", "vault", "list")} == {"filled"}


def test_a_vault_that_is_in_use_is_kept(az: Az) -> None:
    with pytest.raises(AzError, match="existing resources within the vault"):
        az("backup", "vault", "delete", "--name", "filled", "--resource-group", "backup", "--yes")


def test_policies(az: Az, tmp_path: Path) -> None:
    names = {each["name"] for each in az("backup", "policy", "list", *VAULT)}
    assert {"DefaultPolicy", "EnhancedPolicy"} <= names
    policy = az("backup", "policy", "show", *VAULT, "--name", "DefaultPolicy")
    policy["properties"]["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = 14
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(policy))
    changed = az("backup", "policy", "set", *VAULT, "--name", "DefaultPolicy", "--policy", f"@{file}")
    assert changed["properties"]["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] == 14
    made = az("backup", "policy", "create", *VAULT, "--name", "own", "--policy", f"@{file}", "--backup-management-type", "AzureIaasVM")
    assert made["name"] == "own"
    az("backup", "policy", "delete", *VAULT, "--name", "own")
    assert "own" not in {each["name"] for each in az("backup", "policy", "list", *VAULT)}


def test_protection_begins(az: Az) -> None:
    vm = az("vm", "show", "--resource-group", "app", "--name", "web-0001")
    job = az("backup", "protection", "enable-for-vm", *VAULT, "--vm", vm["id"], "--policy-name", "DefaultPolicy")
    assert (job["properties"]["operation"], job["properties"]["status"]) == ("ConfigureBackup", "Completed")
    items = az("backup", "item", "list", *VAULT)
    assert {each["properties"]["friendlyName"]: each["properties"]["protectionState"] for each in items} == {
        "web-0001": "IRPending",
        "web-0003": "Protected",
    }
    check = az("backup", "protection", "check-vm", "--vm", vm["id"])
    assert "/vaults/filled" in str(check)


def test_backup_now_and_its_job(az: Az, simulator: Simulator) -> None:
    job = az("backup", "protection", "backup-now", *PROTECTED, "--retain-until", "01-12-2030")
    assert (job["properties"]["operation"], job["properties"]["status"]) == ("Backup", "InProgress")
    simulator.jump("6h")
    az("backup", "job", "wait", *VAULT, "--name", job["name"], "--timeout", "60")
    assert az("backup", "job", "show", *VAULT, "--name", job["name"])["properties"]["status"] == "Completed"
    assert job["name"] in {each["name"] for each in az("backup", "job", "list", *VAULT, "--status", "Completed")}
    assert az("backup", "recoverypoint", "list", *PROTECTED)


def test_protection_stops_and_comes_back(az: Az) -> None:
    az("backup", "vault", "backup-properties", "set", "--name", "filled", "--resource-group", "backup", "--soft-delete-feature-state", "Enable")
    stopped = az("backup", "protection", "disable", *PROTECTED, "--yes")
    assert stopped["properties"]["operation"] == "DisableBackup"
    assert az("backup", "item", "list", *VAULT)[0]["properties"]["protectionState"] == "ProtectionStopped"
    resumed = az("backup", "protection", "resume", *PROTECTED, "--policy-name", "DefaultPolicy")
    assert resumed["properties"]["status"] == "Completed"
    az("backup", "protection", "disable", *PROTECTED, "--delete-backup-data", "true", "--yes")
    assert az("backup", "item", "list", *VAULT)[0]["properties"]["isScheduledForDeferredDelete"] is True
    az("backup", "protection", "undelete", *PROTECTED, "--workload-type", "VM")
    item = az("backup", "item", "list", *VAULT)[0]["properties"]
    assert (item["protectionState"], bool(item.get("isScheduledForDeferredDelete"))) == ("ProtectionStopped", False)


def test_virtual_machines(az: Az) -> None:
    assert [each["name"] for each in az("vm", "list", "--resource-group", "app")] == ["web-0001", "web-0002", "web-0003", "win"]
    assert az("vm", "get-instance-view", "--resource-group", "app", "--name", "win")["instanceView"]["vmAgent"]["statuses"][0]["displayStatus"] == "Ready"
    az("vm", "deallocate", "--resource-group", "app", "--name", "win")
    details = az("vm", "list", "--show-details", "--query", "[?name=='win'].powerState")
    assert details == ["VM deallocated"]
    az("vm", "start", "--resource-group", "app", "--name", "win")


def test_a_vm_is_created_from_a_template(az: Az) -> None:
    login = ("--admin-username", "me", "--admin-password", "Some-1-password")
    made = az("vm", "create", "-g", "app", "-n", "new", "--image", "Debian:debian-12:12-gen2:latest", "--nsg-rule", "SSH", *login)
    assert (made["powerState"], made["location"]) == ("VM running", "westeurope")
    assert az("vm", "show", "-g", "app", "-n", "new")["storageProfile"]["osDisk"]["osType"] == "Linux"


def test_run_commands(az: Az) -> None:
    here = ("--resource-group", "app", "--vm-name", "web-0001")
    answer = az("vm", "run-command", "invoke", "-g", "app", "-n", "web-0001", "--command-id", "RunShellScript", "--scripts", "hostname")
    assert answer["value"][0]["message"] == "Enable succeeded: \n[stdout]\nweb-0001\n\n[stderr]\n"
    az("vm", "run-command", "create", *here, "--name", "who", "--script", "hostname")
    shown = az("vm", "run-command", "show", *here, "--name", "who", "--instance-view")
    assert (shown["instanceView"]["executionState"], shown["instanceView"]["output"]) == ("Succeeded", "web-0001\n")
    az("vm", "run-command", "delete", *here, "--name", "who", "--yes")
    assert az("vm", "run-command", "list", *here) == []


def test_extensions_and_images(az: Az) -> None:
    here = ("--resource-group", "app", "--vm-name", "web-0001")
    az("vm", "extension", "set", *here, "--name", "CustomScript", "--publisher", "Microsoft.Azure.Extensions", "--version", "2.1")
    assert [each["name"] for each in az("vm", "extension", "list", *here)] == ["CustomScript"]
    assert az("vm", "image", "list-skus", "-l", "westeurope", "-p", "Canonical", "-f", "ubuntu-24_04-lts")[0]["name"] == "server"
    assert "Standard_D2s_v5" in {each["name"] for each in az("vm", "list-sizes", "--location", "westeurope")}
    assert "Standard_D2s_v5" in {each["name"] for each in az("vm", "list-skus", "--location", "westeurope")}


def test_security_rules(az: Az) -> None:
    here = ("--resource-group", "app", "--nsg-name", "nsg")
    rule = ("--name", "backup", "--priority", "200", "--direction", "Outbound", "--destination-address-prefixes", "AzureBackup")
    made = az("network", "nsg", "rule", "create", *here, *rule, "--destination-port-ranges", "443", "--protocol", "Tcp")
    assert (made["access"], made["provisioningState"]) == ("Allow", "Succeeded")
    with pytest.raises(AzError, match="SecurityRuleConflict"):
        az("network", "nsg", "rule", "create", *here, *rule[2:], "--name", "other")
    assert [each["name"] for each in az("network", "nsg", "rule", "list", *here)] == ["backup"]
    az("network", "nsg", "rule", "delete", *here, "--name", "backup")
    assert az("network", "nsg", "rule", "list", *here) == []
    created = az("network", "nsg", "create", "--resource-group", "app", "--name", "second")
    assert len(created["NewNSG"]["defaultSecurityRules"]) == 6
    az("network", "nsg", "delete", "--resource-group", "app", "--name", "second")


def test_networks(az: Az) -> None:
    group = ("--resource-group", "app")
    az("network", "vnet", "create", *group, "--name", "net", "--subnet-name", "a")
    az("network", "route-table", "create", *group, "--name", "t")
    hop = ("--next-hop-type", "VirtualAppliance", "--next-hop-ip-address", "10.0.0.5", "--address-prefix", "0.0.0.0/0")
    az("network", "route-table", "route", "create", *group, "--route-table-name", "t", "--name", "out", *hop)
    az("network", "vnet", "subnet", "update", *group, "--vnet-name", "net", "--name", "a", "--route-table", "t", "--network-security-group", "nsg")
    az("network", "vnet", "subnet", "update", *group, "--vnet-name", "app-vnet", "--name", "default", "--route-table", "t")
    routes = az("network", "nic", "show-effective-route-table", *group, "--name", "winVMNic")
    assert ("User", ["10.0.0.5"]) in [(each["source"], each["nextHopIpAddress"]) for each in routes["value"]]
    assert az("network", "list-service-tags", "--location", "westeurope")["values"]
    az("network", "watcher", "configure", "--resource-group", "app", "--locations", "westeurope", "--enabled")
    flow = ("--local", "10.0.0.7:50000", "--remote", "198.51.100.1:443", "--protocol", "TCP", "--direction", "Outbound")
    address = az("network", "nic", "show", *group, "--name", "winVMNic")["ipConfigurations"][0]["privateIPAddress"]
    flow = ("--local", f"{address}:50000", *flow[2:])
    assert az("network", "watcher", "test-ip-flow", *group, "--vm", "win", *flow)["access"] == "Allow"


def test_generic_resources(az: Az) -> None:
    vaults = az("resource", "list", "--resource-type", "Microsoft.RecoveryServices/vaults")
    assert [each["name"] for each in vaults] == ["filled"]
    assert az("resource", "show", "--ids", vaults[0]["id"])["name"] == "filled"
    assert az("provider", "show", "--namespace", "Microsoft.RecoveryServices")["registrationState"] == "Registered"
    assert az("account", "list-locations")


def test_a_template_of_ones_own(az: Az, tmp_path: Path) -> None:
    file = tmp_path / "group.json"
    group = {
        "type": "Microsoft.Network/networkSecurityGroups",
        "apiVersion": "2024-05-01",
        "name": "[parameters('name')]",
        "location": "[resourceGroup().location]",
    }
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    template = {"$schema": schema, "contentVersion": "1.0.0.0", "parameters": {"name": {"type": "string"}}, "resources": [group]}
    file.write_text(json.dumps(template, indent=1))
    done = az("deployment", "group", "create", "--resource-group", "app", "--template-file", str(file), "--parameters", "name=templated")
    assert done["properties"]["provisioningState"] == "Succeeded"
    assert az("network", "nsg", "show", "--resource-group", "app", "--name", "templated")["location"] == "westeurope"
