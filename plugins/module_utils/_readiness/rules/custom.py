# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Rules of the user's own, as data: a place in the facts, an operator and a value. Nothing of them is run.

    {id, title, scope, severity, path, operator, value, when: [{path, operator, value}], evidence, fix, source}

The first part of a path is the area of facts, so an area that could not be read makes the rule unknown as it does the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..._core.errors import Problem
from ..._core.fields import mapping
from ..._jobs.view import moment
from ..rule import SCOPES, SEVERITIES, Answer, Facts, Rule, fails, not_applicable, passes, unknown
from ..values import number, version

# What a rule may look at, by scope.
AREAS = {
    "vm": (
        "vm", "item", "items", "policy", "policies", "vaults", "disks", "size", "locks", "jobs", "azure", "key_vaults", "guest", "network",
    ),
    "vault": ("vault", "items", "orphans", "policies", "redundancy", "diagnostics", "servers", "engines", "locks"),
    "subscription": ("provider", "vaults", "permissions", "locks"),
}  # fmt: skip
ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+")
_SHOWN = 200


class _OddError(Exception):
    """The two values cannot be compared so."""


def _ordered(value: Any, bound: Any) -> tuple[Any, Any]:
    """Both as numbers, or both as versions, or both as times."""
    for read in (number, version, moment):
        pair = (read(value), read(bound))
        if None not in pair:
            return pair
    raise _OddError


def _same(value: Any, other: Any) -> bool:
    """Texts without letter case, as Azure compares names; true is not 1."""
    if isinstance(value, str) and isinstance(other, str):
        return value.lower() == other.lower()
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


def _holds(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return wanted.lower() in value.lower()
    if isinstance(value, (list, tuple, dict)):
        return any(_same(each, wanted) for each in value)
    raise _OddError


def _fits(value: Any, pattern: Any) -> bool:
    if not isinstance(value, str):
        raise _OddError
    return re.search(pattern, value) is not None


def _size(value: Any) -> Any:
    if not isinstance(value, (list, tuple, dict, str)):
        raise _OddError
    return len(value)


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "exists": lambda value, wanted: (value not in (None, "", [], {})) is (wanted is not False),
    "equals": _same,
    "not_equals": lambda value, wanted: not _same(value, wanted),
    "in": lambda value, wanted: any(_same(value, each) for each in wanted),
    "not_in": lambda value, wanted: not any(_same(value, each) for each in wanted),
    "at_least": lambda value, wanted: bool((pair := _ordered(value, wanted))[0] >= pair[1]),
    "at_most": lambda value, wanted: bool((pair := _ordered(value, wanted))[0] <= pair[1]),
    "contains": _holds,
    "not_contains": lambda value, wanted: not _holds(value, wanted),
    "matches": _fits,
    "not_matches": lambda value, wanted: not _fits(value, wanted),
    "length_at_least": lambda value, wanted: bool(_size(value) >= (number(wanted) or 0)),
    "length_at_most": lambda value, wanted: bool(_size(value) <= (number(wanted) or 0)),
}
_NEEDS_VALUE = tuple(each for each in OPERATORS if each != "exists")


def look(facts: Facts, path: str) -> Any:
    """The value at a path such as vm.tags.owner or disks.0.sku; None when it is not there. Keys are compared without letter case."""
    place: Any = facts.known
    for step in path.split("."):
        if isinstance(place, Mapping):
            place = next((place[each] for each in place if str(each).lower() == step.lower()), None)
        elif isinstance(place, (list, tuple)) and step.isdecimal() and int(step) < len(place):
            place = place[int(step)]
        else:
            return None
    return place


def _holds_here(condition: Mapping[str, Any], facts: Facts) -> tuple[bool | None, Any]:
    """(whether the condition holds, the value); None where the value is of a kind that cannot be compared so."""
    value = look(facts, condition["path"])
    try:
        return OPERATORS[condition["operator"]](value, condition.get("value")), value
    except (_OddError, TypeError):
        return None, value


