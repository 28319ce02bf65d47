# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's own tasks for Windows, run on hosts that stand-ins for the modules keep in files, with the real modules' arguments."""

from __future__ import annotations

import json
import os
import pprint
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import specs

ROLE = specs.ROOT / "roles/vm_agent"
URL = "https://go.microsoft.com/fwlink/?LinkID=394789"
IDENTITY = "http://169.254.169.254/metadata/instance/compute?api-version=2021-02-01&format=json"
PROGRAM = "C:\\WindowsAzure\\GuestAgent_2.7.41491.1095_2026-01-01_000000\\WaAppAgent.exe"
NET = "HKLM:\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full"
AGENT = "HKLM:\\SOFTWARE\\Microsoft\\GuestAgent"
CHECKSUM = "a" * 64
SIGNED = "https://reader:OpenSesame@mirror.example/agent.msi?sv=2026-01-01&sig=SeCrEt%3D&sp=r"


def package(version: str = "2.7.41491.1200", signature: str = "Microsoft Corporation") -> dict[str, Any]:
    return {"version": "", "checksum": CHECKSUM, "signature": signature, "package": {"product": version, "version": version}}


def bare(**changes: Any) -> dict[str, Any]:
    """A Windows host without the agent."""
    host: dict[str, Any] = {"services": {}, "files": {}, "registry": {NET: {"Release": 528040}}, "sids": ["S-1-5-32-544"], "products": [], "changes": []}
    return {**host, "web": {URL: package()}, **changes}


def installed(version: str = "2.7.41491.1095", state: str = "started", start_mode: str = "auto", **changes: Any) -> dict[str, Any]:
    services = {name: {"state": state, "start_mode": start_mode, "path": f'"{PROGRAM}"'} for name in ("RdAgent", "WindowsAzureGuestAgent")}
    registry = {NET: {"Release": 528040}, AGENT: {"GuestAgentVersion": version}}
    return bare(services=services, files={PROGRAM: {"version": version}}, registry=registry, products=[version], **changes)


HOSTS: dict[str, dict[str, Any]] = {
    "bare": bare(),
    "well": installed(),
    "old": installed("2.6.1198.718"),
    "stopped": installed(state="stopped", start_mode="disabled"),
    "user": bare(sids=["S-1-5-32-545"]),
    "unsigned": bare(web={URL: package(signature="Somebody")}),
    "offline": bare(web={}),
    "mirrored": bare(web={}),
    "tampered": bare(),
    "shared": bare(web={SIGNED: package()}),
    "shared_and_gone": bare(web={}),
    "shared_and_tampered": bare(web={SIGNED: package()}),
    "ancient": bare(registry={}, web={URL: package("2.6.1198.718")}),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "tampered": {"vm_agent_windows_package_sha256": "b" * 64},
    "mirrored": {"vm_agent_windows_package_sha256": "A" * 64},
    "shared": {"vm_agent_windows_package": SIGNED},
    "shared_and_gone": {"vm_agent_windows_package": SIGNED},
    "shared_and_tampered": {"vm_agent_windows_package": SIGNED, "vm_agent_windows_package_sha256": "b" * 64},
}


