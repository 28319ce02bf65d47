# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the tree of an expression to a function of a row."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from .nodes import Binary, Call, Literal, Member, Name, Within
from .tokens import KqlError
from .values import COMPARISONS, FUNCTIONS, arithmetic, equal, member, same, text

Row = dict[str, Any]
Value = Callable[[Row], Any]


def compile_expression(node: Any, columns: Collection[str], now: datetime) -> Value:
    """The function of an expression over rows with these columns; KqlError when it names something else."""
    return _Compiler(columns, now).value(node)


def name_of(node: Any) -> str:
    """How an expression without a name of its own is called: a_b for a.b, x for f(x); empty when nothing fits."""
    if isinstance(node, Name):
        return node.text
    if isinstance(node, Member):
        key = text(node.key.value) if isinstance(node.key, Literal) else ""
        owner = name_of(node.owner)
        return f"{owner}_{key}" if owner and key else ""
    if isinstance(node, Call) and node.arguments:
        return name_of(node.arguments[0])
    return ""


class _Compiler:
    def __init__(self, columns: Collection[str], now: datetime) -> None:
        self._columns = columns
        self._now = now

    def value(self, node: Any) -> Value:
        return getattr(self, f"_{type(node).__name__.lower()}")(node)

    def _literal(self, node: Literal) -> Value:
        constant = node.value
        return lambda row: constant

    def _name(self, node: Name) -> Value:
        name = node.text
        if name not in self._columns:
            raise KqlError("Default", f"Failed to resolve scalar expression named '{name}'")
        return lambda row: row[name]

    def _member(self, node: Member) -> Value:
        owner = self.value(node.owner)
        if isinstance(node.key, Literal):
            key = node.key.value
            return lambda row: member(owner(row), key)
        inner = self.value(node.key)
        return lambda row: member(owner(row), inner(row))

    def _call(self, node: Call) -> Value:
        name = node.name.lower()
        arguments = [self.value(argument) for argument in node.arguments]
        if name in ("now", "ago"):
            return self._moment(name, arguments)
        if name not in FUNCTIONS:
            raise KqlError("UnsupportedFunction", f"The function '{node.name}' is not supported.")
        function, least, most = FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise KqlError("Default", f"{node.name}(): the function does not take {len(arguments)} argument(s)")
        if len(arguments) == 1:
            (only,) = arguments
            return lambda row: function(only(row))
        return lambda row: function(*[argument(row) for argument in arguments])

    def _moment(self, name: str, arguments: list[Value]) -> Value:
        now = self._now
        if not arguments:
            return lambda row: now
        (offset,) = arguments
        return (lambda row: now - offset(row)) if name == "ago" else (lambda row: now + offset(row))

    def _binary(self, node: Binary) -> Value:
        left, right, sign = self.value(node.left), self.value(node.right), node.sign
        if sign == "and":
            return lambda row: bool(left(row)) and bool(right(row))
        if sign == "or":
            return lambda row: bool(left(row)) or bool(right(row))
        if sign in COMPARISONS:
            test = COMPARISONS[sign]
            return lambda row: test(left(row), right(row))
        if sign.removeprefix("!") in COMPARISONS:
            test = COMPARISONS[sign[1:]]
            return lambda row: not test(left(row), right(row))
        return lambda row: arithmetic(sign, left(row), right(row))

    def _within(self, node: Within) -> Value:
        left, values = self.value(node.left), [self.value(value) for value in node.values]
        sign = node.sign.removeprefix("!")
        expected = sign == node.sign
        test = _MEMBERSHIPS[sign]
        return lambda row: test(left(row), _flat([value(row) for value in values])) is expected


def _flat(values: list[Any]) -> list[Any]:
    """A dynamic list stands for its entries."""
    return values[0] if len(values) == 1 and isinstance(values[0], list) else values


def _between(left: Any, values: list[Any]) -> bool:
    low, high = values
    return COMPARISONS[">="](left, low) and COMPARISONS["<="](left, high)


_MEMBERSHIPS: dict[str, Callable[[Any, list[Any]], bool]] = {
    "in": lambda left, values: any(equal(left, value) for value in values),
    "in~": lambda left, values: any(same(left, value) for value in values),
    "has_any": lambda left, values: any(COMPARISONS["has"](left, value) for value in values),
    "has_all": lambda left, values: all(COMPARISONS["has"](left, value) for value in values),
    "between": _between,
}
