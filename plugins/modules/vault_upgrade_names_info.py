#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_upgrade_names_info
short_description: Find names of the classic backup service in scripts and playbooks
version_added: 1.0.0
description:
  - Looks through files for cmdlets, modules, resource providers, resource groups and addresses of the classic backup service and of AzureRM, which do
    not work any more, and says what stands for them today.
  - Reads files only. It talks to nobody and needs no credentials.
author:
  - Safe Harbor contributors (@safeharbor)
attributes:
  check_mode:
    description: Can run in check mode and predict what a run would change, without writing anything.
    support: full
    details:
      - The module only reads.
  diff_mode:
    description: Returns what has changed, or in check mode would change, when asked with C(--diff).
    support: N/A
  idempotent:
    description: A second run with the same options changes nothing and writes nothing.
    support: full
  action:
    description: Has an action plugin that runs the module on the controller where possible.
    support: full
    details:
      - Where the module would run on the controller, by the Python that runs Ansible and as the same user, it runs inside Ansible's worker process
        instead of a Python process started for it. The result is the same.
      - Set the variable C(azure_backup_in_worker) to V(false), for a play, a host or a task, to switch that off.
options:
  paths:
    description:
      - Files, and folders to be searched with all below them, on the host that the task runs on.
    type: list
    elements: path
    required: true
  patterns:
    description:
      - Which files of folders are looked at, by their names.
    type: list
    elements: str
    default: ["*.ps1", "*.psm1", "*.psd1", "*.yml", "*.yaml", "*.json", "*.sh", "*.py", "*.cmd", "*.bat", "*.tf", "*.md", "*.txt", "*.xml", "*.config"]
  excludes:
    description:
      - Files and folders that are passed over, by their names.
    type: list
    elements: str
    default: [".git", ".venv", "node_modules", "__pycache__"]
seealso:
  - module: safeharbor.azure_backup.vault_upgrade
  - name: Introducing the Az PowerShell module
    description: What has become of AzureRM.
    link: https://learn.microsoft.com/powershell/azure/azurerm-retirement-overview
"""

EXAMPLES = r"""
- name: Look through the scripts of the operations team
  safeharbor.azure_backup.vault_upgrade_names_info:
    paths: [/srv/scripts, "{{ playbook_dir }}"]
  register: old

- name: Name what has to be changed
  ansible.builtin.debug:
    msg: "{{ item.path }}:{{ item.line }}: {{ item.name }}, today {{ item.successor }}"
  loop: "{{ old.findings }}"
"""

RETURN = r"""
findings:
  description: Every old name, by file and place.
  returned: always
  type: list
  elements: dict
  contains:
    path:
      description: The file.
      type: str
      sample: /srv/scripts/nightly.ps1
    line:
      description: The line, from 1.
      type: int
      sample: 12
    column:
      description: Where in the line it begins, from 1.
      type: int
      sample: 5
    name:
      description: The name that was found.
      type: str
      sample: Get-AzureRmBackupContainer
    kind:
      description: V(cmdlet), V(module), V(script), V(provider), V(resource_group), V(resource_type) or V(endpoint).
      type: str
      sample: cmdlet
    successor:
      description: What stands for it today.
      type: str
      sample: Get-AzRecoveryServicesBackupContainer
files:
  description: How many files were looked at.
  returned: always
  type: int
  sample: 42
unread:
  description: Files that could not be read, with the reason.
  returned: always
  type: list
  elements: dict
  sample: [{path: /srv/scripts/secret.ps1, reason: Permission denied}]
"""

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._upgrade import names_info

PATTERNS = ["*.ps1", "*.psm1", "*.psd1", "*.yml", "*.yaml", "*.json", "*.sh", "*.py", "*.cmd", "*.bat", "*.tf", "*.md", "*.txt", "*.xml", "*.config"]
ARGUMENTS = {
    "paths": {"type": "list", "elements": "path", "required": True},
    "patterns": {"type": "list", "elements": "str", "default": PATTERNS},
    "excludes": {"type": "list", "elements": "str", "default": [".git", ".venv", "node_modules", "__pycache__"]},
}


def main() -> None:
    run_module(names_info.info, ARGUMENTS, check=names_info.check, connect=False)


if __name__ == "__main__":
    main()
