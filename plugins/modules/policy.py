#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: policy
short_description: Manage backup policies of virtual machines
version_added: 1.0.0
description:
  - Creates, changes and deletes a backup policy of a Recovery Services vault, when backups of virtual machines are made and how long they are kept.
  - What Azure would refuse is refused beforehand, all of it at once and in words, in check mode too.
  - An option that is not set is left alone. Settings of a policy that no option stands for are kept.
  - A change of a policy makes Azure start one configuration job for each protected item that follows it, so nothing is written when nothing differs.
    RV(items_affected) and a warning report how many that are, in check mode too.
  - In a vault under multi-user authorization, a change that keeps backups or snapshots for a shorter time, or makes them less often,
    is critical and needs O(resource_guard_operation_requests).
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.wait
  - safeharbor.azure_backup.assume_created
  - safeharbor.azure_backup.guard
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.changes
requirements:
  - azure-mgmt-recoveryservices >= 4.0.0
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
options:
  name:
    description: The policy's name, 3 to 150 letters, digits, V(-), V(_) and V(!), the first one a letter.
    type: str
    required: true
  vault_name:
    description: The vault of the policy.
    type: str
    required: true
  resource_group:
    description: The vault's resource group.
    type: str
    required: true
  state:
    description:
      - V(present) makes sure that the policy exists with the settings given.
      - V(absent) makes sure that it does not. It is refused while protected items follow it.
    type: str
    choices: [present, absent]
    default: present
  create_only:
    description:
      - Whether the options only create a missing policy. An existing one is then used as it is, whatever its type, and RV(not_applied) names what differs.
    type: bool
    default: false
  policy_type:
    description:
      - The type of the policy. A new policy is V(standard) unless set.
      - V(enhanced) is needed for hourly schedules, crash-consistent backups and VMs with Ultra or Premium SSD v2 disks.
      - Azure does not change the type of a policy, so another type than that of the policy there is refused. For an enhanced policy in the place
        of a standard one, create it under another name and move the items to it with M(safeharbor.azure_backup.protection),
        which needs consent, as no item moves back.
    type: str
    choices: [standard, enhanced]
  schedule:
    description: When backups are made. Needed for a new policy. Of an existing one only the parts given are changed.
    type: dict
    suboptions:
      frequency: {description: How often. V(hourly) needs O(policy_type=enhanced)., type: str, choices: [hourly, daily, weekly]}
      time:
        description:
          - The time of the backup, or where the window of an hourly schedule starts, in O(time_zone).
          - V(HH:MM) with the minutes 00 or 30. Put it in quotes, YAML takes V(22:30) for a number.
          - Azure starts a backup within two hours of its time.
        type: str
      days:
        description: The days of a weekly schedule, V(monday) to V(sunday).
        type: list
        elements: str
      interval_hours: {description: "Hours between two backups of an hourly schedule: 4, 6, 8 or 12.", type: int}
      window_hours:
        description: How many hours of the day an hourly schedule makes backups in, 4 to 24 and a multiple of O(schedule.interval_hours).
        type: int
  time_zone:
    description:
      - The time zone of O(schedule), as a Windows id, for example V(W. Europe Standard Time), in any letter case.
      - An IANA name, for example V(Europe/Berlin), is turned into the Windows id that stands for it; results show the Windows id.
      - A new policy has V(UTC) unless set.
      - Azure keeps no daylight saving time for policies of VMs, so the local time of backups moves by an hour with it.
    type: str
  retention:
    description:
      - How long backups are kept. Needed for a new policy.
      - It is the whole of it. A tier that is not listed is removed from the policy, which the diff shows.
      - Of a daily or hourly schedule O(retention.daily) is needed. Of a weekly one O(retention.weekly) is, and there is no O(retention.daily).
      - All tiers together keep 9999 recovery points of a VM at most.
    type: dict
    suboptions:
      daily:
        description: How long each day's backups are kept.
        type: dict
        suboptions:
          count: {description: "Days, 7 to 9999.", type: int, required: true}
      weekly:
        description: How long backups of some days of the week are kept.
        type: dict
        suboptions:
          count: {description: "Weeks, 1 to 5163.", type: int, required: true}
          days:
            description:
              - The days, V(monday) to V(sunday).
              - With a weekly schedule they are those of the schedule, and may be omitted.
            type: list
            elements: str
      monthly:
        description:
          - How long some backups of each month are kept. They are picked either by O(retention.monthly.month_days) or by
            O(retention.monthly.weeks) and O(retention.monthly.days), with a weekly schedule only the latter.
        type: dict
        suboptions:
          count: {description: "Months, 1 to 1188.", type: int, required: true}
          month_days: {description: "Days of the month, V(1) to V(28) and V(last).", type: list, elements: str}
          weeks:
            description: Weeks of the month, V(first), V(second), V(third), V(fourth) and V(last), together with O(retention.monthly.days).
            type: list
            elements: str
          days:
            description: Days of the week, with a weekly schedule only such that the schedule has.
            type: list
            elements: str
      yearly:
        description: How long some backups of each year are kept, picked like those of O(retention.monthly).
        type: dict
        suboptions:
          count: {description: "Years, 1 to 99.", type: int, required: true}
          months:
            description: The months, V(january) to V(december). Needed.
            type: list
            elements: str
          month_days: {description: "Days of the month, V(1) to V(28) and V(last).", type: list, elements: str}
          weeks:
            description: Weeks of the month, V(first), V(second), V(third), V(fourth) and V(last), together with O(retention.yearly.days).
            type: list
            elements: str
          days:
            description: Days of the week, with a weekly schedule only such that the schedule has.
            type: list
            elements: str
  allow_shorter_retention:
    description:
      - Whether the retention of a policy that protected items follow may become shorter, or lose a tier.
      - Azure then removes recovery points that are older than the new retention, which cannot be undone.
      - An immutable vault never lets it happen.
    type: bool
    default: false
  instant_restore_days:
    description:
      - How many days snapshots are kept with the disks, for fast restores. Not longer than the backups themselves.
      - Of a standard policy 1 to 5, with a weekly schedule just 5. A new one has 2, and one that becomes weekly has 5.
      - Of an enhanced policy 1 to 30, with a backup every 4 hours at most 17, every 6 hours at most 22, with a weekly schedule 5 to 20.
        A new one has 7.
    type: int
  snapshot_resource_group:
    description:
      - The name of the resource group that Azure keeps snapshots in. Azure puts a number between the two parts, which have at most 74 characters.
      - An empty string takes a part away. Without a prefix the group has Azure's own name.
    type: dict
    suboptions:
      prefix: {description: What stands before the number., type: str}
      suffix: {description: What stands after the number. Needs a prefix., type: str}
  tiering:
    description: Which recovery points move to the archive tier.
    type: dict
    suboptions:
      mode:
        description:
          - V(none) moves nothing.
          - V(recommended) moves what Azure finds worth it. It needs monthly backups kept for 9 months or yearly backups.
          - V(after) moves what is older than O(tiering.after_months). It needs monthly or yearly backups kept 6 months longer than that.
        type: str
        choices: [none, recommended, after]
        required: true
      after_months: {description: "The age in months, at least 3.", type: int}
  consistency:
    description:
      - V(application) makes backups that applications know of where the guest allows it.
      - V(crash_only) makes crash-consistent backups without the guest's help. It needs O(policy_type=enhanced).
      - A new policy is V(application) unless set.
    type: str
    choices: [application, crash_only]
