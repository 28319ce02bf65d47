# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Rules about machines of one's own that back up to a vault."""

from __future__ import annotations

from dataclasses import replace

from ..._upgrade.classic import AGENT_COMMAND, AGENT_INSTALLER
from ..rule import Answer, Facts, Rule, fails, not_applicable, passes
from ..values import enumerate_some, version, word

_SOURCE = "https://learn.microsoft.com/azure/backup/backup-azure-about-mars"


def _below(facts: Facts, least: str) -> Answer:
    servers = facts.list_of("servers")
    if not servers:
        return not_applicable("No server with the MARS agent is registered.")
    bound = version(least) or ()
    old = [each for each in servers if (version(each.get("agent_version")) or ()) < bound]
    if old:
        told = enumerate_some(f"{each.get('name')} has version {each.get('agent_version') or 'unknown'}" for each in old)
        servers = [{"name": each.get("name"), "agent_version": each.get("agent_version")} for each in old]
        return fails(f"{told}, below {least}.", action={"servers": servers, "installer": AGENT_INSTALLER, "command": AGENT_COMMAND})
    return passes(f"All {len(servers)} servers have version {least} or later.")


def _oldest(facts: Facts) -> Answer:
    return _below(facts, facts.thresholds["mars_min"])


def _immutable(facts: Facts) -> Answer:
    if word(facts.of("vault").get("immutability")) in ("", "disabled") and not facts.wanted.get("immutability"):
        return not_applicable("The vault is not immutable.")
    return _knows_immutable(facts)


def _knows_immutable(facts: Facts) -> Answer:
    return _below(facts, facts.thresholds["mars_immutable_min"])


def _engines(facts: Facts) -> Answer:
    engines = facts.list_of("engines")
    if not engines:
        return not_applicable("No backup server is registered.")
    old = [each for each in engines if each.get("agent_upgrade_available") is True or each.get("server_upgrade_available") is True]
    if old:
        servers = [{"name": each.get("name"), "agent_version": each.get("agent_version")} for each in old]
        action = {"servers": servers, "installer": None, "command": None}
        return fails(f"There is an update for {enumerate_some(each.get('name') for each in old)}.", action=action)
    return passes(f"All {len(engines)} backup servers are up to date.")


_MARS_IMMUTABLE = Rule(
    "HYBRID-MARS-IMMUTABLE", "warning", "vault", "Every MARS agent knows immutable vaults",
    "Install the current agent on the server.", "https://learn.microsoft.com/azure/backup/backup-azure-immutable-vault-concept", _immutable,
    ("vault", "servers"), step="agents",
)  # fmt: skip
# Before a vault becomes immutable.
MARS_BLOCKER = replace(_MARS_IMMUTABLE, check=_knows_immutable, needs=("servers",))
RULES = (
    Rule(
        "HYBRID-MARS-VERSION", "error", "vault", "Every MARS agent can still sign in",
        "Install the current agent on the server and register it again: versions below do no backups since 2018.", _SOURCE, _oldest, ("servers",),
        step="agents",
    ),
    _MARS_IMMUTABLE,
    Rule(
        "HYBRID-BACKUP-SERVER", "warning", "vault", "Backup servers are up to date",
        "Update the backup server and its agent.", "https://learn.microsoft.com/azure/backup/backup-mabs-protection-matrix", _engines, ("engines",),
        step="agents",
    ),
)  # fmt: skip
