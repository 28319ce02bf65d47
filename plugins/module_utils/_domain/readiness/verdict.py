# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""From findings to a verdict, and from verdicts to a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from .coverage import COVERAGES
from .rule import SEVERITIES, STATUSES, Finding

VERDICTS = ("ready", "warning", "blocked", "unknown")


def verdict(findings: Iterable[Finding]) -> str:
    """blocked by an error; unknown when an error cannot be excluded; warning when a warning is there or cannot be excluded; else ready."""
    seen = {(each["severity"], each["status"]) for each in findings}
    if ("error", "fail") in seen:
        return "blocked"
    if ("error", "unknown") in seen:
        return "unknown"
    if ("warning", "fail") in seen or ("warning", "unknown") in seen:
        return "warning"
    return "ready"


def summary(subjects: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """subjects: vms, vaults and subscriptions with all their findings, before any are left out."""
    findings = [each for subject in subjects.values() for one in subject for each in one["findings"]]
    verdicts = Counter(each["verdict"] for each in subjects["vms"])
    covers = Counter(each["coverage"] for each in subjects["vms"])
    by_rule: dict[str, Counter[str]] = {}
    for each in findings:
        by_rule.setdefault(each["id"], Counter())[each["status"]] += 1
    by_severity = Counter(each["severity"] for each in findings if each["status"] == "fail")
    return {
        **{name: len(each) for name, each in subjects.items()},
        "verdicts": {each: verdicts[each] for each in VERDICTS},
        "coverage": {each: covers[each] for each in COVERAGES},
        "failed": {each: by_severity[each] for each in SEVERITIES},
        "rules": {rule: {status: counts[status] for status in STATUSES} for rule, counts in sorted(by_rule.items())},
    }
