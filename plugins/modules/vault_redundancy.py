#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_redundancy
short_description: Set the storage redundancy of a Recovery Services vault
version_added: 1.0.0
description:
  - Sets how a vault's backups are replicated, and whether they can be restored in the paired region.
  - Azure fixes the redundancy once anything has been protected in the vault. The module checks that before it writes, and says how to move instead.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.wait
  - safeharbor.azure_backup.assume_created
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.changes
requirements:
  - azure-mgmt-recoveryservices >= 4.0.0
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
options:
  vault_name:
    description:
      - The vault's name.
    type: str
    required: true
  resource_group:
    description:
      - The vault's resource group.
    type: str
    required: true
  redundancy:
    description:
      - The storage redundancy. V(LRS), V(ZRS) and V(GRS) are short for the long names.
      - A new vault is V(GeoRedundant).
    type: str
    choices: [LocallyRedundant, ZoneRedundant, GeoRedundant, LRS, ZRS, GRS]
  cross_region_restore:
    description:
      - Whether backups can be restored in the paired region. Needs O(redundancy=GeoRedundant).
      - It cannot be turned off again once anything is protected, so turning it on needs O(accept_irreversible=true).
    type: bool
  accept_irreversible:
    description:
      - Consent to a setting that cannot be taken back.
    type: bool
    default: false
seealso:
  - module: safeharbor.azure_backup.vault
  - name: Set storage redundancy
    description: Microsoft's guide to vault redundancy.
    link: https://learn.microsoft.com/azure/backup/backup-create-recovery-services-vault
"""

EXAMPLES = r"""
- name: Keep the backups in one region, at the lowest price
  safeharbor.azure_backup.vault_redundancy:
    vault_name: vault-westeurope
    resource_group: backup
    redundancy: LocallyRedundant

- name: Allow restores in the paired region, for good
  safeharbor.azure_backup.vault_redundancy:
    vault_name: vault-westeurope
    resource_group: backup
    redundancy: GeoRedundant
    cross_region_restore: true
    accept_irreversible: true
"""

RETURN = r"""
redundancy:
  description: The redundancy as it is, or in check mode as it would be.
  returned: success
  type: str
  sample: LocallyRedundant
cross_region_restore:
  description: Whether backups can be restored in the paired region.
  returned: success
  type: bool
  sample: false
locked:
  description: Whether Azure has fixed the redundancy because the vault is in use.
  returned: success
  type: bool
  sample: false
vault_id:
  description: The vault's resource id.
  returned: success
  type: str
  sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/vault-westeurope
"""

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import storage

ARGUMENTS = {
    "vault_name": {"type": "str", "required": True},
    "resource_group": {"type": "str", "required": True},
    "redundancy": {"type": "str", "choices": ["LocallyRedundant", "ZoneRedundant", "GeoRedundant", "LRS", "ZRS", "GRS"]},
    "cross_region_restore": {"type": "bool"},
    "accept_irreversible": {"type": "bool", "default": False},
    "assume_created": {"type": "bool", "default": False},
}


def main() -> None:
    run_module(storage.ensure, ARGUMENTS, check=storage.check, wait=True)


if __name__ == "__main__":
    main()
