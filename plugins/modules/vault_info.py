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
  - azure-mgmt-recoveryservices >= 4.0.0
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
seealso:
  - module: safeharbor.azure_backup.vault
"""

EXAMPLES = r"""
- name: All vaults of the subscription
  safeharbor.azure_backup.vault_info:
  register: found

- name: One vault
  safeharbor.azure_backup.vault_info:
    name: vault-westeurope
    resource_group: backup
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
      description: The kind of managed identities, in the words of the module vault.
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
"""

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._tasks import vault

ARGUMENTS = {
    "name": {"type": "str"},
    "resource_group": {"type": "str"},
    "location": {"type": "str"},
}


def main() -> None:
    run_module(vault.info, ARGUMENTS, check=vault.check_info, required_by={"name": ["resource_group"]})


if __name__ == "__main__":
    main()