def _told(text: str, value: Any, given: Mapping[str, Any]) -> str:
    """The user's words with {value}, {wanted} and {path} put in, and nothing else that braces could mean."""
    shown = str(value)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    parts = {"{value}": shown, "{wanted}": str(given.get("value")), "{path}": str(given.get("path"))}
    return re.sub(r"\{(?:value|wanted|path)\}", lambda found: parts[found.group()], text)


def _check(given: Mapping[str, Any]) -> Callable[[Facts], Answer]:
    def check(facts: Facts) -> Answer:
        for condition in given.get("when") or ():
            applies, value = _holds_here(condition, facts)
            if not applies:
                return not_applicable(f"{condition['path']} is {_told('{value}', value, condition)}.")
        good, value = _holds_here(given, facts)
        if good is None:
            return unknown(_told("{path} is {value}, which cannot be compared with {wanted}.", value, given))
        if good:
            return passes(_told("{path} is {value}.", value, given))
        return fails(_told(given.get("evidence") or "{path} is {value}.", value, given))

    return check


def rule(given: Mapping[str, Any]) -> Rule:
    """A rule of the catalogue from one that passed problems()."""
    paths = [given["path"], *(each["path"] for each in given.get("when") or ())]
    return Rule(
        id=given["id"],
        severity=given.get("severity") or "warning",
        scope=given.get("scope") or "vm",
        title=given["title"],
        fix=given.get("fix") or "",
        source=given.get("source") or "",
        check=_check(given),
        needs=tuple(dict.fromkeys(path.partition(".")[0].lower() for path in paths)),
    )


def problems(given: list[Any] | None, taken: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with rules of the user's own. taken: the ids that are in use."""
    found: list[Problem] = []
    ids = set(taken)
    for index, each in enumerate(given or ()):
        option = f"custom_rules[{index}]"
        found += [Problem(option if not part else f"{option}.{part}", text) for part, text in _wrong(mapping(each), ids)]
        ids.add(str(mapping(each).get("id")))
    return found


def _wrong(each: Mapping[str, Any], ids: set[str]) -> list[tuple[str, str]]:
    found = [(part, "is missing") for part in ("id", "title", "path", "operator") if not each.get(part)]
    if each.get("id") and not ID.fullmatch(str(each["id"])):
        found.append(("id", f"'{each['id']}' is no id of a rule: capital letters and digits in two parts or more with hyphens between, such as ORG-OWNER"))
    if each.get("id") in ids:
        found.append(("id", f"there is a rule '{each['id']}' already"))
    if each.get("severity") not in (None, *SEVERITIES):
        found.append(("severity", f"'{each['severity']}' is none of {', '.join(SEVERITIES)}"))
    if each.get("scope") not in (None, *SCOPES):
        return [*found, ("scope", f"'{each['scope']}' is none of {', '.join(SCOPES)}")]
    scope = each.get("scope") or "vm"
    found += _wrong_condition("", each, scope)
    for index, condition in enumerate(each.get("when") or ()):
        found += _wrong_condition(f"when[{index}].", mapping(condition), scope)
    return found


def _wrong_condition(prefix: str, condition: Mapping[str, Any], scope: str) -> list[tuple[str, str]]:
    found = []
    path, operator, value = condition.get("path"), condition.get("operator"), condition.get("value")
    if prefix:
        found += [(f"{prefix}{part}", "is missing") for part in ("path", "operator") if not condition.get(part)]
    if path and str(path).partition(".")[0].lower() not in AREAS[scope]:
        found.append((f"{prefix}path", f"'{path}' does not begin with one of the facts of a {scope}: {', '.join(AREAS[scope])}"))
    if operator and operator not in OPERATORS:
        found.append((f"{prefix}operator", f"'{operator}' is none of {', '.join(OPERATORS)}"))
    if operator in _NEEDS_VALUE and value is None:
        found.append((f"{prefix}value", f"is missing for operator {operator}"))
    if operator in ("in", "not_in") and value is not None and not isinstance(value, list):
        found.append((f"{prefix}value", "must be a list"))
    if operator in ("matches", "not_matches") and value is not None:
        try:
            re.compile(value if isinstance(value, str) else "(")
        except re.error as exc:
            found.append((f"{prefix}value", f"'{value}' is no regular expression: {exc}"))
    return found
