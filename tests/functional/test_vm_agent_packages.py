# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the role vm_agent calls the package managers that no module of Ansible's own stands for, zypper and tdnf."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROLE = Path(__file__).resolve().parents[2] / "roles/vm_agent"
# Notes how it was called, and says and does what the test wants.
STUB = """#!/bin/sh
echo "$0 $*" >>"$(dirname "$0")/calls"
cat "$(dirname "$0")/says"
exit "$(cat "$(dirname "$0")/status")"
"""


def run(folder: Path, manager: str, says: str = "", status: int = 0, newest: bool = False, check: bool = False) -> tuple[dict[str, Any], list[str]]:
    """(facts and what failed, the calls)."""
    (folder / "says").write_text(says)
    (folder / "status").write_text(str(status))
    (folder / "calls").write_text("")
    stub = folder / manager
    stub.write_text(STUB)
    stub.chmod(0o755)
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "environment": {"PATH": f"{folder}:/usr/bin:/bin"},
        "vars": {
            "ansible_python_interpreter": sys.executable,
            "__vm_agent_manager": manager,
            "__vm_agent_table": {"hint": "Ask somebody"} if manager == "zypper" else {},
            "__vm_agent_names": ["agent"],
            "__vm_agent_newest": newest,
            "__vm_agent_note": "updated" if newest else "installed",
            "__vm_agent_changed": [],
            "__vm_agent_check_mode": check,
        },
        "tasks": [
            {
                "block": [{"include_tasks": str(ROLE / "tasks/linux/package.yml")}],
                "rescue": [{"set_fact": {"said": "{{ ansible_failed_result.msg }}"}}],
            },
            {
                "copy": {"dest": str(folder / "outcome"), "content": "{{ {'changed': __vm_agent_changed, 'said': said | default('')} | to_json }}"},
                "check_mode": False,
            },
        ],
    }
    (folder / "play.yml").write_text(json.dumps([play]))
    command = ["ansible-playbook", str(folder / "play.yml"), *(["--check"] if check else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((folder / "outcome").read_text()), [line.removeprefix(f"{folder}/") for line in (folder / "calls").read_text().splitlines()]


@pytest.mark.parametrize(
    ("manager", "newest", "check", "call"),
    [
        ("zypper", False, False, "zypper --non-interactive install --no-recommends agent"),
        ("zypper", True, True, "zypper --non-interactive update --no-recommends --dry-run agent"),
        ("tdnf", False, False, "tdnf -y install agent"),
        ("tdnf", True, False, "tdnf -y update agent"),
        ("tdnf", False, True, "tdnf -y list agent"),
    ],
)
def test_the_package_manager_is_called_once_and_harmlessly_in_check_mode(tmp_path: Path, manager: str, newest: bool, check: bool, call: str) -> None:
    outcome, calls = run(tmp_path, manager, newest=newest, check=check)
    assert calls == [call]
    assert outcome == {"changed": ["updated" if newest else "installed"], "said": ""}


@pytest.mark.parametrize(
    ("manager", "says"),
    [
        ("zypper", "No update candidate for 'agent-2-1.noarch'. The highest available version is already installed.\nNothing to do.\n"),
        ("tdnf", "Nothing to do.\n"),
    ],
)
def test_what_is_the_newest_already_is_no_change(tmp_path: Path, manager: str, says: str) -> None:
    assert run(tmp_path, manager, says=says, newest=True)[0]["changed"] == []


def test_a_package_that_the_repositories_do_not_have_is_told_with_what_to_do(tmp_path: Path) -> None:
    said = run(tmp_path, "zypper", says="No provider of 'agent' found.\n", status=104)[0]["said"]
    assert said.startswith("agent could not be installed or updated: No provider of 'agent' found. Ask somebody;")
    said = run(tmp_path, "tdnf", says="Error(1011) : No matching packages", status=1)[0]["said"]
    assert "No matching packages. See whether the repositories" in said
