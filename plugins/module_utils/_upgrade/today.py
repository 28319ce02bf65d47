# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What of a Recovery Services vault can be brought up to date today. Nothing here talks to Azure.

Each upgrade is a function from the facts of one vault to findings {upgrade, subject, name, current, blockers, fix}: what is
not up to date, what stands in the way, and what to do. https://learn.microsoft.com/azure/backup is the source unless another is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .._core.ids import key, name
from .._jobs.view import key_of_vm, vm_of
from .._policy.policy_type import STANDARD, UNKNOWN
from .._readiness.thresholds import DEFAULTS
from .._readiness.values import version
from .._vault import diagnostic_setting
from .._vault.redundancy import SHORT
from .classic import AGENT_INSTALLER

Facts = dict[str, Any]
Finding = dict[str, Any]

# Installs without questions: https://learn.microsoft.com/azure/backup/backup-client-automation
AGENT_COMMAND = "MARSAgentInstaller.exe /q"
# What an agent below a version does not do, the worst first.
_AGENTS = (
    (DEFAULTS["mars_min"], "makes no backups since 2018; install the current agent and register the server again"),
    (DEFAULTS["mars_immutable_min"], "does not know immutable vaults"),
)


def _finding(subject: Any, current: str, fix: str, blockers: Iterable[str] = (), **more: Any) -> Finding:
    return {"subject": subject, "name": name(subject), "current": current, "blockers": list(blockers), "fix": fix, **more}


def policy_type(facts: Facts) -> list[Finding]:
    """Standard policies, VM by VM. The move to an Enhanced one cannot be taken back.

    What stands in its way: https://learn.microsoft.com/azure/backup/backup-azure-vm-migrate-enhanced-policy
    """
    running: dict[tuple[str, str], list[str]] = {}
    for job in facts["jobs"]:
        running.setdefault(vm_of(job), []).append(str(job["operation"]))
    return [
        _finding(
            item["vm_id"],
            f"Standard policy {item['policy']}",
            "Give the VM an Enhanced policy (protection with accept_irreversible).",
            _blockers(item["vm_id"], running, facts["disks"]),
            policy=item["policy"],
        )
        for item in standard_items(facts["items"], facts["policies"])
    ]


def standard_items(items: Iterable[Facts], policies: Iterable[Facts]) -> list[Facts]:
    """Items that a Standard policy protects: by what Azure says of them, or else by the policy that they follow."""
    kinds = {key(each["name"]): each["policy_type"] for each in policies}

    def kind(item: Facts) -> str:
        return str(item["policy_type"] if item["policy_type"] != UNKNOWN else kinds.get(key(item["policy"]), UNKNOWN))

    return [each for each in items if each["state"] == "protected" and kind(each) == STANDARD]


def _blockers(vm_id: str, running: dict[tuple[str, str], list[str]], disks: dict[str, list[Facts]]) -> list[str]:
    found = [f"a job is running ({operation}); wait for its end" for operation in running.get(key_of_vm(vm_id), ())]
    held = disks.get(key(vm_id))
    if held is None:
        return [*found, "there is no such VM any more; stop the backups and keep the data"]
    unmanaged = [str(each["name"]) for each in held if not each["managed"]]
    shared = [str(each["name"]) for each in held if (each["max_shares"] or 1) > 1]
    unseen = [str(each["name"]) for each in held if each["managed"] and not each["seen"]]
    if unmanaged:
        found.append(f"unmanaged disks ({', '.join(unmanaged)}); convert the VM to managed disks")
    if shared:
        found.append(f"shared disks ({', '.join(shared)}); detach them, move the VM, and exclude them when they are attached again")
    if unseen:
        found.append(f"disks that the principal may not read ({', '.join(unseen)}); they might be shared ones")
    return found


def alerts(facts: Facts) -> list[Finding]:
    """https://learn.microsoft.com/azure/backup/move-to-azure-monitor-alerts"""
    vault = facts["vault"]
    monitor, classic = vault["job_failure_alerts"] is True, vault["classic_alerts"] is not False
    if monitor and not classic:
        return []
    shown = f"Azure Monitor {'on' if monitor else 'off'}, classic {'on' if classic else 'off'}"
    fix = "Let Azure Monitor tell of failed jobs, and switch the classic alerts off (vault with job_failure_alerts and classic_alerts)."
    return [_finding(vault["id"], shown, fix)]


def soft_delete(facts: Facts) -> list[Finding]:
    """https://learn.microsoft.com/azure/backup/backup-azure-enhanced-soft-delete-about"""
    vault = facts["vault"]
    if vault["soft_delete"] == "AlwaysON":
        return []
    days = f", {vault['soft_delete_retention_days']} days" if vault["soft_delete"] != "Disabled" else ""
    return [_finding(vault["id"], f"{vault['soft_delete']}{days}", "Set soft_delete AlwaysON, which cannot be taken back (vault with accept_irreversible).")]


