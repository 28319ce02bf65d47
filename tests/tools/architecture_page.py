# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The areas of module_utils, what each is about and which may know which; writes them into docs/architecture.md: architecture_page.py [--check]

With --check it only reports whether the page is up to date.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ansible_collections.safeharbor.azure_backup.tests.tools.simulator_page import filled

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "plugins/module_utils"
PAGE = ROOT / "docs/architecture.md"

# Each area may import itself and those before it.
AREAS = {
    "_core": "errors, ids and names, field tables, `sync`",
    "_arm": "credentials, clouds, Microsoft's clients, retry, pace, paging, long-running operations; the only area that knows HTTP",
    "_task": "the entry point of all modules, results of many VMs, the vaults and subscriptions that a task is about",
    "_resource_guard": "multi-user authorization",
    "_policy": "backup policies and time zones",
    "_vm": "virtual machines: their view, selecting and finding them",
    "_jobs": "backup jobs: listing, waiting, cancelling",
    "_items": "protected items of a vault: their view, lists of them, waiting for changes of many",
    "_vault": "Recovery Services vaults: settings, redundancy, diagnostics, deletion",
    "_network": "security rules, service tags, the path of backup traffic",
    "_guest": "the VM agent and the proxy of guests",
    "_protection": "protecting, moving, stopping and backing up many VMs",
    "_upgrade": "the upgrade of classic Backup vaults",
    "_readiness": "rules of readiness and what they look at",
}
# The files that read, write and report; all others are pure. _arm and _task are what tasks are made of.
TASKS = {
    "_resource_guard": {"guard"},
    "_vm": {"find"},
    "_jobs": {"lists", "named", "info", "cancel"},
    "_items": {"lists", "wait", "info"},
    "_vault": {"deleted_info", "vault", "info", "purge", "prerequisites", "diagnostics", "locks"},
    "_policy": {"policy"},
    "_network": {"path_info", "rule", "tag_info"},
    "_guest": {"agents", "vm_agent"},
    "_protection": {"protection", "plan", "check", "write", "surroundings", "reapply", "backup", "policy_types"},
    "_readiness": {"info", "read", "fleet", "graph", "networks"},
    "_upgrade": {"upgrade", "prerequisites", "info", "names_info"},
}


def files() -> list[Path]:
    return sorted(CODE.rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(CODE).with_suffix("").parts)


def area_of(name: str) -> str:
    return name.partition(".")[0]


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


@cache
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


def areas() -> dict[str, set[str]]:
    """Which area imports which."""
    found: dict[str, set[str]] = {area: set() for area in AREAS}
    for name, targets in graph().items():
        found[area_of(name)] |= {area_of(each) for each in targets} - {area_of(name)}
    return found


def drawing() -> str:
    """The arrows between areas, without those that follow from others."""
    direct = areas()
    reach: dict[str, set[str]] = {}
    for area in AREAS:
        reach[area] = direct[area] | {far for each in direct[area] for far in reach[each]}
    lines = ["```mermaid", "flowchart TD"]
    for area in reversed(AREAS):
        implied = {far for each in direct[area] for far in reach[each]}
        lines += [f"    {area} --> {each}" for each in AREAS if each in direct[area] - implied]
    return "\n".join([*lines, "```"])


def table() -> str:
    """A row for each area: what it is about, its pure files and its task files."""
    lines = ["| Area | What it is about | Pure files | Files that talk to Azure or Ansible |", "| --- | --- | --- | --- |"]
    for area, about in AREAS.items():
        own = [name_of(path) for path in files() if name_of(path).startswith(f"{area}.")]
        cells = [", ".join(f"`{_short(each)}`" for each in own if is_task(each) is kind) for kind in (False, True)]
        lines.append(f"| `{area}` | {about} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _short(name: str) -> str:
    return name.partition(".")[2].replace(".", "/")


def main(arguments: list[str]) -> int:
    before = PAGE.read_text()
    after = filled(before, {"areas": table(), "imports": drawing()}, PAGE)
    if arguments == ["--check"]:
        if after != before:
            print(f"{PAGE} is out of date: run make docs")
        return int(after != before)
    PAGE.write_text(after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
