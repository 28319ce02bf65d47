# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The upgrade of a classic Backup vault: how it stands, and what must be so before it may begin. Nothing here talks to Azure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .._core.errors import Problem
from .._core.fields import Document, Field, choice, fetch, mapping, objects, view
from .._core.ids import location, part
from .._core.names import check_vault
from .._core.urls import check_https
from .._jobs.view import moment

CLASSIC_TYPE = "Microsoft.Backup/BackupVault"
VAULT_ACTION = "Microsoft.RecoveryServices/vaults/write"
GROUP_ACTION = "Microsoft.Resources/subscriptions/resourceGroups/write"
_OPERATION = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}[!-~]*")
# The installer that https://learn.microsoft.com/azure/backup/install-mars-agent names.
AGENT_INSTALLER = "https://aka.ms/azurebackup_agent"
# Installs without questions: https://learn.microsoft.com/azure/backup/backup-client-automation
AGENT_COMMAND = "MARSAgentInstaller.exe /q"
NO_RETRY = (
    "Do not start it again unless Microsoft's support tells you to. Give the support the subscription, the name of the vault and the operation id "
    "{operation}; when told to go on, set retry_operation to that id."
)

_read_status, _write_status = choice(("unknown", "Unknown"), ("in_progress", "InProgress"), ("upgraded", "Upgraded"), ("failed", "Failed"))
_read_trigger, _write_trigger = choice(("user", "UserTriggered"), ("forced", "ForcedUpgrade"))
_FIELDS = (
    Field("status", "status", _read_status),
    Field("operation_id", "operationId"),
    Field("trigger", "triggerType", _read_trigger),
    Field("message", "message", lambda value: value or None),
    Field("started", "startTimeUtc"),
    Field("updated", "lastUpdatedTimeUtc"),
    Field("ended", "endTimeUtc", lambda value: None if str(value or "9999").startswith("9999") else value),
    Field("previous_vault_id", "previousResourceId"),
)


# How an upgrade stands.


def details(vault: Document) -> dict[str, Any]:
    """What a Recovery Services vault says of its past; status native when it never was a classic one."""
    found = fetch(vault, "properties.upgradeDetails")
    if not isinstance(found, dict) or not found:
        return {**view(_FIELDS, {}), "status": "native", "elapsed_seconds": None}
    shown = view(_FIELDS, found)
    return {**shown, "status": shown["status"] or "unknown", "elapsed_seconds": _elapsed(shown)}


def _elapsed(shown: dict[str, Any]) -> int | None:
    """Seconds from the start to the end, or to the last sign of life."""
    begun, last = moment(shown["started"]), moment(shown["ended"] or shown["updated"])
    return round((last - begun).total_seconds()) if begun and last else None


# The prerequisites, as the service tells them.


def prerequisite(found: Document) -> dict[str, Any]:
    """One finding of the service's own check. Its message is a table: rows are parted by '|', cells by ';'."""
    rows = [[cell.strip() for cell in row.split(";")] for row in str(found.get("Message") or "").split("|")]
    return {
        "category": found.get("Category") or None,
        "code": found.get("Code") or None,
        "severity": "warning" if str(found.get("Type")).lower() == "warning" else "error",
        "message": "; ".join(" ".join(cell for cell in row if cell) for row in rows),
        "rows": rows if len(rows) > 1 else [],
        "recommended_action": found.get("RecommendedAction") or None,
    }


def _is_about(finding: dict[str, Any], word: str) -> bool:
    return word in f"{finding['category']} {finding['code']}".lower()


def settled_by_unregistering(finding: dict[str, Any], registered: Iterable[str], names: Iterable[str]) -> bool:
    """Whether a finding about servers is only about such as are to be unregistered first."""
    known, going = {each.lower() for each in registered}, {each.lower() for each in names}
    about = {row[0].lower() for row in finding["rows"]} & known
    return bool(about) and about <= going


def judge(options: dict[str, Any], findings: Iterable[dict[str, Any]]) -> list[Problem]:
    """The findings that stand against the upgrade: all errors, and the warnings that nobody has accepted."""
    return [problem for each in findings for problem in _judge(options, each)]


def _judge(options: dict[str, Any], finding: dict[str, Any]) -> list[Problem]:
    text = ". ".join(str(each).rstrip(".") for each in (finding["message"], finding["recommended_action"]) if each)
    code = finding["code"] or "no code"
    if finding["severity"] == "error":
        if _is_about(finding, "agent"):
            text += (
                f". The agent is updated on the server itself ({AGENT_INSTALLER}). Where the server is gone and its backups are not needed any more, "
                "name it in unregister_servers, which deletes them; while they are needed, the vault cannot be upgraded"
            )
        return [Problem("vault_name", f"{code}: {text}")]
    if _is_about(finding, "billing"):
        return [] if options.get("convert_billing") else [Problem("convert_billing", f"{code}: {text}. Set convert_billing, or convert the vault first")]
    accepted = {each.lower() for each in options.get("accept_warnings") or ()}
    return [] if code.lower() in accepted else [Problem("accept_warnings", f"{code}: {text}. Name the code in accept_warnings to go on all the same")]


