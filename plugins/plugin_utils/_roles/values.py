# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of variables as their specification says: false is false, in whatever form it comes. Pure: values in, values and problems out."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.errors import Problem

Spec = dict[str, Any]
Filter = Callable[..., Any]
PLAIN = (str, bool, int, float)
ALLOWED = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "list": "a list",
    "dict": "a dictionary",
    "str": "a text",
    "path": "a path",
}
# Text is what most variables hold, and everything has one, so that Ansible takes anything for it; it takes true for the number 1.
REFUSED = {"str": (dict, list), "path": (dict, list), "int": (bool,), "float": (bool,)}


def typed(specification: Mapping[str, Spec], values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """(values by name, problems). A value that is null is not set; what is not set and has no default is left out."""
    found: dict[str, Any] = {}
    problems = []
    for name, spec in specification.items():
        value = values.get(name)
        value = spec.get("default") if value is None else value
        if value is not None:
            found[name], wrong = _value(name, spec, value)
            problems += wrong
        elif spec.get("required"):
            problems.append(Problem(name, "required"))
    return found, problems


def has_secret(spec: Spec) -> bool:
    return bool(spec.get("no_log")) or any(has_secret(each) for each in (spec.get("options") or {}).values())


def _value(name: str, spec: Spec, value: Any) -> tuple[Any, list[Problem]]:
    shape = ArgumentSpecValidator({name: _without_paths({"type": spec.get("type", "str")})}).validate({name: value})
    if _is_of_another_kind(spec, value) or shape.error_messages:
        return value, [Problem(name, _wrong(spec, value))]
    validation = ArgumentSpecValidator({name: _without_paths(spec)}).validate({name: value})
    texts = [str(remove_values(text, validation._no_log_values)) for text in validation.error_messages]
    return _set(spec, validation.validated_parameters[name]), [Problem(name, text) for text in texts]


def _wrong(spec: Spec, value: Any) -> str:
    kind: str = spec.get("type", "str")
    allowed = ALLOWED.get(kind, kind) + (f" of {spec['elements']}" if spec.get("elements") else "")
    shown = f"{str(value)!r:.100} is not valid; " if isinstance(value, PLAIN) and not has_secret(spec) else ""
    return f"{shown}allowed is {allowed}"


def _is_of_another_kind(spec: Spec, value: Any) -> bool:
    kind, elements = spec.get("type", "str"), spec.get("elements", "")
    if kind == "list" and isinstance(value, (list, tuple)):
        return any(each is None or isinstance(each, REFUSED.get(elements, ())) for each in value)
    return isinstance(value, REFUSED.get(kind, ()))


def _without_paths(spec: Spec) -> Spec:
    """A path stays as it is written: ~ is the home of whoever uses it, on the host that the file is on."""
    changed = {key: "str" for key in ("type", "elements") if spec.get(key) == "path"}
    options = spec.get("options")
    return {**spec, **changed, **({"options": {name: _without_paths(each) for name, each in options.items()}} if options else {})}


def _set(spec: Spec, value: Any) -> Any:
    """Without suboptions that are not set, which Ansible fills in with null. What has no suboptions may hold null: a tag of any value."""
    options = spec.get("options")
    if options and isinstance(value, list):
        return [_set(spec, each) for each in value]
    if options and isinstance(value, dict):
        return {key: _set(options.get(key, {}), each) for key, each in value.items() if each is not None}
    return value


def takes(**kinds: str | dict[str, str]) -> Callable[[Filter], Filter]:
    """For a filter: its arguments of these types, or those in a dictionary, are taken by the same rules as the variables of roles."""

    def of(function: Filter) -> Filter:
        signature = inspect.signature(function)

        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            for name, kind in kinds.items():
                if bound.arguments.get(name) is not None:
                    given = bound.arguments[name]
                    bound.arguments[name] = _arguments({name: kind}, {name: given})[name] if isinstance(kind, str) else _arguments(kind, given)
            return function(*bound.args, **bound.kwargs)

        return wrapped

    return of


def _arguments(kinds: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
    found, problems = typed({name: {"type": kind} for name, kind in kinds.items()}, given)
    if problems:
        raise AnsibleFilterError("; ".join(map(str, problems)))
    return {**given, **found}