def immutability(facts: Facts) -> list[Finding]:
    """https://learn.microsoft.com/azure/backup/backup-azure-immutable-vault-concept"""
    vault = facts["vault"]
    state = vault["immutability"] or "Disabled"
    if state == "Locked":
        return []
    running = f"{len(facts['jobs'])} jobs are running in the vault; wait for their end"
    old = [each["name"] for each in facts["servers"] if _below(each, DEFAULTS["mars_immutable_min"])]
    blockers = [running] if facts["jobs"] else []
    if old:
        blockers.append(f"MARS agents that do not know immutable vaults: {', '.join(map(str, old))}")
    following = "Unlocked" if state == "Disabled" else "Locked, which cannot be taken back (accept_irreversible)"
    return [_finding(vault["id"], state, f"Set immutability {following}, with the module vault.", blockers)]


def redundancy(facts: Facts) -> list[Finding]:
    """Another redundancy for a vault in use is another vault: https://learn.microsoft.com/azure/backup/backup-create-recovery-services-vault"""
    vault, wanted = facts["vault"], facts["wanted_redundancy"]
    if not wanted or SHORT.get(wanted, wanted) == vault["redundancy"]:
        return []
    held = [item for item in facts["items"] if item["state"] != "soft_deleted"]
    if not facts["items"] and not facts["servers"]:
        return [_finding(vault["id"], str(vault["redundancy"]), "Set it (vault_redundancy): nothing is in the vault yet.", vms=[])]
    busy = [f"{len(facts['jobs'])} jobs are running in the vault; wait for their end"] if facts["jobs"] else []
    fix = "Make another vault with the redundancy, let protection move the VMs there, and keep this one until its backups are not needed any more."
    moving = [item["vm_id"] for item in held if item["state"] == "protected"]
    return [_finding(vault["id"], str(vault["redundancy"]), fix, busy, vms=sorted(moving, key=key))]


def _below(server: Facts, least: str) -> bool:
    return (version(server["agent_version"]) or ()) < (version(least) or ())


def agents(facts: Facts) -> list[Finding]:
    """Azure cannot update an agent, so the command is named that does it on the server itself."""
    found = []
    for server in facts["servers"]:
        reason = next((text for least, text in _AGENTS if _below(server, least)), None)
        if reason:
            shown = f"agent {server['agent_version'] or 'of unknown version'}: {reason}"
            fix = f"On the server, run the installer of {AGENT_INSTALLER}: {AGENT_COMMAND}"
            found.append(_finding(server["name"], shown, fix, command=AGENT_COMMAND, installer=AGENT_INSTALLER))
    for engine in facts["engines"]:
        if engine["agent_upgrade_available"] or engine["server_upgrade_available"]:
            shown = f"backup server, agent {engine['agent_version']}: Azure has a newer version"
            found.append(_finding(engine["name"], shown, "Update the backup server and its agent."))
    return found


def items(facts: Facts) -> list[Finding]:
    """Items that no longer do what their policy says, as Azure tells of each when it is asked alone."""
    return [
        _finding(item["vm_id"], f"does not follow policy {item['policy']}", "Apply the policy again (policy_reapply).", policy=item["policy"])
        for item in facts["items"]
        if item["state"] == "protected" and item["policy_inconsistent"] is True
    ]


def time_zones(facts: Facts) -> list[Finding]:
    """Policies of upgraded vaults: their times are local ones of a zone that is not said."""
    fix = "Set the time zone that the times were meant in (policy with time_zone)."
    bare = [each for each in facts["policies"] if not each["time_zone"]]
    return [_finding(each["id"], f"no time zone, runs at {each['schedule']['time']}", fix, policy=each["name"]) for each in bare]


def diagnostics(facts: Facts) -> list[Finding]:
    """https://learn.microsoft.com/azure/backup/configure-reports"""
    if diagnostic_setting.reports(facts["diagnostics"]):
        return []
    shown = ", ".join(str(each["name"]) for each in facts["diagnostics"]) or "none"
    fix = "Send the six logs to Log Analytics, each to a table of its own (vault_diagnostics)."
    return [_finding(facts["vault"]["id"], f"settings that do not feed Backup Reports: {shown}", fix)]


# Upgrade: what it looks at, and how.
UPGRADES: dict[str, tuple[tuple[str, ...], Callable[[Facts], list[Finding]]]] = {
    "policy_type": (("items", "jobs", "disks", "policies"), policy_type),
    "alerts": (("vault",), alerts),
    "soft_delete": (("vault",), soft_delete),
    "immutability": (("vault", "jobs", "servers"), immutability),
    "redundancy": (("vault", "items", "jobs", "servers"), redundancy),
    "agents": (("servers", "engines"), agents),
    "items": (("items", "item_details"), items),
    "time_zones": (("policies",), time_zones),
    "diagnostics": (("vault", "diagnostics"), diagnostics),
}


def needs(upgrades: Iterable[str]) -> set[str]:
    return {area for each in upgrades for area in UPGRADES[each][0]}


def examine(upgrades: Iterable[str], facts: Facts, unread: dict[str, str]) -> tuple[list[Finding], list[str]]:
    """The findings of one vault, and why some upgrades could not be looked at."""
    found: list[Finding] = []
    untold: list[str] = []
    for each in upgrades:
        areas, look = UPGRADES[each]
        missing = [unread[area] for area in areas if area in unread]
        if missing:
            untold += [f"{each}: {reason}" for reason in missing]
        else:
            found += [{"upgrade": each, "ready": not finding["blockers"], **finding} for finding in look(facts)]
    return found, untold
