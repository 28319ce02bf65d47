# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Names of the classic backup service in a text, and what stands for them today.

The cmdlets are those of the modules Azure and AzureRM.Backup, with their successors in Az.RecoveryServices:
https://learn.microsoft.com/powershell/module/az.recoveryservices and
https://learn.microsoft.com/azure/backup/backup-azure-vms-automation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

# The part of a cmdlet behind 'AzureBackup' or 'AzureRmBackup', and what has its place: with its verb, or a whole cmdlet.
_NOUNS = {
    "container": "AzRecoveryServicesBackupContainer",
    "containerreregistration": "AzRecoveryServicesBackupContainer",
    "item": "AzRecoveryServicesBackupItem",
    "job": "AzRecoveryServicesBackupJob",
    "jobdetails": "AzRecoveryServicesBackupJobDetail",
    "protection": "AzRecoveryServicesBackupProtection",
    "protectionpolicy": "AzRecoveryServicesBackupProtectionPolicy",
    "recoverypoint": "AzRecoveryServicesBackupRecoveryPoint",
    "retentionpolicyobject": "AzRecoveryServicesBackupRetentionPolicyObject",
    "vault": "AzRecoveryServicesVault",
    "vaultcredentials": "AzRecoveryServicesVaultSettingsFile",
}
_NOW = {
    "new-retentionpolicyobject": "Get-AzRecoveryServicesBackupRetentionPolicyObject",
    "set-vault": "Set-AzRecoveryServicesBackupProperty",
    "register-container": "Enable-AzRecoveryServicesBackupProtection, which registers as well",
    "enable-containerreregistration": "nothing; the agent registers again by itself",
}
_UPGRADE = "nothing; Azure has no Backup vaults left to upgrade"
_VAULTS = "Microsoft.RecoveryServices/vaults"
_ARM = "Azure Resource Manager"
_UPGRADED_INTO = "the resource group that the vault was upgraded into"


def _successor(found: re.Match[str]) -> str:
    verb, noun = found["verb"], found["noun"].lower()
    special = _NOW.get(f"{verb.lower()}-{noun}")
    return special or (f"{verb}-{_NOUNS[noun]}" if noun in _NOUNS else "a cmdlet of the module Az.RecoveryServices")


def _with_az(found: re.Match[str]) -> str:
    return f"{found['verb']}-Az{found['noun']}"


def _always(text: str) -> Callable[[re.Match[str]], str]:
    return lambda _found: text


_VERB = r"(?<![\w-])(?P<verb>[A-Za-z]+)-"
# Kind, pattern, successor. What an earlier pattern has found is not found again.
_PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE), successor)
    for kind, pattern, successor in (
        ("script", r"RecoveryServicesVaultUpgrade(-[\d.]*\d)?\.ps1|aka\.ms/vaultupgradescript\w*", _always(_UPGRADE)),
        ("cmdlet", _VERB + r"AzureRecoveryServicesVaultUpgrade\b", _always(_UPGRADE)),
        ("cmdlet", _VERB + r"Azure(?:Rm)?Backup(?P<noun>[A-Za-z]+)\b", _successor),
        ("cmdlet", _VERB + r"AzureRm(?P<noun>RecoveryServices[A-Za-z]+)\b", _with_az),
        ("module", r"(?<![\w.-])AzureRM\.(?:Backup|RecoveryServices(?:\.Backup|\.SiteRecovery)?)(?![\w.])", _always("Az.RecoveryServices")),
        ("provider", r"(?<![\w.])Microsoft\.Backup(?:BVTD2)?/BackupVault(?!\w)(?:/[^\s\"'/]+/protectionPolicies)?", _always(_VAULTS)),
        ("provider", r"(?<![\w.])Microsoft\.Backup(?![\w/.])", _always("Microsoft.RecoveryServices")),
        ("resource_group", r"(?<![\w-])RecoveryServices-[A-Z2-7]{52}-[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*", _always(_UPGRADED_INTO)),
        ("endpoint", r"https://management\.core\.(?:windows|usgovcloudapi|chinacloudapi)\.(?:net|cn)(?::\d+)?/[^\s\"']*?cloudservices", _always(_ARM)),
        ("resource_type", r"(?<![\w/.])HyperVRecoveryManagerVault\b", _always(_VAULTS)),
    )
)


def find(text: str) -> Iterator[dict[str, Any]]:
    """Every old name {line, column, name, kind, successor} of a text, in its order; lines and columns count from 1."""
    for number, line in enumerate(text.splitlines(), 1):
        taken: list[tuple[int, int]] = []
        hits: list[dict[str, Any]] = []
        for kind, pattern, successor in _PATTERNS:
            for found in pattern.finditer(line):
                if not any(found.start() < end and begin < found.end() for begin, end in taken):
                    taken.append(found.span())
                    hits.append({"line": number, "column": found.start() + 1, "name": found.group(), "kind": kind, "successor": successor(found)})
        yield from sorted(hits, key=lambda each: each["column"])
