# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the simulator's modules depend on each other: from the server down to the core, without circles, and on nothing of the collection."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[4] / "roles/simulator/files/arm_simulator"


def _name(path: Path) -> str:
    parts = path.relative_to(PROGRAM.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {_name(path): path for path in PROGRAM.rglob("*.py")}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in NAMES.items()}
REGISTRY = "arm_simulator.registry"
LAYERS = (
    ("arm_simulator.core", "arm_simulator.kql"),
    ("arm_simulator.identity",),
    ("arm_simulator.gateway",),
    ("arm_simulator.providers",),
    (REGISTRY, "arm_simulator.estate"),
    ("arm_simulator.server",),
    ("arm_simulator.__main__",),
)
"""Each imports what is in the layers above it here, and nothing from those below."""


def imports(name: str) -> Iterator[str]:
    """What a module imports, wherever in it, for types only too: the simulator's modules by their names here, others by theirs."""
    package = name.split(".") if NAMES[name].name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*(package[: len(package) + 1 - node.level] if node.level else ()), *filter(None, [node.module])])
            for alias in node.names:
                yield f"{base}.{alias.name}" if f"{base}.{alias.name}" in NAMES else base


def layer(name: str) -> int:
    return next(number for number, folders in enumerate(LAYERS) if any(f"{name}.".startswith(f"{folder}.") for folder in folders))


def inner(name: str) -> set[str]:
    """The simulator's modules that one imports; the registry finds those of the providers in their folders."""
    found = set(imports(name)) & set(NAMES)
    return found | {each for each in NAMES if each.startswith("arm_simulator.providers.")} if name == REGISTRY else found


def test_relative_imports_are_seen() -> None:
    assert {"arm_simulator.core.clock", "arm_simulator.core.store"} <= set(imports("arm_simulator.core.world"))
    assert "arm_simulator.core.world" in set(imports("arm_simulator.gateway.arm")), "for types only"
    assert "arm_simulator.server.lifecycle" in set(imports("arm_simulator.__main__")), "in a function"


def test_no_circles() -> None:
    try:
        TopologicalSorter({name: inner(name) for name in NAMES}).prepare()
    except CycleError as exc:
        pytest.fail(" -> ".join(exc.args[1]))


def test_layers_import_downwards_only() -> None:
    below = [
        f"{name} imports {other}"
        for name in NAMES
        if name != "arm_simulator"
        for other in inner(name)
        if layer(other) > layer(name)
    ]
    assert below == []


def test_packages_import_nothing() -> None:
    """Else the import of one module would import its siblings, and hide circles between them."""
    assert [name for name, path in NAMES.items() if path.name == "__init__.py" and name != "arm_simulator.kql" and list(imports(name))] == []


def test_nothing_is_shared_with_the_collection() -> None:
    foreign = {other.partition(".")[0] for name in NAMES for other in imports(name)} - {PROGRAM.name} - sys.stdlib_module_names
    assert foreign == {"cryptography", "yaml"}


def test_no_module_goes_by_another_name() -> None:
    renamed = [
        f"{name}: {alias.name} as {alias.asname}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.asname
    ]
    assert renamed == []


def test_folders_and_files_stay_small() -> None:
    folders = {path.parent for path in NAMES.values()}
    assert [folder.name for folder in folders if len(list(folder.glob("*.py"))) > 14] == []
    assert [path.name for path in NAMES.values() if len(path.read_text(encoding="utf-8").splitlines()) > 400] == []


def test_every_provider_is_in_a_folder_of_its_name() -> None:
    assert [path.name for path in (PROGRAM / "providers").glob("*.py")] == ["__init__.py"]
    assert {path.name for path in PROGRAM.glob("*.py")} == {"__init__.py", "__main__.py", "estate.py", "registry.py"}
