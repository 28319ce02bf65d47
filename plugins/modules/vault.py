#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vault
short_description: Manage Recovery Services vaults
version_added: 1.0.0
description:
  - Creates, changes and deletes a Recovery Services vault, the Azure resource that keeps the backups of virtual machines.
  - A vault protects only virtual machines in its region.
  - An existing vault is changed by PATCHes of the settings that differ, in the order that Azure takes them, and read again until it shows them.
    Settings that no option names are left alone.
  - Irreversible settings require O(accept_irreversible=true). What the vault's state does not allow is refused before anything is written.
  - A vault that still holds anything is deleted only with O(purge) and O(accept_data_loss).
  - Azure fixes the storage redundancy once anything has been protected in the vault, so a new vault is created with the one that is asked for.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.wait
  - safeharbor.azure_backup.guard
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.changes
requirements:
  - azure-mgmt-recoveryservices >= 4.3.0
  - azure-mgmt-recoveryservicesbackup >= 11.2.0
  - azure-mgmt-resource >= 26.0.0
options:
  name:
    description:
      - The vault's name, 2 to 50 letters, digits and hyphens, the first one a letter.
    type: str
    required: true
  resource_group:
    description:
      - The vault's resource group.
    type: str
    required: true
  state:
    description:
      - V(present) makes sure that the vault exists with the settings given.
      - V(absent) makes sure that it does not. While the vault holds anything this is refused with a list of it, unless O(purge) is set.
      - A deleted vault whose items were soft-deleted can be undeleted with O(undelete) until their retention ends.
    type: str
    choices: [present, absent]
    default: present
  location:
    description:
      - The vault's region, for example V(westeurope) or V(West Europe). It must be that of the virtual machines to protect.
      - Needed to create the vault. A vault cannot be moved to another region.
    type: str
  sku:
    description:
      - The SKU to create the vault with. Both names mean the same one.
    type: str
    choices: [Standard, RS0]
  tags:
    description:
      - Tags of the vault.
    type: dict
  append_tags:
    description:
      - Whether tags that the vault has and O(tags) does not name are kept.
      - V(false) makes the vault's tags just O(tags).
    type: bool
    default: true
  identity:
    description:
      - The managed identities of the vault.
      - An identity is not taken away from a vault that has more than is asked for, except all of them with V(none).
    type: str
    choices: [none, system_assigned, user_assigned, system_assigned_user_assigned]
  user_assigned_identities:
    description:
      - Ids of user-assigned identities to give to the vault. Those it has already are kept.
    type: list
    elements: str
  public_network_access:
    description:
      - Whether the vault is reached from public networks. V(Disabled) leaves its private endpoints as the only way.
      - The backup of virtual machines needs neither.
    type: str
    choices: [Enabled, Disabled]
  cross_subscription_restore:
    description:
      - Whether backups can be restored to other subscriptions. V(PermanentlyDisabled) is for good and needs O(accept_irreversible=true).
    type: str
    choices: [Enabled, Disabled, PermanentlyDisabled]
  soft_delete:
    description:
      - V(Enabled) keeps deleted backup data for O(soft_delete_retention_days). V(AlwaysON) does so for good and needs O(accept_irreversible=true).
      - Azure no longer lets soft delete be turned off, so V(Disabled) is taken only for a vault where it is off already.
    type: str
    choices: [Enabled, Disabled, AlwaysON]
  soft_delete_retention_days:
    description:
      - How many days deleted backup data can be undeleted, 14 to 180. More than 14 are charged.
    type: int
  immutability:
    description:
      - V(Unlocked) forbids to delete backups before their time and to shorten retention, until it is V(Disabled) again.
      - V(Locked) forbids it for good and needs O(accept_irreversible=true). A vault is always V(Unlocked) first, which the module sees to.
    type: str
    choices: [Disabled, Unlocked, Locked]
  encryption:
    description:
      - Encrypts the backups with a customer-managed key. It can be set only while nothing has ever been protected in the vault and before cross-region
        restore, and it is for good, so that the first time needs O(accept_irreversible=true).
      - The key may be replaced later, and the identity that opens it.
    type: dict
    suboptions:
      key_uri:
        description:
          - The key, C(https://NAME.vault.azure.net/keys/KEY) with or without a version. Without one the vault follows the key's newest version.
        type: str
        required: true
      identity:
        description:
          - V(system_assigned), or the id of one of the vault's user-assigned identities. It needs rights on the key beforehand, so that a new vault
            that is to use its system-assigned identity is created without a key first.
          - Left as it is when not set; V(system_assigned) for the first key.
        type: str
      infrastructure_encryption:
        description:
          - Whether the data is encrypted twice. Fixed with the first key; V(false) then unless set.
        type: bool
  redundancy:
    description:
      - The storage redundancy. V(LRS), V(ZRS) and V(GRS) are short for the long names. Azure creates vaults as V(GeoRedundant) unless it is set.
      - It cannot be changed once anything has been protected in the vault. That is refused, and the message says how to move to another vault instead.
    type: str
    choices: [LocallyRedundant, ZoneRedundant, GeoRedundant, LRS, ZRS, GRS]
  cross_region_restore:
    description:
      - Whether backups can be restored in the paired region. Needs V(GeoRedundant).
      - It cannot be turned off again once anything is protected, so turning it on needs O(accept_irreversible=true).
    type: bool
  job_failure_alerts:
    description:
      - Whether Azure Monitor alerts report failed jobs.
    type: bool
  replication_issue_alerts:
    description:
      - Whether Azure Monitor alerts report replication issues of Site Recovery.
    type: bool
  failover_issue_alerts:
    description:
      - Whether Azure Monitor alerts report failover issues of Site Recovery.
    type: bool
  classic_alerts:
    description:
      - Whether classic alerts report critical operations. Microsoft recommends to turn them off in favour of Azure Monitor alerts.
    type: bool
  site_recovery_emails:
    description:
      - Whether classic e-mail notifications of Site Recovery are sent.
    type: bool
  resource_guard:
    description:
      - The id of the Resource Guard that must approve critical operations of the vault (multi-user authorization).
      - An empty text takes the vault from its guard, which itself is a critical operation, as is giving it another one.
    type: str
  accept_irreversible:
    description:
      - Consent to an irreversible setting.
    type: bool
    default: false
  create_resource_group:
    description:
      - Whether to create the resource group, in O(location), when there is none of that name.
      - Off by default, so that a misspelled name is an error and not a new group.
    type: bool
    default: false
  undelete:
    description:
      - Whether to undelete the vault of this name that was deleted last, with what it held, instead of creating an empty one.
      - When there is none, a new vault is created. M(safeharbor.azure_backup.deleted_vault_info) shows which there are.
    type: bool
    default: false
  purge:
    description:
      - With O(state=absent), delete everything that the vault holds, and then the vault. RV(steps) lists each step, in check mode too.
      - Protection is stopped and the backup data deleted, servers and containers are unregistered, private endpoint connections removed.
        Where soft delete is on, the backup data of virtual machines is soft-deleted and is deleted with the vault.
      - Immutability, locks, replicated items and missing approvals of a Resource Guard are reported before anything is deleted.
      - When a step fails the vault stays, and the next run resumes with what is left.
    type: bool
    default: false
  accept_data_loss:
    description:
      - Consent to the deletion of backups that O(purge) means.
    type: bool
    default: false
seealso:
  - module: safeharbor.azure_backup.vault_info
  - module: safeharbor.azure_backup.deleted_vault_info
  - name: Create and configure a Recovery Services vault
    description: Microsoft's guide to the portal.
    link: https://learn.microsoft.com/azure/backup/backup-create-recovery-services-vault
  - name: Delete a Recovery Services vault
    description: What Microsoft's guide lists as keeping a vault.
    link: https://learn.microsoft.com/azure/backup/backup-azure-delete-vault
"""

EXAMPLES = r"""
- name: Create the vault for the VMs of West Europe
  safeharbor.azure_backup.vault:
    name: vault-westeurope
    resource_group: backup
    location: westeurope
    tags:
      owner: platform
    create_resource_group: true

- name: Create a vault that keeps its backups in one region, at the lowest price
  safeharbor.azure_backup.vault:
    name: vault-test
    resource_group: backup
    location: westeurope
    redundancy: LocallyRedundant

- name: Allow restores in the paired region, for good
  safeharbor.azure_backup.vault:
    name: vault-westeurope
    resource_group: backup
    redundancy: GeoRedundant
    cross_region_restore: true
    accept_irreversible: true

- name: Keep deleted backups for a month, and report failed jobs through Azure Monitor only
  safeharbor.azure_backup.vault:
    name: vault-westeurope
    resource_group: backup
    soft_delete: Enabled
    soft_delete_retention_days: 30
    job_failure_alerts: true
    classic_alerts: false

- name: Make the vault immutable, with a way back
  safeharbor.azure_backup.vault:
    name: vault-westeurope
    resource_group: backup
    immutability: Unlocked

- name: Encrypt a new vault with a customer-managed key
  safeharbor.azure_backup.vault:
    name: vault-westeurope
    resource_group: backup
    location: westeurope
    identity: user_assigned
    user_assigned_identities: ["{{ backup_identity_id }}"]
    encryption:
      key_uri: https://keys.vault.azure.net/keys/backup
      identity: "{{ backup_identity_id }}"
    accept_irreversible: true

- name: Let a Resource Guard approve critical operations
  safeharbor.azure_backup.vault:
    name: vault-westeurope
    resource_group: backup
    resource_guard: "{{ guard_id }}"

- name: Remove the vault once it is empty
  safeharbor.azure_backup.vault:
    name: vault-westeurope
    resource_group: backup
    state: absent

- name: See what it would take to delete a vault with all its backups
  safeharbor.azure_backup.vault:
    name: vault-test
    resource_group: backup
    state: absent
    purge: true
    accept_data_loss: true
  check_mode: true

- name: Bring a deleted vault back
  safeharbor.azure_backup.vault:
    name: vault-westeurope
    resource_group: backup
    location: westeurope
    undelete: true
"""

RETURN = r"""
vault:
  description:
    - The vault as it is, or in check mode as it would be. Empty when it is absent.
    - What Azure decides when it makes a vault is null in the prediction of a new one.
  returned: success
  type: dict
  sample:
    id: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/vault-westeurope
    name: vault-westeurope
    resource_group: backup
    location: westeurope
    sku: Standard
    tags: {owner: platform}
    identity: none
    user_assigned_identities: []
    principal_id: null
    provisioning_state: Succeeded
    public_network_access: Enabled
    private_endpoints: 0
    redundancy: GeoRedundant
    cross_region_restore: false
    cross_subscription_restore: Enabled
    soft_delete: Enabled
    soft_delete_retention_days: 14
    immutability: Disabled
    multi_user_authorization: Disabled
    encryption: null
    job_failure_alerts: true
    replication_issue_alerts: true
    failover_issue_alerts: true
    classic_alerts: false
    site_recovery_emails: false
    secure_score: None
    security_level: Poor
    backup_storage_version: Unassigned
    move_state: null
    upgrade: null
  contains:
    id:
      description: The vault's resource id.
      type: str
      returned: always
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/vault-westeurope
    name:
      description: The vault's name.
      type: str
      returned: always
      sample: vault-westeurope
    resource_group:
      description: The vault's resource group.
      type: str
      returned: always
      sample: backup
    location:
      description: The vault's region, in lower case without spaces.
      type: str
      returned: always
      sample: westeurope
    sku:
      description: The vault's SKU; V(RS0) is shown as V(Standard).
      type: str
      returned: always
      sample: Standard
    tags:
      description: The vault's tags.
      type: dict
      returned: always
      sample: {owner: platform}
    identity:
      description: The kind of managed identities, in the words of the module M(safeharbor.azure_backup.vault).
      type: str
      returned: always
      sample: none
    user_assigned_identities:
      description: Ids of the user-assigned identities, in lower case.
      type: list
      elements: str
      returned: always
      sample: []
    principal_id:
      description: The object id of the system-assigned identity.
      type: str
      returned: always
      sample: null
    provisioning_state:
      description: V(Succeeded), or what Azure is doing with the vault.
      type: str
      returned: always
      sample: Succeeded
    public_network_access:
      description: "V(Enabled) or V(Disabled): whether the vault is reached from public networks."
      type: str
      returned: always
      sample: Enabled
    private_endpoints:
      description: How many private endpoint connections the vault has.
      type: int
      returned: always
      sample: 0
    redundancy:
      description: The storage redundancy.
      type: str
      returned: always
      sample: GeoRedundant
    cross_region_restore:
      description: Whether backups can be restored in the paired region.
      type: bool
      returned: always
      sample: false
    cross_subscription_restore:
      description: "V(Enabled), V(Disabled) or V(PermanentlyDisabled): whether backups can be restored to other subscriptions."
      type: str
      returned: always
      sample: Enabled
    soft_delete:
      description: V(Enabled), V(Disabled) or V(AlwaysON).
      type: str
      returned: always
      sample: Enabled
    soft_delete_retention_days:
      description: How many days deleted backup data can be undeleted.
      type: int
      returned: always
      sample: 14
    immutability:
      description: V(Disabled), V(Unlocked) or V(Locked).
      type: str
      returned: always
      sample: Disabled
    multi_user_authorization:
      description: V(Enabled) when a Resource Guard must approve critical operations.
      type: str
      returned: always
      sample: Disabled
    encryption:
      description: The customer-managed key, null when Microsoft's own keys are used.
      type: dict
      returned: always
      sample: null
      contains:
        key_uri:
          description: The key, in lower case.
          type: str
          returned: always
          sample: https://keys.vault.azure.net/keys/backup
        identity:
          description: V(system_assigned), or the id of the user-assigned identity that opens the key, in lower case.
          type: str
          returned: always
          sample: system_assigned
        infrastructure_encryption:
          description: Whether the data is encrypted twice.
          type: bool
          returned: always
          sample: false
    job_failure_alerts:
      description: Whether Azure Monitor alerts report failed jobs. Alert settings that nobody ever set are null.
      type: bool
      returned: always
      sample: true
    replication_issue_alerts:
      description: Whether Azure Monitor alerts report replication issues.
      type: bool
      returned: always
      sample: true
    failover_issue_alerts:
      description: Whether Azure Monitor alerts report failover issues.
      type: bool
      returned: always
      sample: true
    classic_alerts:
      description: Whether classic alerts report critical operations.
      type: bool
      returned: always
      sample: false
    site_recovery_emails:
      description: Whether classic e-mail notifications of Site Recovery are sent.
      type: bool
      returned: always
      sample: false
    secure_score:
      description: Azure's own rating of the vault's security settings, V(None), V(Minimum), V(Adequate) or V(Maximum).
      type: str
      returned: always
      sample: None
    security_level:
      description: Azure's own rating for business continuity, V(Poor), V(Fair), V(Good) or V(Excellent).
      type: str
      returned: always
      sample: Poor
    backup_storage_version:
      description: V(Unassigned) until something is protected.
      type: str
      returned: always
      sample: Unassigned
    move_state:
      description: How the last move of the vault to another group or subscription ended, null when there was none.
      type: str
      returned: always
      sample: null
    upgrade:
      description: The upgrade of a vault that was once a classic Backup vault, null for others.
      type: dict
      returned: always
      sample: null
      contains:
        status:
          description: V(Upgraded), V(InProgress), V(Failed) or V(Unknown).
          type: str
          returned: always
          sample: Upgraded
        message:
          description: What Azure says of it.
          type: str
          returned: always
          sample: ""
        trigger:
          description: V(UserTriggered) or V(ForcedUpgrade).
          type: str
          returned: always
          sample: UserTriggered
        started:
          description: When it began.
          type: str
          returned: always
          sample: "2017-11-20T08:00:00Z"
        ended:
          description: When it ended.
          type: str
          returned: always
          sample: "2017-11-20T08:10:00Z"
        previous_id:
          description: The id of the classic vault.
          type: str
          returned: always
          sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/backup/providers/Microsoft.Backup/BackupVault/old
        upgraded_id:
          description: The id of the vault that it became.
          type: str
          returned: always
          sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/vault-westeurope
steps:
  description: With O(state=absent), the steps that the deletion takes, in their order; also when one of them failed.
  returned: success or when a step failed
  type: list
  elements: dict
  sample:
    - step: delete_data
      what: "VM app/web-0001: stop protection and delete its backup data, soft-deleted for 14 days"
      status: done
      reason: null
    - step: delete_vault
      what: vault vault-test
      status: done
      reason: null
  contains:
    step:
      description:
        - V(delete_data), V(keep_soft_deleted), V(undelete), V(unregister), V(remove_private_endpoint_connection) or V(delete_vault).
      type: str
      returned: always
      sample: delete_data
    what:
      description: What the step is about.
      type: str
      returned: always
      sample: server backup01
    status:
      description: V(planned) in check mode, V(done), V(kept) for what needs no separate step, V(failed), or V(not_started) after a failure.
      type: str
      returned: always
      sample: done
    reason:
      description: Why the step failed.
      type: str
      returned: always
      sample: null
undeleted:
  description: Whether a deleted vault was undeleted, or in check mode would be.
  returned: success
  type: bool
  sample: false
resource_group_created:
  description: Whether the resource group was created, or in check mode would be.
  returned: success
  type: bool
  sample: false
provider_registered:
  description: Whether the provider Microsoft.RecoveryServices was registered in the subscription, or in check mode would be.
  returned: success
  type: bool
  sample: false
"""

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._resource_guard import rules
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import vault
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault.redundancy import CHOICES

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "resource_group": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "location": {"type": "str"},
    "sku": {"type": "str", "choices": ["Standard", "RS0"]},
    "tags": {"type": "dict"},
    "append_tags": {"type": "bool", "default": True},
    "identity": {"type": "str", "choices": ["none", "system_assigned", "user_assigned", "system_assigned_user_assigned"]},
    "user_assigned_identities": {"type": "list", "elements": "str"},
    "public_network_access": {"type": "str", "choices": ["Enabled", "Disabled"]},
    "cross_subscription_restore": {"type": "str", "choices": ["Enabled", "Disabled", "PermanentlyDisabled"]},
    "soft_delete": {"type": "str", "choices": ["Enabled", "Disabled", "AlwaysON"]},
    "soft_delete_retention_days": {"type": "int"},
    "immutability": {"type": "str", "choices": ["Disabled", "Unlocked", "Locked"]},
    "encryption": {
        "type": "dict",
        "options": {
            "key_uri": {"type": "str", "required": True, "no_log": False},
            "identity": {"type": "str"},
            "infrastructure_encryption": {"type": "bool"},
        },
    },
    "redundancy": {"type": "str", "choices": list(CHOICES)},
    "cross_region_restore": {"type": "bool"},
    "job_failure_alerts": {"type": "bool"},
    "replication_issue_alerts": {"type": "bool"},
    "failover_issue_alerts": {"type": "bool"},
    "classic_alerts": {"type": "bool"},
    "site_recovery_emails": {"type": "bool"},
    "resource_guard": {"type": "str"},
    "accept_irreversible": {"type": "bool", "default": False},
    "create_resource_group": {"type": "bool", "default": False},
    "undelete": {"type": "bool", "default": False},
    "purge": {"type": "bool", "default": False},
    "accept_data_loss": {"type": "bool", "default": False},
    **rules.ARGUMENTS,
}


def main() -> None:
    run_module(vault.ensure, ARGUMENTS, check=vault.check, wait=True)


if __name__ == "__main__":
    main()
