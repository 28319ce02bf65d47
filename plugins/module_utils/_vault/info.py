# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module vault_info."""

from __future__ import annotations

from typing import Any

from .._core.errors import Problem
from .._core.fields import Document, fetch
from .._core.ids import key
from .._core.names import check_group, check_vault_name
from .._core.sync import View
from .._resource_guard.guard import VaultGuard
from .._task.module import Run
from .._task.scope import list_vaults
from . import view
from .vault import Vault


def check(options: dict[str, Any]) -> list[Problem]:
    return check_vault_name(options.get("name")) + check_group(options.get("resource_group"))


def info(run: Run) -> dict[str, Any]:
    """All vaults of the subscription or of a group, or the one that is named; an empty list when there is none."""
    options = run.options
    if options.get("name"):
        shown = _whole(run, options["resource_group"], options["name"])
        return {"changed": False, "vaults": [shown] if shown else []}
    regions = [options["location"]] if options.get("location") else []
    chosen = [view.to_view(each) for each in list_vaults(run.arm, options.get("resource_group"), regions)]
    whole = run.arm.each(lambda each: _whole(run, each["resource_group"], each["name"]), chosen)
    return {"changed": False, "vaults": sorted(filter(None, whole), key=lambda each: key(each["id"]))}


def _whole(run: Run, group: str, name: str) -> View | None:
    shown = Vault(run, group, name).read()
    return {**shown, **_details(run, shown)} if shown and run.options["details"] else shown


def _details(run: Run, shown: View) -> View:
    """What only reads of their own tell: usage, and the Resource Guard of a vault that has one."""
    group, name = shown["resource_group"], shown["name"]
    used = run.arm.all_pages(f"read the usage of vault {name}", run.arm.vaults.usages.list_by_vaults, group, name)
    guard = VaultGuard(run, group, name).found if shown["multi_user_authorization"] == "Enabled" else None
    return {"usage": [_usage(each) for each in used], "resource_guard": guard.id if guard else None}


def _usage(document: Document) -> View:
    return {
        "name": fetch(document, "name.value"),
        "title": fetch(document, "name.localizedValue"),
        "current": document.get("currentValue"),
        "limit": document.get("limit"),
        "unit": document.get("unit"),
    }
