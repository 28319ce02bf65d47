# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The Recovery Services vault: its options, its ARM document and its rules. Nothing here talks to Azure."""

from __future__ import annotations

import re
from typing import Any

from .._errors import Problem
from .fields import Document, Field, body, choice, mapping, view
from .ids import location, part

# https://learn.microsoft.com/azure/backup/backup-create-recovery-services-vault
NAME = re.compile(r"^[a-zA-Z][-a-zA-Z0-9]{1,49}$")
# https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
GROUP_NAME = re.compile(r"^[-\w._()]{0,89}[-\w_()]$")

IDENTITIES = ("none", "system_assigned", "user_assigned", "system_assigned_user_assigned")
_IDENTITY_ARM = ("None", "SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned")
_read_identity, _write_identity = choice(*zip(IDENTITIES, _IDENTITY_ARM, strict=True))


def _identity_type(value: Any) -> str:
    """Azure answers 'systemassigned, userassigned' with and without the space, in any letter case."""
    return _read_identity(re.sub(r",\s*", ", ", str(value))) if value else "none"


def _sku(value: Any) -> Any:
    """RS0 and Standard are two names of the one SKU."""
    return "Standard" if str(value).upper() == "RS0" else value


SETTINGS = (
    Field("location", "location", location),
    Field("sku", "sku.name", _sku),
    Field("tags", "tags", lambda value: dict(mapping(value))),
    Field("identity", "identity.type", _identity_type, _write_identity),
    Field(
        "user_assigned_identities",
        "identity.userAssignedIdentities",
        lambda value: sorted(each.lower() for each in mapping(value)),
        lambda ids: {each: {} for each in ids},
    ),
)
FACTS = (
    Field("id", "id"),
    Field("name", "name"),
    Field("provisioning_state", "properties.provisioningState"),
    Field("principal_id", "identity.principalId"),
    Field("redundancy", "properties.redundancySettings.standardTierStorageRedundancy"),
    Field("cross_region_restore", "properties.redundancySettings.crossRegionRestore", lambda value: None if value is None else value == "Enabled"),
    Field("soft_delete", "properties.securitySettings.softDeleteSettings.softDeleteState"),
    Field("soft_delete_retention_days", "properties.securitySettings.softDeleteSettings.softDeleteRetentionPeriodInDays"),
    Field("immutability", "properties.securitySettings.immutabilitySettings.state"),
    Field("multi_user_authorization", "properties.securitySettings.multiUserAuthorization"),
    Field("public_network_access", "properties.publicNetworkAccess"),
    Field("secure_score", "properties.secureScore"),
)


def to_view(document: Document) -> dict[str, Any]:
    """A vault in the words of the modules: settings and facts, and the group that its id names."""
    shown = view((*FACTS, *SETTINGS), document)
    return {**shown, "resource_group": part(document.get("id"), "resourceGroups")}


def blank(vault_id: str, name: str) -> dict[str, Any]:
    """The view that a vault would have, as far as that is known before it exists."""
    return {**to_view({"id": vault_id, "name": name}), "sku": "Standard"}


def to_body(values: dict[str, Any]) -> Document:
    """An ARM document with just these settings."""
    return body(SETTINGS, values)


def check_name(name: str | None, option: str = "name") -> list[Problem]:
    if name is None or NAME.fullmatch(name):
        return []
    return [Problem(option, f"'{name}' is no vault name: 2 to 50 letters, digits and hyphens, the first one a letter")]


def check_group(group: str | None, option: str = "resource_group") -> list[Problem]:
    if group is None or GROUP_NAME.fullmatch(group):
        return []
    return [Problem(option, f"'{group}' is no resource group name: 1 to 90 letters, digits, '.', '_', '-', '(' and ')', not ending in '.'")]


def check_options(options: dict[str, Any]) -> list[Problem]:
    """What is wrong with the options alone."""
    problems = check_name(options.get("name")) + check_group(options.get("resource_group"))
    wants_user = "user_assigned" in (options.get("identity") or "").replace("system_assigned", "")
    ids = options.get("user_assigned_identities")
    if wants_user and not ids:
        problems.append(Problem("user_assigned_identities", f"needed with identity '{options['identity']}'"))
    if ids and not wants_user:
        problems.append(Problem("identity", "must be user_assigned or system_assigned_user_assigned when user_assigned_identities is given"))
    return problems


def check_change(options: dict[str, Any], before: dict[str, Any] | None) -> list[Problem]:
    """What is wrong with the options for the vault as it is now."""
    if before is None:
        return [] if options.get("location") else [Problem("location", "needed to create the vault; it must be the region of the VMs to protect")]
    problems = []
    wanted = location(options.get("location"))
    if wanted and wanted != before["location"]:
        text = f"the vault is in '{before['location']}', not '{wanted}', and a vault cannot be moved to another region; create one there under another name"
        problems.append(Problem("location", text))
    problems += _check_identity(options.get("identity"), before["identity"])
    return problems


def _check_identity(wanted: str | None, present: str) -> list[Problem]:
    """An identity may be in use (keys, private endpoints): it goes only when all of them are to go by name."""
    parts = {"none": set(), "system_assigned": {"system"}, "user_assigned": {"user"}, "system_assigned_user_assigned": {"system", "user"}}
    if wanted in (None, "none") or parts.get(present, set()) <= parts[wanted]:
        return []
    return [Problem("identity", f"the vault has '{present}', '{wanted}' would take a part away; use system_assigned_user_assigned, or none to remove all")]


def wanted(options: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """The settings that the options ask for, in canonical form."""
    settings = {name: options[name] for name in ("location", "sku", "identity", "user_assigned_identities") if options.get(name) is not None}
    if "location" in settings:
        settings["location"] = location(settings["location"])
    if "sku" in settings:
        settings["sku"] = _sku(settings["sku"])
    if "user_assigned_identities" in settings:
        present = (before or {}).get("user_assigned_identities") or []
        settings["user_assigned_identities"] = sorted({each.lower() for each in settings["user_assigned_identities"]} | set(present))
    if options.get("tags") is not None:
        settings["tags"] = merged_tags((before or {}).get("tags") or {}, options["tags"], options.get("append_tags", True))
    return settings


def merged_tags(present: dict[str, str], asked: dict[str, Any], append: bool) -> dict[str, str]:
    """Tags as they shall be. Azure compares tag names without letter case and keeps the first spelling."""
    spelled = {name.lower(): name for name in present}
    asked = {spelled.get(name.lower(), name): "" if value is None else str(value) for name, value in asked.items()}
    return {**present, **asked} if append else asked
