# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Protected VMs as Azure Resource Graph shows them: the query, and a row as the vault's list would show it. Nothing here talks to Azure.

Tables: https://learn.microsoft.com/azure/governance/resource-graph/reference/supported-tables-resources
"""

from __future__ import annotations

from typing import Any

from .._core.fields import Document, fetch, mapping
from .._core.ids import location

_TYPE = "microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems"
# The words that Resource Graph has for states in the place of the service's own.
_STATES = {
    "protectionconfigured": "Protected",
    "configuringprotection": "IRPending",
    "configuringprotectionfailed": "ProtectionError",
    "softdeleted": "ProtectionStopped",
}


def query(options: dict[str, Any]) -> str:
    """The protected VMs of the vaults that the options vault_name, resource_group and location leave."""
    terms = [f"type =~ '{_TYPE}'", "properties.backupManagementType =~ 'AzureIaasVM'"]
    if options.get("resource_group"):
        terms.append(f"resourceGroup =~ {quoted(options['resource_group'])}")
    if options.get("location"):
        terms.append(f"location =~ {quoted(location(options['location']))}")
    if options.get("vault_name"):
        terms.append(f"id contains {quoted('/vaults/' + options['vault_name'] + '/')}")
    return f"recoveryservicesresources | where {' and '.join(terms)} | project id, name, properties"


def quoted(text: str) -> str:
    """A text as a literal of the query language."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def document(row: Document) -> Document:
    """A row in the form of the vault's list."""
    properties = mapping(row.get("properties"))
    current = str(properties.get("currentProtectionState") or "")
    return {
        "id": row.get("id"),
        "name": row.get("name"),
        "properties": {
            **properties,
            "sourceResourceId": properties.get("sourceResourceId") or fetch(properties, "dataSourceInfo.resourceID"),
            "policyName": properties.get("policyName") or fetch(properties, "policyInfo.name"),
            "policyId": properties.get("policyId") or fetch(properties, "policyInfo.policyId"),
            "protectionState": properties.get("protectionState") or _STATES.get(current.lower(), current),
            "isScheduledForDeferredDelete": properties.get("isScheduledForDeferredDelete") or current.lower() == "softdeleted",
        },
    }
