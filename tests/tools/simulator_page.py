# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the parts of docs/simulator.md that follow from the program and its conformance suites: simulator_page.py [--check]

With --check it only says whether the page is as it should be.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "simulator.md"
MARK = "<!-- {}: {}, written by `make docs` -->"


def coverage(templates: Iterable[tuple[str, str]]) -> str:
    """A table of what can be asked, a row for a resource type. Routes are (method, path template)."""
    methods: dict[tuple[str, str], set[str]] = defaultdict(set)
    actions: dict[tuple[str, str], set[str]] = defaultdict(set)
    for method, template in templates:
        namespace, names = _type(template)
        if method == "POST" and not template.endswith("}"):
            actions[namespace, "/".join(names[:-1])].add(names[-1])
        else:
            methods[namespace, "/".join(names)].add(method)
    lines = ["| Provider | Type | Methods | Actions |", "| --- | --- | --- | --- |"]
    for namespace, kind in sorted(methods.keys() | actions.keys()):
        cells = (namespace, kind and f"`{kind}`", ", ".join(sorted(methods[namespace, kind])), ", ".join(sorted(actions[namespace, kind])))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _type(template: str) -> tuple[str, list[str]]:
    """The provider's namespace and the words of a path that are no parameters."""
    _scope, found, tail = template.rpartition("/providers/")
    parts = tail.strip("/").split("/")
    if not found or parts[0].startswith("{"):
        return "Resource Manager", [part for part in template.strip("/").split("/") if not part.startswith("{")]
    return parts[0], [part for part in parts[1:] if not part.startswith("{")]


def deviations(suites: Iterable[ModuleType]) -> str:
    """A table of the recorded exchanges that are answered otherwise, with the reasons."""
    rows = sorted((file, number, reason) for suite in suites for (file, number), reason in suite.REASONS.items())
    return "\n".join(["| Recording | Exchange | Why |", "| --- | --- | --- |", *(f"| `{file}` | {number} | {reason} |" for file, number, reason in rows)])


def filled(page: str, blocks: dict[str, str], path: Path = PAGE) -> str:
    """The page with each block between its two marks."""
    for name, text in blocks.items():
        begin, end = MARK.format("BEGIN", name), MARK.format("END", name)
        if page.count(begin) != 1 or page.count(end) != 1:
            raise SystemExit(f"{path}: it must hold each of these lines once:\n{begin}\n{end}")
        page = f"{page.split(begin)[0]}{begin}\n\n{text}\n\n{end}{page.split(end)[1]}"
    return page


def _load(name: str, folder: Path) -> ModuleType:
    """A package that lies in no folder of the search path."""
    spec = importlib.util.spec_from_file_location(name, folder / "__init__.py", submodule_search_locations=[str(folder)])
    assert spec and spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks() -> dict[str, str]:
    _load("arm_simulator", ROOT / "roles/simulator/files/arm_simulator")
    _load("recorded", ROOT / "tests/conformance")
    load = importlib.import_module
    load("arm_simulator.registry")
    return {"coverage": coverage(load("arm_simulator.core.router").router.templates), "deviations": deviations(load("recorded.suites").SUITES)}


def keep(path: Path, blocks: dict[str, str], check: bool) -> int:
    """Write a page with its blocks, or only look: 1 when it is not as it should be."""
    old = path.read_text(encoding="utf-8")
    new = filled(old, blocks, path)
    if old != new:
        print(f"{path.relative_to(ROOT)}: {'not up to date, run make docs' if check else 'written'}")
        if not check:
            path.write_text(new, encoding="utf-8")
    return 1 if check and old != new else 0


def main(check: bool) -> int:
    return keep(PAGE, blocks(), check)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
