# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The vaults that a task reads: the one that is named, those of a resource group, or those of the subscription."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.errors import Problem
from .._core.fields import Document
from .._core.ids import VAULT_TYPE, location, part, resource_id
from .._core.names import check_vault, no_vault
from .._task.module import Run

if TYPE_CHECKING:
    from .._arm.client import Arm

SUBSCRIPTIONS_API = "2022-12-01"


class VaultRef(NamedTuple):
    """A vault by its group, name and id. named: the user named it, so it must exist."""

    group: str
    name: str
    id: str
    named: bool

    @property
    def subscription(self) -> str:
        return part(self.id, "subscriptions")


def check(options: dict[str, Any]) -> list[Problem]:
    return check_vault(options)


def subscription_ids(run: Run) -> list[str]:
    """By the options subscriptions and all_subscriptions; without them the one worked in."""
    if run.options.get("all_subscriptions"):
        found = run.arm.get_all("list the subscriptions", "/subscriptions", SUBSCRIPTIONS_API)
        return sorted(str(each["subscriptionId"]) for each in found if each.get("state") in (None, "Enabled", "Warned"))
    return list(dict.fromkeys(each.lower() for each in run.options.get("subscriptions") or [run.arm.subscription_id]))


def list_vaults(arm: Arm, group: str | None = None, regions: Iterable[str] = ()) -> list[Document]:
    """The vaults of a resource group or of the whole subscription, of all regions or of these. A list leaves out redundancy and security settings."""
    if group:
        listed = arm.all_pages(f"list the vaults of resource group {group}", arm.vaults.vaults.list_by_resource_group, group)
    else:
        listed = arm.all_pages("list the vaults of the subscription", arm.vaults.vaults.list_by_subscription_id)
    wanted = set(map(location, regions))
    return [each for each in listed if not wanted or location(each.get("location")) in wanted]


def read_vault(arm: Arm, group: str, name: str) -> Document | None:
    """A vault with all its settings, None when it does not exist."""
    return arm.find(f"read vault {name}", arm.vaults.vaults.get, group, name)


def vaults_of(run: Run, arm: Arm | None = None) -> list[VaultRef]:
    """By the options vault_name, resource_group and location, in the subscription of arm, else in the one worked in."""
    options, arm = run.options, arm or run.arm
    group, vault_name = options.get("resource_group"), options.get("vault_name")
    if vault_name and group:
        return [VaultRef(group, vault_name, resource_id(arm.subscription_id, group, VAULT_TYPE, vault_name), named=True)]
    regions = [options["location"]] if options.get("location") else []
    return [VaultRef(part(each["id"], "resourceGroups"), each["name"], each["id"], named=False) for each in list_vaults(arm, group, regions)]


def missing(place: VaultRef) -> Problem:
    return no_vault(place.name, place.group)
