# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Which disks of a VM are backed up. Nothing here talks to Azure.

A view is {mode, luns}: all, os_only, include or exclude, and the LUNs of data disks in order. The OS disk is always
backed up (https://learn.microsoft.com/azure/backup/selective-disk-backup-restore).
"""

from __future__ import annotations

from typing import Any

from .._core.errors import Problem
from .._core.fields import Document, View, fetch, mapping, objects

OPTION: dict[str, Any] = {
    "type": "dict",
    "options": {
        "mode": {"type": "str", "choices": ["all", "os_only", "include", "exclude"], "required": True},
        "luns": {"type": "list", "elements": "int"},
    },
}
_WITH_LUNS = ("include", "exclude")


def everything() -> View:
    return {"mode": "all", "luns": []}


def read(properties: Document) -> View:
    """The disks of a protected item's properties. Without any selection of Azure's that is all of them."""
    block = mapping(fetch(properties, "extendedProperties.diskExclusionProperties"))
    given = block.get("diskLunList")
    luns = sorted({lun for lun in map(_number, given if isinstance(given, list) else ()) if lun is not None})
    if block.get("isInclusionList"):
        return {"mode": "include" if luns else "os_only", "luns": luns}
    return {"mode": "exclude" if luns else "all", "luns": luns}


def _number(value: Any) -> int | None:
    return int(value) if str(value).isdigit() else None


def wanted(option: View | None) -> View | None:
    """The option as a view, None when it is not set."""
    if option is None:
        return None
    return {"mode": option["mode"], "luns": sorted(set(option.get("luns") or ()))}


def block(view: View) -> Document:
    """What a write holds for a view, always the whole of it: a list replaces the one before, and null takes any away."""
    if view["mode"] == "all":
        return {"diskExclusionProperties": None}
    return {"diskExclusionProperties": {"diskLunList": view["luns"], "isInclusionList": view["mode"] != "exclude"}}


def check(option: Any) -> list[Problem]:
    if not isinstance(option, dict):
        return []
    mode, luns = option.get("mode"), option.get("luns")
    if mode in _WITH_LUNS and not luns:
        return [Problem("disks.luns", f"mode {mode} needs the LUNs of data disks; for the OS disk alone there is mode os_only, for all disks mode all")]
    if mode not in _WITH_LUNS and luns:
        return [Problem("disks.luns", f"has no meaning with mode {mode}; leave it out, or choose mode include or exclude")]
    wrong = [str(lun) for lun in luns or () if lun < 0]
    return [Problem("disks.luns", f"{', '.join(wrong)} is no LUN: it is a number from 0, as the VM's data disks have")] if wrong else []


def check_vm(view: View | None, vm: Document) -> str | None:
    """Why this VM cannot be backed up with these disks, as far as it is known (an empty document is not); None when it can.

    A LUN that is left out and not there does no harm. One that is to be backed up and not there is a mistake.
    """
    if view is None or not vm or view["mode"] != "include":
        return None
    present = sorted(disk["lun"] for disk in objects(fetch(vm, "properties.storageProfile.dataDisks")) if isinstance(disk.get("lun"), int))
    missing = [lun for lun in view["luns"] if lun not in present]
    if not missing:
        return None
    there = f"it has {_list(present)}" if present else "it has none"
    return f"it has no data disk at LUN {_list(missing)} that disks would include; {there}"


def _list(luns: list[int]) -> str:
    return ", ".join(map(str, luns))
