# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and predict what a run would change, without writing anything.
  diff_mode:
    description: Returns what has changed, or in check mode would change, when asked with C(--diff).
  idempotent:
    description: A second run with the same options changes nothing and writes nothing.
  action_group:
    description: Takes the defaults of this group in C(module_defaults).
  action:
    description: Has an action plugin that runs the module on the controller where possible.
    support: full
    details:
      - Where the module would run on the controller, by the Python that runs Ansible and as the same user, it runs inside Ansible's worker process
        instead of a Python process started for it. The result is the same.
      - Set the variable C(azure_backup_in_worker) to V(false), for a play, a host or a task, to switch that off.
"""

    CHANGES = r"""
options: {}
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
  action_group:
    support: full
    membership: [safeharbor.azure_backup.azure]
"""

    READS = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - The module only reads.
  diff_mode:
    support: N/A
  idempotent:
    support: full
  action_group:
    support: full
    membership: [safeharbor.azure_backup.azure]
"""
