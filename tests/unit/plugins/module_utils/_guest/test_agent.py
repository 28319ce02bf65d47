# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VM agent's health, and the scripts that install it anew, run by a shell against stubs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest import agent, scripts

READY = {"vmAgentVersion": "2.15.0.1", "statuses": [{"displayStatus": "Ready", "message": "Guest Agent is running"}]}
SILENT = {"vmAgentVersion": "Unknown", "statuses": [{"displayStatus": "Not Ready", "message": "VM status blob is found but not yet populated."}]}


def document(vm_agent=None, power="running", system="Linux", profile=None):
    view = {"statuses": [{"code": f"PowerState/{power}"}], **({"vmAgent": vm_agent} if vm_agent else {})}
    properties = {"storageProfile": {"osDisk": {"osType": system}}, "instanceView": view, "osProfile": profile}
    return {"id": "/vm", "properties": properties}


@pytest.mark.parametrize(
    ("version", "minimum", "older"),
    [
        ("2.2.45", "2.2.53.1", True),
        ("2.2.53.1", "2.2.53.1", False),
        ("2.11.1.12", "2.2.53.1", False),
        ("2.10", "2.9.9.9", False),
        (None, "2.2.53.1", False),
        ("newest", "2.2.53.1", False),
    ],
)
def test_versions_are_compared_as_numbers(version, minimum, older):
    assert agent.is_older(version, minimum) is older


@pytest.mark.parametrize(
    ("found", "well", "word"),
    [
        (document(READY), True, None),
        (document(SILENT), False, "not yet populated"),
        (document(), False, "does not report"),
        (document(SILENT, power="deallocated"), None, "deallocated"),
        (document({**READY, "vmAgentVersion": "2.2.45"}), False, "2.2.53.1"),
        (document({**READY, "vmAgentVersion": "2.6.1198.718"}, system="Windows"), False, "2.7.41491.1010"),
        (document({**READY, "statuses": [{"displayStatus": "Ready", "message": "waiting for network issue to be resolved."}]}), False, "network issue"),
        ({"id": "/vm"}, None, "unknown power state"),
    ],
)
def test_health(found, well, word):
    seen = agent.health(found, agent.MINIMUM)
    assert seen.well is well and (word or "") in (seen.reason or "")


@pytest.mark.parametrize(
    ("profile", "made_with_one"),
    [
        (None, None),
        ({"linuxConfiguration": {}}, True),
        ({"windowsConfiguration": {"provisionVMAgent": False}}, False),
        ({"linuxConfiguration": None}, True),
    ],
)
def test_whether_the_vm_was_made_with_an_agent(profile, made_with_one):
    assert agent.provisioned(document(profile=profile)) is made_with_one


def test_a_vm_from_a_disk_has_nothing_to_forbid():
    assert agent.check_change(document(), {"allow_extension_operations": True}) is None
    assert "OS profile" in (agent.check_change(document(), {"allow_extension_operations": False}) or "")


def test_a_given_minimum_wins_over_the_known_one():
    assert agent.minimum_version({"minimum_version": {"linux": "2.9", "windows": None}}) == {**agent.MINIMUM, "linux": "2.9"}


STUB = """#!/bin/sh
echo "{name} $*" >> "{log}"
{body}
"""


class Guest:
    """A folder that is the whole PATH of a script, and what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "calls"
        self.has(id="echo 0", systemctl='[ "$1" != cat ]', **{"systemd-run": ":", "rm": ":"})

    def has(self, **stubs: str) -> None:
        for name, body in stubs.items():
            stub = self.folder / name
            stub.write_text(STUB.format(name=name, log=self.log, body=body))
            stub.chmod(0o755)

    def run(self) -> tuple[int, str, list[str]]:
        done = subprocess.run(["/bin/sh", "-c", scripts.LINUX], env={"PATH": str(self.folder)}, capture_output=True, text=True, timeout=20, check=False)
        return done.returncode, done.stdout, self.log.read_text().splitlines()


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    return Guest(tmp_path)


@pytest.mark.parametrize(
    ("stubs", "asked", "service"),
    [
        ({"apt-get": ":", "apt-cache": ":", "systemctl": ":"}, "install walinuxagent", "walinuxagent"),
        ({"apt-get": ":", "apt-cache": "false", "systemctl": ":"}, "install waagent", "walinuxagent"),
        ({"dnf": ":", "yum": "exit 9"}, "dnf -q -y upgrade WALinuxAgent", "waagent"),
        ({"yum": ":"}, "yum -q -y update WALinuxAgent", "waagent"),
        ({"tdnf": ":", "dnf": "exit 9"}, "tdnf -q -y update WALinuxAgent", "waagent"),
        ({"zypper": ":"}, "install python3-azure-agent", "waagent"),
        ({"zypper": '[ "$4" = python-azure-agent ]'}, "install python-azure-agent", "waagent"),
    ],
)
def test_each_distribution_gets_its_package_and_its_service_restarts_afterwards(guest, stubs, asked, service):
    guest.has(**stubs)
    status, printed, calls = guest.run()
    assert status == 0 and any(asked in each for each in calls)
    assert calls[-1] == f"systemd-run --on-active=15 systemctl restart {service}" and f"systemctl enable {service}" in calls
    assert scripts.failure(printed) is None


@pytest.mark.parametrize(
    ("stubs", "told"),
    [
        ({}, "none of apt-get"),
        ({"id": "echo 1000"}, "needs root"),
        ({"apt-get": '[ "$4" != install ] && [ "$5" != --force ] && [ "$4" = update ]', "apt-cache": ":"}, "could not install walinuxagent"),
        ({"apt-get": "false"}, "apt-get update failed"),
        ({"dnf": ":", "systemd-run": "false"}, "could not have the service waagent restarted"),
    ],
)
def test_what_goes_wrong_is_the_last_line(guest, stubs, told):
    guest.has(**stubs)
    status, printed, _calls = guest.run()
    assert status == 1 and told in (scripts.failure(printed) or "")


def test_the_package_of_windows_stands_in_its_script():
    assert scripts.WINDOWS_PACKAGE_URL in scripts.windows(None) and "@" not in scripts.windows(None)
    body = scripts.run_command("Windows", {"url": "https://mirror.example.com/a.msi", "sha256": "ab"})
    assert body["commandId"] == "RunPowerShellScript" and "$url = 'https://mirror.example.com/a.msi'" in body["script"]


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("[stdout]\nvm-agent: ok: waagent restarts\n\n[stderr]\nnoise", None),
        ("vm-agent: failed: no root", "no root"),
        ("vm-agent: failed", "the script failed"),
        ("", "did not come to its end"),
    ],
)
def test_the_end_of_a_script(printed, reason):
    found = scripts.failure(scripts.output({"value": [{"message": printed}]}))
    assert found is None if reason is None else reason in found


@pytest.mark.parametrize("result", [{}, {"value": None}, {"value": ["x", {"message": None}]}])
def test_an_odd_result_is_no_crash(result):
    assert scripts.output(result) == ""
