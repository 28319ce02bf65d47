# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/seed-map.md names tests and tasks that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/seed-map.md").read_text()


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 50
    missing = [f"{path}::{test}" for path, test in named if f"def {test}(" not in _text(ROOT / "tests" / path)]
    assert missing == []


def test_every_row_has_a_test_or_a_source() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| Statement", "| Upgrade ", "| ---"))]
    bare = [row for row in rows if "::" not in row and "https://" not in row and "no behaviour" not in row]
    assert bare == []


def test_every_task_of_a_scenario_that_is_named_exists() -> None:
    named = re.findall(r'`molecule/(\w+)`(?:: ("[^"]+"))?', PAGE)
    assert len(named) > 5
    missing = [(scenario, task) for scenario, task in named if f"- name: {task[1:-1]}" not in _scenario(scenario)]
    assert missing == []


def test_every_task_of_a_role_that_is_named_exists() -> None:
    named = [(role, task) for role, tasks in re.findall(r'role `(\w+)`[^|]*?tasks? ("[^"]+"(?:, "[^"]+")*)', PAGE) for task in re.findall(r'"([^"]+)"', tasks)]
    assert len(named) > 10
    assert [(role, task) for role, task in named if f"name: {task}\n" not in _tasks(role)] == []


def _tasks(role: str) -> str:
    return "".join(path.read_text() for path in (ROOT / "roles" / role / "tasks").rglob("*.yml"))


def _scenario(name: str) -> str:
    return "".join(path.read_text() for path in (ROOT / "extensions/molecule" / name).glob("*.yml"))


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
