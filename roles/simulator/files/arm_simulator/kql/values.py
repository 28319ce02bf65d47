# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values: conversions, comparisons and the scalar functions.

A value is None, a text, a number, a bool, a datetime in UTC, a timedelta, a list or a dict. None stands
for null, which is the empty text wherever a text is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from .tokens import to_datetime


def text(value: Any) -> str:
    """tostring()"""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond:06d}0Z"
    if isinstance(value, timedelta):
        return _span(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def _span(value: timedelta) -> str:
    minutes, seconds = divmod(value.seconds, 60)
    days = f"{value.days}." if value.days else ""
    return f"{days}{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def number(value: Any) -> float | int | None:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return value
    try:
        return float(text(value))
    except ValueError:
        return None


def integer(value: Any) -> int | None:
    found = number(value)
    return None if found is None else int(found)


def real(value: Any) -> float | None:
    found = number(value)
    return None if found is None else float(found)


def boolean(value: Any) -> bool | None:
    if isinstance(value, (bool, int, float)):
        return bool(value)
    return {"true": True, "1": True, "false": False, "0": False}.get(text(value).lower())


def moment(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else to_datetime(text(value)) if value else None


def parsed(value: Any) -> Any:
    """todynamic(): the JSON in a text; a text that is none stays one."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def member(owner: Any, key: Any) -> Any:
    if isinstance(owner, dict):
        return owner.get(text(key))
    if isinstance(owner, list) and isinstance(key, (int, float)):
        return owner[int(key)] if -len(owner) <= key < len(owner) else None
    return None


# Comparisons


def _pair(left: Any, right: Any) -> tuple[Any, Any]:
    """Both values in one type, as far as they have one."""
    if isinstance(left, datetime) or isinstance(right, datetime):
        return moment(left), moment(right)
    if isinstance(left, (str, dict, list)) or isinstance(right, (str, dict, list)):
        return text(left), text(right)
    return left, right


def equal(left: Any, right: Any) -> bool:
    left, right = _pair(left, right)
    return left is not None and left == right


def unequal(left: Any, right: Any) -> bool:
    left, right = _pair(left, right)
    return left is not None and right is not None and left != right


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        left, right = _pair(left, right) if isinstance(left, str) == isinstance(right, str) else _numbers(left, right)
        try:
            return left is not None and right is not None and test(left, right)
        except TypeError:
            return False

    return compare


def _numbers(left: Any, right: Any) -> tuple[Any, Any]:
    """A text and something else: compared as times or numbers, never as texts."""
    if isinstance(left, datetime) or isinstance(right, datetime):
        return moment(left), moment(right)
    return number(left), number(right)


def same(left: Any, right: Any) -> bool:
    return text(left).lower() == text(right).lower()


def _term(left: Any, right: Any, before: bool = True, after: bool = True, flags: re.RegexFlag = re.IGNORECASE) -> bool:
    """Whether a text has another as a whole word (a run of letters and digits), or as the beginning or end of one."""
    edges = ("(?<![^\\W_])" if before else "", "(?![^\\W_])" if after else "")
    return re.search(re.escape(text(right)).join(edges), text(left), flags) is not None


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": equal,
    "!=": unequal,
    "=~": same,
    "!~": lambda left, right: not same(left, right),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "contains": lambda left, right: text(right).lower() in text(left).lower(),
    "contains_cs": lambda left, right: text(right) in text(left),
    "startswith": lambda left, right: text(left).lower().startswith(text(right).lower()),
    "startswith_cs": lambda left, right: text(left).startswith(text(right)),
    "endswith": lambda left, right: text(left).lower().endswith(text(right).lower()),
    "endswith_cs": lambda left, right: text(left).endswith(text(right)),
    "has": _term,
    "has_cs": lambda left, right: _term(left, right, flags=re.NOFLAG),
    "hasprefix": lambda left, right: _term(left, right, after=False),
    "hassuffix": lambda left, right: _term(left, right, before=False),
    "matches": lambda left, right: re.search(text(right), text(left)) is not None,
}


def arithmetic(sign: str, left: Any, right: Any) -> Any:
    """None when the values do not go together, as Kusto has it."""
    try:
        if sign == "+":
            return left + right
        if sign == "-":
            return left - right if left != 0 or not isinstance(right, timedelta) else -right
        if sign == "*":
            return left * right
        if sign == "%":
            return left % right
        return left // right if isinstance(left, int) and isinstance(right, int) else left / right
    except (TypeError, ZeroDivisionError, OverflowError):
        return None


# Functions


def _split(source: Any, delimiter: Any, index: Any = None) -> Any:
    parts = text(source).split(text(delimiter)) if text(delimiter) else [text(source)]
    return parts if index is None else [parts[index]] if index < len(parts) else []


def _substring(source: Any, start: Any, length: Any = None) -> str:
    start = max(0, int(start))
    return text(source)[start:] if length is None else text(source)[start: start + int(length)]


def _extract(pattern: Any, group: Any, source: Any) -> str:
    match = re.search(text(pattern), text(source))
    return (match.group(int(group)) or "") if match else ""


def _case(*arguments: Any) -> Any:
    for condition, value in zip(arguments[::2], arguments[1::2], strict=False):
        if condition:
            return value
    return arguments[-1]


def _coalesce(*arguments: Any) -> Any:
    return next((value for value in arguments if value is not None and value != ""), arguments[-1])


def _bin(value: Any, size: Any) -> Any:
    if isinstance(value, datetime):
        return value - (value - datetime(1, 1, 1, tzinfo=value.tzinfo)) % size
    return None if value is None or not size else value // size * size


def _between(unit: Any, end: Any, start: Any) -> int | None:
    """datetime_diff(): whole units from start to end."""
    seconds = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}.get(text(unit).lower())
    first, second = moment(end), moment(start)
    return int((first - second).total_seconds() // seconds) if seconds and first and second else None


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, list) else None


FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "array_length": (_length, 1, 1),
    "bag_keys": (lambda value: list(value) if isinstance(value, dict) else None, 1, 1),
    "bag_pack": (lambda *pairs: dict(zip(map(text, pairs[::2]), pairs[1::2], strict=False)), 2, 99),
    "bin": (_bin, 2, 2),
    "case": (_case, 3, 99),
    "coalesce": (_coalesce, 2, 99),
    "datetime_diff": (_between, 3, 3),
    "extract": (_extract, 3, 3),
    "iff": (lambda condition, yes, no: yes if condition else no, 3, 3),
    "indexof": (lambda source, part: text(source).find(text(part)), 2, 2),
    "isempty": (lambda value: text(value) == "", 1, 1),
    "isnotempty": (lambda value: text(value) != "", 1, 1),
    "isnotnull": (lambda value: value is not None, 1, 1),
    "isnull": (lambda value: value is None, 1, 1),
    "not": (lambda value: not value, 1, 1),
    "pack_array": (lambda *values: list(values), 1, 99),
    "parse_json": (parsed, 1, 1),
    "replace_string": (lambda source, old, new: text(source).replace(text(old), text(new)), 3, 3),
    "round": (lambda value, digits=0: None if value is None else round(number(value) or 0, int(digits)), 1, 2),
    "split": (_split, 2, 3),
    "strcat": (lambda *values: "".join(map(text, values)), 1, 99),
    "strcat_array": (lambda values, mark: text(mark).join(map(text, values or [])), 2, 2),
    "strlen": (lambda value: len(text(value)), 1, 1),
    "substring": (_substring, 2, 3),
    "tobool": (boolean, 1, 1),
    "todatetime": (moment, 1, 1),
    "toint": (integer, 1, 1),
    "tolower": (lambda value: text(value).lower(), 1, 1),
    "toreal": (real, 1, 1),
    "tostring": (text, 1, 1),
    "toupper": (lambda value: text(value).upper(), 1, 1),
    "trim": (lambda pattern, value: re.sub(f"^(?:{text(pattern)})|(?:{text(pattern)})\\Z", "", text(value)), 2, 2),
}
"""Name: (function, fewest arguments, most)."""
FUNCTIONS |= {
    alias: FUNCTIONS[name]
    for alias, name in {
        "array_strcat": "strcat_array",
        "iif": "iff",
        "notempty": "isnotempty",
        "notnull": "isnotnull",
        "pack": "bag_pack",
        "todecimal": "toreal",
        "todouble": "toreal",
        "todynamic": "parse_json",
        "tolong": "toint",
    }.items()
}
