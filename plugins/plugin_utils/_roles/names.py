# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which variables are misspelt options of a role. Pure: variables in, problems out.

A variable with a role's prefix is refused when it is no option or result of our roles, and

* is an option but for its spelling: letter case, singular or plural, or a letter that is wrong, missing, too many or swapped with its neighbour
  (two of eleven or more; none wrong of fewer than six, since that makes other words, and none at all of fewer than four);
* or has the words of an option and others that options are made of, or half of an option's words or more, and at least two;
* or is, without the prefix, an option of a role that this one includes, or one of ten letters or more of a role that selects VMs as this one does.

It is the user's own when it is far from all of that, when it is made of nothing but words for which anybody has variables (COMMON) in another form
than an option has them, and when another variable is made from it. A required option that is misspelt is missing, so what is near one that is there
is the user's own too; so is a list of what an option of an included role takes one of, or one of what it takes a list of, for loops elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.errors import Problem
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.specs import RESULTS, Role, Roles

COMMON = frozenset(
    {
        "address", "agent", "environment", "host", "id", "key", "mode", "password", "port", "principal", "secret", "seed", "service", "source",
        "stage", "stat", "state", "statu", "tenant", "title", "token", "user",
    }
)
# Roles that have this option select VMs, all of them by the same options.
SELECTS = "exclude"
DISTINCT = 10
SHORTEST, SHORT, LONG = 4, 6, 11


def misspelt(roles: Roles, name: str, entry: str, includes: Iterable[str], variables: Mapping[str, Any]) -> list[Problem]:
    """What is misspelt of the variables of a role, and of those of the roles that this entry point includes."""
    included = tuple(includes)
    strangers = [(roles[each], variable) for each in (name, *included) for variable in sorted(variables) if _is_strange(roles, each, variable)]
    if not strangers:
        return []
    required = {variable for variable, spec in roles[name].entry_points[entry].items() if spec.get("required") and variables.get(variable) is not None}
    words = {word for role in roles.values() for option in role.options for word in _words(option)} - COMMON
    problems = []
    for role, variable in strangers:
        own = role.name == name
        left_aside = required if own else {each for options in role.entry_points.values() for each, spec in options.items() if spec.get("required")}
        related = [roles[each] for each in (included if own else ())]
        alike = [each for each in roles.values() if each is not role and SELECTS in each.options] if SELECTS in role.options else []
        meant = _meant(role, variable, role.variables - left_aside, words, related, alike)
        if meant and not _is_used(variable, meant, variables) and not (not own and _is_another_number(role, variable, meant, variables[variable])):
            problems.append(Problem(variable, f"the role {role.name} has no such option; did you mean {' or '.join(meant[:3])}?"))
    return problems


def _is_strange(roles: Roles, role: str, variable: str) -> bool:
    if not variable.startswith(f"{role}_") or roles.owner(variable) != role:
        return False
    return variable not in RESULTS and variable not in roles[role].variables


def _meant(role: Role, variable: str, options: Iterable[str], words: set[str], related: list[Role], alike: list[Role]) -> list[str]:
    """The options that the variable may stand for, the nearest first."""
    rest = role.option(variable)
    stems = _words(rest)
    by_letters = {each: _letters(stems, _words(role.option(each))) for each in options}
    if COMMON.issuperset(stems):
        by_letters = {each: distance for each, distance in by_letters.items() if distance == 0}
    near = sorted((distance, each) for each, distance in by_letters.items() if distance is not None)
    meant = [each for _distance, each in near] or sorted(each for each in options if _shares_words(stems, _words(role.option(each)), words))
    if not meant and not COMMON.issuperset(stems):
        meant = [f"{other.name}_{rest}" for other in related if rest in other.options]
        meant += [rest for other in related if rest in other.variables]
        meant += [f"{other.name}_{rest}" for other in alike if len(rest) >= DISTINCT and rest in other.options]
    return list(dict.fromkeys(meant))


@cache
def _words(text: str) -> tuple[str, ...]:
    """The words of a name, each in the singular."""
    return tuple(_singular(word) for word in text.lower().split("_") if word)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 2 else word


def _letters(words: tuple[str, ...], others: tuple[str, ...]) -> int | None:
    """How many letters differ, when that is few enough for a mistake of typing."""
    text, other = "_".join(words), "_".join(others)
    if text == other:
        return 0
    limit = 0 if len(other) < SHORTEST else 1 if len(other) < LONG else 2
    if abs(len(text) - len(other)) > limit:
        return None
    distance = _distance(text, other)
    is_another_word = len(other) < SHORT and len(text) == len(other) and sorted(text) != sorted(other)
    return distance if distance <= limit and not is_another_word else None


def _distance(text: str, other: str) -> int:
    """Letters to change, add, take away, or swap with their neighbour, to make one text of the other."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(text, 1):
        line = [row]
        for column, theirs in enumerate(other, 1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != theirs))
            if row > 1 and column > 1 and letter == other[column - 2] and text[row - 2] == theirs:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, last = last, line
    return last[-1]


def _shares_words(words: tuple[str, ...], others: tuple[str, ...], known: set[str]) -> bool:
    if len(words) > len(others):
        rest = _without(words, others)
        return rest is not None and all(any(_letters((word,), (each,)) is not None for each in known) for word in rest)
    return 2 <= len(words) < len(others) <= 2 * len(words) and not COMMON.issuperset(words) and _without(others, words) is not None


def _without(words: tuple[str, ...], part: tuple[str, ...]) -> list[str] | None:
    """The words that are left when those of the part, in their order, are taken out."""
    left, wanted = [], list(part)
    for word in words:
        if wanted and _letters((word,), (wanted[0],)) is not None:
            wanted.pop(0)
        else:
            left.append(word)
    return None if wanted else left


def _is_another_number(role: Role, variable: str, meant: list[str], value: Any) -> bool:
    """Whether this is a list of what an option takes one of, or the other way round, for a loop elsewhere over the role that is included here."""
    types = [spec.get("type") for options in role.entry_points.values() for each, spec in options.items() if each in meant and _words(each) == _words(variable)]
    return any(isinstance(value, list) != (kind == "list") for kind in types)


def _is_used(variable: str, meant: list[str], variables: Mapping[str, Any]) -> bool:
    """Whether another variable is made from this one: by its name, or by a loop over the plural of an option."""
    named = re.compile(rf"\b{re.escape(variable)}\b")
    others = (value for name, value in variables.items() if name != variable and name not in ("hostvars", "vars", "groups", "ansible_facts"))
    if any(named.search(text) for value in others for text in _templates(value)):
        return True
    return any(_words(each) == _words(variable) and any(_templates(variables.get(each))) for each in meant)


def _templates(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if "{{" in value or "{%" in value:
            yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _templates(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _templates(each)