seealso:
  - module: safeharbor.azure_backup.policy_info
  - module: safeharbor.azure_backup.protection
  - name: Enhanced policy
    description: Microsoft's guide to the policy types of Azure VM backup.
    link: https://learn.microsoft.com/azure/backup/backup-azure-vms-enhanced-policy
"""

EXAMPLES = r"""
- name: Back up every night and keep backups for a month, first Sundays for a year
  safeharbor.azure_backup.policy:
    name: nightly
    vault_name: we-01
    resource_group: backup
    schedule:
      frequency: daily
      time: "22:30"
    time_zone: Europe/Berlin
    retention:
      daily: {count: 30}
      monthly: {count: 12, weeks: [first], days: [sunday]}

- name: Back up every four hours of the working day
  safeharbor.azure_backup.policy:
    name: working-day
    vault_name: we-01
    resource_group: backup
    policy_type: enhanced
    schedule:
      frequency: hourly
      time: "08:00"
      interval_hours: 4
      window_hours: 12
    time_zone: W. Europe Standard Time
    retention:
      daily: {count: 14}

- name: Back up on weekends, keep year ends for ten years and let Azure move them to the archive
  safeharbor.azure_backup.policy:
    name: weekend
    vault_name: we-01
    resource_group: backup
    schedule:
      frequency: weekly
      time: "02:00"
      days: [saturday, sunday]
    retention:
      weekly: {count: 26}
      yearly: {count: 10, months: [december], weeks: [last], days: [sunday]}
    tiering:
      mode: recommended

