# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which disks of a VM are backed up."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items import disks


def selection(luns: Any, inclusion: Any) -> dict[str, Any]:
    return {"extendedProperties": {"diskExclusionProperties": {"diskLunList": luns, "isInclusionList": inclusion}}}


@pytest.mark.parametrize(
    ("properties", "mode", "luns"),
    [
        ({}, "all", []),
        ({"extendedProperties": None}, "all", []),
        ({"extendedProperties": {"diskExclusionProperties": None}}, "all", []),
        (selection([], False), "all", []),
        (selection(None, True), "os_only", []),
        (selection([], True), "os_only", []),
        (selection([2, 0, 2], True), "include", [0, 2]),
        (selection(["3"], False), "exclude", [3]),
        (selection("odd", True), "os_only", []),
    ],
)
def test_read(properties, mode, luns):
    assert disks.read(properties) == {"mode": mode, "luns": luns}


@pytest.mark.parametrize(
    ("option", "block"),
    [
        ({"mode": "all", "luns": None}, None),
        ({"mode": "os_only", "luns": None}, {"diskLunList": [], "isInclusionList": True}),
        ({"mode": "include", "luns": [4, 1, 4]}, {"diskLunList": [1, 4], "isInclusionList": True}),
        ({"mode": "exclude", "luns": [2]}, {"diskLunList": [2], "isInclusionList": False}),
    ],
)
def test_what_is_written_is_read_again(option, block):
    view = disks.wanted(option)
    assert disks.block(view) == {"diskExclusionProperties": block}
    assert disks.read({"extendedProperties": disks.block(view)}) == view and disks.wanted(None) is None


VM = {"properties": {"storageProfile": {"dataDisks": [{"lun": 1}, {"lun": 0}, {}]}}}


@pytest.mark.parametrize(
    ("option", "vm", "reason"),
    [
        (None, VM, None),
        ({"mode": "include", "luns": [0, 1]}, VM, None),
        ({"mode": "include", "luns": [7, 0, 9]}, VM, "at LUN 7, 9 that disks would include; it has 0, 1"),
        ({"mode": "include", "luns": [0]}, {"properties": {}}, "it has none"),
        ({"mode": "include", "luns": [7]}, {}, None),
        ({"mode": "exclude", "luns": [7]}, VM, None),
    ],
)
def test_disks_that_a_vm_must_have(option, vm, reason):
    told = disks.check_vm(disks.wanted(option), vm)
    assert told is None if reason is None else reason in told
