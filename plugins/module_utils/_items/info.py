# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module protection_info: by the lists of vaults, or where these are many by Azure Resource Graph."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from .._core.errors import AzureBackupError, Problem, refuse
from .._core.ids import VAULT_TYPE, is_vm_id, key, part, resource_id
from .._task import scope
from .._task.module import Run
from .._task.scope import VaultRef
from .._vm.selection import check_vms, group_and_name
from . import query, recovery_point
from .lists import VaultItems
from .view import facts as facts_of

if TYPE_CHECKING:
    from .._arm.client import Arm

ItemFacts = dict[str, Any]

# Lists take a read or more for each vault, of 150 to 300 that Azure allows in an hour.
VAULTS_BY_LIST = 20
# Recovery points take a read for each VM.
POINTS_OF_VMS = 20
POINTS_DAYS = (1, 9999)
# Why Resource Graph may be out of reach: not allowed, not there in this cloud, or without these tables.
_NO_GRAPH = (400, 403, 404)


def check(options: dict[str, Any]) -> list[Problem]:
    problems = scope.check(options) + check_vms(options.get("vms"))
    if options.get("all_subscriptions") and options.get("subscriptions"):
        problems.append(Problem("all_subscriptions", "looks at every subscription; leave out subscriptions"))
    if options.get("vault_name") and (options.get("all_subscriptions") or len(options.get("subscriptions") or ()) > 1):
        problems.append(Problem("vault_name", "is a vault of one subscription; leave it out, or name one subscription"))
    days = options.get("recovery_points_days")
    if days is None:
        return problems
    if not POINTS_DAYS[0] <= days <= POINTS_DAYS[1]:
        problems.append(Problem("recovery_points_days", f"{days} is out of range: {POINTS_DAYS[0]} to {POINTS_DAYS[1]} days"))
    count = len(options.get("vms") or ())
    if not 1 <= count <= POINTS_OF_VMS:
        text = f"takes a read for each VM, so 1 to {POINTS_OF_VMS} VMs must be named in vms; there are {count}"
        problems.append(Problem("recovery_points_days", text))
    return problems


def info(run: Run) -> dict[str, Any]:
    """Protected VMs with where they were read: source is graph or lists, unread names the vaults that could not be read."""
    options = run.options
    subscriptions = scope.subscription_ids(run)
    source, found, unread = _read(run, subscriptions)
    states = options["states"] or ()
    items = [each for each in found if _is_meant(options, each) and (not states or each["state"] in states)]
    items.sort(key=lambda each: (key(each["vm_id"]), each["vault_name"]))
    if options["recovery_points_days"]:
        since = partial(_points, run, options["recovery_points_days"])
        items = [{**each, "recovery_points": points} for each, points in zip(items, run.arm.each(since, items), strict=True)]
    summary = dict(sorted(Counter(each["state"] for each in items).items()))
    return {"changed": False, "protected_items": items, "summary": summary, "source": source, "subscriptions": subscriptions, "unread": unread}


def _is_meant(options: ItemFacts, item: ItemFacts) -> bool:
    """Ids name a VM of one subscription, group/name one of any."""
    vms = options.get("vms")
    if not vms:
        return True
    place, vm_key = group_and_name(item["vm_id"]), key(item["vm_id"])
    return any(key(each) == vm_key if is_vm_id(each) else group_and_name(each) == place for each in vms)


def _read(run: Run, subscriptions: list[str]) -> tuple[str, list[ItemFacts], list[ItemFacts]]:
    """(source, items, vaults that could not be read). Resource Graph answers for many vaults at once, but some minutes late."""
    source = run.options["source"]
    found = None if source == "graph" or (source == "auto" and len(subscriptions) > 1) else _places(run, subscriptions)
    if found is None or (source == "auto" and len(found) > VAULTS_BY_LIST):
        try:
            return "graph", _by_graph(run, subscriptions), []
        except AzureBackupError as exc:
            if source == "graph" or exc.status not in _NO_GRAPH:
                raise
            run.warn(f"Azure Resource Graph cannot be asked, so the vaults are read one by one. {exc.message}")
    return ("lists", *_by_lists(run, _places(run, subscriptions) if found is None else found))


def _by_graph(run: Run, subscriptions: list[str]) -> list[ItemFacts]:
    rows = run.arm.query("find the protected VMs", query.query(run.options), subscriptions)
    return [_facts(facts_of(query.document(row))) for row in rows]


def _facts(facts: ItemFacts) -> ItemFacts:
    """The facts of an item with those of its vault."""
    group, vault = part(facts["id"], "resourceGroups"), part(facts["id"], "vaults")
    vault_id = resource_id(part(facts["id"], "subscriptions"), group, VAULT_TYPE, vault)
    return {**facts, "vault_name": vault, "vault_resource_group": group, "vault_id": vault_id}


def _places(run: Run, subscriptions: list[str]) -> list[VaultRef]:
    return [place for each in run.arm.each(lambda each: scope.vaults_of(run, run.arm.of(each)), subscriptions) for place in each]


def _by_lists(run: Run, found: list[VaultRef]) -> tuple[list[ItemFacts], list[ItemFacts]]:
    """Where several vaults are read, one that cannot be read hides none of the others: it is told."""

    def read(place: VaultRef) -> tuple[list[ItemFacts], list[ItemFacts]]:
        try:
            return _items(run.arm.of(place.subscription), place), []
        except AzureBackupError as exc:
            if len(found) == 1:
                raise
            run.warn(f"Vault {place.id} could not be read, its items are not shown. {exc.message}")
            return [], [{"vault_id": place.id, "message": exc.result()["msg"]}]

    answers = list(run.arm.each(read, found))
    return [item for items, _unread in answers for item in items], [each for _items, unread in answers for each in unread]


def _items(arm: Arm, place: VaultRef) -> list[ItemFacts]:
    try:
        items = VaultItems(arm, place.group, place.name).facts()
    except AzureBackupError as exc:
        if exc.is_absence and place.named:
            refuse([scope.missing(place)])
        raise
    return [{**item, "vault_name": place.name, "vault_resource_group": place.group, "vault_id": place.id} for item in items]


def _points(run: Run, days: int, item: ItemFacts) -> list[ItemFacts]:
    """The recovery points of the last days, newest first; none of an item that the vault has given up meanwhile."""
    arm, until = run.arm.of(part(item["id"], "subscriptions")), run.arm.clock.now()
    vault = VaultItems(arm, item["vault_resource_group"], item["vault_name"])
    try:
        listed = vault.points(item["id"], recovery_point.list_filter(until - timedelta(days=days), until + timedelta(days=1)))
    except AzureBackupError as exc:
        if exc.is_absence:
            return []
        raise
    return sorted(map(recovery_point.to_view, listed), key=lambda each: str(each["time"]), reverse=True)
