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


class Tally:
    """Counts findings as they come: those of 10,000 VMs need not be kept for it."""

    def __init__(self) -> None:
        self._by_rule: Counter[tuple[str, str]] = Counter()
        self._by_severity: Counter[tuple[str, str]] = Counter()

    def add(self, findings: Iterable[Finding]) -> None:
        for each in findings:
            status = each["status"]
            self._by_rule[each["id"], status] += 1
            self._by_severity[each["severity"], status] += 1

    def summary(self, vms: list[dict[str, Any]], vaults: list[dict[str, Any]], subscriptions: list[dict[str, Any]]) -> dict[str, Any]:
        verdicts = Counter(each["verdict"] for each in vms)
        covers = Counter(each["coverage"] for each in vms)
        return {
            "vms": len(vms),
            "vaults": len(vaults),
            "subscriptions": len(subscriptions),
            "verdicts": {each: verdicts[each] for each in VERDICTS},
            "coverage": {each: covers[each] for each in COVERAGES},
            "failed": {each: self._by_severity[each, "fail"] for each in SEVERITIES},
            "unknown": {each: self._by_severity[each, "unknown"] for each in SEVERITIES},
            "rules": {rule: {status: self._by_rule[rule, status] for status in STATUSES} for rule in sorted({each for each, _status in self._by_rule})},
        }
