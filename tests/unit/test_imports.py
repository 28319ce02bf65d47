# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file of module_utils may know which: areas in one order, pure files without Azure, Ansible or a clock, HTTP in one area only."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "plugins/module_utils"
FOLDERS = (CODE, ROOT / "plugins/plugin_utils", ROOT / "plugins/filter", ROOT / "plugins/action")

# Each area may import itself and those before it.
AREAS = (
    "_core",
    "_arm",
    "_task",
    "_resource_guard",
    "_vm",
    "_jobs",
    "_items",
    "_vault",
    "_policy",
    "_network",
    "_guest",
    "_protection",
    "_readiness",
    "_upgrade",
)
# The files that read, write and report; all others are pure. _arm and _task are what tasks are made of.
TASKS = {
    "_resource_guard": {"guard"},
    "_vm": {"find"},
    "_jobs": {"lists", "named", "info", "cancel"},
    "_items": {"lists", "wait", "info"},
    "_vault": {"deleted_info", "vault", "info", "purge", "storage", "prerequisites", "diagnostics"},
    "_policy": {"policy"},
    "_network": {"path_info", "rule", "tag_info"},
    "_guest": {"agents", "vm_agent"},
    "_protection": {"protection", "plan", "check", "write", "surroundings", "reapply", "backup"},
    "_readiness": {"info", "read", "fleet", "graph", "networks"},
    "_upgrade": {"upgrade", "prerequisites", "info", "names_info", "today_read"},
}
FILES_MAX = 14
LINES_MAX = 400
# Outside of _arm nobody speaks HTTP.
HTTP = (".headers", "x-ms-", "Retry-After", "retry-after", "Azure-AsyncOperation", "azure-asyncoperation")


def files() -> list[Path]:
    return sorted(CODE.rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(CODE).with_suffix("").parts)


def is_task(name: str) -> bool:
    area, _dot, rest = name.partition(".")
    return area in ("_arm", "_task") or rest in TASKS.get(area, set())


def imports(path: Path, *, types: bool = True) -> Iterator[tuple[int, str]]:
    """(level, dotted module) of everything that a file imports, inside functions too. types: also what only type checkers import."""
    tree = ast.parse(path.read_text())
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types and not types:
            continue
        if isinstance(node, ast.Import):
            yield from ((0, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.level, f"{node.module}.{each.name}" if node.module else each.name) for each in node.names)


def graph() -> dict[str, set[str]]:
    """Which file imports which."""
    known = {name_of(path) for path in files()}
    found: dict[str, set[str]] = defaultdict(set)
    for path in files():
        name = name_of(path)
        for level, text in imports(path, types=False):
            if level:
                whole = ".".join([*name.split(".")[:-level], text])
                target = whole if whole in known else whole.rpartition(".")[0]
                found[name] |= {target} & known
    return found


@pytest.mark.parametrize("path", files(), ids=name_of)
def test_areas_know_only_those_before_them(path: Path) -> None:
    own = name_of(path).split(".")[0]
    used = {".".join([*name_of(path).split(".")[:-level], text]).split(".")[0] for level, text in imports(path) if level}
    later = {area for area in used - {own} if AREAS.index(area) > AREAS.index(own)}
    assert not later


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
    outside = {text.split(".")[0] for level, text in imports(path) if not level}
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
