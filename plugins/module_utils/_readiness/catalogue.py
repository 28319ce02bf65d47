# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""All rules of readiness, and the choice that a task makes among them. A new rule is one entry in the file of its area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .._core.errors import Problem
from .rule import SEVERITIES, Facts, Finding, Rule, judge, with_severity
from .rules import agent, custom, disk, guest, hybrid, item, network, policy, rbac, redundancy, vault, vm

AREAS = {
    "subscription": rbac.RULES,
    "vault": vault.RULES,
    "redundancy": redundancy.RULES,
    "policy": policy.RULES,
    "VM": vm.RULES,
    "disk": disk.RULES,
    "VM agent": agent.RULES,
    "inside of a VM": guest.RULES,
    "network": network.RULES,
    "protected item": item.RULES,
    "hybrid": hybrid.RULES,
}
RULES: tuple[Rule, ...] = tuple(rule for rules in AREAS.values() for rule in rules)
# The steps of the role modernize.
STEPS = tuple(sorted({each.step for each in RULES if each.step}))


@dataclass(frozen=True)
class Skip:
    """A rule that is not put to a subject, or to none: names are patterns of the subjects' names, empty for all."""

    rule: str
    reason: str
    names: tuple[str, ...] = ()

    def covers(self, rule: Rule, name: str) -> bool:
        return _fits(rule.id, self.rule) and (not self.names or any(fnmatchcase(name.lower(), each.lower()) for each in self.names))


def _fits(rule_id: str, pattern: str) -> bool:
    return fnmatchcase(rule_id.lower(), pattern.lower())


@dataclass(frozen=True)
class Choice:
    """The rules of a task with the severities that it gives them, and what it skips."""

    rules: tuple[Rule, ...]
    skips: tuple[Skip, ...] = ()

    def of(self, scope: str) -> list[Rule]:
        return [each for each in self.rules if each.scope == scope]

    def needs(self) -> set[str]:
        """The areas of facts that the rules look at."""
        return {area for rule in self.rules if not self._skipped(rule, None) for area in rule.all_needs()}

    def _skipped(self, rule: Rule, name: str | None) -> str | None:
        """Why a rule is skipped for a subject; without a name, why it is for every subject."""
        for each in self.skips:
            if (name is None and not each.names and _fits(rule.id, each.rule)) or (name is not None and each.covers(rule, name)):
                return each.reason
        return None

    def findings(self, scope: str, name: str, facts: Facts) -> list[Finding]:
        found = []
        for rule in self.of(scope):
            reason = self._skipped(rule, name)
            if reason is None:
                found.append(judge(rule, facts))
            else:
                skipped = {"status": "not_applicable", "evidence": f"Skipped: {reason}", "fix": ""}
                found.append({"id": rule.id, "severity": rule.severity, **skipped, "source": rule.source, "action": None})
        return found

    def shown(self) -> list[dict[str, Any]]:
        return [
            {
                "id": each.id,
                "severity": each.severity,
                "scope": each.scope,
                "title": each.title,
                "source": each.source,
                "step": each.step or None,
                "skipped": self._skipped(each, None),
            }
            for each in self.rules
        ]


def choose(options: Mapping[str, Any]) -> Choice:
    """The choice of options that passed problems()."""
    selected, severities = options.get("rules") or ["*"], options.get("severities") or {}
    own = [custom.rule(each) for each in options.get("custom_rules") or ()]
    steps = options.get("steps")
    rules = tuple(
        with_severity(each, next((severities[pattern] for pattern in severities if _fits(each.id, pattern)), None))
        for each in (*RULES, *own)
        if any(_fits(each.id, pattern) for pattern in selected) and (not steps or each.step in steps)
    )
    skips = tuple(Skip(each["rule"], each["reason"], tuple(each.get("names") or ())) for each in options.get("skip_rules") or ())
    return Choice(rules, skips)


def problems(options: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the options that choose among rules."""
    found = custom.problems(options.get("custom_rules"), {each.id: each for each in RULES})
    ids = [each.id for each in RULES] + [str(each.get("id")) for each in options.get("custom_rules") or () if isinstance(each, dict)]

    def check(option: str, pattern: Any) -> None:
        if not any(_fits(each, str(pattern)) for each in ids):
            found.append(Problem(option, f"there is no rule '{pattern}'; * stands for any characters, and the rules are {', '.join(ids)}"))

    for each in options.get("rules") or ():
        check("rules", each)
    for index, each in enumerate(options.get("skip_rules") or ()):
        check(f"skip_rules[{index}].rule", each.get("rule"))
        if not str(each.get("reason") or "").strip():
            found.append(Problem(f"skip_rules[{index}].reason", "is empty; say why, for whoever reads the report"))
    for pattern, severity in (options.get("severities") or {}).items():
        check("severities", pattern)
        if severity not in SEVERITIES:
            found.append(Problem(f"severities.{pattern}", f"'{severity}' is none of {', '.join(SEVERITIES)}"))
    return found