- name: Start the nightly backup later and leave the rest alone
  safeharbor.azure_backup.policy:
    name: nightly
    vault_name: we-01
    resource_group: backup
    schedule:
      time: "23:30"

- name: Remove a policy that nothing follows any more
  safeharbor.azure_backup.policy:
    name: weekend
    vault_name: we-01
    resource_group: backup
    state: absent
"""

RETURN = r"""
policy:
  description:
    - The policy as it is, or in check mode as it would be. Empty when it is absent.
    - Its settings have the form of the options of the same names, so they can be given to another policy.
  returned: success
  type: dict
  sample:
    id: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/we-01/backupPolicies/nightly
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
        weekly: {description: "Weeks in C(count), and the C(days) whose backups are kept so long.", type: dict, returned: always, sample: {count: 12}}
        monthly: {description: "Months in C(count), and C(month_days), or C(weeks) and C(days).", type: dict, returned: always, sample: null}
        yearly: {description: "Years in C(count), C(months), and C(month_days) or C(weeks) and C(days).", type: dict, returned: always, sample: null}
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
not_applied:
  description: The settings in which an existing policy differs from the options and that were left as they are, with O(create_only=true).
  returned: success
  type: list
  elements: str
  sample: []
items_affected:
  description: How many protected items get a configuration job because the policy changes; 0 when it does not.
  returned: success
  type: int
  sample: 0
"""

from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._policy import policy
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._resource_guard import rules
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module

WORDS: dict[str, Any] = {"type": "list", "elements": "str"}
COUNT: dict[str, Any] = {"type": "int", "required": True}
POINTS: dict[str, Any] = {"count": COUNT, "month_days": WORDS, "weeks": WORDS, "days": WORDS}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "vault_name": {"type": "str", "required": True},
    "resource_group": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "create_only": {"type": "bool", "default": False},
    "policy_type": {"type": "str", "choices": ["standard", "enhanced"]},
    "schedule": {
        "type": "dict",
        "options": {
            "frequency": {"type": "str", "choices": ["hourly", "daily", "weekly"]},
            "time": {"type": "str"},
            "days": WORDS,
            "interval_hours": {"type": "int"},
            "window_hours": {"type": "int"},
        },
    },
    "time_zone": {"type": "str"},
    "retention": {
        "type": "dict",
        "options": {
            "daily": {"type": "dict", "options": {"count": COUNT}},
            "weekly": {"type": "dict", "options": {"count": COUNT, "days": WORDS}},
            "monthly": {"type": "dict", "options": POINTS},
            "yearly": {"type": "dict", "options": {**POINTS, "months": WORDS}},
        },
    },
    "allow_shorter_retention": {"type": "bool", "default": False},
    "instant_restore_days": {"type": "int"},
    "snapshot_resource_group": {"type": "dict", "options": {"prefix": {"type": "str"}, "suffix": {"type": "str"}}},
    "tiering": {
        "type": "dict",
        "options": {"mode": {"type": "str", "choices": ["none", "recommended", "after"], "required": True}, "after_months": {"type": "int"}},
    },
    "consistency": {"type": "str", "choices": ["application", "crash_only"]},
    "assume_created": {"type": "bool", "default": False},
    **rules.ARGUMENTS,
}


def main() -> None:
    run_module(policy.ensure, ARGUMENTS, check=policy.check, wait=True)


if __name__ == "__main__":
    main()
