#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: readiness_info
short_description: Say for every VM whether it is ready for Azure Backup, why not, and what to do
version_added: 1.0.0
description:
  - Checks virtual machines, vaults and subscriptions by rules and returns the findings, with evidence and remedy.
    The rules are listed in U(https://github.com/safeharbor/azure_backup/blob/main/docs/readiness.md).
  - Reports for every VM how it is covered by backups, and how far that has drifted from the vaults and policies asked for.
  - Without any of O(vms), O(names), O(resource_groups), O(tags) and O(locations), every VM of the subscriptions is looked at.
  - It reads in lists, about 30 requests for 1,000 VMs of one vault. Only O(details) and O(azure_checks) read VM by VM.
  - What the principal may not read is RV(limits), and rules that need it answer V(unknown); they never pass for lack of permission.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.selection
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.reads
requirements:
  - azure-mgmt-compute >= 34.0.0
  - azure-mgmt-network >= 28.0.0
  - azure-mgmt-recoveryservices >= 4.0.0
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
  - azure-mgmt-resource >= 23.0.0
  - azure-mgmt-resourcegraph >= 8.0.0
options:
  subscriptions:
    description:
      - The subscriptions to look at, by their ids. The default is the one in O(subscription_id).
      - Names in the form C(group/name) are looked for in each of them.
    type: list
    elements: str
  all_subscriptions:
    description:
      - Looks at every subscription that the principal sees.
    type: bool
    default: false
  vaults:
    description:
      - The vaults that VMs must be in, each by its id or as C(group/name); a VM belongs to the one of its region.
      - A VM in any other vault has RV(vms[].coverage) V(other_vault). Without this, any vault will do.
    type: list
    elements: str
  policies:
    description:
      - Names of the policies that VMs must have; V(*) matches any characters.
      - A VM with any other has RV(vms[].coverage) V(wrong_policy). Without this, any policy will do.
    type: list
    elements: str
  redundancy:
    description:
      - The redundancy that vaults must have. Without it the rule about it does not apply.
    type: str
    choices: [LocallyRedundant, ZoneRedundant, GeoRedundant, LRS, ZRS, GRS]
  cross_region_restore:
    description:
      - Whether vaults must have cross-region restore. Without it the rule about it does not apply.
    type: bool
  policy_type:
    description:
      - The type of policy that protected VMs must have. Without it the rule about it does not apply.
    type: str
    choices: [enhanced]
  soft_delete:
    description:
      - The minimum soft delete of vaults. Without it V(Enabled) will do.
    type: str
    choices: [Enabled, AlwaysON]
  immutability:
    description:
      - The minimum immutability of vaults. Without it V(Unlocked) will do.
    type: str
    choices: [Unlocked, Locked]
  access:
    description:
      - What the principal must be allowed to do, V(read) for these checks or V(protect) for all that prepares and protects VMs.
    type: str
    choices: [read, protect]
    default: read
  details:
    description:
      - Whether to read the instance view and the protected item of every VM, two calls each, many at a time.
      - Azure's list of VMs may omit the VM agent, and only the item itself shows a policy that it does not follow.
    type: bool
    default: false
  azure_checks:
    description:
      - Whether to ask the backup service itself about every VM, two calls each, C(backupStatus) and C(backupPreValidateProtection). They change nothing.
      - They need rights over the whole subscription.
    type: bool
    default: false
  outbound:
    description:
      - Whether VMs need a way out to Azure Backup, Storage and Entra ID on TCP 443, and the networks are looked at for what stops it.
      - The backup of a VM needs none. Databases in it, disks with Write Accelerator and agents that are out of support do.
    type: bool
    default: false
  guest_facts:
    description:
      - What was found inside VMs, by VM id or as C(group/name); the role C(vm_agent) gathers it.
      - Rules about the inside of a VM do not apply to a VM that is not here.
    type: dict
  backup_service_principal_id:
    description:
      - The object id of the service principal C(Backup Management Service) in your tenant. With it the access policies of Key Vaults are checked
        for VMs with Azure Disk Encryption.
    type: str
  rules:
    description:
      - Only these rules, by their ids; V(*) matches any characters. Facts that no rule needs are not read.
    type: list
    elements: str
  steps:
    description:
      - Only rules that these steps of the role C(modernize) fix. RV(vms[].findings[].action) of a finding has what the step needs.
    type: list
    elements: str
    choices: [agents, alerts, diagnostics, enhanced_policy, reapply_policy, redundancy, security, time_zones]
  skip_rules:
    description:
      - Rules to skip, with the reason. Their findings are V(not_applicable) and repeat it.
    type: list
    elements: dict
    suboptions:
      rule:
        description: The rule's id; V(*) matches any characters.
        type: str
        required: true
      reason:
        description: Why it is skipped.
        type: str
        required: true
      names:
        description:
          - Only for the VMs, vaults or subscriptions of these names; V(*) matches any characters.
        type: list
        elements: str
  severities:
    description:
      - Severities by rule id, in which V(*) matches any characters, each V(error), V(warning) or V(info). The first that fits a rule counts.
    type: dict
  thresholds:
    description:
      - Numbers and versions that rules compare with, by their names in U(https://github.com/safeharbor/azure_backup/blob/main/docs/readiness.md).
    type: dict
  custom_rules:
    description:
      - Custom rules. They are data and run no code.
    type: list
    elements: dict
    suboptions:
      id:
        description: The rule's id, in capital letters and digits, two parts or more with hyphens between.
        type: str
        required: true
      title:
        description: What is so when the rule passes.
        type: str
        required: true
      scope:
        description: What the rule is about.
        type: str
        choices: [vm, vault, subscription]
        default: vm
      severity:
        description: How bad it is when the rule fails.
        type: str
        choices: [error, warning, info]
        default: warning
      path:
        description:
          - Which fact the rule looks at, its parts with dots between, for example V(vm.tags.owner). The first part is an area of facts.
        type: str
        required: true
      operator:
        description: How the fact is compared with O(custom_rules[].value). Texts are compared without letter case; V(matches) takes a regular expression.
        type: str
        required: true
        choices:
          - exists
          - equals
          - not_equals
          - in
          - not_in
          - at_least
          - at_most
          - contains
          - not_contains
          - matches
          - not_matches
          - length_at_least
          - length_at_most
      value:
        description: What the fact is compared with. For V(exists) false turns the rule round.
        type: raw
      when:
        description: Conditions, each with V(path), V(operator) and V(value), under which the rule applies. All must hold.
        type: list
        elements: dict
      evidence:
        description: What to say when the rule fails; V({value}), V({wanted}) and V({path}) are put in.
        type: str
      fix:
        description: What to do then.
        type: str
      source:
        description: Where it is written.
        type: str
  statuses:
    description:
      - Findings of which status are shown. All of them count in RV(summary) and for the verdicts.
    type: list
    elements: str
    choices: [pass, fail, unknown, not_applicable]
    default: [fail, unknown]
seealso:
  - module: safeharbor.azure_backup.vm_info
  - module: safeharbor.azure_backup.protection_info
  - module: safeharbor.azure_backup.vault_info
"""

EXAMPLES = r"""
- name: Is every VM of the subscription ready for backup?
  safeharbor.azure_backup.readiness_info:
  register: readiness

- name: Fail where it is not
  ansible.builtin.assert:
    that: readiness.summary.failed.error == 0
    fail_msg: "{{ readiness.vms | selectattr('verdict', 'eq', 'blocked') | map(attribute='name') | list }}"

- name: One VM, with everything that Azure and its own checks say of it
  safeharbor.azure_backup.readiness_info:
    vms: [app/web-0001]
    details: true
    azure_checks: true
    statuses: [fail, unknown, pass, not_applicable]

- name: Drift of the production VMs from the vaults and policies that they must have
  safeharbor.azure_backup.readiness_info:
    tags:
      env: prod
    vaults: [backup/vault-westeurope, backup/vault-northeurope]
    policies: [nightly, "gold-*"]
    rules: ["ITEM-*", VM-ONE-VAULT]
    severities:
      ITEM-PROTECTED: error

- name: With the rules of the house
  safeharbor.azure_backup.readiness_info:
    skip_rules:
      - rule: VM-POWER
        reason: Test machines are off at night.
        names: ["test-*"]
    thresholds:
      backup_grace_hours: 6
    custom_rules:
      - id: HOUSE-OWNER
        title: Every VM has an owner
        path: vm.tags.owner
        operator: exists
        evidence: The VM has no tag owner.
        fix: Set the tag owner to the mailbox of a team.
      - id: HOUSE-GOLD
        title: Databases have the gold policy
        severity: error
        path: item.policy
        operator: equals
        value: gold
        when:
          - path: vm.tags.role
            operator: equals
            value: database
"""

RETURN = r"""
time:
  description: When the facts were read, by Azure's own clock, which ages are judged by.
  returned: success
  type: str
  sample: "2026-11-21T13:05:00Z"
vms:
  description: The VMs, in the order of their ids.
  returned: success
  type: list
  elements: dict
  sample:
    - id: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0001
      name: web-0001
      resource_group: app
      subscription_id: 00000000-0000-4000-8000-000000000001
      location: westeurope
      os: Linux
      tags: {env: prod}
      verdict: blocked
      coverage: stale
      vault: vault-westeurope
      policy: nightly
      last_backup_time: "2026-11-18T22:03:11Z"
      findings:
        - id: AGENT-READY
          severity: error
          status: fail
          evidence: "The agent is not ready: VM status blob is found but not yet populated."
          fix: Install or restart the VM agent and make sure that the VM reaches 168.63.129.16; the role vm_agent does that.
          source: https://learn.microsoft.com/azure/backup/backup-azure-arm-vms-prepare
          action: null
  contains:
    id:
      description: The VM's resource id.
      type: str
      returned: always
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0001
    name:
      description: The VM's name.
      type: str
      returned: always
      sample: web-0001
    resource_group:
      description: The VM's resource group.
      type: str
      returned: always
      sample: app
    subscription_id:
      description: The VM's subscription.
      type: str
      returned: always
      sample: 00000000-0000-4000-8000-000000000001
    location:
      description: The VM's region.
      type: str
      returned: always
      sample: westeurope
    os:
      description: V(Linux) or V(Windows).
      type: str
      returned: always
      sample: Linux
    tags:
      description: The VM's tags.
      type: dict
      returned: always
      sample: {env: prod}
    verdict:
      description:
        - V(blocked) when a rule of severity error failed, V(unknown) when one of them could not be answered.
        - V(warning) when a rule of severity warning failed or could not be answered, else V(ready).
      type: str
      returned: always
      sample: blocked
    coverage:
      description:
        - V(protected), V(unprotected), V(stopped), V(suspended) or V(soft_deleted).
        - V(other_vault) or V(wrong_policy) where it is not one of those asked for.
        - V(inconsistent) where the protected item does not follow its policy, V(stale) where the last backup is older than its policy promises.
        - V(unknown) where a vault that may have the VM could not be looked into.
      type: str
      returned: always
      sample: stale
    vault:
      description: The name of the vault that has the VM, null when none has.
      type: str
      returned: always
      sample: vault-westeurope
    policy:
      description: The name of its policy, null when it has none.
      type: str
      returned: always
      sample: nightly
    last_backup_time:
      description: When the last backup was made, UTC; null before the first one.
      type: str
      returned: always
      sample: "2026-11-18T22:03:11Z"
    findings:
      description: What the rules found, of the statuses that O(statuses) names.
      type: list
      elements: dict
      returned: always
      sample: []
      contains:
        id:
          description: The rule's id.
          type: str
          returned: always
          sample: AGENT-READY
        severity:
          description: V(error) where it keeps backups from working, V(warning) where it endangers them, V(info) for what is good to know.
          type: str
          returned: always
          sample: error
        status:
          description: V(pass), V(fail), V(unknown) when the facts could not be read, V(not_applicable).
          type: str
          returned: always
          sample: fail
        evidence:
          description: What the rule saw.
          type: str
          returned: always
          sample: The VM has no agent.
        fix:
          description: What to do; empty where nothing is to be done.
          type: str
          returned: always
          sample: Install or restart the VM agent.
        source:
          description: The page that the rule rests on.
          type: str
          returned: always
          sample: https://learn.microsoft.com/azure/backup/backup-azure-arm-vms-prepare
        action:
          description:
            - What the role C(modernize) does about it, null where it does nothing. Besides the keys below it has what the step needs.
            - For C(enhanced_policy) and C(reapply_policy) C(vault_id) and C(policy), the VM's; for C(time_zones) the names of C(policies);
              for C(security) C(soft_delete) and C(soft_delete_retention_days), or C(immutability), as they would be set;
              for C(redundancy) the C(redundancy), whether it can be set C(in_place), and the C(vms) that would move to another vault otherwise;
              for C(agents) C(servers) with C(name) and C(agent_version), and the C(installer) and C(command) that update them.
          type: dict
          returned: always
          sample: null
          contains:
            step:
              description: The step of the role, one of O(steps).
              type: str
              returned: always
              sample: enhanced_policy
            blockers:
              description: What stands in the way of the step, by the rules that say so.
              type: list
              elements: dict
              returned: always
              sample: []
              contains:
                id:
                  description: The rule's id.
                  type: str
                  returned: always
                  sample: DISK-SHARED
                evidence:
                  description: What the rule saw.
                  type: str
                  returned: always
                  sample: Disk 'data' may be attached to 2 VMs.
                fix:
                  description: What to do about it.
                  type: str
                  returned: always
                  sample: Detach the shared disks.
vaults:
  description: The vaults of O(vaults), else those in the regions of the VMs, and those that have one of the VMs.
  returned: success
  type: list
  elements: dict
  sample:
    - id: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/vault-westeurope
      name: vault-westeurope
      resource_group: backup
      subscription_id: 00000000-0000-4000-8000-000000000001
      location: westeurope
      tags: {}
      redundancy: GeoRedundant
      cross_region_restore: false
      soft_delete: Enabled
      soft_delete_retention_days: 14
      immutability: Unlocked
      protected_vms: 120
      verdict: ready
      findings: []
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
    subscription_id:
      description: The vault's subscription.
      type: str
      returned: always
      sample: 00000000-0000-4000-8000-000000000001
    location:
      description: The vault's region.
      type: str
      returned: always
      sample: westeurope
    tags:
      description: The vault's tags.
      type: dict
      returned: always
      sample: {}
    redundancy:
      description: How backups are stored; this and the four below are null where the vault could not be read, or no rule needs it.
      type: str
      returned: always
      sample: GeoRedundant
    cross_region_restore:
      description: Whether backups can be restored in the paired region.
      type: bool
      returned: always
      sample: false
    soft_delete:
      description: The state of soft delete.
      type: str
      returned: always
      sample: Enabled
    soft_delete_retention_days:
      description: How many days deleted backups are kept.
      type: int
      returned: always
      sample: 14
    immutability:
      description: The state of immutability.
      type: str
      returned: always
      sample: Unlocked
    protected_vms:
      description: How many VMs the vault has, null where that could not be read.
      type: int
      returned: always
      sample: 120
    verdict:
      description: As for VMs, by the rules about vaults.
      type: str
      returned: always
      sample: ready
    findings:
      description: As for VMs.
      type: list
      elements: dict
      returned: always
      sample: []
subscriptions:
  description: The subscriptions that were looked at.
  returned: success
  type: list
  elements: dict
  sample: [{id: 00000000-0000-4000-8000-000000000001, vms: 120, vaults: 1, verdict: ready, findings: []}]
  contains:
    id:
      description: The subscription's id.
      type: str
      returned: always
      sample: 00000000-0000-4000-8000-000000000001
    vms:
      description: How many of its VMs were looked at.
      type: int
      returned: always
      sample: 120
    vaults:
      description: How many vaults it has.
      type: int
      returned: always
      sample: 1
    verdict:
      description: As for VMs, by the rules about subscriptions.
      type: str
      returned: always
      sample: ready
    findings:
      description: As for VMs.
      type: list
      elements: dict
      returned: always
      sample: []
rules:
  description: The rules that were put.
  returned: success
  type: list
  elements: dict
  sample:
    - id: AGENT-READY
      severity: error
      scope: vm
      title: The VM agent reports to Azure
      source: https://learn.microsoft.com/azure/backup/backup-azure-arm-vms-prepare
      step: null
      skipped: null
  contains:
    id:
      description: The rule's id.
      type: str
      returned: always
      sample: AGENT-READY
    severity:
      description: Its severity, as O(severities) may have set it.
      type: str
      returned: always
      sample: error
    scope:
      description: V(vm), V(vault) or V(subscription).
      type: str
      returned: always
      sample: vm
    title:
      description: What is so when it passes.
      type: str
      returned: always
      sample: The VM agent reports to Azure
    source:
      description: The page that it rests on.
      type: str
      returned: always
      sample: https://learn.microsoft.com/azure/backup/backup-azure-arm-vms-prepare
    step:
      description: The step of the role C(modernize) that fixes what it finds, null where none does.
      type: str
      returned: always
      sample: null
    skipped:
      description: Why it was skipped altogether, null when it was not.
      type: str
      returned: always
      sample: null
summary:
  description: The counts.
  returned: success
  type: dict
  sample:
    vms: 120
    vaults: 1
    subscriptions: 1
    verdicts: {ready: 117, warning: 1, blocked: 2, unknown: 0}
    coverage: {protected: 118, unprotected: 1, stale: 1}
    failed: {error: 2, warning: 3, info: 4}
    unknown: {error: 0, warning: 0, info: 0}
    rules: {AGENT-READY: {pass: 118, fail: 2, unknown: 0, not_applicable: 0}}
    requests: 19
  contains:
    vms:
      description: How many VMs were looked at.
      type: int
      returned: always
      sample: 120
    vaults:
      description: How many vaults.
      type: int
      returned: always
      sample: 1
    subscriptions:
      description: How many subscriptions.
      type: int
      returned: always
      sample: 1
    verdicts:
      description: How many VMs have which verdict.
      type: dict
      returned: always
      sample: {ready: 117, warning: 1, blocked: 2, unknown: 0}
    coverage:
      description: How many VMs have which coverage.
      type: dict
      returned: always
      sample: {protected: 118, unprotected: 1, stale: 1}
    failed:
      description: How many findings of VMs, vaults and subscriptions failed, by severity.
      type: dict
      returned: always
      sample: {error: 2, warning: 3, info: 4}
    unknown:
      description: How many could not be answered, by severity.
      type: dict
      returned: always
      sample: {error: 0, warning: 0, info: 0}
    rules:
      description: How many findings each rule has of which status.
      type: dict
      returned: always
      sample: {AGENT-READY: {pass: 118, fail: 2, unknown: 0, not_applicable: 0}}
    requests:
      description: How many requests it took.
      type: int
      returned: always
      sample: 19
limits:
  description: What could not be read, each listed once by subscription, area of facts and error code.
  returned: success
  type: list
  elements: dict
  sample:
    - subscription_id: 00000000-0000-4000-8000-000000000001
      area: locks
      what: locks
      reason: Could not read the locks of the subscription.
      code: AuthorizationFailed
      count: 1
  contains:
    subscription_id:
      description: The subscription.
      type: str
      returned: always
      sample: 00000000-0000-4000-8000-000000000001
    area:
      description: The area of facts that is missing.
      type: str
      returned: always
      sample: locks
    what:
      description: What could not be read, the first of them.
      type: str
      returned: always
      sample: locks
    reason:
      description: Azure's words.
      type: str
      returned: always
      sample: Could not read the locks of the subscription.
    code:
      description: Azure's error code.
      type: str
      returned: always
      sample: AuthorizationFailed
    count:
      description: How many times.
      type: int
      returned: always
      sample: 1
unmatched:
  description: What of the selection and of O(vaults) matches nothing.
  returned: success
  type: list
  elements: dict
  sample:
    - option: vms
      message: there is no VM 'app/web-9999'
  contains:
    option:
      description: The option that named it.
      type: str
      returned: always
      sample: vms
    message:
      description: What was not found.
      type: str
      returned: always
      sample: there is no VM 'app/web-9999'
"""

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness import catalogue, info, rule
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness.rules import custom
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import redundancy
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vm import selection

CUSTOM_RULE = {
    "id": {"type": "str", "required": True},
    "title": {"type": "str", "required": True},
    "scope": {"type": "str", "choices": list(rule.SCOPES), "default": "vm"},
    "severity": {"type": "str", "choices": list(rule.SEVERITIES), "default": "warning"},
    "path": {"type": "str", "required": True},
    "operator": {"type": "str", "required": True, "choices": list(custom.OPERATORS)},
    "value": {"type": "raw"},
    "when": {"type": "list", "elements": "dict"},
    "evidence": {"type": "str"},
    "fix": {"type": "str"},
    "source": {"type": "str"},
}
SKIP = {
    "rule": {"type": "str", "required": True},
    "reason": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str"},
}
ARGUMENTS = {
    **selection.ARGUMENTS,
    "subscriptions": {"type": "list", "elements": "str"},
    "all_subscriptions": {"type": "bool", "default": False},
    "vaults": {"type": "list", "elements": "str"},
    "policies": {"type": "list", "elements": "str"},
    "redundancy": {"type": "str", "choices": list(redundancy.CHOICES)},
    "cross_region_restore": {"type": "bool"},
    "policy_type": {"type": "str", "choices": ["enhanced"]},
    "soft_delete": {"type": "str", "choices": ["Enabled", "AlwaysON"]},
    "immutability": {"type": "str", "choices": ["Unlocked", "Locked"]},
    "access": {"type": "str", "choices": ["read", "protect"], "default": "read"},
    "details": {"type": "bool", "default": False},
    "azure_checks": {"type": "bool", "default": False},
    "outbound": {"type": "bool", "default": False},
    "guest_facts": {"type": "dict"},
    "backup_service_principal_id": {"type": "str"},
    "rules": {"type": "list", "elements": "str"},
    "steps": {"type": "list", "elements": "str", "choices": list(catalogue.STEPS)},
    "skip_rules": {"type": "list", "elements": "dict", "options": SKIP},
    "severities": {"type": "dict"},
    "thresholds": {"type": "dict"},
    "custom_rules": {"type": "list", "elements": "dict", "options": CUSTOM_RULE},
    "statuses": {"type": "list", "elements": "str", "choices": list(rule.STATUSES), "default": ["fail", "unknown"]},
}


def main() -> None:
    run_module(info.info, ARGUMENTS, check=info.check)


if __name__ == "__main__":
    main()
