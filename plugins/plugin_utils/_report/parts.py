# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What every form of the readiness report needs: the findings that count, and the few lines of the summary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Result = dict[str, Any]
VERDICTS = ("blocked", "warning", "unknown", "ready")
SEVERITIES = ("error", "warning", "info")
STATUSES = ("fail", "unknown")
# Rules that the few lines of the summary name.
SHOWN = 8


def subjects(result: Result) -> Iterator[tuple[str, dict[str, Any]]]:
    """('vm', 'vault' or 'subscription', what it is) of everything that rules were put to."""
    for scope in ("vm", "vault", "subscription"):
        for each in result.get(f"{scope}s") or ():
            yield scope, each


def readable(time: str) -> str:
    """'2026-11-25T13:00:00Z' as '2026-11-25 13:00:00 UTC'; any other text as it is."""
    return f"{time[:10]} {time[11:-1]} UTC" if len(time) == 20 and time.endswith("Z") else time


def one_line(value: Any) -> str:
    """A text that guests, users or Azure wrote, as one line: what begins a line, moves the cursor or turns the direction round is a blank."""
    text = "" if value is None else str(value)
    if not text.isprintable():
        text = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(text.split())


def title_of(subject: dict[str, Any]) -> str:
    """The name; a subscription has but its id."""
    return one_line(subject.get("name") or subject.get("id"))


def shown(subject: dict[str, Any], *, statuses: tuple[str, ...] = STATUSES) -> list[dict[str, Any]]:
    """The findings of these statuses, the worst first."""
    found = [each for each in subject.get("findings") or () if each.get("status") in statuses]
    return sorted(found, key=lambda each: (_rank(SEVERITIES, each.get("severity")), _rank(STATUSES, each.get("status")), str(each.get("id"))))


def counting(subject: dict[str, Any], fail_on: str) -> list[dict[str, Any]]:
    """The findings that failed or could not be answered, of this severity or worse; none for 'never'."""
    worst = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on in SEVERITIES else ()
    return [each for each in shown(subject) if each.get("severity") in worst]


def failing(result: Result, fail_on: str) -> list[str]:
    """The names of all that does not pass at this severity."""
    return [title_of(subject) for _scope, subject in subjects(result) if counting(subject, fail_on)]


def titles(result: Result) -> dict[str, str]:
    """What is so when a rule passes, by its id."""
    return {each["id"]: each.get("title") or each["id"] for each in result.get("rules") or ()}


def failing_rules(result: Result) -> list[tuple[str, str, int, int]]:
    """(rule, severity, failed, unknown) of the rules that did not pass everywhere, the worst and most frequent first."""
    severities = {each["id"]: each.get("severity", "info") for each in result.get("rules") or ()}
    counts = (result.get("summary") or {}).get("rules") or {}
    rows = [(rule, severities.get(rule, "info"), each.get("fail", 0), each.get("unknown", 0)) for rule, each in counts.items()]
    return sorted((row for row in rows if row[2] or row[3]), key=lambda row: (_rank(SEVERITIES, row[1]), -row[2], -row[3], row[0]))


def lines(result: Result, fail_on: str = "never") -> list[str]:
    """What a person should know in ten seconds."""
    summary = result.get("summary") or {}
    verdicts, coverage = summary.get("verdicts") or {}, summary.get("coverage") or {}
    parts = [f"{verdicts[each]:,} {each}" for each in ("ready", "warning", "blocked", "unknown") if verdicts.get(each)]
    said = [f"{summary.get('vms', 0):,} VMs: {', '.join(parts) or 'none'}."]
    if coverage:
        ordered = sorted(coverage.items(), key=lambda each: (-each[1], each[0]))
        said.append("Backups: " + ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in ordered if count) + ".")
    named = titles(result)
    rules = failing_rules(result)
    for rule, severity, failed, unknown in rules[:SHOWN]:
        counted = ", ".join(text for number, text in ((failed, f"{failed:,} failed"), (unknown, f"{unknown:,} unknown")) if number)
        said.append(f"{severity}: {rule}, {counted} ({named.get(rule, rule)})")
    if len(rules) > SHOWN:
        said.append(f"and {len(rules) - SHOWN} more rules")
    limits = result.get("limits") or ()
    if limits:
        said.append("Not everything could be read: " + "; ".join(sorted({str(each.get("reason")).rstrip(".") for each in limits})) + ".")
    stopping = len(failing(result, fail_on))
    if stopping:
        said.append(f"{stopping:,} do not pass at the severity {fail_on}.")
    return [one_line(each) for each in said]


def _rank(order: tuple[str, ...], value: Any) -> int:
    return order.index(value) if value in order else len(order)
