# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every task for Windows against its module's own documentation, and every PowerShell script against the grammar."""

from __future__ import annotations

from typing import Any

import pytest
import specs
import tree_sitter
import tree_sitter_powershell
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest import scripts

SCRIPTS = {str(path.relative_to(specs.ROOT)): path.read_text() for path in specs.ROOT.glob("roles/*/files/**/*.ps1")}
SCRIPTS["run command of the module vm_agent"] = scripts.windows(None)


def templated(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(templated, value.values()))
    if isinstance(value, list):
        return any(map(templated, value))
    return isinstance(value, str) and "{{" in value


@pytest.mark.parametrize("task", specs.tasks(), ids=lambda task: f"{task.path}: {task.name}")
def test_a_task_gives_its_module_what_it_takes(task: specs.Task) -> None:
    spec = specs.of(task.module)
    known = {name for name, option in spec.items() for name in (name, *option.get("aliases", []))}
    assert set(task.arguments) - known == set()
    for name, option in spec.items():
        if any(templated(task.arguments.get(each)) for each in (name, *option.get("aliases", []))):
            option.pop("required", None)
    plain = {name: value for name, value in task.arguments.items() if not templated(value)}
    assert ArgumentSpecValidator(spec).validate(plain).error_messages == []


def parses(script: str) -> bool:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    return not parser.parse(script.encode()).root_node.has_error


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_script_is_powershell(name: str) -> None:
    assert parses(SCRIPTS[name])


def test_a_broken_script_is_noticed() -> None:
    assert not parses("if ($x -eq 1 { 'a' }\n")
