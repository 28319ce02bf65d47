# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file of module_utils may know which: areas in one order, pure files without Azure, Ansible or a clock, HTTP in one area only."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest
from ansible_collections.safeharbor.azure_backup.tests.tools.architecture_page import (
    AREAS,
    ROOT,
    TASKS,
    area_of,
    areas,
    files,
    graph,
    imports,
    is_task,
    name_of,
)

FOLDERS = [ROOT / "plugins" / each for each in ("module_utils", "plugin_utils", "filter", "action")]
ORDER = list(AREAS)
FILES_MAX = 14
LINES_MAX = 400
# Outside of _arm nobody speaks HTTP.
HTTP = (".headers", "x-ms-", "Retry-After", "retry-after", "Azure-AsyncOperation", "azure-asyncoperation")


@pytest.mark.parametrize("path", files(), ids=name_of)
def test_areas_know_only_those_before_them(path: Path) -> None:
    own = area_of(name_of(path))
    used = {area_of(".".join([*name_of(path).split(".")[:-level], text])) for level, text in imports(path) if level}
    later = {area for area in used - {own} if ORDER.index(area) > ORDER.index(own)}
    assert not later


def test_every_area_is_described() -> None:
    assert {area_of(name_of(path)) for path in files()} == set(areas()) == set(AREAS)


def test_no_import_runs_in_a_circle() -> None:
    left = {name: set(targets) for name, targets in graph().items()}
    while free := [name for name, targets in left.items() if not any(each in left for each in targets)]:
        for name in free:
            del left[name]
    assert not left


@pytest.mark.parametrize("path", [each for each in files() if not is_task(name_of(each))], ids=name_of)
def test_pure_files_know_no_azure_no_ansible_and_no_clock(path: Path) -> None:
    known = graph()
    tasks = {each for each in known[name_of(path)] if is_task(each) and each not in ("_arm.constants", "_arm.clouds")}
    assert not tasks
    if name_of(path).startswith("_core."):
        return
    outside = {area_of(text) for level, text in imports(path) if not level}
    assert not outside & {"azure", "ansible", "requests", "time", "socket", "subprocess", "os", "threading"}
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
    assert not {each for each in calls if each.endswith((".now", ".utcnow", ".today"))}


@pytest.mark.parametrize("path", [each for each in files() if not name_of(each).startswith("_arm.")], ids=name_of)
def test_http_is_known_to_one_area_only(path: Path) -> None:
    code = ast.unparse(ast.parse(path.read_text()))
    assert not [each for each in HTTP if each in code]


def test_the_table_of_tasks_names_files_that_exist() -> None:
    names = {name_of(path) for path in files()}
    assert not [f"{area}.{each}" for area, tasks in TASKS.items() for each in tasks if f"{area}.{each}" not in names]


def test_no_two_classes_have_one_name() -> None:
    where = defaultdict(list)
    for path in files():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                where[node.name].append(name_of(path))
    assert not {name: places for name, places in where.items() if len(places) > 1}


def test_no_module_goes_by_the_name_of_another() -> None:
    known = {name_of(path) for path in files()}
    aliases = []
    for folder in FOLDERS:
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom):
                    tail = (node.module or "").partition("module_utils")[2].lstrip(".") or (node.module or "")
                    aliases += [
                        f"{path.name}: {each.name} as {each.asname}"
                        for each in node.names
                        if each.asname and any(name.endswith(f"{tail}.{each.name}".strip(".")) for name in known)
                    ]
    assert not aliases


@pytest.mark.parametrize("folder", sorted({path.parent for each in FOLDERS for path in each.rglob("*.py")}), ids=lambda each: str(each.relative_to(ROOT)))
def test_a_folder_holds_few_files(folder: Path) -> None:
    assert len(list(folder.glob("*.py"))) <= FILES_MAX


@pytest.mark.parametrize("path", files(), ids=name_of)
def test_a_file_can_be_read_in_one_go(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LINES_MAX


def test_each_journey_of_the_page_is_short_and_its_files_exist() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    section = page.partition("## Three journeys\n")[2].partition("\n## ")[0]
    for journey in section.strip().split("\n\n"):
        named = list(dict.fromkeys(re.findall(r"`([\w/]+\.py)`", journey)))
        assert 5 < len(named) <= 12, named
        assert not [each for each in named if not list((ROOT / "plugins").rglob(each))]
