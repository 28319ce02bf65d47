#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_diagnostics
short_description: Send the logs of a vault to a Log Analytics workspace
version_added: 1.0.0
description:
  - Makes sure that a Recovery Services vault sends the logs that Backup Reports needs to a Log Analytics workspace, each in a separate table.
  - Only adds. What a setting sends besides, and where else it sends to, stays, and no setting is ever deleted.
  - The first data may take up to 24 hours to arrive.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.wait
  - safeharbor.azure_backup.assume_created
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.changes
requirements:
  - azure-mgmt-resource >= 26.0.0
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
  workspace_id:
    description:
      - The resource id of the Log Analytics workspace.
    type: str
    required: true
  name:
    description:
      - The name of the diagnostic setting. If not set, the one that sends to the workspace already, and V(AzureBackup) when there is none.
    type: str
  categories:
    description:
      - The logs. If not set, the six that Backup Reports needs.
    type: list
    elements: str
seealso:
  - module: safeharbor.azure_backup.vault
  - name: Configure Azure Backup reports
    description: What is done with the logs.
    link: https://learn.microsoft.com/azure/backup/configure-reports
  - name: Diagnostic events of Recovery Services vaults
    description: The logs and their tables.
    link: https://learn.microsoft.com/azure/backup/backup-azure-diagnostic-events
"""

EXAMPLES = r"""
- name: Feed Backup Reports
  safeharbor.azure_backup.vault_diagnostics:
    vault_name: vault-westeurope
    resource_group: backup
    workspace_id: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/central
"""

RETURN = r"""
setting:
  description: The diagnostic setting as it is, or in check mode as it would be.
  returned: success
  type: dict
  contains:
    id:
      description: The setting's resource id.
      type: str
      sample: /subscriptions/x/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/v/providers/Microsoft.Insights/diagnosticSettings/AzureBackup
    name:
      description: The setting's name.
      type: str
      sample: AzureBackup
    workspace_id:
      description: The workspace.
      type: str
      sample: /subscriptions/x/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/central
    dedicated:
      description: Whether each log has a separate table.
      type: bool
      sample: true
    categories:
      description: The logs that are sent, by category.
      type: list
      elements: str
      sample: [AddonAzureBackupAlerts, AddonAzureBackupJobs, CoreAzureBackup]
    category_groups:
      description: The logs that are sent, by groups of categories.
      type: list
      elements: str
      sample: []
"""

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import diagnostics

ARGUMENTS = {
    "vault_name": {"type": "str", "required": True},
    "resource_group": {"type": "str", "required": True},
    "workspace_id": {"type": "str", "required": True},
    "name": {"type": "str"},
    "categories": {"type": "list", "elements": "str"},
    "assume_created": {"type": "bool", "default": False},
}


def main() -> None:
    run_module(diagnostics.ensure, ARGUMENTS, check=diagnostics.check, wait=True)


if __name__ == "__main__":
    main()
