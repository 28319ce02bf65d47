# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rules are put with which severities, rules of the user's own, verdicts, coverage."""

from __future__ import annotations

from datetime import datetime

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items.leading import leading
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness import catalogue, thresholds
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness.coverage import allowed_hours, coverage
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness.rule import Facts, judge
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness.rules import custom
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness.verdict import Tally, verdict
from ansible_collections.safeharbor.azure_backup.tests.unit.plugins.module_utils._readiness.readiness_facts import (
    HEALTHY,
    ITEM,
    NOW,
    OTHER_VAULT_ID,
    POLICY,
    VAULT_ID,
)

WHEN = datetime.fromisoformat(NOW)
OWN = {"id": "HOUSE-OWNER", "title": "Every VM has an owner", "path": "vm.tags.owner", "operator": "exists"}


def rule(**changes):
    return OWN | changes


def options_wrong(**options):
    return [f"{each.option}: {each.text}" for each in catalogue.problems(options)]


class TestChoice:
    def test_all_rules_without_options(self):
        assert catalogue.choose({}).rules == catalogue.RULES

    def test_only_those_named_and_what_they_need(self):
        choice = catalogue.choose({"rules": ["agent-*", "DISK-SHARED"]})
        assert {each.id.partition("-")[0] for each in choice.rules} == {"AGENT", "DISK"}
        assert choice.needs() == {"vm", "instance_view", "disks", "item"}

    def test_the_first_severity_that_fits_counts(self):
        choice = catalogue.choose({"severities": {"VM-POWER": "info", "VM-*": "warning"}})
        severities = {each.id: each.severity for each in choice.rules}
        assert (severities["VM-POWER"], severities["VM-OS"], severities["AGENT-READY"]) == ("info", "warning", "error")

    def test_a_rule_skipped_for_all_needs_no_facts_and_says_why(self):
        choice = catalogue.choose({"rules": ["VM-LOCK"], "skip_rules": [{"rule": "VM-LOCK", "reason": "we know"}]})
        assert choice.needs() == set()
        (finding,) = choice.findings("vm", "web", Facts({}))
        assert (finding["status"], finding["evidence"], finding["fix"]) == ("not_applicable", "Skipped: we know", "")
        assert [each["skipped"] for each in choice.shown()] == ["we know"]

    def test_a_rule_skipped_for_some_is_put_to_the_others(self):
        choice = catalogue.choose({"rules": ["VM-POWER"], "skip_rules": [{"rule": "VM-*", "reason": "off at night", "names": ["Test-*"]}]})
        off = Facts({"vm": {"power_state": "deallocated"}, "instance_view": {}})
        assert [choice.findings("vm", name, off)[0]["status"] for name in ("test-1", "web")] == ["not_applicable", "fail"]
        assert choice.shown()[0]["skipped"] is None

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"rules": ["AGENT-NONE"]}, "rules: there is no rule 'AGENT-NONE'"),
            ({"severities": {"VM-OS": "fatal"}}, "severities.VM-OS: 'fatal'"),
            ({"severities": {"NONE": "error"}}, "severities: there is no rule 'NONE'"),
            ({"skip_rules": [{"rule": "VM-OS", "reason": " "}]}, "skip_rules[0].reason: is empty"),
            ({"skip_rules": [{"rule": "X", "reason": "y"}]}, "skip_rules[0].rule: there is no rule 'X'"),
            ({"custom_rules": [rule(id="VM-OS")]}, "custom_rules[0].id: there is a rule 'VM-OS' already"),
            ({"custom_rules": [OWN, OWN]}, "custom_rules[1].id: there is a rule 'HOUSE-OWNER' already"),
            ({"custom_rules": [rule(id="lower")]}, "'lower' is no id"),
            ({"custom_rules": [rule(path="tags.owner")]}, "custom_rules[0].path: 'tags.owner' does not begin with one of the facts of a vm: vm, item"),
            ({"custom_rules": [rule(scope="tenant")]}, "custom_rules[0].scope"),
            ({"custom_rules": [rule(severity="fatal")]}, "custom_rules[0].severity"),
            ({"custom_rules": [rule(operator="like")]}, "custom_rules[0].operator: 'like' is none of exists, equals"),
            ({"custom_rules": [rule(operator="equals")]}, "custom_rules[0].value: is missing for operator equals"),
            ({"custom_rules": [rule(operator="in", value="x")]}, "custom_rules[0].value: must be a list"),
            ({"custom_rules": [rule(operator="matches", value="(")]}, "is no regular expression"),
            ({"custom_rules": [rule(when=[{"path": "vm.os"}])]}, "custom_rules[0].when[0].operator: is missing"),
            ({"custom_rules": [rule(when=[{"path": "os", "operator": "exists"}])]}, "custom_rules[0].when[0].path"),
        ],
    )
    def test_what_is_wrong_is_named(self, options, words):
        assert any(words in each for each in options_wrong(**options)), options_wrong(**options)

    def test_all_problems_are_told_at_once(self):
        assert len(options_wrong(rules=["A-B"], severities={"VM-OS": "x"}, custom_rules=[{}])) == 6

    def test_good_options_have_no_problem(self):
        options = {"rules": ["HOUSE-*", "VM-OS"], "severities": {"HOUSE-OWNER": "error"}, "custom_rules": [OWN], "skip_rules": [{"rule": "*", "reason": "x"}]}
        assert options_wrong(**options) == []


