# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module vault_upgrade_info: which vaults were upgraded, and whether a classic vault is ready for it."""

from __future__ import annotations

from typing import Any

from .._core.errors import Problem
from .._core.fields import Document
from .._core.ids import key, location, name, part
from .._task.module import Run
from .._task.scope import list_vaults, read_vault
from .classic import CLASSIC_TYPE, check_options, classic_vault, details
from .prerequisites import look
from .upgrade import Upgrade


def check(options: dict[str, Any]) -> list[Problem]:
    problems = check_options(options)
    if options.get("prerequisites"):
        problems += [Problem(each, "needed with prerequisites") for each in ("vault_name", "resource_group") if not options.get(each)]
    return problems


def info(run: Run) -> dict[str, Any]:
    """The vaults of the subscription, of a group, or the one that is named, and the classic ones that Resource Manager still lists."""
    vaults, classic = run.arm.together(lambda: _vaults(run), lambda: _classic(run))
    found = {"changed": False, "vaults": [_shown(each) for each in vaults], "classic_vaults": classic}
    if run.options["prerequisites"]:
        found["prerequisites"] = _prerequisites(run)
    return found


def _vaults(run: Run) -> list[Document]:
    options = run.options
    group, vault = options.get("resource_group"), options.get("vault_name")
    if group and vault:
        found = read_vault(run.arm, group, vault)
        return [found] if found else []
    chosen = list_vaults(run.arm, group, [options["location"]] if options.get("location") else [])
    return sorted((each for each in chosen if not vault or key(each.get("name")) == key(vault)), key=lambda each: key(each.get("id")))


def _shown(vault: Document) -> dict[str, Any]:
    vault_id = vault.get("id")
    place = {"id": vault_id, "name": name(vault_id), "resource_group": part(vault_id, "resourceGroups"), "location": location(vault.get("location"))}
    return {**place, "upgrade": details(vault)}


def _classic(run: Run) -> list[dict[str, Any]]:
    """None in Azure by now: what names one is out of date."""
    listed = run.arm.all_pages("list the classic vaults", run.arm.resources.resources.list, filter=f"resourceType eq '{CLASSIC_TYPE}'")
    return [classic_vault(each) for each in listed]


def _prerequisites(run: Run) -> dict[str, Any]:
    """What stands against the upgrade of the classic vault. Only reads, though the service's own check is asked by POST."""
    upgrade = Upgrade(run)
    status = upgrade.read()["status"]
    if status in ("upgraded", "in_progress"):
        return {"status": status, "ready": True, "problems": [], "findings": []}
    ground = look(run, upgrade.vault_id, upgrade.vault, upgrade.classic)
    problems = [{"option": each.option, "message": each.text} for each in ground.problems]
    return {"status": status, "ready": ground.ready and status != "failed", "problems": problems, "findings": ground.findings}
