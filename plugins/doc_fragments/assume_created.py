# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  assume_created:
    description:
      - In check mode, take a vault or policy that does not exist for one that an earlier task of the same play would have created.
      - Without it, and always when it is not check mode, a missing vault or policy is an error.
    type: bool
    default: false
"""
