# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Rules about a vault and about which vault a VM goes to."""

from __future__ import annotations

from typing import Any

from ..._core.fields import mapping
from ..._core.ids import key
from ..._core.names import VAULT_NAME
from ..._resource_guard.rules import IMMUTABILITY, SOFT_DELETE, rank
from ..._vault.diagnostic_setting import missing_logs
from ..rule import Answer, Facts, Rule, fails, not_applicable, passes, unknown
from ..values import enumerate_some, number, word
from .hybrid import MARS_BLOCKER
from .item import JOB_RUNNING

# An action that needs nothing but the vault. A setting that nobody ever set is unknown, and setting it makes it known.
_SET: dict[str, Any] = {}


def _state(facts: Facts) -> Answer:
    state = facts.of("vault").get("provisioning_state")
    if not state:
        return unknown("Azure does not say what state the vault is in.")
    return passes("The vault is in state Succeeded.") if word(state) == "succeeded" else fails(f"The vault is in state {state}.")


def _name(facts: Facts) -> Answer:
    name = facts.of("vault").get("name")
    if not isinstance(name, str):
        return unknown("Azure does not say what the vault is called.")
    return passes(f"'{name}' is a vault name.") if VAULT_NAME.fullmatch(name) else fails(f"'{name}' is no vault name that Azure takes today.")


def _soft_delete(facts: Facts) -> Answer:
    state, days = facts.of("vault").get("soft_delete"), number(facts.of("vault").get("soft_delete_retention_days"))
    least = facts.thresholds["soft_delete_days_min"]
    if word(state) not in ("enabled", "alwayson", "disabled"):
        return unknown("Azure does not say whether soft delete is on.")
    wanted = facts.wanted.get("soft_delete") or "Enabled"
    action = {"soft_delete": wanted if rank(SOFT_DELETE, wanted) > rank(SOFT_DELETE, state) else state, "soft_delete_retention_days": int(least)}
    if word(state) == "disabled":
        return fails("Soft delete is off: deleted backups are gone at once.", action=action)
    if days is None:
        return unknown(f"Soft delete is {state}, for how many days Azure does not say.")
    if days < least:
        return fails(f"Soft delete is {state}, but for {days:g} days only.", action=action)
    if rank(SOFT_DELETE, state) < rank(SOFT_DELETE, wanted):
        return fails(f"Soft delete is {state}, for {days:g} days, asked for is {wanted}.", action=action | {"soft_delete_retention_days": int(days)})
    return passes(f"Soft delete is {state}, for {days:g} days.")


def _immutability(facts: Facts) -> Answer:
    state, wanted = facts.of("vault").get("immutability") or "Disabled", facts.wanted.get("immutability") or "Unlocked"
    action = {"immutability": wanted}
    if word(state) == "disabled":
        return fails("The vault is not immutable.", action=action)
    if rank(IMMUTABILITY, state) < rank(IMMUTABILITY, wanted):
        return fails(f"The vault's immutability is {state}, asked for is {wanted}.", action=action)
    return passes(f"The vault's immutability is {word(state)}.")


def _multi_user(facts: Facts) -> Answer:
    state = word(facts.of("vault").get("multi_user_authorization")) or "disabled"
    return passes("A Resource Guard watches over critical operations.") if state == "enabled" else fails("No Resource Guard watches over critical operations.")


def _alerts(facts: Facts) -> Answer:
    state = facts.of("vault").get("job_failure_alerts")
    if not isinstance(state, bool):
        return unknown("Azure does not say whether Azure Monitor tells of failed jobs.", action=_SET)
    return passes("Azure Monitor tells of failed jobs.") if state else fails("Azure Monitor does not tell of failed jobs.", action=_SET)


def _classic_alerts(facts: Facts) -> Answer:
    state = facts.of("vault").get("classic_alerts")
    if not isinstance(state, bool):
        return unknown("Azure does not say whether classic alerts are on.", action=_SET)
    return fails("Classic alerts are still on.", action=_SET) if state else passes("Classic alerts are off.")


def _score(facts: Facts) -> Answer:
    score = facts.of("vault").get("secure_score")
    if not isinstance(score, str) or not score:
        return unknown("Azure gives the vault no security level.")
    return passes(f"Azure rates its security {score}.") if word(score) in ("adequate", "maximum") else fails(f"Azure rates its security {score}.")


