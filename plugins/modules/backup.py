#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup
short_description: Back up many Azure VMs now
version_added: 1.0.0
description:
  - Asks Azure Backup for a backup of each of any number of protected virtual machines, besides those that their policy makes.
  - Without O(wait) the task is done when Azure has begun the backups. With it all jobs are waited for together, by lists of the vault,
    and the task fails when one of them does, with its error, what Azure recommends, and how far it came.
  - A VM whose backup is running already is not asked for another. So an interrupted task is resumed by running it again.
  - A request is never sent twice for a VM. If the response is lost, the vault's jobs show whether Azure accepted it.
  - Azure makes nine backups a day of a VM on request at most.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.parallel
  - safeharbor.azure_backup.selection
  - safeharbor.azure_backup.assume_created
  - safeharbor.azure_backup.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - Backing up is an action. While a backup of a VM runs, another run begins none.
      - With O(older_than_hours) a run begins none either for VMs that have a backup that is young enough.
  action_group:
    support: full
    membership: [safeharbor.azure_backup.azure]
requirements:
  - azure-mgmt-recoveryservices >= 4.0.0
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
  - azure-mgmt-compute >= 34.0.0
options:
  vault_name:
    description:
      - The vault that protects the VMs.
    type: str
    required: true
  resource_group:
    description:
      - The vault's resource group. The groups of the VMs are another thing, see O(resource_groups).
    type: str
    required: true
  retain_days:
    description:
      - How many days the recovery point is kept, 1 to 36135. The policy's retention does not count for it.
    type: int
    default: 30
  retain_until:
    description:
      - Until when the recovery point is kept, in ISO 8601, for example V(2027-01-31T00:00:00Z), in place of O(retain_days).
    type: str
  older_than_hours:
    description:
      - Back up only VMs whose latest recovery point is older than so many hours, or that have none.
    type: int
  wait:
    description:
      - Wait until the backups are done, also those that were running already.
      - A backup takes from half an hour to many hours. M(safeharbor.azure_backup.job_info) waits too, in a separate task.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long to wait, in seconds. When it expires, the VMs whose backup is not complete count as failed, and their backups continue in Azure.
    type: int
    default: 14400
seealso:
  - module: safeharbor.azure_backup.job_info
  - module: safeharbor.azure_backup.job_cancel
  - module: safeharbor.azure_backup.protection
  - module: safeharbor.azure_backup.protection_info
"""

EXAMPLES = r"""
- name: Back up two VMs before they are updated, and continue when the backups are complete
  safeharbor.azure_backup.backup:
    vault_name: vault-westeurope
    resource_group: backup
    vms: [app/web-0001, app/web-0002]
    retain_days: 14
    older_than_hours: 12
    wait: true

- name: Begin a backup of every production VM that the vault protects
  safeharbor.azure_backup.backup:
    vault_name: vault-westeurope
    resource_group: backup
    tags:
      env: prod
"""

RETURN = r"""
vms:
  description: Each VM of the task, by id.
  returned: success and failure of single VMs
  type: list
  elements: dict
  sample:
    - vm: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0001
      name: web-0001
      changed: true
      status: changed
      reason: null
      job: 8e7e7257-68fc-4ab9-bbb2-672474f60115
      job_status: completed
      tasks: null
  contains:
    vm:
      description: The VM's resource id.
      type: str
      returned: always
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0001
    name: {description: The VM's name., type: str, returned: always, sample: web-0001}
    changed: {description: "Whether a backup was begun, or in check mode would be.", type: bool, returned: always, sample: true}
    status:
      description:
        - V(changed) is a VM whose backup was begun, V(unchanged) one that is being backed up already or needs no backup,
          V(skipped) one that the vault does not protect now.
        - V(failed) is one whose backup could not be begun, and with O(wait) one whose backup failed, was cancelled or is not done in time.
      type: str
      returned: always
      sample: changed
    reason:
      description: Why the VM was skipped, needs no backup, or failed.
      type: str
      returned: always
      sample: null
    job:
      description: The name of the job that backs it up, as far as it was seen.
      type: str
      returned: always
      sample: 8e7e7257-68fc-4ab9-bbb2-672474f60115
    job_status:
      description: Its status as it was seen last, in the words of M(safeharbor.azure_backup.job_info).
      type: str
      returned: always
      sample: completed
    tasks:
      description: The parts of a job that failed, as M(safeharbor.azure_backup.job_info) shows them, for the first 20 of such jobs; else null.
      type: list
      elements: dict
      returned: always
      sample: null
summary:
  description: How many VMs have which status.
  returned: success and failure of single VMs
  type: dict
  sample: {changed: 12, unchanged: 1, skipped: 3, failed: 0}
"""

from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._protection import backup
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vm import selection

ARGUMENTS: dict[str, dict[str, Any]] = {
    "vault_name": {"type": "str", "required": True},
    "resource_group": {"type": "str", "required": True},
    "retain_days": {"type": "int", "default": 30},
    "retain_until": {"type": "str"},
    "older_than_hours": {"type": "int"},
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 14400},
    "assume_created": {"type": "bool", "default": False},
}


def main() -> None:
    run_module(backup.ensure, {**selection.ARGUMENTS, **ARGUMENTS}, check=backup.check, parallel=True)


if __name__ == "__main__":
    main()
