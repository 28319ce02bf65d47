# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Which VMs a task is about: from options to a choice among VM documents or views. Nothing here talks to Azure.

The VMs that vms names, and those that all of names, resource_groups, tags and locations fit, less those that
exclude names. Names, groups, regions and tag names are compared without letter case, tag values with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .._core.errors import Problem
from .._core.fields import Document
from .._core.ids import VM_TYPE, is_vm_id, key, location, name, part
from .._core.names import check_group

# The argument spec of these options; their documentation is the fragment 'selection'.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "vms": {"type": "list", "elements": "str"},
    "names": {"type": "list", "elements": "str"},
    "resource_groups": {"type": "list", "elements": "str"},
    "tags": {"type": "dict"},
    "locations": {"type": "list", "elements": "str"},
    "exclude": {"type": "list", "elements": "str"},
    "all_vms": {"type": "bool", "default": False},
}
FILTERS = ("names", "resource_groups", "tags", "locations")
# With more VMs than these named one by one, a list of the subscription takes fewer calls than their reads.
SINGLE_READS = 32
_TAG_LIMIT = 50  # https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources

Named = tuple[str, str]


def group_and_name(text: str) -> Named | None:
    """(resource group, VM) in lower case of a VM's id or of 'group/name', None when the text is neither."""
    text = text.strip().rstrip("/")
    if is_vm_id(text):
        return part(text, "resourceGroups").lower(), name(text).lower()
    group, slash, vm = text.partition("/")
    if not slash or not vm or "/" in vm or "*" in text or check_group(group):
        return None
    return group.lower(), vm.lower()


@dataclass(frozen=True)
class Scope:
    """What has to be read to find every VM that a selection can mean: the whole subscription, or groups and single VMs."""

    whole: bool
    groups: tuple[str, ...] = ()
    vms: tuple[Named, ...] = ()


@dataclass(frozen=True)
class Selection:
    """The options of a selection that passed check."""

    vms: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    resource_groups: tuple[str, ...] = ()
    tags: tuple[tuple[str, Any], ...] = ()
    locations: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    all_vms: bool = False

    @property
    def filters(self) -> bool:
        return bool(self.names or self.resource_groups or self.tags or self.locations)

    def scope(self) -> Scope:
        named = dict.fromkeys(found for each in self.vms if (found := group_and_name(each)))
        if self.all_vms or (self.filters and not self.resource_groups):
            return Scope(whole=True)
        singles = tuple(each for each in named if each[0] not in self.resource_groups)
        if len(singles) > SINGLE_READS:
            return Scope(whole=True)
        return Scope(False, self.resource_groups, singles)

    def foreign(self, subscription_id: str) -> list[Problem]:
        """Ids in vms that belong to another subscription than the one worked in."""
        other = [each for each in self.vms if is_vm_id(each) and part(each, "subscriptions").lower() != subscription_id.lower()]
        text = "'{}' is not in subscription {}; one task works in one subscription: set subscription_id or use another task"
        return [Problem("vms", text.format(each, subscription_id)) for each in other]


def of(options: dict[str, Any], default_all: bool = False) -> Selection:
    """The selection that the options ask for. default_all: without any selector it means every VM."""
    lists = {option: tuple(options.get(option) or ()) for option in ("vms", "exclude")}
    nothing = not any(options.get(option) for option in ("vms", *FILTERS))
    return Selection(
        **lists,
        names=tuple(each.lower() for each in options.get("names") or ()),
        resource_groups=tuple(dict.fromkeys(each.lower() for each in options.get("resource_groups") or ())),
        tags=tuple((options.get("tags") or {}).items()),
        locations=tuple(location(each) for each in options.get("locations") or ()),
        all_vms=bool(options.get("all_vms")) or (default_all and nothing),
    )


def check(options: dict[str, Any], required: bool = True) -> list[Problem]:
    """What is wrong with the options alone. required: an empty selection is a problem too."""
    given = [option for option in ("vms", *FILTERS) if options.get(option)]
    problems = _check_names(options) + _check_tags(options.get("tags"))
    for group in options.get("resource_groups") or ():
        problems += check_group(group, "resource_groups")
    if options.get("all_vms") and given:
        problems.append(Problem("all_vms", f"selects every VM of the subscription; leave it out or leave out {', '.join(given)}"))
    if required and not given and not options.get("all_vms"):
        problems.append(Problem("vms", f"no VM selected; name VMs here or set one of {', '.join(FILTERS)}, or all_vms for the whole subscription"))
    return problems


def check_vms(vms: Iterable[str] | None) -> list[Problem]:
    """What is wrong with VMs that are named, each by id or as group/name."""
    text = f"'{{}}' is neither the id of a VM (/subscriptions/…/providers/{VM_TYPE}/name) nor of the form group/name"
    return [Problem("vms", text.format(each)) for each in vms or () if group_and_name(each) is None]