class Hosts:
    """The hosts in their files, and the role run on all of them at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "mirror.msi").write_text(json.dumps(package()))
        for name, host in HOSTS.items():
            self.path(name).write_text(json.dumps(host))
        self._write_stubs()

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def host(self, name: str) -> dict[str, Any]:
        return json.loads(self.path(name).read_text())

    def _write_stubs(self) -> None:
        used = {task.module for task in specs.tasks() if ROLE.relative_to(specs.ROOT) in task.path.parents}
        arguments = {name.rpartition(".")[2]: specs.of(name) for name in used}
        stub = (Path(__file__).parent / "stub_host.py").read_text().replace("SPECS = {}", f"SPECS = {pprint.pformat(arguments)}")
        for name in used:
            namespace, collection, module = name.split(".")
            folder = self.folder / "stubs/ansible_collections" / namespace / collection / "plugins/action"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{module}.py").write_text(stub)

    def run(self, entry: str = "main", check: bool = False, azure: bool = False, only: str = "all") -> dict[str, dict[str, Any]]:
        """{host: {result, failed}}"""
        given = {"mirrored": {"vm_agent_windows_package": str(self.folder / "mirror.msi")}}
        inventory = {"all": {"hosts": {name: {**OPTIONS.get(name, {}), **given.get(name, {})} for name in HOSTS}}}
        play = {
            "hosts": only,
            "connection": "local",
            "gather_facts": False,
            "vars": {
                "ansible_python_interpreter": sys.executable,
                "windows_host": f"{self.folder}/{{{{ inventory_hostname }}}}.json",
                "vm_agent_azure": azure,
            },
            "tasks": [
                {"ansible.builtin.set_fact": {"ansible_os_family": "Windows", "cacheable": True}},
                {
                    "block": [{"ansible.builtin.include_role": {"name": "safeharbor.azure_backup.vm_agent", "tasks_from": entry}}],
                    "rescue": [{"ansible.builtin.set_fact": {"said": "{{ ansible_failed_result.msg }}"}}],
                },
                {
                    "ansible.builtin.copy": {
                        "dest": f"{self.folder}/{{{{ inventory_hostname }}}}.outcome",
                        "content": "{{ {'result': vm_agent_result | default({}), 'failed': said | default('')} | to_json }}",
                    },
                    "check_mode": False,
                },
            ],
        }
        (self.folder / "inventory.json").write_text(json.dumps(inventory))
        (self.folder / "play.yml").write_text(json.dumps([play]))
        command = ["ansible-playbook", "-i", str(self.folder / "inventory.json"), str(self.folder / "play.yml"), "-vvvvv", *(["--check"] if check else [])]
        path = f"{self.folder}/stubs:{os.environ.get('ANSIBLE_COLLECTIONS_PATH', specs.ROOT / '.work')}"
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": path, "ANSIBLE_FORKS": "4", "ANSIBLE_PIPELINING": "true"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "SeCrEt" not in done.stdout + done.stderr and "OpenSesame" not in done.stdout + done.stderr
        return {name: json.loads((self.folder / f"{name}.outcome").read_text()) for name in (HOSTS if only == "all" else only.split(","))}


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Hosts:
    return Hosts(tmp_path_factory.mktemp("hosts"))


def codes(outcome: dict[str, Any]) -> list[str]:
    return [each["code"] for each in outcome["result"]["problems"]]


def test_the_role_looks_foresees_mends_and_has_nothing_left_to_do(hosts: Hosts) -> None:
    # The runs build on each other, so they are one test.
    seen = hosts.run("validate", only="well,stopped,ancient,user")
    assert (seen["well"]["result"]["version"], seen["well"]["result"]["goal_state_version"]) == ("2.7.41491.1095", "2.7.41491.1095")
    assert codes(seen["stopped"]) == ["service_not_enabled", "service_not_running"] * 2
    assert codes(seen["ancient"]) == ["no_dotnet", "agent_missing"] and codes(seen["well"]) == []
    assert "no administrator" in seen["user"]["failed"]

    changes = {"bare": ["installed"], "well": [], "old": ["updated"], "stopped": ["service"]}
    foreseen = hosts.run(check=True, only="bare,well,old,stopped")
    assert {name: foreseen[name]["result"]["changed"] for name in changes} == changes
    assert all(hosts.host(name) == host for name, host in HOSTS.items())

    done = hosts.run()
    assert {name: done[name]["result"]["changed"] for name in changes} == {**changes, "bare": ["installed", "service"]}
    assert [done[name]["failed"] for name in (*changes, "mirrored")] == [""] * 5
    assert hosts.host("bare")["services"]["RdAgent"] == {"state": "started", "start_mode": "auto", "path": '"C:\\WindowsAzure\\Packages\\WaAppAgent.exe"'}
    assert hosts.host("mirrored")["products"] and hosts.host("well") == HOSTS["well"]

    told = {name: done[name]["failed"] for name in ("unsigned", "offline", "tampered", "ancient")}
    assert "is not signed by Microsoft: Valid, CN=Somebody" in told["unsigned"]
    assert "could not be resolved. vm_agent_windows_package can name another URL" in told["offline"]
    assert f"is {CHECKSUM} and not the one of vm_agent_windows_package_sha256" in told["tampered"]
    assert done["shared"]["failed"] == "" and hosts.host("shared")["products"]
    shown = "https://mirror.example/agent.msi?sv=2026-01-01&sig=***&sp=r"
    assert f"downloading '{shown}' to" in done["shared_and_gone"]["failed"] and "could not be resolved" in done["shared_and_gone"]["failed"]
    assert f"the checksum of {shown} is" in done["shared_and_tampered"]["failed"]
    assert "no_dotnet" in codes(done["ancient"]) and "agent_old" in codes(done["ancient"])
    untouched = ("unsigned", "offline", "tampered", "user")
    assert [hosts.host(name) for name in untouched] == [HOSTS[name] for name in untouched]

    before = {name: hosts.host(name) for name in ("bare", "stopped")}
    again = hosts.run(only="bare,stopped")
    assert [again[name]["result"]["changed"] for name in before] == [[], []]
    assert {name: hosts.host(name) for name in before} == before


def test_a_host_tells_which_vm_it_is(tmp_path: Path) -> None:
    vm = "/subscriptions/s/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web"
    hosts = Hosts(tmp_path)
    hosts.path("well").write_text(json.dumps(installed(web={IDENTITY: {"resourceId": vm}})))
    outcome = hosts.run("validate", azure=True, only="well")["well"]
    assert outcome["result"]["azure_vm"] == vm
    # There is no Azure to ask here.
    assert codes(outcome) == ["azure_unanswered"]
