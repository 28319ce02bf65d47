# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Standard or Enhanced: the type of a backup policy, which it keeps for life."""

from __future__ import annotations

from .._core.fields import Document, fetch


def is_enhanced(document: Document) -> bool:
    """Whether a policy is of the Enhanced type, in Azure V2."""
    kinds = (fetch(document, "properties.policyType"), fetch(document, "properties.schedulePolicy.schedulePolicyType"))
    return kinds[0] == "V2" or kinds[1] == "SimpleSchedulePolicyV2"