class TestOwnRules:
    @pytest.mark.parametrize(
        ("operator", "value", "fact", "status"),
        [
            ("exists", None, "me", "pass"),
            ("exists", None, "", "fail"),
            ("exists", False, None, "pass"),
            ("equals", "ME", "me", "pass"),
            ("equals", 1, True, "fail"),
            ("not_equals", "me", None, "pass"),
            ("in", ["a", "B"], "b", "pass"),
            ("not_in", ["a"], "A", "fail"),
            ("at_least", "2.2.53.1", "2.10.0.8", "pass"),
            ("at_least", 3, "2", "fail"),
            ("at_most", "2026-11-22T08:00:00Z", "2026-11-22T09:00:00+02:00", "pass"),
            ("at_least", 3, None, "unknown"),
            ("at_least", 3, "many", "unknown"),
            ("contains", "prod", "eu-PROD-1", "pass"),
            ("contains", "a", ["A", "b"], "pass"),
            ("contains", "a", 5, "unknown"),
            ("not_contains", "a", ["b"], "pass"),
            ("matches", "^web-[0-9]+$", "web-12", "pass"),
            ("matches", "x", 5, "unknown"),
            ("not_matches", "x", "x", "fail"),
            ("length_at_least", 2, ["a"], "fail"),
            ("length_at_most", 2, "ab", "pass"),
            ("length_at_most", 2, 7, "unknown"),
        ],
    )
    def test_operators(self, operator, value, fact, status):
        given = rule(operator=operator, value=value)
        assert custom.problems([given], {}) == []
        assert judge(custom.rule(given), Facts({"vm": {"tags": {"Owner": fact}}}))["status"] == status

    def test_every_operator_is_tried(self):
        marks = [mark for mark in self.test_operators.pytestmark if mark.name == "parametrize"]
        assert {case[0] for case in marks[0].args[1]} == set(custom.OPERATORS)

    def test_lists_are_reached_by_number(self):
        facts = Facts({"disks": [{"sku": "a"}, {"sku": "b"}]})
        assert [custom.look(facts, path) for path in ("disks.1.sku", "disks.2.sku", "disks.x", "disks.0.sku.more")] == ["b", None, None, None]

    def test_a_condition_limits_it(self):
        given = rule(when=[{"path": "vm.os", "operator": "equals", "value": "windows"}])
        assert judge(custom.rule(given), Facts({"vm": {"os": "Linux"}}))["status"] == "not_applicable"
        assert judge(custom.rule(given), Facts({"vm": {"os": "Windows"}}))["status"] == "fail"

    def test_it_is_unknown_when_an_area_of_its_condition_could_not_be_read(self):
        given = rule(when=[{"path": "item.policy", "operator": "exists"}])
        finding = judge(custom.rule(given), Facts({"vm": {}}, {"item": "no right"}))
        assert (finding["status"], finding["evidence"]) == ("unknown", "no right")

    def test_the_words_are_the_users_and_nothing_of_them_is_run(self):
        words = "{path}: {value} and not {wanted} {value.__class__} {0}"
        given = rule(operator="equals", value="x", evidence=words, fix="Do it.", source="wiki", severity="error")
        finding = judge(custom.rule(given), Facts({"vm": {"tags": {"owner": "{wanted}"}}}))
        assert finding["evidence"] == "vm.tags.owner: {wanted} and not x {value.__class__} {0}"
        assert (finding["fix"], finding["source"], finding["severity"]) == ("Do it.", "wiki", "error")


class TestThresholds:
    def test_given_ones_count_and_texts_are_numbers(self):
        merged = thresholds.merged({"data_disks_max": "16", "memory_gib_min": "0.5", "mars_min": 3.1})
        assert (merged["data_disks_max"], merged["memory_gib_min"], merged["mars_min"], merged["vcpus_min"]) == (16, 0.5, "3.1", 2)

    def test_wrong_ones_are_named(self):
        wrong = thresholds.check({"data_disks": 1, "data_disks_max": "many", "vcpus_min": -1, "agent_linux_supported": "new"})
        assert [each.option for each in wrong] == [f"thresholds.{each}" for each in ("data_disks", "data_disks_max", "vcpus_min", "agent_linux_supported")]

    def test_they_reach_the_rules(self):
        facts = Facts(HEALTHY, thresholds=thresholds.merged({"data_disks_max": 0}), now=WHEN)
        (rule_,) = catalogue.choose({"rules": ["DISK-COUNT"]}).rules
        assert judge(rule_, facts)["status"] == "fail"


