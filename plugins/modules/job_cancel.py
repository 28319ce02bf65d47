#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: job_cancel
short_description: Cancel running backups and restores of Azure VMs
version_added: 1.0.0
description:
  - Cancels jobs that are named, or the backups and restores that run for VMs that are named, and waits until they have ended.
  - A job that has ended, or is being cancelled, is left alone.
  - Azure cancels a backup as long as its snapshot is being taken. One that ends in another way first is not an error; the result says how it ended.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.changes
requirements:
  - azure-mgmt-recoveryservices >= 4.0.0
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
options:
  vault_name:
    description:
      - The vault of the jobs. Needs O(resource_group). Not needed where O(jobs) has ids only.
    type: str
  resource_group:
    description:
      - The vault's resource group.
    type: str
  jobs:
    description:
      - The jobs, each by its id, or by its name when O(vault_name) is set. One that does not exist is an error.
    type: list
    elements: str
  vms:
    description:
      - The VMs whose running jobs are cancelled, each by its id or as C(group/name).
    type: list
    elements: str
  operations:
    description:
      - Which running jobs of O(vms).
    type: list
    elements: str
    choices: [backup, restore]
    default: [backup]
  wait_timeout:
    description:
      - How long to wait for the jobs to end, in seconds.
    type: int
    default: 600
seealso:
  - module: safeharbor.azure_backup.backup
  - module: safeharbor.azure_backup.job_info
"""

EXAMPLES = r"""
- name: Stop the backup of a VM that must not be slowed down now
  safeharbor.azure_backup.job_cancel:
    vault_name: vault-westeurope
    resource_group: backup
    vms: [app/web-0001]
"""

RETURN = r"""
jobs:
  description: The jobs, newest first. Empty when nothing runs for the VMs.
  returned: success and failure of single jobs
  type: list
  elements: dict
  sample:
    - id: /subscriptions/…/vaults/vault-westeurope/backupJobs/8e7e7257-68fc-4ab9-bbb2-672474f60115
      name: 8e7e7257-68fc-4ab9-bbb2-672474f60115
      vm: app/web-0001
      operation: backup
      status: cancelled
      changed: true
      reason: null
  contains:
    changed: {description: "Whether it was cancelled, or in check mode would be.", type: bool, returned: always, sample: true}
    reason: {description: Why it was left alone or could not be cancelled., type: str, returned: always, sample: null}
    id:
      description: The job's resource id.
      type: str
      returned: always
      sample: /subscriptions/…/vaults/vault-westeurope/backupJobs/8e7e7257-68fc-4ab9-bbb2-672474f60115
    name: {description: The job's name., type: str, returned: always, sample: 8e7e7257-68fc-4ab9-bbb2-672474f60115}
    vault_name: {description: The vault's name., type: str, returned: always, sample: vault-westeurope}
    vault_resource_group: {description: The vault's resource group., type: str, returned: always, sample: backup}
    vm: {description: "The VM as C(group/name), which O(vms) takes.", type: str, returned: always, sample: app/web-0001}
    operation: {description: "What the job does, as in O(operations).", type: str, returned: always, sample: backup}
    status: {description: "As in M(safeharbor.azure_backup.job_info).", type: str, returned: always, sample: failed}
    start_time: {description: "When it began, UTC.", type: str, returned: always, sample: '2026-11-21T20:00:31.5Z'}
    end_time: {description: "When it ended, UTC; null while it runs.", type: str, returned: always, sample: '2026-11-21T21:03:11.1Z'}
    duration_seconds: {description: How long it has taken so far., type: float, returned: always, sample: 3759.6}
    user_triggered: {description: "Whether it was asked for and not scheduled; null where Azure does not say.", type: bool, returned: always, sample: true}
    progress_percent: {description: "How far it is; null where Azure does not say.", type: float, returned: always, sample: null}
    error:
      description: Why it failed, or what it warns of; null when there is nothing.
      type: dict
      returned: always
      sample:
        code: UserErrorGuestAgentStatusUnavailable
        number: 400239
        message: Azure Backup could not communicate with the VM agent.
        recommendations: [Ensure that the VM agent is running and up to date.]
      contains:
        code: {description: "Azure's name of the error, or its number.", type: str, returned: always, sample: UserErrorGuestAgentStatusUnavailable}
        number: {description: Azure's number of the error., type: int, returned: always, sample: 400239}
        message: {description: Azure's text., type: str, returned: always, sample: Azure Backup could not communicate with the VM agent.}
        recommendations:
          description: What Azure recommends. Where it recommends nothing, what is known about the code.
          type: list
          elements: str
          returned: always
          sample: [Ensure that the VM agent is running and up to date.]
"""

from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._jobs import cancel, view
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module

ARGUMENTS: dict[str, dict[str, Any]] = {
    "vault_name": {"type": "str"},
    "resource_group": {"type": "str"},
    "jobs": {"type": "list", "elements": "str"},
    "vms": {"type": "list", "elements": "str"},
    "operations": {"type": "list", "elements": "str", "choices": list(view.CANCELLABLE), "default": ["backup"]},
    "wait_timeout": {"type": "int", "default": 600},
}


def main() -> None:
    run_module(
        cancel.ensure,
        ARGUMENTS,
        check=cancel.check,
        required_by={"vault_name": ["resource_group"]},
        required_one_of=[["jobs", "vms"]],
        mutually_exclusive=[["jobs", "vms"]],
    )


if __name__ == "__main__":
    main()
