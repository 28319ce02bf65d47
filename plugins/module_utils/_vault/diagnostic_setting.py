# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Diagnostic settings of a vault: which logs go to a Log Analytics workspace. Nothing here talks to Azure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._core.errors import Problem
from .._core.fields import Document, fetch, mapping, objects, texts
from .._core.ids import key, name, resource_id

# What Backup Reports reads, in tables of its own for each category:
# https://learn.microsoft.com/azure/backup/backup-azure-diagnostic-events
CATEGORIES = (
    "CoreAzureBackup",
    "AddonAzureBackupJobs",
    "AddonAzureBackupAlerts",
    "AddonAzureBackupPolicy",
    "AddonAzureBackupStorage",
    "AddonAzureBackupProtectedInstance",
)
ALL_LOGS = "allLogs"
# https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings
MOST = 5
DEFAULT_NAME = "AzureBackup"
_WORKSPACE = re.compile(r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.OperationalInsights/workspaces/[^/\s]+", re.IGNORECASE)
_NAME = re.compile(r"[^<>*%&:\\?+/\x00-\x1f\x7f-\x9f\u2028\u2029]{1,260}")


def setting_id(vault_id: str, setting: str) -> str:
    return f"{vault_id}/providers/Microsoft.Insights/diagnosticSettings/{setting}"


def workspace_id(subscription: str, group: str, workspace: str) -> str:
    return resource_id(subscription, group, "Microsoft.OperationalInsights/workspaces", workspace)


def to_view(document: Document) -> dict[str, Any]:
    """A setting: categories are those that are on. A group of categories counts as one that covers them."""
    properties = mapping(document.get("properties"))
    on = [each for each in objects(properties.get("logs")) if each.get("enabled") is True]
    return {
        "id": document.get("id"),
        "name": document.get("name") or name(document.get("id")),
        "workspace_id": properties.get("workspaceId") or None,
        "dedicated": str(properties.get("logAnalyticsDestinationType")).lower() == "dedicated",
        "categories": sorted(str(each["category"]) for each in on if each.get("category")),
        "category_groups": sorted(str(each["categoryGroup"]) for each in on if each.get("categoryGroup")),
    }


def covers_all(setting: Mapping[str, Any]) -> bool:
    return ALL_LOGS.lower() in {each.lower() for each in texts(setting.get("category_groups"))}


def missing_logs(setting: Mapping[str, Any]) -> list[str]:
    """The logs of Backup Reports that a setting does not send."""
    return [] if covers_all(setting) else [each for each in CATEGORIES if each not in texts(setting.get("categories"))]


def check_options(options: dict[str, Any]) -> list[Problem]:
    problems = []
    if options.get("workspace_id") is not None and not _WORKSPACE.fullmatch(options["workspace_id"]):
        problems.append(Problem("workspace_id", f"'{options['workspace_id']}' is not the resource id of a Log Analytics workspace"))
    if options.get("name") is not None and not _NAME.fullmatch(options["name"]):
        problems.append(Problem("name", f"'{options['name']}' is no name of a diagnostic setting: 1 to 260 characters, none of < > * % & : \\ ? + /"))
    if options.get("categories") == []:
        problems.append(Problem("categories", "name at least one, or leave it out for those that Backup Reports needs"))
    return problems


def choose(options: dict[str, Any], settings: list[dict[str, Any]]) -> tuple[str, dict[str, Any] | None]:
    """(name, setting) to be kept: the one that is named, or the one that sends to the workspace already."""
    wanted = options.get("name")
    if wanted:
        return wanted, next((each for each in settings if key(each["name"]) == key(wanted)), None)
    own = next((each for each in settings if key(each["workspace_id"]) == key(options["workspace_id"])), None)
    return (own["name"], own) if own else (DEFAULT_NAME, None)


def check_change(options: dict[str, Any], settings: list[dict[str, Any]], setting: str, before: dict[str, Any] | None) -> list[Problem]:
    """What Azure Monitor would refuse: a log goes to a workspace once, and a resource has few settings."""
    problems = []
    others = [each for each in settings if each is not before]
    if before is None and len(others) >= MOST:
        names = ", ".join(each["name"] for each in others)
        problems.append(Problem("name", f"the vault has {MOST} diagnostic settings already, the most that Azure allows: {names}"))
    if before is None and any(key(each["name"]) == key(setting) for each in others):
        problems.append(Problem("name", f"there is a setting '{setting}' already, which sends to another workspace; give this one another name"))
    twice = [each for each in others if key(each["workspace_id"]) == key(options["workspace_id"])]
    same = sorted({category for each in twice for category in each["categories"]} & set(asked(options)))
    if same or any(covers_all(each) for each in twice):
        text = f"setting '{twice[0]['name']}' sends {', '.join(same) or 'all logs'} to this workspace already; leave name out to keep that one"
        problems.append(Problem("name", text))
    if before and before["category_groups"] and not covers_all(before):
        text = f"setting '{before['name']}' names logs by the groups {', '.join(before['category_groups'])}, which cannot stand beside categories; name another"
        problems.append(Problem("name", text))
    return problems


def asked(options: dict[str, Any]) -> tuple[str, ...]:
    return tuple(options.get("categories") or CATEGORIES)


def wanted(options: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """What the setting shall be; logs that it sends besides are left on."""
    present = (before or {}).get("workspace_id")
    keep = key(present) == key(options["workspace_id"])
    view = {"workspace_id": present if keep else options["workspace_id"], "dedicated": True}
    if before and covers_all(before):
        return view
    return {**view, "categories": sorted({*(before or {}).get("categories", ()), *asked(options)})}


def to_body(after: dict[str, Any], present: Document) -> Document:
    """The whole setting, since a PUT replaces it: other places that it sends to, metrics and logs that are off stay."""
    properties = {**mapping(fetch(present, "properties")), "workspaceId": after["workspace_id"], "logAnalyticsDestinationType": "Dedicated"}
    logs = objects(properties.get("logs"))
    on = set(after.get("categories") or ())
    kept = [{**each, "enabled": True} if each.get("category") in on else each for each in logs]
    new = [{"category": each, "enabled": True} for each in sorted(on - {each.get("category") for each in logs})]
    return {"properties": {**properties, "logs": [*kept, *new]}}
