#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: deleted_vault_info
short_description: Show deleted Recovery Services vaults
version_added: 1.0.0
description:
  - Shows the vaults that were deleted and can still be undeleted with what they held, by M(safeharbor.azure_backup.vault) with its option C(undelete).
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.reads
requirements:
  - azure-mgmt-recoveryservices >= 4.3.0
  - azure-mgmt-resource >= 26.0.0
options:
  location:
    description:
      - Only vaults of this region. Azure lists deleted vaults by region, so that without it every region is asked.
    type: str
  name:
    description:
      - Only vaults that had this name.
    type: str
  resource_group:
    description:
      - Only vaults that were in this resource group.
    type: str
seealso:
  - module: safeharbor.azure_backup.vault
"""

EXAMPLES = r"""
- name: List the vaults that can be undeleted in West Europe
  safeharbor.azure_backup.deleted_vault_info:
    location: westeurope
  register: found

- name: Say until when
  ansible.builtin.debug:
    msg: "{{ item.name }} goes for good at {{ item.purge_at }}"
  loop: "{{ found.deleted_vaults }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
deleted_vaults:
  description: The deleted vaults, by the id that they had and the time of their deletion. Empty when there is none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/vault-westeurope
      name: vault-westeurope
      resource_group: backup
      location: westeurope
      deleted_name: backup_6f1c7f3c-5a0b-4f6e-9a51-6d2ad0a4c6a5
      deleted_at: "2026-03-01T08:00:00Z"
      purge_at: "2026-03-15T08:00:00Z"
  contains:
    id:
      description: The id that the vault had.
      type: str
      returned: always
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/vault-westeurope
    name:
      description: The name that the vault had.
      type: str
      returned: always
      sample: vault-westeurope
    resource_group:
      description: The resource group that it was in.
      type: str
      returned: always
      sample: backup
    location:
      description: The vault's region.
      type: str
      returned: always
      sample: westeurope
    deleted_name:
      description: Azure's name of the deleted vault.
      type: str
      returned: always
      sample: backup_6f1c7f3c-5a0b-4f6e-9a51-6d2ad0a4c6a5
    deleted_at:
      description: When it was deleted.
      type: str
      returned: always
      sample: "2026-03-01T08:00:00Z"
    purge_at:
      description: When it goes for good.
      type: str
      returned: always
      sample: "2026-03-15T08:00:00Z"
"""

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import deleted_info

ARGUMENTS = {
    "location": {"type": "str"},
    "name": {"type": "str"},
    "resource_group": {"type": "str"},
}


def main() -> None:
    run_module(deleted_info.info, ARGUMENTS, check=deleted_info.check)


if __name__ == "__main__":
    main()
