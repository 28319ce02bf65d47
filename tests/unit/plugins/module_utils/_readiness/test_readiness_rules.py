# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness import catalogue
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness.rule import SCOPES, SEVERITIES, Facts, judge
from ansible_collections.safeharbor.azure_backup.tests.unit.plugins.module_utils._readiness.readiness_cases import CASES
from ansible_collections.safeharbor.azure_backup.tests.unit.plugins.module_utils._readiness.readiness_facts import HEALTHY, NOW

RULES = {each.id: each for each in catalogue.RULES}


def facts(changes: dict[str, Any]) -> Facts:
    known = dict(HEALTHY)
    for area, value in changes.items():
        if area == "wanted":
            continue
        if isinstance(value, tuple):  # only these keys are known
            value = {each: HEALTHY[area][each] for each in value}
        elif isinstance(value, dict) and isinstance(known[area], dict):
            value = known[area] | value
        known[area] = value
    return Facts(known, wanted=changes.get("wanted", {}), now=datetime.fromisoformat(NOW))


@pytest.mark.parametrize(("rule", "status", "changes", "words"), CASES, ids=[f"{case[0]}-{case[1]}-{number}" for number, case in enumerate(CASES)])
def test_what_a_rule_says(rule, status, changes, words):
    finding = judge(RULES[rule], facts(changes))
    assert (finding["status"], words in finding["evidence"]) == (status, True), finding["evidence"]
    assert bool(finding["fix"]) is (status in ("fail", "unknown"))


def test_every_rule_has_a_case_that_passes_and_one_that_fails():
    for status in ("pass", "fail"):
        assert {case[0] for case in CASES if case[1] == status} == set(RULES)


@pytest.mark.parametrize(("rule", "area"), [(rule, area) for rule in catalogue.RULES for area in rule.needs], ids=lambda each: getattr(each, "id", each))
def test_what_could_not_be_read_is_unknown_and_what_was_not_asked_for_does_not_apply(rule, area):
    whole = facts({})
    hidden = Facts(whole.known, {area: "The principal may not see it."}, now=whole.now)
    assert judge(rule, hidden)["status"] == "unknown"
    assert judge(rule, hidden)["evidence"] == "The principal may not see it."
    without = Facts({known: value for known, value in whole.known.items() if known != area}, now=whole.now)
    assert judge(rule, without)["status"] == "unknown"
    unasked = Facts(whole.known, {area: "hidden"}, {area: "an option asks for it"}, now=whole.now)
    assert judge(rule, unasked)["status"] == "not_applicable"
    assert "an option asks for it" in judge(rule, unasked)["evidence"]


def test_a_healthy_subject_fails_nothing():
    assert {rule for rule, each in RULES.items() if judge(each, facts({}))["status"] in ("fail", "unknown")} == set()


@pytest.mark.parametrize("rule", catalogue.RULES, ids=lambda each: each.id)
def test_rules_are_complete(rule):
    assert rule.severity in SEVERITIES and rule.scope in SCOPES
    assert rule.source.startswith("https://") and rule.title and rule.fix.endswith(".") and rule.needs
    assert [each.id for each in catalogue.RULES].count(rule.id) == 1
    assert catalogue.custom.ID.fullmatch(rule.id)
    assert set(rule.needs) <= {*catalogue.custom.AREAS[rule.scope], "instance_view"}
