#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: job_info
short_description: Show the backup jobs of Azure VMs, and wait for them
version_added: 1.0.0
description:
  - Lists the jobs that a vault, the vaults of a resource group or all vaults of the subscription run for virtual machines,
    with why they failed and what Azure recommends.
  - With O(wait) it waits until none of them runs any more, and fails when one of them did.
    Any number of jobs is waited for by one list of the vault, as Azure allows 150 reads of jobs in an hour and subscription only.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.reads
requirements:
  - azure-mgmt-recoveryservices >= 4.0.0
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
options:
  vault_name:
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
  jobs:
    description:
      - Only these jobs, each by its id, or by its name when O(vault_name) is set.
      - A job that does not exist is an error. Of more than eight jobs of a vault, those are found that began in the last 30 days.
    type: list
    elements: str
  vms:
    description:
      - Only jobs of these VMs, each by its id or as C(group/name).
    type: list
    elements: str
  operations:
    description:
      - Only jobs that do one of these. V(configure_backup) is what a change of protection or of a policy starts,
        V(migrate_policy) the move of a VM from a standard to an enhanced policy.
    type: list
    elements: str
    choices: [backup, restore, cross_region_restore, configure_backup, migrate_policy, disable_backup, delete_backup_data, undelete]
  statuses:
    description:
      - Only jobs of these statuses. Jobs that are waited for are shown with whatever status they have in the end.
    type: list
    elements: str
    choices: [in_progress, cancelling, completed, completed_with_warnings, failed, cancelled]
  since:
    description:
      - Only jobs that began at this time or later, in ISO 8601, for example V(2026-11-20T01:00:00Z). It is UTC unless it says otherwise.
      - If not set, it is 24 hours before O(until), or before now. With O(statuses=in_progress) and neither of the two, jobs may have begun at any time.
    type: str
  until:
    description:
      - Only jobs that began up to this time.
    type: str
  wait:
    description:
      - Wait until none of the jobs that fit O(jobs), O(vms) and O(operations) runs any more, whenever it began.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long to wait, in seconds. When it expires the module fails, and the jobs continue.
      - The first backup of a VM may take hours.
    type: int
    default: 14400
  fail_on_failed:
    description:
      - Whether the task fails when a job that it waited for has failed or was cancelled.
        Those are the jobs in O(jobs), and all that were seen running.
    type: bool
    default: true
seealso:
  - module: safeharbor.azure_backup.backup
  - module: safeharbor.azure_backup.job_cancel
  - module: safeharbor.azure_backup.protection_info
"""

EXAMPLES = r"""
- name: What failed last night, and why
  safeharbor.azure_backup.job_info:
    statuses: [failed]
  register: failed

- name: Let no backup of a VM be under way before its agent is updated
  safeharbor.azure_backup.job_info:
    vault_name: vault-westeurope
    resource_group: backup
    vms: [app/web-0001]
    operations: [backup]
    wait: true
    fail_on_failed: false
"""

RETURN = r"""
jobs:
  description: The jobs, newest first. Empty when none fits.
  returned: success and failure of jobs
  type: list
  elements: dict
  sample:
    - id: /subscriptions/…/vaults/vault-westeurope/backupJobs/8e7e7257-68fc-4ab9-bbb2-672474f60115
      name: 8e7e7257-68fc-4ab9-bbb2-672474f60115
      vm: app/web-0001
      operation: backup
      status: failed
      error:
        code: UserErrorGuestAgentStatusUnavailable
        message: Azure Backup could not communicate with the VM agent.
        recommendations: [Ensure that the VM agent is running and up to date.]
  contains:
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
    status: {description: "As in O(statuses).", type: str, returned: always, sample: failed}
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
    tasks:
      description:
        - The parts of the job. They take a separate read, so they are returned for the jobs in O(jobs) and for jobs that failed,
          20 of them at most, the newest; else null.
      type: list
      elements: dict
      returned: always
      sample:
        - {name: Take Snapshot, status: failed, duration_seconds: 456.0}
        - {name: Transfer data to vault, status: not_started, duration_seconds: 0.0}
      contains:
        name: {description: Azure's name of the part., type: str, returned: always, sample: Take Snapshot}
        status: {description: "As that of a job, or V(not_started).", type: str, returned: always, sample: failed}
        duration_seconds: {description: How long it has taken., type: float, returned: always, sample: 456.0}
summary:
  description: How many of the jobs have which status.
  returned: success and failure of jobs
  type: dict
  sample: {in_progress: 0, cancelling: 0, completed: 41, completed_with_warnings: 1, failed: 1, cancelled: 0}
unread:
  description: Vaults that could not be read when several were to be, so that their jobs are not in RV(jobs).
  returned: success and failure of jobs
  type: list
  elements: dict
  sample: []
  contains:
    vault_id: {description: The vault's resource id., type: str, returned: always, sample: /subscriptions/…/vaults/vault-westeurope}
    message: {description: Why., type: str, returned: always, sample: Could not list the jobs of vault vault-westeurope}
"""

from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._jobs import info, view
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module

ARGUMENTS: dict[str, dict[str, Any]] = {
    "vault_name": {"type": "str"},
    "resource_group": {"type": "str"},
    "location": {"type": "str"},
    "jobs": {"type": "list", "elements": "str"},
    "vms": {"type": "list", "elements": "str"},
    "operations": {"type": "list", "elements": "str", "choices": list(view.OPERATIONS)},
    "statuses": {"type": "list", "elements": "str", "choices": list(view.STATUSES)},
    "since": {"type": "str"},
    "until": {"type": "str"},
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 14400},
    "fail_on_failed": {"type": "bool", "default": True},
}


def main() -> None:
    run_module(info.info, ARGUMENTS, check=info.check, required_by={"vault_name": ["resource_group"]})


if __name__ == "__main__":
    main()
