# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  assume_created:
    description:
      - Take a vault or policy that does not exist for one that an earlier task of the same play has created.
      - For the check mode of plays that create what they then use; the roles set it to C({{ ansible_check_mode }}).
      - Without it, a missing vault or policy is an error.
    type: bool
    default: false
"""