def _check_names(options: dict[str, Any]) -> list[Problem]:
    problems = check_vms(options.get("vms"))
    for option in ("names", "exclude"):
        for each in options.get(option) or ():
            if not _is_pattern(each) and not (option == "exclude" and group_and_name(each)):
                allowed = "a VM name" if option == "names" else "the id of a VM, group/name or a VM name"
                problems.append(Problem(option, f"'{each}' is not {allowed}; in names * stands for any characters"))
    named = {group_and_name(each): each for each in options.get("vms") or ()}
    both = [each for each in options.get("exclude") or () if group_and_name(each) and group_and_name(each) in named]
    return problems + [Problem("exclude", f"'{each}' is named in vms too") for each in both]


def _check_tags(tags: dict[str, Any] | None) -> list[Problem]:
    problems = []
    if tags and len(tags) > _TAG_LIMIT:
        problems.append(Problem("tags", f"a VM has at most {_TAG_LIMIT} tags, {len(tags)} are asked for"))
    for tag, value in (tags or {}).items():
        if isinstance(value, (dict, list)):
            problems.append(Problem("tags", f"the value of '{tag}' is a {type(value).__name__}; a text is needed, or null for any value"))
    return problems


def _is_pattern(text: str) -> bool:
    return bool(re.fullmatch(r"[\w.*-]+", text))


@dataclass(frozen=True)
class Chosen:
    """vms: documents or views as they were given, by id, each once. problems: selectors that match nothing."""

    vms: list[Document]
    problems: list[Problem]


def select(selection: Selection, vms: Iterable[Document]) -> Chosen:
    """Choose among VM documents of Azure or views of them: both have id, name, location and tags."""
    by_key = {key(each["id"]): each for each in vms}
    places = {_place(each["id"]): known for known, each in by_key.items()}
    chosen: set[str] = set()
    problems = []
    for each in selection.vms:
        known = places.get(group_and_name(each) or ("", ""))
        if known is None:
            problems.append(Problem("vms", f"there is no VM '{each}'", each))
        else:
            chosen.add(known)
    fitting = {known for known, each in by_key.items() if selection.all_vms or (selection.filters and _fits(selection, each))}
    problems += _unmatched(selection, fitting, places)
    left = _kept(selection, chosen | fitting, by_key)
    if (chosen or fitting) and not left:
        problems.append(Problem("exclude", "leaves out every VM that is selected"))
    return Chosen([by_key[known] for known in left], problems)


def _unmatched(selection: Selection, fitting: set[str], places: dict[Named, str]) -> list[Problem]:
    inhabited = {group for group, _vm in places}
    problems = [Problem("resource_groups", f"there is no VM in resource group '{each}'") for each in selection.resource_groups if each not in inhabited]
    if selection.filters and not fitting and not problems:
        given = [option for option in FILTERS if getattr(selection, option)]
        text = "no VM fits" if len(given) == 1 else f"no VM fits all of {', '.join(given)}"
        problems.append(Problem(given[0], text))
    if selection.all_vms and not fitting:
        problems.append(Problem("all_vms", "there is no VM in the subscription"))
    return problems


def _place(vm_id: str) -> Named:
    return part(vm_id, "resourceGroups").lower(), name(vm_id).lower()


def _fits(selection: Selection, vm: Document) -> bool:
    group, vm_name = _place(vm["id"])
    return (
        (not selection.names or any(fnmatchcase(vm_name, each) for each in selection.names))
        and (not selection.resource_groups or group in selection.resource_groups)
        and (not selection.locations or location(vm.get("location")) in selection.locations)
        and _has_tags(vm.get("tags") or {}, selection.tags)
    )


def _has_tags(present: dict[str, str], asked: Iterable[tuple[str, Any]]) -> bool:
    found = {tag.lower(): value for tag, value in present.items()}
    return all(tag.lower() in found and _same_value(found[tag.lower()], value) for tag, value in asked)


def _same_value(present: str, asked: Any) -> bool:
    """null asks for any value; a boolean of YAML means the text true or false however it is written."""
    if asked is None:
        return True
    if isinstance(asked, bool):
        return present.lower() == str(asked).lower()
    return present == str(asked)


def _kept(selection: Selection, vms: Iterable[str], by_key: dict[str, Document]) -> list[str]:
    places = {group_and_name(each) for each in selection.exclude}
    patterns = [each.lower() for each in selection.exclude if not group_and_name(each)]

    def excluded(vm_id: str) -> bool:
        return _place(vm_id) in places or any(fnmatchcase(name(vm_id).lower(), each) for each in patterns)

    return sorted(each for each in vms if not excluded(by_key[each]["id"]))
