#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_upgrade
short_description: Upgrade a classic Backup vault to a Recovery Services vault
version_added: 1.0.0
description:
  - Upgrades a Backup vault of the classic service (Azure Service Management) to a Recovery Services vault, as Microsoft's script
    C(RecoveryServicesVaultUpgrade.ps1) did. Items, policies, registered servers and recovery points are carried over, and backups continue meanwhile.
  - Azure itself has retired the classic service and has upgraded all vaults. There the module ends with an error that says so, unless the vault
    is an upgraded one, which is fine. Against a service that speaks the classic protocol, as the role P(safeharbor.azure_backup.simulator#role) does,
    it does the whole of it. For what vaults need today see the role P(safeharbor.azure_backup.vault_upgrade#role).
  - All unmet prerequisites are reported together, before anything is written. The upgrade is irreversible, so O(accept_irreversible) must be set.
  - An upgrade that is under way is waited for and not started again. One that failed is started again only when O(retry_operation) names it.
  - While a vault is upgraded Azure takes no management operations of it. It is 15 to 20 minutes for most, up to 90 for large ones.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.changes
requirements:
  - azure-mgmt-recoveryservices >= 4.0.0
  - azure-mgmt-resource >= 26.0.0
options:
  vault_name:
    description:
      - The name of the Backup vault, which the Recovery Services vault keeps.
    type: str
    required: true
  resource_group:
    description:
      - The resource group of the Recovery Services vault.
    type: str
    required: true
  location:
    description:
      - The region of the Backup vault. Needed when there are vaults of this name in several regions.
    type: str
  create_resource_group:
    description:
      - Create O(resource_group), in the region of the vault, when none of that name exists. Without it a misspelled name is an error and not a new group.
    type: bool
    default: false
  accept_irreversible:
    description:
      - Consent to the upgrade, which is irreversible.
    type: bool
    default: false
  convert_billing:
    description:
      - Consent to the conversion from the storage-based billing model, which Recovery Services vaults do not have, to the instance-based one.
    type: bool
    default: false
  accept_warnings:
    description:
      - Codes of other warnings of the prerequisites that you have read and accept.
    type: list
    elements: str
  unregister_servers:
    description:
      - Names of servers that do not exist any more, to be unregistered from the Backup vault before the upgrade. B(Their backups are deleted with them.)
      - Needed where such a server keeps the upgrade from starting, because its agent is too old and can no longer be updated. When its backups
        must be kept, the vault cannot be upgraded.
    type: list
    elements: str
  retry_operation:
    description:
      - The operation id of a failed upgrade of this vault that is to be started again. Microsoft asks to do so only when its support has said so.
    type: str
  wait:
    description:
      - Whether to wait for the end of the upgrade. When V(false), the module returns as soon as it has begun.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for the end, in seconds. When it expires the module fails and the upgrade continues; the next run continues to wait.
    type: int
    default: 6000
  classic_url:
    description:
      - The URL of the classic service. If not set, that of the Resource Manager.
      - If not set, the environment variable E(AZURE_CLASSIC_URL) is used.
    type: str
seealso:
  - module: safeharbor.azure_backup.vault_upgrade_info
  - name: Upgrade a Backup vault to a Recovery Services vault
    description: Microsoft's guide of that time.
    link: https://github.com/MicrosoftDocs/azure-docs/blob/main/articles/backup/backup-azure-upgrade-backup-to-recovery-services.md
  - name: Azure Backup agent
    description: Where the MARS agent comes from.
    link: https://learn.microsoft.com/azure/backup/install-mars-agent
"""

EXAMPLES = r"""
- name: Upgrade a Backup vault and wait for it
  safeharbor.azure_backup.vault_upgrade:
    vault_name: TestVault
    resource_group: ContosoRG
    location: Australia East
    accept_irreversible: true
    convert_billing: true

- name: Exclude a decommissioned server, with its backups, and create the resource group
  safeharbor.azure_backup.vault_upgrade:
    vault_name: TestVault
    resource_group: ContosoRG
    create_resource_group: true
    unregister_servers: [oldserver.contoso.com]
    accept_irreversible: true

- name: Try once more, as Microsoft's support has asked
  safeharbor.azure_backup.vault_upgrade:
    vault_name: TestVault
    resource_group: ContosoRG
    accept_irreversible: true
    retry_operation: 82853727-aea6-41c0-b599-56b2b19c133a
"""

RETURN = r"""
upgrade:
  description: How the upgrade stands, or in check mode would. Also returned when it failed.
  returned: always
  type: dict
  contains:
    vault_id:
      description: The id of the Recovery Services vault.
      type: str
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/ContosoRG/providers/Microsoft.RecoveryServices/vaults/TestVault
    status:
      description: V(classic) before it has begun, V(in_progress), V(upgraded) or V(failed).
      type: str
      sample: upgraded
    operation_id:
      description: What Microsoft's support asks for.
      type: str
      sample: 82853727-aea6-41c0-b599-56b2b19c133a
    trigger:
      description: Whether it was started by a V(user) or V(forced) by Microsoft.
      type: str
      sample: user
    message:
      description: What Azure says to it.
      type: str
      sample: null
    started:
      description: When it began, in UTC.
      type: str
      sample: "2017-03-23T12:18:17.1748310Z"
    updated:
      description: When Azure last noted how it stands.
      type: str
      sample: "2017-03-23T12:35:02.0000000Z"
    ended:
      description: When it ended.
      type: str
      sample: "2017-03-23T12:35:02.0000000Z"
    elapsed_seconds:
      description: How long it took, or has taken so far.
      type: int
      sample: 1004
    previous_vault_id:
      description: What the vault was.
      type: str
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/RecoveryServices-X-West-US/providers/Microsoft.Backup/BackupVault/TestVault
prerequisites:
  description: What the service's own check had to say, before the upgrade was started.
  returned: success
  type: list
  elements: dict
  contains:
    severity:
      description: V(error) or V(warning).
      type: str
      sample: warning
    category:
      description: What it is about.
      type: str
      sample: BillingModel
    code:
      description: The service's code.
      type: str
      sample: StorageBasedBillingModel
    message:
      description: The message, a table in one line.
      type: str
      sample: The vault uses the storage-based billing model.
    rows:
      description: The message's table, a list of cells for each row.
      type: list
      elements: list
      sample: []
    recommended_action:
      description: What the service advises.
      type: str
      sample: Continue to let the upgrade convert the vault.
resource_group_created:
  description: Whether the resource group was created, or in check mode would be.
  returned: success
  type: bool
  sample: false
provider_registered:
  description: Whether C(Microsoft.RecoveryServices) was registered, or in check mode would be.
  returned: success
  type: bool
  sample: false
servers_unregistered:
  description: The servers that were unregistered, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: [oldserver.contoso.com]
"""

from ansible.module_utils.basic import env_fallback
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._upgrade import upgrade

ARGUMENTS = {
    "vault_name": {"type": "str", "required": True},
    "resource_group": {"type": "str", "required": True},
    "location": {"type": "str"},
    "create_resource_group": {"type": "bool", "default": False},
    "accept_irreversible": {"type": "bool", "default": False},
    "convert_billing": {"type": "bool", "default": False},
    "accept_warnings": {"type": "list", "elements": "str"},
    "unregister_servers": {"type": "list", "elements": "str"},
    "retry_operation": {"type": "str"},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 6000},
    "classic_url": {"type": "str", "fallback": (env_fallback, ["AZURE_CLASSIC_URL"])},
}


def main() -> None:
    run_module(upgrade.ensure, ARGUMENTS, check=upgrade.check)


if __name__ == "__main__":
    main()
