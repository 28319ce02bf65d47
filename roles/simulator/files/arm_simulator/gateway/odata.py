# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of OData's $filter that Azure's lists understand.

Comparisons eq ne gt ge lt le, and/or/not, parentheses, strings, numbers, true/false/null, and the
functions startswith, endswith, contains and substringof. Names and strings are compared without
case, as Azure does.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.messages import ArmError

Fields = Mapping[str, Any]
Test = Callable[[Fields], bool]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>(?:datetime)?'(?:[^']|'')*')
      | (?P<number>-?\d+(?:\.\d+)?(?![\w-]))
      | (?P<name>[A-Za-z_][\w./-]*)
      | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)
_ORDER = {"eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": lambda text, part: part in text,
    "substringof": lambda part, text: part in text,
}
_CONSTANTS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Filter:
    """A parsed filter: call it with a mapping of field names to values, in any letter case.

    comparisons lists every comparison (field in lower case, operator, value) wherever it stands, for
    lists that give a field a meaning of its own, such as a job's startTime, where eq means "from".
    """

    test: Test
    comparisons: list[tuple[str, str, Any]] = field(default_factory=list)

    def __call__(self, fields: Fields) -> bool:
        return self.test({name.lower(): value for name, value in fields.items()})

    def values(self) -> dict[str, Any]:
        """The value of each field that is compared with eq, by its lower-case name."""
        return {name: value for name, sign, value in self.comparisons if sign == "eq"}


def parse(text: str) -> Filter:
    """Read a $filter; the empty one lets everything through. A malformed one is a 400."""
    if not text.strip():
        return Filter(lambda _fields: True)
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._scan(text)
        self._at = 0
        self._comparisons: list[tuple[str, str, Any]] = []

    def _fail(self) -> ArmError:
        return ArmError(400, "InvalidFilterInQueryString", f"Invalid $filter '{self._text}' specified in the query string.")

    def _scan(self, text: str) -> list[tuple[str, str]]:
        tokens, position, text = [], 0, text.strip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._fail()
            tokens.append((str(match.lastgroup), match.group().strip()))
            position = match.end()
        return tokens

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _take(self, mark: str) -> None:
        if self._next()[1] != mark:
            raise self._fail()

    def _word(self, word: str) -> bool:
        kind, text = self._peek()
        if kind == "name" and text.lower() == word:
            self._at += 1
            return True
        return False

    def parse(self) -> Filter:
        test = self._either()
        if self._at < len(self._tokens):
            raise self._fail()
        return Filter(test, self._comparisons)

    def _either(self) -> Test:
        tests = [self._both()]
        while self._word("or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda fields: any(test(fields) for test in tests)

    def _both(self) -> Test:
        tests = [self._single()]
        while self._word("and"):
            tests.append(self._single())
        return tests[0] if len(tests) == 1 else lambda fields: all(test(fields) for test in tests)

    def _single(self) -> Test:
        if self._word("not"):
            test = self._single()
            return lambda fields: not test(fields)
        if self._peek() == ("mark", "("):
            self._next()
            test = self._either()
            self._take(")")
            return test
        return self._comparison()

    def _comparison(self) -> Test:
        kind, text = self._next()
        if kind != "name":
            raise self._fail()
        if self._peek() == ("mark", "("):
            return self._function(text)
        sign = self._next()[1].lower()
        if sign not in _ORDER:
            raise self._fail()
        name, value = text.lower(), self._operand()[1]
        self._comparisons.append((name, sign, value))
        return lambda fields: _compare(fields.get(name), sign, value)

    def _function(self, name: str) -> Test:
        function = _FUNCTIONS.get(name.lower())
        self._take("(")
        if function is None:
            raise self._fail()
        first = self._operand()
        self._take(",")
        second = self._operand()
        self._take(")")

        def test(fields: Fields) -> bool:
            return function(_text(first, fields), _text(second, fields))

        for word, expected in (("true", True), ("false", False)):  # the old form: startswith(name,'a') eq true
            if self._peek()[1].lower() == "eq" and self._tokens[self._at + 1: self._at + 2] == [("name", word)]:
                self._at += 2
                return lambda fields: test(fields) is expected
        return test

    def _operand(self) -> tuple[bool, Any]:
        """(True, lower-case field name) or (False, value)."""
        kind, text = self._next()
        if kind == "string":
            return False, text[text.index("'") + 1: -1].replace("''", "'")
        if kind == "number":
            return False, float(text) if "." in text else int(text)
        if kind == "name":
            return (False, _CONSTANTS[text.lower()]) if text.lower() in _CONSTANTS else (True, text.lower())
        raise self._fail()


def _text(operand: tuple[bool, Any], fields: Fields) -> str:
    is_field, value = operand
    value = fields.get(value) if is_field else value
    return "" if value is None else str(value).lower()


def _compare(actual: Any, sign: str, expected: Any) -> bool:
    if actual is None or expected is None:
        return {"eq": actual is expected, "ne": actual is not expected}.get(sign, False)
    if isinstance(actual, bool) or isinstance(expected, bool):
        actual, expected = str(actual).lower(), str(expected).lower()
    elif isinstance(actual, (int, float)) or isinstance(expected, (int, float)):
        try:
            actual, expected = float(actual), float(expected)
        except (TypeError, ValueError):
            actual, expected = str(actual), str(expected)
    else:
        actual, expected = str(actual).lower(), str(expected).lower()
    return bool(_ORDER[sign](actual, expected))
