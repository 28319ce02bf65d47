# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From words to a tree."""

from __future__ import annotations

from typing import Any

from .nodes import Binary, Call, Literal, Member, Name, Operator, Query, Within
from .tokens import KqlError, Token, failure, scan

_COMPARISONS = {"==", "!=", "=~", "!~", "<", "<=", ">", ">="}
_TEXT = ("contains", "contains_cs", "has", "has_cs", "hasprefix", "hassuffix", "startswith", "startswith_cs", "endswith", "endswith_cs")
_SETS = ("in", "in~", "has_any", "has_all")
_JOINS = ("innerunique", "inner", "leftouter", "leftanti", "leftsemi", "rightouter", "fullouter", "anti", "rightanti")
_CONSTANTS = {"true": True, "false": False, "null": None}


def parse(text: str) -> Query:
    """The tree of a query; KqlError with its place when it is malformed."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = scan(text)
        self._at = 0

    # Words

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _fail(self) -> KqlError:
        return failure(self._text, self._token)

    def _next(self) -> Token:
        token = self._token
        self._at += token.kind != "end"
        return token

    def _have(self, *words: str) -> str:
        """The word that comes next if it is one of these, and then it is taken; else nothing."""
        if self._token.kind in ("name", "mark") and self._token.text in words:
            return self._next().text
        return ""

    def _need(self, *words: str) -> str:
        word = self._have(*words)
        if not word:
            raise self._fail()
        return word

    def _name(self) -> str:
        """A column's name; one that is no word stands in ['...']."""
        if self._have("["):
            name = str(self._next().value)
            self._need("]")
            return name
        if self._token.kind != "name":
            raise self._fail()
        return self._next().text

    # Queries

    def whole(self) -> Query:
        query = self._query()
        if self._token.kind != "end":
            raise self._fail()
        return query

    def _query(self) -> Query:
        operators = []
        follows = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        table = ""
        if self._token.kind == "name" and (follows.kind == "end" or follows.text in ("|", ")", ",")):
            table = self._next().text.lower()
        elif not self._have("|"):
            operators.append(self._operator())  # the old form begins with its first operator
        while self._have("|"):
            operators.append(self._operator())
        return Query(table, tuple(operators))

    def _operator(self) -> Operator:
        start = self._token
        kind = self._name()
        if kind in ("project", "mv") and self._have("-"):
            kind += f"-{self._name()}"
        method = getattr(self, f"_{kind.replace('-', '_').lower()}_operator", None)
        if method is None:
            raise KqlError("OperatorNotSupported", f"The operator '{kind}' is not supported.", **failure(self._text, start).extra)
        return method()

    def _where_operator(self) -> Operator:
        return Operator("where", condition=self._expression())

    _filter_operator = _where_operator

    def _project_operator(self) -> Operator:
        return Operator("project", names=self._assignments())

    def _extend_operator(self) -> Operator:
        return Operator("extend", names=self._assignments())

    def _project_away_operator(self) -> Operator:
        return Operator("project-away", names=self._patterns())

    def _project_keep_operator(self) -> Operator:
        return Operator("project-keep", names=self._patterns())

    def _project_rename_operator(self) -> Operator:
        return Operator("project-rename", names=self._assignments())

    def _distinct_operator(self) -> Operator:
        if self._have("*"):
            return Operator("distinct")
        return Operator("distinct", names=self._assignments())

    def _count_operator(self) -> Operator:
        return Operator("count")

    def _limit_operator(self) -> Operator:
        return Operator("limit", count=self._number())

    _take_operator = _limit_operator

    def _top_operator(self) -> Operator:
        count = self._number()
        self._need("by")
        by, descending = self._orders()
        return Operator("top", count=count, by=by, descending=descending)

    def _order_operator(self) -> Operator:
        self._need("by")
        by, descending = self._orders()
        return Operator("order", by=by, descending=descending)

    _sort_operator = _order_operator

    def _summarize_operator(self) -> Operator:
        names = () if self._token.text == "by" else self._assignments()
        by = self._assignments() if self._have("by") else ()
        return Operator("summarize", names=names, by=by)

    def _mv_expand_operator(self) -> Operator:
        if self._have("bagexpansion", "kind"):
            self._need("=")
            self._next()
        names = self._assignments()
        if self._have("to"):
            self._need("typeof")
            self._need("(")
            self._next()
            self._need(")")
        if self._have("limit"):
            self._number()
        return Operator("mv-expand", names=names)

    _mvexpand_operator = _mv_expand_operator

    def _union_operator(self) -> Operator:
        queries = [self._subquery()]
        while self._have(","):
            queries.append(self._subquery())
        return Operator("union", queries=tuple(queries))

    def _join_operator(self) -> Operator:
        kind = "innerunique"
        if self._have("kind"):
            self._need("=")
            kind = self._need(*_JOINS)
        right = self._subquery()
        self._need("on")
        pairs = [self._join_pair()]
        while self._have(",", "and"):
            pairs.append(self._join_pair())
        return Operator("join", names=tuple(pairs), join=kind, queries=(right,))

    def _subquery(self) -> Query:
        if self._have("("):
            query = self._query()
            self._need(")")
            return query
        return Query(self._name().lower())

    def _join_pair(self) -> tuple[str, Any]:
        """(left column, right column) of one condition of a join."""
        if self._token.text not in ("$left", "$right"):
            name = self._name()
            return name, name
        sides = {}
        for sign in ("==", ""):
            side = self._need("$left", "$right")
            self._need(".")
            sides[side] = self._name()
            if sign:
                self._need(sign)
        if len(sides) != 2:
            raise self._fail()
        return sides["$left"], sides["$right"]

    # Lists

    def _number(self) -> int:
        if self._token.kind != "number":
            raise self._fail()
        return int(self._next().value)

    def _patterns(self) -> tuple[tuple[str, Any], ...]:
        names: list[tuple[str, Any]] = []
        while not names or self._have(","):
            name = "" if self._token.text == "*" else self._name()
            names.append((name + self._have("*"), None))
        return tuple(names)

    def _assignments(self) -> tuple[tuple[str, Any], ...]:
        """name = expression, or an expression that names itself (then the name is empty)."""
        found = [self._assignment()]
        while self._have(","):
            found.append(self._assignment())
        return tuple(found)

    def _assignment(self) -> tuple[str, Any]:
        start = self._at
        if self._token.kind == "name" or self._token.text == "[":
            name = self._name()
            if self._have("="):
                return name, self._expression()
            self._at = start
        return "", self._expression()

    def _orders(self) -> tuple[tuple[tuple[str, Any], ...], tuple[bool, ...]]:
        by: list[tuple[str, Any]] = []
        descending: list[bool] = []
        while not by or self._have(","):
            by.append(("", self._expression()))
            descending.append((self._have("asc", "desc") or "desc") == "desc")
            if self._have("nulls"):
                self._need("first", "last")
        return tuple(by), tuple(descending)

    # Expressions, from what binds loosest to what binds tightest

    def _expression(self) -> Any:
        left = self._both()
        while self._have("or"):
            left = Binary("or", left, self._both())
        return left

    def _both(self) -> Any:
        left = self._comparison()
        while self._have("and"):
            left = Binary("and", left, self._comparison())
        return left

    def _comparison(self) -> Any:
        left = self._sum()
        start = self._at
        negated = "!" if self._have("!") else ""
        word = self._token.text
        if not negated and self._token.kind == "mark" and word in _COMPARISONS:
            self._next()
            return Binary(word, left, self._sum())
        if self._have(*_TEXT):
            return Binary(negated + word, left, self._sum())
        if self._have("matches"):
            self._need("regex")
            return Binary(f"{negated}matches", left, self._sum())
        if self._have("between"):
            return Within(f"{negated}between", left, self._span())
        if self._token.kind == "name" and word in _SETS:
            return Within(negated + self._next().text, left, self._arguments())
        self._at = start
        return left

    def _span(self) -> tuple[Any, ...]:
        self._need("(")
        low = self._sum()
        self._need("..")
        high = self._sum()
        self._need(")")
        return low, high

    def _sum(self) -> Any:
        left = self._product()
        while sign := self._have("+", "-"):
            left = Binary(sign, left, self._product())
        return left

    def _product(self) -> Any:
        left = self._unary()
        while sign := self._have("*", "/", "%"):
            left = Binary(sign, left, self._unary())
        return left

    def _unary(self) -> Any:
        if self._have("-"):
            return Binary("-", Literal(0), self._unary())
        return self._members(self._primary())

    def _members(self, owner: Any) -> Any:
        while True:
            if self._have("."):
                owner = Member(owner, Literal(self._name()))
            elif self._have("["):
                owner = Member(owner, self._expression())
                self._need("]")
            else:
                return owner

    def _primary(self) -> Any:
        token = self._token
        if token.kind in ("number", "string", "datetime", "timespan", "dynamic"):
            return Literal(self._next().value)
        if self._have("("):
            inner = self._expression()
            self._need(")")
            return inner
        if self._have("*"):
            return Name("*")
        if token.kind == "mark" and token.text == "[":
            return Name(self._name())
        if token.kind != "name":
            raise self._fail()
        self._next()
        if self._token.text == "(" and self._token.kind == "mark":
            return Call(token.text, self._arguments())
        return Literal(_CONSTANTS[token.text]) if token.text in _CONSTANTS else Name(token.text)

    def _arguments(self) -> tuple[Any, ...]:
        self._need("(")
        arguments: list[Any] = []
        while not self._have(")"):
            if arguments:
                self._need(",")
            arguments.append(self._expression())
        return tuple(arguments)
