# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks for Windows of all roles, and the arguments that their modules take, from the documentation of these modules."""

from __future__ import annotations

import functools
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".cache/windows"
NAMESPACES = ("ansible.windows.", "community.windows.")
# Keys of an option in the documentation that an argument specification has too.
_KEYS = ("type", "elements", "default", "required", "aliases", "no_log")


class Task(NamedTuple):
    path: Path
    name: str
    module: str
    arguments: dict[str, Any]


def _walk(items: Any) -> Iterator[dict[str, Any]]:
    for item in items or []:
        yield item
        for part in ("block", "rescue", "always"):
            yield from _walk(item.get(part))


@functools.cache
def tasks() -> tuple[Task, ...]:
    """Every task of a role, also in blocks, whose module is for Windows."""
    found = []
    for path in sorted(ROOT.glob("roles/*/tasks/**/*.yml")):
        for item in _walk(yaml.safe_load(path.read_text())):
            for key, arguments in item.items():
                if key.startswith(NAMESPACES):
                    found.append(Task(path.relative_to(ROOT), str(item.get("name")), key, arguments or {}))
    return tuple(found)


@functools.cache
def documentation() -> dict[str, Any]:
    """What ansible-doc says of each of these modules, by name."""
    names = sorted({task.module for task in tasks()})
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
    done = subprocess.run(["ansible-doc", "--type", "module", "--json", *names], env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def arguments(options: dict[str, Any] | None) -> dict[str, Any]:
    """An argument specification from documented options."""
    found = {}
    for name, option in (options or {}).items():
        spec = {key: option[key] for key in _KEYS if option.get(key) is not None}
        if option.get("choices"):
            spec["choices"] = list(option["choices"])
        if option.get("suboptions"):
            spec["options"] = arguments(option["suboptions"])
        found[name] = spec
    return found


def of(module: str) -> dict[str, Any]:
    return arguments(documentation()[module]["doc"].get("options"))
