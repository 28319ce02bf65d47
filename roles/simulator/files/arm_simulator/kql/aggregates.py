# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The aggregates of summarize: functions of a group of rows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from .expressions import Row, compile_expression, name_of
from .nodes import Call, Name
from .tokens import KqlError
from .values import COMPARISONS, number, text

Aggregate = Callable[[list[Row]], Any]


def _numbers(values: list[Any]) -> list[float | int]:
    return [found for value in values if (found := number(value)) is not None]


def _extreme(sign: str) -> Callable[[list[Any]], Any]:
    def pick(values: list[Any]) -> Any:
        best = None
        for value in values:
            if value is not None and (best is None or COMPARISONS[sign](value, best)):
                best = value
        return best

    return pick


def _average(values: list[Any]) -> float | None:
    found = _numbers(values)
    return sum(found) / len(found) if found else None


def _present(values: list[Any]) -> list[Any]:
    return [value for value in values if value is not None]


_OF_VALUES: dict[str, Callable[[list[Any]], Any]] = {
    "any": lambda values: next((value for value in values if text(value)), None),
    "avg": _average,
    "countif": lambda values: sum(bool(value) for value in values),
    "dcount": lambda values: len({text(value) for value in _present(values)}),
    "make_list": _present,
    "make_set": lambda values: list({text(value): value for value in _present(values)}.values()),
    "max": _extreme(">"),
    "min": _extreme("<"),
    "sum": lambda values: sum(_numbers(values)),
}
_ALIASES = {"take_any": "any", "makelist": "make_list", "makeset": "make_set"}
_SHORT = {"make_list": "list", "make_set": "set"}


def compile_aggregate(name: str, node: Any, columns: Collection[str], now: datetime) -> tuple[str, Aggregate]:
    """(column, aggregate) of an entry of summarize; without a name it is count_, sum_x and so on."""
    if not isinstance(node, Call):
        raise KqlError("Default", "'summarize' operator: an aggregate function is expected")
    kind = node.name.lower()
    kind = _ALIASES.get(kind, kind)
    if kind == "count":
        return name or "count_", len
    if kind in ("arg_max", "arg_min"):
        return _of_row(name, kind, node, columns, now)
    if kind not in _OF_VALUES or not node.arguments:
        raise KqlError("UnsupportedFunction", f"The aggregate function '{node.name}' is not supported.")
    value, function = compile_expression(node.arguments[0], columns, now), _OF_VALUES[kind]
    default = "countif_" if kind == "countif" else f"{_SHORT.get(kind, kind)}_{name_of(node.arguments[0])}"
    return name or default, lambda rows: function([value(row) for row in rows])


def _of_row(name: str, kind: str, node: Call, columns: Collection[str], now: datetime) -> tuple[str, Aggregate]:
    """arg_max(x, y): y in the row where x is greatest. The form with * is not understood."""
    if len(node.arguments) != 2 or (isinstance(node.arguments[1], Name) and node.arguments[1].text == "*"):
        raise KqlError("UnsupportedFunction", f"{node.name}() is only supported with two columns.")
    key, value = (compile_expression(argument, columns, now) for argument in node.arguments)
    sign = ">" if kind == "arg_max" else "<"

    def pick(rows: list[Row]) -> Any:
        if not rows:
            return None
        best = rows[0]
        for row in rows[1:]:
            if COMPARISONS[sign](key(row), key(best)):
                best = row
        return value(best)

    return name or name_of(node.arguments[1]), pick
