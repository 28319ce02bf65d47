# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Values as rules compare them. Whatever Azure or a guest sends, odd types read as None here and never raise."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

SHOWN = 10


def number(value: Any) -> float | None:
    """An int or float, or a text of one; None for anything else. Not-a-number is not one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def word(value: Any) -> str:
    """A text in lower case, '' for anything else."""
    return value.strip().lower() if isinstance(value, str) else ""


def version(value: Any) -> tuple[int, ...] | None:
    """'2.7.41491' as (2, 7, 41491, 0): four parts at least, compared as numbers."""
    text = str(value).strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})*", text, re.ASCII):
        return None
    parts = tuple(int(each) for each in text.split("."))
    return parts + (0,) * (4 - len(parts))


def hours_since(now: datetime, then: datetime) -> float:
    """Hours from then to now, negative for a time to come."""
    return (now - then).total_seconds() / 3600


def enumerate_some(names: Iterable[Any]) -> str:
    """'a, b and 3 more': names for a reader, not more than he reads."""
    given = [str(each) for each in names]
    if len(given) <= SHOWN:
        return ", ".join(given)
    return f"{', '.join(given[:SHOWN])} and {len(given) - SHOWN} more"
