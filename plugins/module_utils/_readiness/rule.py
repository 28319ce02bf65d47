# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What a rule of readiness is, and how it is put to the facts. Nothing here talks to Azure.

A rule says which areas of facts it needs and looks at them; whether they could be read, and whether they were asked for,
is settled here. So no rule can take for good what could not be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from .._core.fields import mapping, objects
from .thresholds import DEFAULTS

SEVERITIES = ("error", "warning", "info")
SCOPES = ("vm", "vault", "subscription")
STATUSES = ("pass", "fail", "unknown", "not_applicable")

Finding = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a rule says: a status, what it saw, and where this case has its own remedy, that.

    action: what the rule's step needs to fix this case, None where the step does not fix it.
    """

    status: str
    evidence: str
    fix: str | None = None
    action: Mapping[str, Any] | None = None


def passes(evidence: str) -> Answer:
    return Answer("pass", evidence)


def fails(evidence: str, fix: str | None = None, action: Mapping[str, Any] | None = None) -> Answer:
    return Answer("fail", evidence, fix, action)


def unknown(evidence: str, fix: str | None = None, action: Mapping[str, Any] | None = None) -> Answer:
    return Answer("unknown", evidence, fix, action)


def not_applicable(evidence: str) -> Answer:
    return Answer("not_applicable", evidence)


@dataclass(frozen=True)
class Facts:
    """What is known of one VM, vault or subscription.

    known: areas of facts by name. unread: why an area could not be read. unasked: how to ask for an area that was not.
    wanted: what the task's options ask of vaults and policies. now: with a time zone.
    """

    known: Mapping[str, Any]
    unread: Mapping[str, str] = field(default_factory=dict)
    unasked: Mapping[str, str] = field(default_factory=dict)
    thresholds: Mapping[str, Any] = field(default_factory=lambda: DEFAULTS)
    wanted: Mapping[str, Any] = field(default_factory=dict)
    now: datetime = datetime(2001, 1, 1, tzinfo=UTC)

    def of(self, area: str) -> dict[str, Any]:
        """An area that is an object; empty when it is not there."""
        return mapping(self.known.get(area))

    def list_of(self, area: str) -> list[dict[str, Any]]:
        """An area that is a list of objects."""
        return objects(self.known.get(area))


@dataclass(frozen=True)
class Rule:
    """One check. fix: what to do when it fails; source: the public page that it rests on; needs: the areas of facts that check reads.

    step: the step of the role modernize that fixes it, '' for none. blocked_by: rules that must not fail, nor be unknown, before that step.
    """

    id: str
    severity: str
    scope: str
    title: str
    fix: str
    source: str
    check: Callable[[Facts], Answer]
    needs: tuple[str, ...] = ()
    step: str = ""
    blocked_by: tuple[Rule, ...] = ()

    def all_needs(self) -> set[str]:
        return {*self.needs, *(area for each in self.blocked_by for area in each.needs)}


def with_severity(rule: Rule, severity: str | None) -> Rule:
    return replace(rule, severity=severity) if severity else rule


def judge(rule: Rule, facts: Facts) -> Finding:
    """The finding of one rule: {id, severity, status, evidence, fix, source, action}."""
    answer = _answer(rule, facts)
    return {
        "id": rule.id,
        "severity": rule.severity,
        "status": answer.status,
        "evidence": answer.evidence,
        "fix": _fix(rule, answer),
        "source": rule.source,
        "action": None if answer.action is None else {"step": rule.step, "blockers": _blockers(rule, facts), **answer.action},
    }


def _fix(rule: Rule, answer: Answer) -> str:
    return (answer.fix or rule.fix) if answer.status in ("fail", "unknown") else ""


def _blockers(rule: Rule, facts: Facts) -> list[dict[str, str]]:
    """What stands in the way of the rule's step: {id, evidence, fix} of each. What is unknown may do."""
    answers = [(each, _answer(each, facts)) for each in rule.blocked_by]
    return [{"id": each.id, "evidence": found.evidence, "fix": _fix(each, found)} for each, found in answers if found.status in ("fail", "unknown")]


def _answer(rule: Rule, facts: Facts) -> Answer:
    for area in rule.needs:
        if area in facts.unasked:
            return not_applicable(f"Not looked at: {facts.unasked[area]}.")
    for area in rule.needs:
        if area in facts.unread:
            return unknown(facts.unread[area], "Give the principal the right to read this, or correct what the reason names, and run it again.")
        if area not in facts.known:
            return unknown(f"Nothing is known of the {area}.")
    return rule.check(facts)
