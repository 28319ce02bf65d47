# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The estate file: what the simulated subscription holds in the beginning.

parse() reads the text, checks it as a whole and names every problem with its place; what it
returns is complete (counted entries are spelled out, locations filled in) and goes into load().
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .core.estate_schema import SCHEMA, check
from .core.regions import normalise
from .core.throttle import mode_of
from .identity import tenants
from .providers.authorization import locks, role_assignments
from .providers.classic import classic_vaults
from .providers.compute import run_results, vm_estate
from .providers.key_vault import key_vaults
from .providers.network import network_security_groups, virtual_networks
from .providers.recovery import vault_estate
from .providers.resources import registration, subscriptions

if TYPE_CHECKING:
    from .core.world import World

Builder = Callable[["World", Any], None]

# In the order in which they need each other.
_BUILDERS: dict[str, Builder] = {
    "offer": subscriptions.build_offer,
    "resource_groups": subscriptions.build_groups,
    "providers": registration.build_providers,
    "network_security_groups": network_security_groups.build,
    "virtual_networks": virtual_networks.build,
    "key_vaults": key_vaults.build,
    "vms": vm_estate.build,
    "run_commands": run_results.build,
    "vaults": vault_estate.build,
    "classic_vaults": classic_vaults.build,
    "locks": locks.build,
    "principals": role_assignments.build,
    "other_tenants": tenants.build,
}
_LOCATED = ("virtual_networks", "network_security_groups", "key_vaults", "vms", "vaults")
_BUILT_IN_POLICIES = {"defaultpolicy", "enhancedpolicy"}
SHOWN = 20  # problems named in a message


class EstateError(Exception):
    """An estate that cannot be used; problems holds a text for each reason."""

    def __init__(self, problems: list[str]) -> None:
        more = len(problems) - SHOWN
        shown = problems[:SHOWN] + ([f"and {more} more"] if more > 0 else [])
        super().__init__("The estate cannot be used: " + "; ".join(shown))
        self.problems = problems


def read(path: Path, world: World | None = None) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise EstateError([f"{path} cannot be read: {exc}"]) from exc
    return parse(text, world)


def parse(text: str, world: World | None = None) -> dict[str, Any]:
    """The estate of a YAML or JSON text. References may also lead to what the world holds already."""
    data = _load_text(text)
    if data is None:
        data = {}
    problems: list[str] = []
    check(data, SCHEMA, "", problems)
    if problems:
        raise EstateError(problems)
    data = _spell_out(data, SCHEMA)
    _check_references(data, world, problems)
    if problems:
        raise EstateError(problems)
    return data


def _load_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        import yaml
    except ImportError as exc:
        raise EstateError(["it is not JSON, and PyYAML is not installed to read it as YAML"]) from exc
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    times = "tag:yaml.org,2002:timestamp"  # which Azure's documents hold as texts
    resolvers = {first: [each for each in found if each[0] != times] for first, found in base.yaml_implicit_resolvers.items()}
    try:
        return yaml.load(text, Loader=type("_Loader", (base,), {"yaml_implicit_resolvers": resolvers}))
    except yaml.YAMLError as exc:
        raise EstateError([f"it is not YAML: {' '.join(str(exc).split())}"]) from exc


# Counted entries


def _spell_out(value: Any, schema: Any) -> Any:
    """Turn an entry with count into that many entries, and {n} in its texts into their numbers, 0001 and up."""
    if isinstance(schema, dict) and isinstance(value, dict):
        known = {key.rstrip("!"): inner for key, inner in schema.items()}
        return {key: _spell_out(item, known.get(key)) for key, item in value.items()}
    if not isinstance(schema, list) or not isinstance(value, list):
        return value
    entries: list[Any] = []
    for entry in value:
        entry = _spell_out(entry, schema[0])
        if isinstance(entry, dict) and "count" in entry:
            entries.extend(_copies({key: item for key, item in entry.items() if key != "count"}, entry["count"]))
        else:
            entries.append(entry)
    return entries


def _copies(entry: dict[str, Any], count: int) -> list[dict[str, Any]]:
    if "name" in entry and "{n}" not in entry["name"]:
        entry = {**entry, "name": entry["name"] + "-{n}"}
    return [_numbered(entry, f"{number:04d}") for number in range(1, count + 1)]


def _numbered(value: Any, number: str) -> Any:
    if isinstance(value, str):
        return value.replace("{n}", number)
    if isinstance(value, dict):
        return {key: _numbered(item, number) for key, item in value.items()}
    return [_numbered(item, number) for item in value] if isinstance(value, list) else value


# References


def _check_references(data: dict[str, Any], world: World | None, problems: list[str]) -> None:
    groups = {entry["name"].lower(): normalise(entry["location"]) for entry in data.get("resource_groups", [])}
    if world:
        for group in world.store.list("Microsoft.Resources/resourceGroups", f"/subscriptions/{world.settings.subscription_id}"):
            groups.setdefault(group["name"].lower(), group["location"])
    for section in ("resource_groups", *_LOCATED):
        _check_names(section, data.get(section, []), groups, problems)
    machines = {f"{entry['resource_group']}/{entry['name']}".lower() for entry in data.get("vms", [])}
    for section in ("vaults", "classic_vaults"):
        for index, vault in enumerate(data.get(section, [])):
            _check_items(f"{section}[{index}].items", vault, machines, world, problems)
    for vault in data.get("classic_vaults", []):
        vault["location"] = normalise(vault["location"])


def _check_names(section: str, entries: list[dict[str, Any]], groups: dict[str, str], problems: list[str]) -> None:
    """Names are unique in their group, groups exist, and a location that is left out is the group's."""
    seen: set[tuple[str, str]] = set()
    for index, entry in enumerate(entries):
        group = entry.get("resource_group", "").lower()
        key = (group, entry["name"].lower())
        if key in seen:
            problems.append(f"{section}[{index}].name: '{entry['name']}' is there twice")
        seen.add(key)
        if section != "resource_groups":
            if group not in groups:
                problems.append(f"{section}[{index}].resource_group: there is no resource group '{entry['resource_group']}'")
            entry.setdefault("location", groups.get(group, ""))
        entry["location"] = normalise(entry["location"])


def _check_items(place: str, vault: dict[str, Any], machines: set[str], world: World | None, problems: list[str]) -> None:
    policies = _BUILT_IN_POLICIES | {policy["name"].lower() for policy in vault.get("policies", [])}
    for index, item in enumerate(vault.get("items", [])):
        group, _slash, name = item["vm"].partition("/")
        if item["vm"].lower() not in machines and not _exists(world, group, f"Microsoft.Compute/virtualMachines/{name}"):
            problems.append(f"{place}[{index}].vm: there is no VM '{item['vm']}'; it is named as resource group/name")
        if item.get("policy", "DefaultPolicy").lower() not in policies:
            problems.append(f"{place}[{index}].policy: the vault has no policy '{item['policy']}'")


def _exists(world: World | None, group: str, tail: str) -> bool:
    if world is None:
        return False
    return world.store.resource(f"/subscriptions/{world.settings.subscription_id}/resourceGroups/{group}/providers/{tail}") is not None


# Loading


def load(world: World, data: dict[str, Any]) -> None:
    """Build what parse() returned. The ids of subscription and tenant are taken by the caller, before it makes the world."""
    if "throttling" in data:
        world.settings.throttling = mode_of(data["throttling"])
    gc.disable()  # nothing that is built here is garbage, and looking for some takes a fifth of the time
    try:
        for section, build in _BUILDERS.items():
            if data.get(section):
                build(world, data[section])
    finally:
        gc.enable()
