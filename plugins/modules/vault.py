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
  - A vault protects virtual machines of its own region only.
  - An existing vault is changed by a PATCH of the settings that differ. Settings that no option names are left alone.
  - A vault that still holds protected items or registered servers is never deleted.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.wait
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.changes
requirements:
  - azure-mgmt-recoveryservices >= 4.0.0
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
  - azure-mgmt-resource >= 24.0.0
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
      - V(absent) makes sure that it does not. It is refused while the vault holds anything; backup data is never deleted by this module.
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
  create_resource_group:
    description:
      - Whether to create the resource group, in O(location), when there is none of that name.
      - Off by default, so that a misspelt name is an error and not a new group.
    type: bool
    default: false
seealso:
  - module: safeharbor.azure_backup.vault_info
  - module: safeharbor.azure_backup.vault_redundancy
  - name: Create and configure a Recovery Services vault
    description: Microsoft's guide to the portal.
    link: https://learn.microsoft.com/azure/backup/backup-create-recovery-services-vault
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

- name: Give the vault an identity of its own
  safeharbor.azure_backup.vault:
    name: vault-westeurope
    resource_group: backup
    identity: system_assigned

- name: Remove the vault once it is empty
  safeharbor.azure_backup.vault:
    name: vault-westeurope
    resource_group: backup
    state: absent
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
    redundancy: GeoRedundant
    cross_region_restore: false
    soft_delete: Enabled
    soft_delete_retention_days: 14
    immutability: null
    multi_user_authorization: Disabled
    public_network_access: Enabled
    secure_score: None
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
      description: The kind of managed identities, in the words of O(identity).
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
    soft_delete:
      description: V(Enabled), V(Disabled) or V(AlwaysON).
      type: str
      returned: always
      sample: Enabled
    soft_delete_retention_days:
      description: How many days deleted backup data can be brought back.
      type: int
      returned: always
      sample: 14
    immutability:
      description: V(Disabled), V(Unlocked) or V(Locked); null when it was never set.
      type: str
      returned: always
      sample: null
    multi_user_authorization:
      description: Whether a Resource Guard must approve critical operations.
      type: str
      returned: always
      sample: Disabled
    public_network_access:
      description: Whether the vault is reached from public networks.
      type: str
      returned: always
      sample: Enabled
    secure_score:
      description: Azure's own rating of the vault's security settings.
      type: str
      returned: always
      sample: None
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

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._tasks import vault

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
    "create_resource_group": {"type": "bool", "default": False},
}


def main() -> None:
    run_module(vault.ensure, ARGUMENTS, check=vault.check, wait=True)


if __name__ == "__main__":
    main()