class TestVerdict:
    @pytest.mark.parametrize(
        ("findings", "expected"),
        [
            ([], "ready"),
            ([("error", "pass"), ("warning", "not_applicable"), ("info", "fail"), ("info", "unknown")], "ready"),
            ([("warning", "fail")], "warning"),
            ([("warning", "unknown")], "warning"),
            ([("error", "unknown"), ("warning", "fail")], "unknown"),
            ([("error", "unknown"), ("error", "fail")], "blocked"),
        ],
    )
    def test_the_worst_counts(self, findings, expected):
        assert verdict([{"severity": severity, "status": status} for severity, status in findings]) == expected

    def test_the_summary_counts_all_findings(self):
        tally = Tally()
        tally.add([{"id": "A", "severity": "error", "status": "fail"}, {"id": "A", "severity": "error", "status": "pass"}])
        tally.add([{"id": "B", "severity": "info", "status": "unknown"}])
        summary = tally.summary([{"verdict": "blocked", "coverage": "stale"}], [], [{}])
        assert (summary["vms"], summary["vaults"], summary["subscriptions"]) == (1, 0, 1)
        assert summary["verdicts"] == {"ready": 0, "warning": 0, "blocked": 1, "unknown": 0}
        assert (summary["coverage"]["stale"], summary["failed"], summary["unknown"]["info"]) == (1, {"error": 1, "warning": 0, "info": 0}, 1)
        assert summary["rules"]["A"] == {"pass": 1, "fail": 1, "unknown": 0, "not_applicable": 0}
        assert summary["rules"]["B"] == {"pass": 0, "fail": 0, "unknown": 1, "not_applicable": 0}


class TestCoverage:
    @pytest.mark.parametrize(
        ("item", "wanted", "expected"),
        [
            ({}, {}, "protected"),
            (None, {}, "unprotected"),
            ({"state": "soft_deleted"}, {}, "soft_deleted"),
            ({"state": "stopped"}, {}, "stopped"),
            ({"state": "suspended"}, {}, "suspended"),
            ({"state": "unknown"}, {}, "unknown"),
            ({}, {"vaults": [VAULT_ID.upper()]}, "protected"),
            ({"state": "stopped"}, {"vaults": [OTHER_VAULT_ID]}, "other_vault"),
            ({"last_backup_time": "2026-11-20T00:00:00Z"}, {"policies": ["gold"]}, "wrong_policy"),
            ({"policy_inconsistent": True, "last_backup_time": "2026-11-20T00:00:00Z"}, {}, "inconsistent"),
            ({"last_backup_time": "2026-11-20T00:00:00Z"}, {}, "stale"),
            ({"last_backup_time": None}, {}, "stale"),
            ({"last_backup_time": None, "protection_state": "IRPending"}, {}, "protected"),
        ],
    )
    def test_one_word_for_each(self, item, wanted, expected):
        found = None if item is None else ITEM | item
        assert coverage(Facts({**HEALTHY, "item": found}, wanted=wanted, now=WHEN)) == expected

    def test_a_vault_that_hides_its_items_leaves_it_open(self):
        assert coverage(Facts({**HEALTHY, "item": None}, {"item": "no right"}, now=WHEN)) == "unknown"

    def test_backups_that_go_on_count_before_those_that_do_not(self):
        old, new = ITEM | {"state": "soft_deleted", "vault_id": "/a"}, ITEM | {"vault_id": "/b"}
        assert leading([old, new]) is new and leading([old]) is old and leading([]) is None

    @pytest.mark.parametrize(
        ("schedule", "hours"),
        [
            ({"frequency": "daily"}, 26),
            ({"frequency": "weekly", "days": ["sunday"]}, 7 * 24 + 2),
            ({"frequency": "weekly", "days": ["monday", "friday"]}, 4 * 24 + 2),
            ({"frequency": "weekly", "days": ["saturday", "monday"]}, 5 * 24 + 2),
            ({"frequency": "hourly", "interval_hours": 4, "window_hours": 12}, 14),
            ({"frequency": "hourly", "interval_hours": 4, "window_hours": 24}, 6),
            ({}, 26),
        ],
    )
    def test_a_backup_may_be_as_old_as_the_policy_lets_it(self, schedule, hours):
        assert allowed_hours(POLICY | {"schedule": schedule}, thresholds.DEFAULTS) == hours
