#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_info
short_description: Show Recovery Services vaults
version_added: 1.0.0
description:
  - Shows one vault, the vaults of a resource group, or all vaults of the subscription, with redundancy and security settings.
  - Azure's lists leave these settings out, so each vault of a list is read once more.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.reads
requirements:
  - azure-mgmt-recoveryservices >= 4.3.0
  - azure-mgmt-recoveryservicesbackup >= 11.2.0
options:
  name:
    description:
      - Only this vault. Needs O(resource_group).
    type: str
  resource_group:
    description:
      - Only the vaults of this resource group.
    type: str
  location:
    description:
      - Only vaults of this region.
    type: str
  details:
    description:
      - Whether to show also RV(vaults[].usage) and RV(vaults[].resource_guard), which takes up to two more reads for each vault.
    type: bool
    default: false
seealso:
  - module: safeharbor.azure_backup.vault
  - module: safeharbor.azure_backup.deleted_vault_info
"""

EXAMPLES = r"""
- name: All vaults of the subscription
  safeharbor.azure_backup.vault_info:
  register: found

- name: One vault, with its usage
  safeharbor.azure_backup.vault_info:
    name: vault-westeurope
    resource_group: backup
    details: true
  register: found

- name: Fail when a vault can lose backups to one person
  ansible.builtin.assert:
    that:
      - item.soft_delete != 'Disabled'
      - item.multi_user_authorization == 'Enabled' or item.immutability == 'Locked'
  loop: "{{ found.vaults }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
vaults:
  description: The vaults, by id. Empty when there is none.
  returned: success
  type: list
  elements: dict
  sample:
    - name: vault-westeurope
      resource_group: backup
      location: westeurope
      redundancy: GeoRedundant
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
    usage:
      description: How much of the vault's limits is used.
      type: list
      elements: dict
      returned: with O(details=true)
      sample:
        - name: AzureIaasVM
          title: Azure virtual machines
          current: 12
          limit: 1000
          unit: Count
      contains:
        name:
          description: Azure's name of what is counted.
          type: str
          returned: always
          sample: AzureIaasVM
        title:
          description: The same for readers.
          type: str
          returned: always
          sample: Azure virtual machines
        current:
          description: How many there are.
          type: int
          returned: always
          sample: 12
        limit:
          description: How many there can be, V(-1) for no limit.
          type: int
          returned: always
          sample: 1000
        unit:
          description: What they are counted in.
          type: str
          returned: always
          sample: Count
    resource_guard:
      description: The id of the Resource Guard that must approve critical operations, null when there is none.
      type: str
      returned: with O(details=true)
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/security/providers/Microsoft.DataProtection/resourceGuards/guard
"""

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import info

ARGUMENTS = {
    "name": {"type": "str"},
    "resource_group": {"type": "str"},
    "location": {"type": "str"},
    "details": {"type": "bool", "default": False},
}


def main() -> None:
    run_module(info.info, ARGUMENTS, check=info.check, required_by={"name": ["resource_group"]})


if __name__ == "__main__":
    main()
