# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The query language of Resource Graph, on small tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from arm_simulator import kql

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PEOPLE = [
    {"name": "Ada", "age": 36, "at": "2026-11-22T11:30:00Z", "p": {"a": {"b": "x/y/z", "c-d": True}, "list": [{"k": 1}, {"k": 2}]}, "tags": None},
    {"name": "bob", "age": 20, "at": "2026-11-20T00:00:00.1234567Z", "p": {"a": {"b": "q"}, "list": []}, "tags": {"env": "prod", "tier": "1"}},
    {"name": "Cy", "age": None, "at": None, "p": None, "tags": {"env": "test"}},
]
TEAMS = [{"who": "Ada", "team": "red", "name": "r"}, {"who": "Ada", "team": "blue", "name": "b"}, {"who": "Zed", "team": "red", "name": "z"}]


def source(name: str, query: kql.Query) -> kql.Table:
    rows = {"people": PEOPLE, "teams": TEAMS, "": PEOPLE}.get(name)
    if rows is None:
        raise kql.KqlError("DisallowedLogicalTableName", name)
    return kql.Table(list(rows[0]), [dict(row) for row in rows])


def run(text: str) -> list[dict[str, Any]]:
    return kql.evaluate(text, source, NOW).rows


def names(condition: str) -> list[str]:
    return [row["name"] for row in run(f"people | where {condition}")]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("name == 'Ada'", ["Ada"]),
        ("name == 'ada'", []),
        ("name =~ 'ADA'", ["Ada"]),
        ("name != 'Ada'", ["bob", "Cy"]),
        ("name !~ 'ADA'", ["bob", "Cy"]),
        ("name in ('Ada', 'BOB')", ["Ada"]),
        ("name in~ ('Ada', 'BOB')", ["Ada", "bob"]),
        ("name !in~ (\"ada\")", ["bob", "Cy"]),
        ("name !in ('Ada')", ["bob", "Cy"]),
        ("name contains 'D'", ["Ada"]),
        ("name !contains 'd'", ["bob", "Cy"]),
        ("name startswith 'a' or name endswith 'Y'", ["Ada", "Cy"]),
        ("p.a.b has 'y'", ["Ada"]),
        ("p.a.b has_any ('zz', 'Q')", ["bob"]),
        ("name matches regex '^[A-Z]'", ["Ada", "Cy"]),
        ("age >= 20 and age < 30", ["bob"]),
        ("age between (30 .. 40)", ["Ada"]),
        ("age > 19 and (name == 'x' or name == 'bob')", ["bob"]),
        ("isnotempty(tags.env)", ["bob", "Cy"]),
        ("isempty(tags)", ["Ada"]),
        ("not(isnull(age))", ["Ada", "bob"]),
        ("tags['env'] == 'prod'", ["bob"]),
        ("p.a['c-d'] == true", ["Ada"]),
        ("p.a['c-d'] == 'true'", ["Ada"]),
        ("todatetime(at) >= ago(1d)", ["Ada"]),
        ("at > ago(1h) and at <= now()", ["Ada"]),
        ("at < datetime(2026-11-21)", ["bob"]),
        ("p.list[1].k == 2", ["Ada"]),
        ("array_length(p.list) == 0", ["bob"]),
        ("strlen(name) % 2 == 0", ["Cy"]),
        ("-age == -20", ["bob"]),
    ],
)
def test_where(condition: str, expected: list[str]) -> None:
    assert names(condition) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("tostring(age)", "36"),
        ("tolower(name)", "ada"),
        ("toupper(name)", "ADA"),
        ("toint('12') + 1", 13),
        ("split(p.a.b, '/')[1]", "y"),
        ("tostring(split(p.a.b, '/')[-1])", "z"),
        ("split(p.a.b, '/')[9]", None),
        ("strcat(name, '-', age, p.a['c-d'])", "Ada-36true"),
        ("coalesce(tags.env, p.a.b, 'none')", "x/y/z"),
        ("iff(age > 30, 'old', 'young')", "old"),
        ("case(age > 90, 'a', age > 30, 'b', 'c')", "b"),
        ("replace_string(p.a.b, '/', '.')", "x.y.z"),
        ("substring(name, 1, 1)", "d"),
        ("indexof(p.a.b, 'y')", 2),
        ("extract('(.)/(.)', 2, p.a.b)", "y"),
        ("parse_json('{\"k\":[1]}').k[0]", 1),
        ("bag_keys(p)", ["a", "list"]),
        ("age / 5", 7),
        ("datetime_diff('hour', now(), todatetime(at))", 0),
        ("tostring(now() - 1d)", "2026-11-21T12:00:00.0000000Z"),
        ("tostring(1h + 30m)", "01:30:00"),
        ("tobool('true')", True),
    ],
)
def test_values(expression: str, expected: Any) -> None:
    (row,) = run(f"people | where name == 'Ada' | project v = {expression}")
    assert row == {"v": expected}


def test_columns_are_chosen_added_renamed_and_dropped() -> None:
    assert list(run("people | project name, p.a.b, tostring(age), x = 1, 2")[0]) == ["name", "p_a_b", "age", "x", "Column1"]
    assert list(run("people | extend x = age | project-away age, a*, p")[0]) == ["name", "tags", "x"]
    assert list(run("people | project-keep n*, age")[0]) == ["name", "age"]
    assert run("people | project-rename years = age | project years | take 1") == [{"years": 36}]