# The options, and what was read of the subscription.


def check_options(options: dict[str, Any]) -> list[Problem]:
    problems = check_vault(options)
    problems += check_https("classic_url", options.get("classic_url"))
    retry = options.get("retry_operation")
    if retry and not _OPERATION.fullmatch(retry):
        problems.append(Problem("retry_operation", f"'{retry}' is no operation id: one begins with a GUID"))
    return problems


def check_consent(options: dict[str, Any]) -> list[Problem]:
    if options.get("accept_irreversible"):
        return []
    return [Problem("accept_irreversible", "an upgrade cannot be taken back, and the classic vault is gone after it; set it to start the upgrade")]


def check_group_choice(options: dict[str, Any], exists: bool) -> list[Problem]:
    """A misspelt name would make a new resource group, so that must be asked for."""
    if exists or options.get("create_resource_group"):
        return []
    return [Problem("resource_group", f"there is no resource group '{options['resource_group']}'; correct the name, or set create_resource_group")]


def check_offer(subscription: Document | None) -> list[Problem]:
    """https://learn.microsoft.com/azure/cost-management-billing/costs/understand-cost-mgt-data lists the offers by their quota ids."""
    quota = str(fetch(subscription, "subscriptionPolicies.quotaId") or "")
    if "CSP" not in quota.upper():
        return []
    return [Problem("subscription_id", f"the subscription comes through a Cloud Solution Provider ({quota}); Backup vaults of such cannot be upgraded")]


def check_permissions(permissions: Iterable[Document], needed: Iterable[str]) -> list[Problem]:
    """permissions: what the principal may do at a scope, each {actions, notActions} with '*' for any characters."""
    held = list(permissions)
    missing = [action for action in needed if not any(_grants(each, action) for each in held)]
    return [Problem("resource_group", f"the principal may not do {action} there; it needs a role with that action") for action in missing]


def _grants(permission: Document, action: str) -> bool:
    allowed, taken = (permission.get(key) or [] for key in ("actions", "notActions"))
    return _matches(allowed, action) and not _matches(taken, action)


def _matches(patterns: Iterable[str], action: str) -> bool:
    return any(re.fullmatch(re.escape(each).replace(r"\*", ".*"), action, re.IGNORECASE) for each in patterns)


def check_target(options: dict[str, Any], vault: Document | None) -> list[Problem]:
    """The name must be free in the resource group. A vault that an upgrade has begun is that upgrade's own."""
    if vault is None or details(vault)["status"] != "native":
        return []
    text = f"there is a Recovery Services vault '{options['vault_name']}' in it already, which is not one of an upgrade; choose another group"
    return [Problem("resource_group", text)]


def find_classic(services: Iterable[Document], name: str, region: str | None) -> tuple[list[tuple[Document, Document]], list[Problem]]:
    """The classic Backup vaults of this name, as (cloud service, resource): one, or the reason why there is not just one."""
    all_vaults = [(service, each) for service in services for each in objects(service.get("Resources")) if str(each.get("Type")).lower() == "backupvault"]
    same = [(service, each) for service, each in all_vaults if str(each.get("Name")).lower() == name.lower()]
    near = [(service, each) for service, each in same if not region or location(service.get("GeoRegion")) == location(region)]
    if len(near) == 1:
        return near, []
    if near:
        regions = ", ".join(sorted(str(service.get("GeoRegion")) for service, _each in near))
        return [], [Problem("location", f"there are classic Backup vaults '{name}' in several regions; name one of {regions}")]
    known = ", ".join(sorted(f"{each.get('Name')} ({service.get('GeoRegion')})" for service, each in all_vaults)) or "none"
    there = f" in {region}" if region else ""
    return [], [Problem("vault_name", f"there is no classic Backup vault '{name}'{there}; the subscription has: {known}")]


def classic_vault(listed: Document) -> dict[str, Any]:
    """A classic vault as Resource Manager lists it."""
    vault_id = listed.get("id")
    return {"id": vault_id, "name": listed.get("name"), "location": location(listed.get("location")), "cloud_service": part(vault_id, "resourceGroups")}


def machines(containers: Iterable[Document]) -> dict[str, str]:
    """Numbers by name of the machines among what is registered with a classic vault."""
    found = [mapping(each.get("properties")) for each in containers if str(each.get("containerType")).lower() == "machine"]
    return {str(each.get("friendlyName")): str(each.get("containerId")) for each in found}