def _diagnostics(facts: Facts) -> Answer:
    settings = facts.list_of("diagnostics")
    named = [each for each in settings if each.get("workspace_id")]
    if not named:
        return fails("No diagnostic setting sends the vault's logs to a Log Analytics workspace.", action=_SET)
    good = next((each for each in named if each.get("dedicated") is True and not missing_logs(each)), None)
    if good:
        return passes(f"Diagnostic setting '{good.get('name')}' sends all backup logs to tables of their own.")
    closest = named[0]
    if closest.get("dedicated") is not True:
        return fails(f"Diagnostic setting '{closest.get('name')}' writes to the table AzureDiagnostics, which Backup Reports do not read.", action=_SET)
    return fails(f"Diagnostic setting '{closest.get('name')}' leaves out {', '.join(missing_logs(closest))}.", action=_SET)


def _upgrade(facts: Facts) -> Answer:
    upgrade = mapping(facts.of("vault").get("upgrade"))
    status = upgrade.get("status")
    if not status:
        return passes("The vault was made as a Recovery Services vault.")
    if word(status) == "upgraded":
        return passes("The vault was upgraded from a classic backup vault.")
    return fails(f"The upgrade from a classic backup vault is {status}: {upgrade.get('message') or 'without a message'}.")


def _capacity(facts: Facts) -> Answer:
    count, most = len(facts.list_of("items")), facts.thresholds["vms_per_vault_max"]
    return passes(f"The vault protects {count} VMs of at most {most}.") if count < most else fails(f"The vault protects {count} VMs; the limit is {most}.")


def _region(facts: Facts) -> Answer:
    """vaults: those that the VM may go to, in whatever region."""
    region, item = facts.of("vm").get("location"), facts.of("item")
    if item and item.get("state") != "soft_deleted":
        return passes(f"Vault '{item.get('vault_name')}' has the VM.")
    vaults = facts.list_of("vaults")
    near = [each for each in vaults if each.get("location") == region]
    if near:
        return passes(f"Region '{region}' has vault {enumerate_some(each.get('name') for each in near)}.")
    others = enumerate_some(dict.fromkeys(str(each.get("location")) for each in vaults))
    return fails(f"The VM is in region '{region}', and there is no vault; vaults are in: {others or 'no region'}.")


def _one_vault(facts: Facts) -> Answer:
    item, wanted = facts.of("item"), [key(each) for each in facts.wanted.get("vaults") or ()]
    if not item or item.get("state") == "soft_deleted":
        return passes("No vault protects the VM yet.")
    if wanted and key(item.get("vault_id")) not in wanted:
        return fails(f"Vault '{item.get('vault_name')}' has the VM already, which is not one of those asked for.")
    return passes(f"Vault '{item.get('vault_name')}' has the VM.")


def _backup_status(facts: Facts) -> Answer:
    """What the service itself says of the VM, which knows vaults that the principal may not see."""
    status, item = mapping(facts.of("azure").get("status")), facts.of("item")
    verdict, vault_id = word(status.get("protectionStatus")), status.get("vaultId")
    if verdict == "notprotected":
        return passes("Azure says that no vault protects the VM.")
    if verdict in ("protected", "protecting") and key(vault_id) == key(item.get("vault_id")):
        return passes(f"Azure says that vault '{item.get('vault_name')}' protects the VM.")
    if verdict in ("protected", "protecting"):
        return fails(f"Azure says that another vault protects the VM: {vault_id or 'it does not say which'}.")
    if verdict == "protectionfailed":
        return fails(f"Azure says that the VM's protection failed: {status.get('errorCode')}: {status.get('errorMessage')}")
    return unknown("Azure does not say whether a vault protects the VM.")


def _network_access(facts: Facts) -> Answer:
    access = word(facts.of("vault").get("public_network_access"))
    if not access:
        return not_applicable("Azure does not say from where the vault can be reached.")
    if access == "disabled":
        return fails("Public network access is off. VM backup works so; restoring files and other clients need a private endpoint.")
    return passes("The vault can be reached over the public network.")


