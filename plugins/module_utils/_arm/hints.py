# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Azure's error codes, and one line each on what to do."""

from __future__ import annotations

import re

# Causes: https://learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot,
# https://learn.microsoft.com/azure/active-directory/develop/reference-error-codes and public reports.
HINTS = {
    "AADSTS7000215": "The client secret is wrong: use the secret's value, not its id, and check that it belongs to client_id.",
    "AADSTS7000222": "The client secret has expired: make a new one for the application.",
    "AADSTS700016": "client_id is not known in this tenant: check client_id and tenant_id.",
    "AADSTS700024": "Entra ID compares the sign-in with its own clock: synchronize the clock of the machine that runs the module (NTP).",
    "AADSTS90002": "The tenant does not exist at this sign-in endpoint: check tenant_id and cloud.",
    "TenantNotFound": "Check tenant_id, where given resource_guard_tenant_id, and authority_url or cloud.",
    "AADSTS900023": "tenant_id is neither a GUID nor a domain name of the directory.",
    "AADSTS500011": "The sign-in service does not know this Resource Manager: check arm_url, authority_url and cloud.",
    "SignInFailed": "auth_source says which credential is used: check that it is there, and client_id, tenant_id and authority_url.",
    "AuthenticationFailed": "Azure did not accept the token: check that tenant_id and cloud belong to the subscription.",
    "InvalidAuthenticationTokenTenant": "The subscription belongs to another tenant: check tenant_id.",
    "LinkedAuthorizationFailed": "What the message names is in another tenant: resource_guard_tenant_id names that of a Resource Guard.",
    "ExpiredAuthenticationToken": "The token had expired: check the clock of the machine that runs the module.",
    "SubscriptionNotFound": "Check subscription_id, and that the principal may read the subscription.",
    "InvalidSubscriptionId": "subscription_id must be the subscription's GUID.",
    "ResourceGroupNotFound": "Create the resource group first or correct its name.",
    "MissingSubscriptionRegistration": "Register the resource provider that the message names (az provider register --namespace NAME), and run it again.",
    "InvalidResourceLocation": "A resource of this name exists in another region of the group: choose another name or that region.",
    "ScopeLocked": "A resource lock forbids this; somebody with rights on locks must remove it, or name a scope without the lock.",
    "RequestDisallowedByPolicy": "An Azure Policy of the subscription forbids this; its name stands in the message.",
    "ResourceRequestsThrottled": "The subscription's hourly quota for this Recovery Services action is used up; wait the time given and run it again.",
    "SubscriptionRequestsThrottled": "Too many requests in this subscription: wait the time given and run it again.",
    "CloudDosAbsoluteLimitReached": "Azure's daily limit for this operation is reached: run it again after 24 hours.",
    "CloudDosTimeboudLimitReached": "Azure blocked a burst of operations: run it again after a few hours.",
    "StorageModelModifyError": "Redundancy is fixed once anything is registered: protect the VMs in a new vault with the wanted redundancy.",
    "BMSUserErrorRedundancySettingsUseVaultApi": "Redundancy of this vault is owned by the vault resource: use the module vault, not the older API.",
    "BMSUserErrorSoftDeleteUseVaultApi": "Soft delete of this vault is owned by the vault resource: set it there, not through the old API.",
    "BMSUserErrorUnableToEnableCrossRegionRestore": "The region has no open paired region: leave cross-region restore off or use another region.",
    "BMSUserErrorSoftDeleteStateAlwaysOn": "Soft delete that is always on stays so: leave soft_delete out or set it to AlwaysON.",
    "BMSUserErrorSoftDeleteStateNotSetToAlwaysON": "This region has soft delete always on: set soft_delete to AlwaysON or leave it out.",
    "BMSUserErrorDisablingSoftDeleteStateNotAllowed": "Azure keeps soft delete on: leave soft_delete out or set it to Enabled.",
    "UserErrorUnsupportedVaultImmutabilityStateChange": "A locked vault stays locked, and a vault is Unlocked before it is Locked.",
    "UserErrorDeleteBackupItemOnImmutableItem": "The vault is immutable: its backups go when their retention is over, or once immutability is off.",
    "UserErrorOperationDeniedOnImmutableItem": "The vault is immutable: this needs immutability off, which a locked vault never is.",
    "ServiceResourceNotEmptyWithContainerDetails": "Keep the vault as long as what it holds is needed; the module vault with state absent lists it.",
    "BMSUserErrorInvalidPolicyInput": "The policy's times, days and retention do not fit together; 'ansible-doc safeharbor.azure_backup.policy' has the rules.",
    "BMSUserErrorPolicyObjectInUse": "Give the items of this policy another one first.",
    "BMSUserErrorInvalidConfigureProtectionRequest": "Check that the VM's id is right and the VM still exists.",
    "UserErrorGuestAgentStatusUnavailable": "The VM agent does not report: check that it is installed and running and reaches 168.63.129.16.",
    "UserErrorBackupOperationInProgress": "Another backup job of this VM is running: wait for it and run it again.",
    "UserErrorVmProvisioningStateFailed": "The VM's provisioning state is Failed: reapply it (az vm reapply) and run it again.",
    "SecurityRuleConflict": "Choose another priority, or leave priority out and a free one is taken.",
    "VMAgentStatusCommunicationError": "The VM agent does not report: check that it is installed, running and up to date.",
    "EndpointUnreachable": "Check the network path from the machine that runs the module.",
}

_FORBIDDEN = re.compile(r"perform action '(?P<action>[^']+)' over scope '(?P<scope>[^']+)'")


def hint(code: str | None, message: str, status: int | None = None) -> str | None:
    """What to do about an error, None when there is nothing better to say than Azure did."""
    forbidden = _FORBIDDEN.search(message)
    if forbidden:
        return f"The principal needs a role with the action {forbidden['action']} on {forbidden['scope']}."
    for known, text in HINTS.items():
        if code == known or (known.startswith("AADSTS") and known in message):
            return text
    if code and "ResourceGuard" in message:
        return "The vault is under multi-user authorization: the operation needs an approval of its Resource Guard."
    if status == 403:
        return "The principal lacks a role for this: Backup Contributor on the vault, Virtual Machine Contributor on the VM."
    if status == 429:
        return "Azure is throttling this subscription: run it again later."
    if status is not None and status >= 500:
        return "Azure itself failed; run it again in a few minutes."
    return None
