#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_info
short_description: Show backup policies of virtual machines
version_added: 1.0.0
description:
  - Shows the backup policies of a Recovery Services vault that are for virtual machines. Those for other workloads are not returned.
  - Settings have the form of the options of M(safeharbor.azure_backup.policy). RV(policies[].options) are those that make the same policy,
    there or in another vault, and change nothing where it is.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.reads
requirements:
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
options:
  name:
    description: Only this policy.
    type: str
  vault_name:
    description: The vault of the policies.
    type: str
    required: true
  resource_group:
    description: The vault's resource group.
    type: str
    required: true
seealso:
  - module: safeharbor.azure_backup.policy
"""

EXAMPLES = r"""
- name: All policies of a vault
  safeharbor.azure_backup.policy_info:
    vault_name: we-01
    resource_group: backup
  register: found

- name: The default policy
  safeharbor.azure_backup.policy_info:
    name: DefaultPolicy
    vault_name: we-01
    resource_group: backup
  register: default

- name: A copy of it at another time
  safeharbor.azure_backup.policy:
    name: early
    vault_name: we-01
    resource_group: backup
    policy_type: "{{ default.policies[0].policy_type }}"
    schedule: "{{ default.policies[0].schedule | combine({'time': '04:00'}) }}"
    retention: "{{ default.policies[0].retention }}"

- name: The same policies in another vault
  ansible.builtin.include_role:
    name: safeharbor.azure_backup.policy
  vars:
    policy_vault_name: ne-01
    policy_vault_resource_group: backup
    policy_policies: "{{ found.policies | map(attribute='options') }}"
"""

RETURN = r"""
policies:
  description: The policies, by id. Empty when there is none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/we-01/backupPolicies/nightly
      name: nightly
      vault_name: we-01
      resource_group: backup
      protected_items: 12
      policy_type: standard
      schedule: {frequency: daily, time: "22:30", days: null, interval_hours: null, window_hours: null}
      time_zone: UTC
      retention: {daily: {count: 30}, weekly: {count: 12, days: [sunday]}, monthly: null, yearly: null}
      instant_restore_days: 2
      snapshot_resource_group: {prefix: null, suffix: null}
      tiering: {mode: none, after_months: null}
      consistency: application
  contains:
    id:
      description: The policy's resource id.
      type: str
      returned: always
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/we-01/backupPolicies/nightly
    name: {description: The policy's name., type: str, returned: always, sample: nightly}
    vault_name: {description: The policy's vault., type: str, returned: always, sample: we-01}
    resource_group: {description: The vault's resource group., type: str, returned: always, sample: backup}
    protected_items: {description: How many protected items follow the policy., type: int, returned: always, sample: 12}
    options:
      description:
        - The options of M(safeharbor.azure_backup.policy) that make this policy, its name included. What it does not have is named as none,
          so that a policy of that name loses it, or is omitted.
      type: dict
      returned: always
      sample:
        name: nightly
        policy_type: standard
        schedule: {frequency: daily, time: "22:30"}
        time_zone: UTC
        retention: {daily: {count: 30}, weekly: {count: 12, days: [sunday]}}
        instant_restore_days: 2
        snapshot_resource_group: {prefix: "", suffix: ""}
        tiering: {mode: none}
        consistency: application
    policy_type: {description: V(standard) or V(enhanced)., type: str, returned: always, sample: standard}
    schedule:
      description: When backups are made. What the frequency does not have is null.
      type: dict
      returned: always
      sample: {frequency: daily, time: "22:30", days: null, interval_hours: null, window_hours: null}
      contains:
        frequency: {description: "V(hourly), V(daily) or V(weekly).", type: str, returned: always, sample: daily}
        time: {description: "The time of the backup, or the start of the window of an hourly schedule.", type: str, returned: always, sample: "22:30"}
        days: {description: "The days of a weekly schedule, from Monday on.", type: list, elements: str, returned: always, sample: null}
        interval_hours: {description: Hours between two backups of an hourly schedule., type: int, returned: always, sample: null}
        window_hours: {description: How many hours of the day an hourly schedule makes backups in., type: int, returned: always, sample: null}
    time_zone: {description: The Windows id of the time zone; null in a policy that has none., type: str, returned: always, sample: UTC}
    retention:
      description: How long backups are kept. A tier that the policy does not have is null, and so is what a tier does not pick by.
      type: dict
      returned: always
      sample: {daily: {count: 30}, weekly: {count: 12, days: [sunday]}, monthly: null, yearly: null}
      contains:
        daily: {description: Days in C(count)., type: dict, returned: always, sample: {count: 30}}
        weekly:
          description: Weeks in C(count), and the C(days) whose backups are kept so long.
          type: dict
          returned: always
          sample: {count: 12, days: [sunday]}
        monthly:
          description: Months in C(count), and C(month_days), numbers and V(last), or C(weeks) and C(days).
          type: dict
          returned: always
          sample: null
        yearly:
          description: Years in C(count), the C(months), and C(month_days) or C(weeks) and C(days).
          type: dict
          returned: always
          sample: null
    instant_restore_days: {description: How many days snapshots are kept with the disks., type: int, returned: always, sample: 2}
    snapshot_resource_group:
      description: The name of the resource group for snapshots before and after its number; null is Azure's own name.
      type: dict
      returned: always
      sample: {prefix: null, suffix: null}
      contains:
        prefix: {description: What stands before the number., type: str, returned: always, sample: null}
        suffix: {description: What stands after the number., type: str, returned: always, sample: null}
    tiering:
      description: Which recovery points move to the archive tier.
      type: dict
      returned: always
      sample: {mode: none, after_months: null}
      contains:
        mode: {description: "V(none), V(recommended) or V(after).", type: str, returned: always, sample: none}
        after_months: {description: "The age in months with V(after), else null.", type: int, returned: always, sample: null}
    consistency: {description: V(application) or V(crash_only)., type: str, returned: always, sample: application}
"""

from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._policy import policy
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module

ARGUMENTS: dict[str, dict[str, Any]] = {
    "name": {"type": "str"},
    "vault_name": {"type": "str", "required": True},
    "resource_group": {"type": "str", "required": True},
}


def main() -> None:
    run_module(policy.info, ARGUMENTS, check=policy.check_info)


if __name__ == "__main__":
    main()
