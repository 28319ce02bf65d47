# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Standard or Enhanced: the type of a backup policy, which it keeps for life, and of what it protects, which can only become Enhanced."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._core.fields import Document, fetch

STANDARD, ENHANCED, UNKNOWN = "standard", "enhanced", "unknown"
_OF_AZURE = {"V1": STANDARD, "V2": ENHANCED}


def is_enhanced(document: Document) -> bool:
    """Whether a policy is of the Enhanced type, in Azure V2."""
    kinds = (fetch(document, "properties.policyType"), fetch(document, "properties.schedulePolicy.schedulePolicyType"))
    return kinds[0] == "V2" or kinds[1] == "SimpleSchedulePolicyV2"


def of_policy(document: Document) -> str:
    return ENHANCED if is_enhanced(document) else STANDARD


def of_azure(word: Any) -> str:
    """The type by Azure's word for it. An item without the word is of either type: Azure leaves it out where protection is stopped."""
    return _OF_AZURE.get(str(word), UNKNOWN)


def of_points(points: Iterable[Document]) -> str:
    """The type of an item by its recovery points: one that was made by an Enhanced policy is proof, as nothing goes back to Standard."""
    kinds = {of_azure(fetch(each, "properties.createdWithPolicyType")) for each in points}
    if ENHANCED in kinds:
        return ENHANCED
    return STANDARD if kinds == {STANDARD} else UNKNOWN
