# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What may be asked of a vault: of the options alone, and for the vault as it is. Nothing here talks to Azure."""

from __future__ import annotations

import re

from .._core.errors import Problem
from .._core.fields import View
from .._core.ids import key, location
from .._core.names import check_group, check_vault_name
from .._core.urls import redacted
from .._resource_guard.rules import check_guard
from .view import SYSTEM

# https://learn.microsoft.com/azure/backup/backup-azure-enhanced-soft-delete-about
SOFT_DELETE_DAYS = range(14, 181)
_KEY_URI = re.compile(r"https://[^/\s@]+/keys/[^/\s]+(/[^/\s]+)?/?", re.IGNORECASE)
_USER_IDENTITY = re.compile(
    r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/[^/\s]+/?", re.IGNORECASE
)
_GUARD = re.compile(r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.DataProtection/resourceGuards/[^/\s]+/?", re.IGNORECASE)
_IDENTITY_FORM = "/subscriptions/.../resourceGroups/.../providers/Microsoft.ManagedIdentity/userAssignedIdentities/NAME"
_PARTS = {"none": set(), "system_assigned": {"system"}, "user_assigned": {"user"}, "system_assigned_user_assigned": {"system", "user"}}


def check_options(options: View) -> list[Problem]:
    """What is wrong with the options alone."""
    problems = check_vault_name(options.get("name")) + check_group(options.get("resource_group")) + check_guard(options)
    problems += _check_identities(options)
    days = options.get("soft_delete_retention_days")
    if days is not None and days not in SOFT_DELETE_DAYS:
        problems.append(Problem("soft_delete_retention_days", f"{days} is out of range: {SOFT_DELETE_DAYS[0]} to {SOFT_DELETE_DAYS[-1]}"))
    problems += _check_encryption_option(options.get("encryption") or {})
    if options.get("resource_guard") and not _GUARD.fullmatch(options["resource_guard"]):
        form = "/subscriptions/.../resourceGroups/.../providers/Microsoft.DataProtection/resourceGuards/NAME"
        problems.append(Problem("resource_guard", f"'{options['resource_guard']}' is no id of a Resource Guard; it looks like {form}"))
    if options.get("purge") and options.get("state") != "absent":
        problems.append(Problem("purge", "has a meaning with state absent only; leave it out"))
    if options.get("undelete") and options.get("state") == "absent":
        problems.append(Problem("undelete", "has a meaning with state present only; leave it out"))
    return problems


def _check_identities(options: View) -> list[Problem]:
    problems = []
    wants_user = "user" in _PARTS.get(options.get("identity") or "none", set())
    ids = options.get("user_assigned_identities")
    if wants_user and not ids:
        problems.append(Problem("user_assigned_identities", f"needed with identity '{options['identity']}'"))
    if ids and not wants_user:
        problems.append(Problem("identity", "must be user_assigned or system_assigned_user_assigned when user_assigned_identities is given"))
    wrong = [each for each in ids or () if not _USER_IDENTITY.fullmatch(each)]
    return problems + [
        Problem("user_assigned_identities", f"'{each}' is no id of a user-assigned identity; it looks like {_IDENTITY_FORM}") for each in wrong
    ]


def _check_encryption_option(asked: View) -> list[Problem]:
    problems = []
    uri, identity = asked.get("key_uri"), asked.get("identity")
    if uri and not _KEY_URI.fullmatch(uri):
        text = f"'{redacted(uri)}' is no key of a key vault; it looks like https://NAME.vault.azure.net/keys/KEY, with or without a version"
        problems.append(Problem("encryption.key_uri", text))
    if identity and identity != SYSTEM and not _USER_IDENTITY.fullmatch(identity):
        text = f"'{identity}' is neither {SYSTEM} nor the id of a user-assigned identity, which looks like {_IDENTITY_FORM}"
        problems.append(Problem("encryption.identity", text))
    return problems


def check_change(options: View, before: View | None) -> list[Problem]:
    """What is wrong with the options for the vault as it is now, None when it does not exist."""
    problems = _check_location(options, before)
    present = before or {"immutability": "Disabled", "soft_delete": "Enabled", "cross_subscription_restore": None}
    problems += _check_one_way(options, present)
    if before is not None:
        problems += _check_identity(options.get("identity"), before)
    return problems


def _check_location(options: View, before: View | None) -> list[Problem]:
    if before is None:
        return [] if options.get("location") else [Problem("location", "needed to create the vault; it must be the region of the VMs to protect")]
    wanted = location(options.get("location"))
    if not wanted or wanted == before["location"]:
        return []
    text = f"the vault is in '{before['location']}', not '{wanted}', and a vault cannot be moved to another region; create one there under another name"
    return [Problem("location", text)]


# Option, its state that is for good, and what that means.
_FOR_GOOD = (
    ("immutability", "Locked", "nobody can shorten retention or delete backups before their time any more, or turn immutability off"),
    ("soft_delete", "AlwaysON", "nobody can turn soft delete off any more"),
    ("cross_subscription_restore", "PermanentlyDisabled", "nobody can allow restores to other subscriptions any more"),
)


def _check_one_way(options: View, before: View) -> list[Problem]:
    problems = []
    for option, final, meaning in _FOR_GOOD:
        asked, present = options.get(option), before.get(option)
        if asked is None or asked == present:
            continue
        if present == final:
            problems.append(Problem(option, f"is {final}, which cannot be taken back: it cannot become {asked}"))
        elif asked == final and not options.get("accept_irreversible"):
            problems.append(Problem(option, f"{final} is for good, {meaning}; set accept_irreversible to true if that is wanted"))
        elif (option, asked) == ("soft_delete", "Disabled"):
            text = "cannot be disabled: Azure keeps soft delete on (https://learn.microsoft.com/azure/backup/secure-by-default); it takes Enabled or AlwaysON"
            problems.append(Problem(option, text))
    return problems


def _check_identity(wanted: str | None, before: View) -> list[Problem]:
    """An identity may be in use (keys, private endpoints): it goes only when all of them are to go by name."""
    if wanted is None:
        return []
    if wanted == "none":
        if before.get("encryption") and before["identity"] != "none":
            return [Problem("identity", "cannot be none: an identity of the vault opens its encryption key")]
        return []
    if _PARTS.get(before["identity"], set()) <= _PARTS[wanted]:
        return []
    text = f"the vault has '{before['identity']}', '{wanted}' would take a part away; use system_assigned_user_assigned, or none to remove all"
    return [Problem("identity", text)]


def check_encryption(options: View, before: View | None, after: View, in_use: bool) -> list[Problem]:
    """What is wrong with a change of the encryption. in_use: whether anything was ever registered in the vault.

    https://learn.microsoft.com/azure/backup/encryption-at-rest-with-cmk
    """
    asked, present = after.get("encryption"), (before or {}).get("encryption")
    if asked is None or asked == present:
        return []
    problems = _check_key_identity(asked["identity"], after)
    if present is None:
        problems += _check_first_key(options, before or {}, in_use)
    elif asked["infrastructure_encryption"] != present["infrastructure_encryption"]:
        text = f"is fixed with the first key: it stays {str(present['infrastructure_encryption']).lower()}"
        problems.append(Problem("encryption.infrastructure_encryption", text))
    if present and in_use and present["identity"] == SYSTEM and asked["identity"] != SYSTEM:
        text = "a user-assigned identity can open the key only in a vault that never held anything; keep system_assigned"
        problems.append(Problem("encryption.identity", text))
    return problems


def _check_first_key(options: View, before: View, in_use: bool) -> list[Problem]:
    problems = []
    if in_use:
        problems.append(Problem("encryption", "a key can be set only while nothing has ever been protected in the vault; use a new vault"))
    if before.get("cross_region_restore"):
        problems.append(Problem("encryption", "the key must come before cross-region restore, which is on and cannot be turned off; use a new vault"))
    if not options.get("accept_irreversible"):
        text = "is for good, a vault cannot go back to Microsoft's own keys; set accept_irreversible to true if that is wanted"
        problems.append(Problem("encryption", text))
    return problems


def _check_key_identity(identity: str, after: View) -> list[Problem]:
    """The identity must be one of the vault's, now or by the same task."""
    if identity == SYSTEM:
        if "system" in _PARTS.get(after.get("identity") or "none", set()):
            return []
        return [Problem("encryption.identity", "the vault has no system-assigned identity; give it one with identity, and rights on the key, first")]
    if key(identity) in (after.get("user_assigned_identities") or []):
        return []
    return [Problem("encryption.identity", f"the vault does not have '{identity}'; name it in user_assigned_identities too")]
