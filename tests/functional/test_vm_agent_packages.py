# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the role vm_agent calls the package managers that no module of Ansible's own stands for, zypper and tdnf."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROLE = Path(__file__).resolve().parents[2] / "roles/vm_agent"
# Notes how it was called, and says and does what the test wants.
STUB = """#!/bin/sh
echo "${0##*/} $*" >>"$(dirname "$0")/calls"
cat "$(dirname "$0")/says"
exit "$(cat "$(dirname "$0")/status")"
"""


@dataclass(frozen=True)
class Host:
    """A host of the play, its package manager, and what that one says. Here all of them are this machine, with another PATH."""

    manager: str
    call: str
    newest: bool = False
    check: bool = False
    says: str = ""
    status: int = 0

    def prepare(self, folder: Path) -> dict[str, Any]:
        """Its package manager, and the host's variables."""
        folder.mkdir()
        for name, content in {"says": self.says, "status": str(self.status), "calls": "", self.manager: STUB}.items():
            (folder / name).write_text(content)
        (folder / self.manager).chmod(0o755)
        return {
            "folder": str(folder),
            "__vm_agent_manager": self.manager,
            "__vm_agent_table": {"hint": "Ask somebody"} if self.manager == "zypper" else {},
            "__vm_agent_newest": self.newest,
            "__vm_agent_note": "updated" if self.newest else "installed",
            "__vm_agent_check_mode": self.check,
        }


USUAL = {
    "zypper-install": Host("zypper", "zypper --non-interactive install --no-recommends agent"),
    "zypper-update-check": Host("zypper", "zypper --non-interactive update --no-recommends --dry-run agent", newest=True, check=True),
    "tdnf-install": Host("tdnf", "tdnf -y install agent"),
    "tdnf-update": Host("tdnf", "tdnf -y update agent", newest=True),
    "tdnf-install-check": Host("tdnf", "tdnf -y list agent", check=True),
}
NEWEST = {
    "zypper-newest": Host(
        "zypper",
        "zypper --non-interactive update --no-recommends agent",
        newest=True,
        says="No update candidate for 'agent-2-1.noarch'. The highest available version is already installed.\nNothing to do.\n",
    ),
    "tdnf-newest": Host("tdnf", "tdnf -y update agent", newest=True, says="Nothing to do.\n"),
}
MISSING = {
    "zypper-missing": Host("zypper", USUAL["zypper-install"].call, says="No provider of 'agent' found.\n", status=104),
    "tdnf-missing": Host("tdnf", USUAL["tdnf-install"].call, says="Error(1011) : No matching packages", status=1),
}
HOSTS = {**USUAL, **NEWEST, **MISSING}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """{host: {changed, said, calls}}, of one run for the hosts in check mode and one for the others."""
    folder = tmp_path_factory.mktemp("packages")
    variables = {name: host.prepare(folder / name) for name, host in HOSTS.items()}
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": variables}}))
    play = {
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "environment": {"PATH": "{{ folder }}:/usr/bin:/bin"},
        "vars": {"ansible_python_interpreter": sys.executable, "__vm_agent_names": ["agent"], "__vm_agent_changed": []},
        "tasks": [
            {
                "block": [{"include_tasks": str(ROLE / "tasks/linux/package.yml")}],
                "rescue": [{"set_fact": {"said": "{{ ansible_failed_result.msg }}"}}],
            },
            {"set_fact": {"outcome": {"changed": "{{ __vm_agent_changed }}", "said": "{{ said | default('') }}"}}},
            {
                "copy": {
                    "dest": f"{folder}/outcomes",
                    "content": "{{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, 'outcome'))) | to_json }}",
                },
                "check_mode": False,
                "run_once": True,
            },
        ],
    }
    (folder / "play.yml").write_text(json.dumps([play]))
    found: dict[str, dict[str, Any]] = {}
    for check in (False, True):
        chosen = ",".join(name for name, host in HOSTS.items() if host.check is check)
        command = ["ansible-playbook", "-i", str(folder / "hosts.json"), str(folder / "play.yml"), "--limit", chosen, *(["--check"] if check else [])]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        found |= json.loads((folder / "outcomes").read_text())
    return {name: {**found[name], "calls": (folder / name / "calls").read_text().splitlines()} for name in HOSTS}


@pytest.mark.parametrize("name", HOSTS)
def test_the_package_manager_is_called_once_and_harmlessly_in_check_mode(outcomes: dict[str, dict[str, Any]], name: str) -> None:
    assert outcomes[name]["calls"] == [HOSTS[name].call]


@pytest.mark.parametrize("name", USUAL)
def test_what_it_does_is_noted(outcomes: dict[str, dict[str, Any]], name: str) -> None:
    assert (outcomes[name]["changed"], outcomes[name]["said"]) == (["updated" if USUAL[name].newest else "installed"], "")


@pytest.mark.parametrize("name", NEWEST)
def test_what_is_the_newest_already_is_no_change(outcomes: dict[str, dict[str, Any]], name: str) -> None:
    assert (outcomes[name]["changed"], outcomes[name]["said"]) == ([], "")


def test_a_package_that_the_repositories_do_not_have_is_told_with_what_to_do(outcomes: dict[str, dict[str, Any]]) -> None:
    said = outcomes["zypper-missing"]["said"]
    assert said.startswith("agent could not be installed or updated: No provider of 'agent' found. Ask somebody;")
    said = outcomes["tdnf-missing"]["said"]
    assert "No matching packages. Check whether the repositories" in said
