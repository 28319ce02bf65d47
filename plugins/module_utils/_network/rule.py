# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module network_rule: one rule of a network security group, as a resource of its own."""

from __future__ import annotations

from typing import Any

from .._core.errors import Problem, refuse
from .._core.fields import Document
from .._core.ids import resource_id
from .._core.sync import View, report, sync
from .._task.module import Run
from . import security_rule

check = security_rule.check_options

KIND = "Microsoft.Network/networkSecurityGroups/securityRules"


class SecurityRule:
    """One rule, read and written. The group and its other rules are never written."""

    def __init__(self, run: Run, present: Document | None) -> None:
        self._arm = run.arm
        self._seconds = run.options["wait_timeout"]
        self._present = present
        self.name = present["name"] if present else run.options["name"]
        self._place = run.options["resource_group"], run.options["network_security_group"], self.name
        self.id = resource_id(run.arm.subscription_id, self._place[0], KIND, *self._place[1:])

    def read(self) -> View | None:
        document = self._arm.find(f"read rule {self.name}", self._arm.network.security_rules.get, *self._place)
        return security_rule.to_view(document) if document else None

    def create(self, after: View) -> None:
        self._put("create", after)

    def update(self, before: View, after: View, changes: View) -> None:
        self._put("change", after)

    def _put(self, verb: str, after: View) -> None:
        body = security_rule.to_body(after, self._present)
        self._arm.wait(f"{verb} rule {self.name}", self._seconds, self._arm.network.security_rules.begin_create_or_update, *self._place, body)

    def delete(self, before: View) -> None:
        self._arm.wait_gone(f"delete rule {self.name}", self._seconds, self._arm.network.security_rules.begin_delete, *self._place)


def ensure(run: Run) -> dict[str, Any]:
    options = run.options
    name = options["network_security_group"]
    groups = run.arm.network.network_security_groups
    group = run.arm.find(f"read network security group {name}", groups.get, options["resource_group"], name)
    if group is None and options["state"] == "present":
        text = f"there is no network security group '{name}' in resource group '{options['resource_group']}'"
        refuse([Problem("network_security_group", f"{text} of subscription {run.arm.subscription_id}; this module does not create one")])
    documents = {each["name"].lower(): each for each in security_rule.rules_of(group or {})}
    names = sorted(each["name"] for each in documents.values())
    present = documents.pop(options["name"].lower(), None)
    rule = SecurityRule(run, present)
    before = security_rule.to_view(present) if present else None
    others = [security_rule.to_view(each) for each in documents.values()]
    if options["state"] == "absent":
        change = sync(rule, before, None, check_mode=run.check_mode)
    else:
        wanted = security_rule.wanted(options, before, others)
        refuse(security_rule.check_change(wanted, before, others, options["priority_from"]))
        change = sync(rule, before, wanted, check_mode=run.check_mode, blank=security_rule.blank(rule.id, rule.name))
    shadows = security_rule.shadowing(change.after, others) if change.after else []
    if shadows:
        run.warn(f"Rule {rule.name} has no effect: {', '.join(shadows)} of a higher priority decides all of its traffic the other way.")
    return {**report({"rule": change}), "rule": change.after or {}, "shadowed_by": shadows, "group_rules": names}