_DOCS = "https://learn.microsoft.com/azure/backup"
RULES = (
    Rule(
        "VAULT-STATE", "error", "vault", "The vault is provisioned",
        "Wait while Azure works on it; when it stays so, ask Azure support or create another vault.",
        f"{_DOCS}/backup-create-recovery-services-vault", _state, ("vault",),
    ),
    Rule(
        "VAULT-NAME", "error", "vault", "The vault's name is one that Azure takes",
        "Use 2 to 50 letters, digits and hyphens, the first one a letter.", f"{_DOCS}/backup-create-recovery-services-vault", _name, ("vault",),
    ),
    Rule(
        "VAULT-SOFT-DELETE", "warning", "vault", "Deleted backups can be brought back for two weeks or more",
        "Switch soft delete on, for 14 to 180 days.", f"{_DOCS}/backup-azure-enhanced-soft-delete-about", _soft_delete, ("vault",), step="security",
    ),
    Rule(
        "VAULT-IMMUTABILITY", "info", "vault", "The vault is immutable",
        "Set immutability to Unlocked, and lock it once that has proved right; locking cannot be undone.",
        f"{_DOCS}/backup-azure-immutable-vault-concept", _immutability, ("vault",), step="security", blocked_by=(JOB_RUNNING, MARS_BLOCKER),
    ),
    Rule(
        "VAULT-RESOURCE-GUARD", "info", "vault", "Critical operations need a second person",
        "Create a Resource Guard under another owner and connect the vault to it.", f"{_DOCS}/multi-user-authorization-concept", _multi_user, ("vault",),
    ),
    Rule(
        "VAULT-ALERTS", "warning", "vault", "Azure Monitor tells of failed backup jobs",
        "Switch on the built-in alerts for job failures, and give them an alert processing rule with an action group.",
        f"{_DOCS}/move-to-azure-monitor-alerts", _alerts, ("vault",), step="alerts",
    ),
    Rule(
        "VAULT-CLASSIC-ALERTS", "warning", "vault", "Classic alerts are off",
        "Switch classic alerts off once Azure Monitor alerts are on.", f"{_DOCS}/move-to-azure-monitor-alerts", _classic_alerts, ("vault",), step="alerts",
    ),
    Rule(
        "VAULT-SECURITY-LEVEL", "info", "vault", "Azure rates the vault's security as adequate",
        "Switch on immutability, soft delete that is always on, and multi-user authorization.",
        f"{_DOCS}/backup-azure-immutable-vault-concept", _score, ("vault",),
    ),
    Rule(
        "VAULT-DIAGNOSTICS", "warning", "vault", "The vault's logs feed Backup Reports",
        "Add a diagnostic setting to a Log Analytics workspace, with resource-specific tables and the six backup categories.",
        f"{_DOCS}/backup-azure-diagnostic-events", _diagnostics, ("diagnostics",), step="diagnostics",
    ),
    Rule(
        "VAULT-UPGRADE", "info", "vault", "No upgrade from a classic vault hangs",
        "Do not try it again; give Azure support the operation id that the vault shows.", f"{_DOCS}/backup-azure-delete-vault", _upgrade, ("vault",),
    ),
    Rule(
        "VAULT-CAPACITY", "warning", "vault", "The vault has room for more VMs",
        "Use another vault for more VMs.", f"{_DOCS}/backup-support-matrix", _capacity, ("items",),
    ),
    Rule(
        "VAULT-NETWORK-ACCESS", "info", "vault", "The vault can be reached over the public network",
        "Nothing to do for VM backup. Add private endpoints before the first item where other clients use the vault.",
        f"{_DOCS}/private-endpoints-overview", _network_access, ("vault",),
    ),
    Rule(
        "VM-VAULT-REGION", "error", "vm", "There is a vault in the VM's region",
        "Create a vault in the VM's region: a vault protects VMs of its own region only.", f"{_DOCS}/backup-support-matrix-iaas", _region,
        ("vm", "item", "vaults"),
    ),
    Rule(
        "VM-ONE-VAULT", "error", "vm", "No other vault protects the VM",
        "Leave it there and name that vault, or move it with the module protection (move), which stops its protection there and keeps its data.",
        f"{_DOCS}/backup-azure-vm-backup-faq", _one_vault, ("item",),
    ),
    Rule(
        "VM-BACKUP-STATUS", "error", "vm", "Azure knows of no other protection of the VM",
        "Leave the VM in the vault that Azure names, or stop its protection there, keep the data, and protect it in another vault.",
        f"{_DOCS}/backup-azure-arm-userestapi-backupazurevms", _backup_status, ("azure", "item"),
    ),
)  # fmt: skip