def test_order_limit_distinct_and_count() -> None:
    assert [row["age"] for row in run("people | order by age")] == [36, 20, None]
    assert [row["age"] for row in run("people | sort by age asc, name desc")] == [None, 20, 36]
    assert [row["name"] for row in run("people | top 1 by name asc")] == ["Ada"]
    assert run("people | distinct tostring(isnull(age)) | count") == [{"Count": 2}]
    assert run("people\n| where age > 1 // a comment | not | read\n| limit 1 | count") == [{"Count": 1}]


def test_summarize() -> None:
    assert run("teams | summarize count() by team | order by count_ desc") == [{"team": "red", "count_": 2}, {"team": "blue", "count_": 1}]
    (row,) = run(
        "people | summarize n = count(), sum(age), avg(age), oldest = max(age), min(at), dcount(name), countif(age > 30), make_set(tags.env), "
        "make_list(name), arg_max(age, name)"
    )
    assert row == {
        "n": 3,
        "sum_age": 56,
        "avg_age": 28,
        "oldest": 36,
        "min_at": "2026-11-20T00:00:00.1234567Z",
        "dcount_name": 3,
        "countif_": 1,
        "set_tags_env": ["prod", "test"],
        "list_name": ["Ada", "bob", "Cy"],
        "name": "Ada",
    }
    assert run("people | where age > 100 | summarize count()") == [{"count_": 0}]
    assert run("people | where age > 100 | summarize count() by name") == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("leftouter", [("Ada", "red"), ("Ada", "blue"), ("bob", None), ("Cy", None)]),
        ("inner", [("Ada", "red"), ("Ada", "blue")]),
        ("leftanti", ["bob", "Cy"]),
        ("leftsemi", ["Ada"]),
    ],
)
def test_join(kind: str, expected: list[Any]) -> None:
    rows = run(f"people | join kind={kind} (teams | project who, team, name) on $left.name == $right.who")
    if kind in ("leftanti", "leftsemi"):
        assert [row["name"] for row in rows] == expected
    else:
        assert [(row["name"], row["team"]) for row in rows] == expected
        assert rows[0]["name1"] == "r"


def test_join_on_a_column_of_both_sides() -> None:
    rows = run("people | join kind = inner (teams | project name = who, team) on name | project name, team")
    assert rows == [{"name": "Ada", "team": "red"}, {"name": "Ada", "team": "blue"}]


def test_mv_expand_and_union() -> None:
    assert [row["e"] for row in run("people | where isnotnull(p) | mv-expand e = p.list | project e = e.k")] == [1, 2]
    assert [row["tags"] for row in run("people | where name == 'bob' | mvexpand tags")] == [{"env": "prod"}, {"tier": "1"}]
    assert [row["name"] for row in run("people | project name | union (teams | project name)")][2:4] == ["Cy", "r"]


def test_the_old_form_begins_with_an_operator() -> None:
    assert run("where name == 'Ada' | project name") == [{"name": "Ada"}]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("people | where", "ParserFailure"),
        ("people | where name == ", "ParserFailure"),
        ("people | where (name == 'x'", "ParserFailure"),
        ("people | where name = 'x'", "ParserFailure"),
        ("people | where name == 'x", "ParserFailure"),
        ("people where x", "OperatorNotSupported"),
        ("people | frobnicate x", "OperatorNotSupported"),
        ("people | where nobody == 1", "Default"),
        ("people | project frob(name)", "UnsupportedFunction"),
        ("people | project strlen(name, 1)", "Default"),
        ("people | summarize frob(name)", "UnsupportedFunction"),
        ("people | summarize name", "Default"),
        ("people | join kind=inner (teams) on nothing", "Default"),
        ("people | join kind=rightouter (teams) on name", "UnsupportedJoinKind"),
        ("nowhere | take 1", "DisallowedLogicalTableName"),
        ("people | where name matches regex '('", "Default"),
        ("", "ParserFailure"),
    ],
)
def test_wrong_queries_are_refused(query: str, code: str) -> None:
    with pytest.raises(kql.KqlError) as caught:
        run(query)
    assert caught.value.code == code


def test_a_malformed_query_is_told_its_place() -> None:
    with pytest.raises(kql.KqlError) as caught:
        run("people\n| where name ==")
    assert caught.value.extra == {"line": 2, "characterPositionInLine": 15, "token": "<EOF>", "expectedToken": "Ǐ"}


def test_every_beginning_of_a_query_is_an_answer_or_a_refusal() -> None:
    query = (
        "people | where name in~ ('Ada', @'b') and p['a'].b[0] !has \"q\" or age between (1 .. 2d) | extend x = case(a == 1, dynamic([1]), ago(1h)), ['y'] = 1 "
        "| join kind=leftouter (teams | project who) on $left.name == $right.who | mv-expand t = tags to typeof(string) "
        "| summarize n = count() by name | top 3 by n asc nulls last | project-away x*, name | union teams"
    )
    for end in range(len(query) + 1):
        try:
            run(query[:end])
        except kql.KqlError as problem:
            assert problem.code
