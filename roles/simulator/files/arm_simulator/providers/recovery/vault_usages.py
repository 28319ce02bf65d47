# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a vault is used: against its limits, by workload, by Site Recovery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.messages import Request, Response
from ...core.router import route
from ...core.store import Document
from ...gateway import odata
from . import file_shares, hybrid
from .recovery_services import CONTAINERS, ITEMS, VAULT, find_vault, service_error

if TYPE_CHECKING:
    from ...core.world import World

_NEVER = "0001-01-01T00:00:00Z"
DATA_SOURCES, MACHINES, SERVERS = 2000, 1000, 50
"""Limits of a vault (https://learn.microsoft.com/azure/backup/backup-support-matrix)."""


def _usage(name: str, text: str, value: int, limit: int) -> Document:
    return {
        "unit": "Count",
        "quotaPeriod": "PT0S",
        "nextResetTime": _NEVER,
        "currentValue": value,
        "limit": limit,
        "name": {"value": name, "localizedValue": text},
    }


def _counts(world: World, vault: Document) -> tuple[int, int, int]:
    """(protected VMs, protected folders of servers, servers), without looking at each."""
    folders, accounts, shares = hybrid.folders(world, vault), *file_shares.count(world, vault)
    servers = world.store.count(CONTAINERS, vault["id"]) - accounts
    return world.store.count(ITEMS, vault["id"]) - folders - shares, folders, servers


@route("GET", VAULT + "/usages")
def usages(world: World, request: Request) -> Response:
    machines, folders, servers = _counts(world, find_vault(world, request))
    return Response(
        200,
        {
            "value": [
                _usage("ProtectedItems", "Protected items", machines + folders, DATA_SOURCES),
                _usage("AzureIaasVM", "Azure virtual machines", machines, MACHINES),
                _usage("MAB", "Registered servers", servers, SERVERS),
            ]
        },
    )


@route("GET", VAULT + "/backupUsageSummaries")
def summaries(world: World, request: Request) -> Response:
    """What is protected (BackupProtectedItemCountSummary) or registered (BackupProtectionContainerCountSummary), by kind."""
    machines, folders, servers = _counts(world, find_vault(world, request))
    wanted = str(odata.parse(request.query.get("$filter", "")).values().get("type", "")).lower()
    if wanted not in ("backupprotecteditemcountsummary", "backupprotectioncontainercountsummary"):
        raise service_error("BMSUserErrorInvalidInput", "The filter must ask for a type of summary.")
    items = wanted == "backupprotecteditemcountsummary"
    return Response(
        200,
        {
            "value": [
                _usage("AzureIaasVM", "Azure Virtual Machine", machines, -1),
                _usage("MAB", "Azure Backup Agent", folders if items else servers, -1),
            ]
        },
    )


@route("GET", VAULT + "/replicationUsages")
def replication(world: World, request: Request) -> Response:
    """Site Recovery is used for nothing here."""
    find_vault(world, request)
    return Response(200, {"value": []})
