# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What the upgrade of a classic vault stands on: everything is read and judged before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from .._core.errors import AzureBackupError, Problem
from .._core.fields import Document
from .._core.ids import location, resource_id
from .._core.sync import Change, View, sync
from .._task.module import Run
from .._vault.prerequisites import ProviderRegistration, ResourceGroup
from .classic import (
    CLASSIC_TYPE,
    GROUP_ACTION,
    VAULT_ACTION,
    check_group_choice,
    check_offer,
    check_permissions,
    check_target,
    find_classic,
    judge,
    machines,
    prerequisite,
    settled_by_unregistering,
)

if TYPE_CHECKING:
    from .._arm.classic import ClassicService

PROVIDER = "Microsoft.RecoveryServices"
CLASSIC_API, PERMISSIONS_API, SUBSCRIPTION_API = "2015-03-15", "2022-04-01", "2022-12-01"
NO_ADMINISTRATOR = (
    "the classic service does not take the principal for a co-administrator of the subscription, which an upgrade needs even of its owner; "
    "a service administrator or co-administrator can make it one"
)
Read = TypeVar("Read")


@dataclass
class Ground:
    """place: the classic vault's path, '' when it was not found; servers: those registered with it, number by name."""

    problems: list[Problem] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    place: str = ""
    classic_id: str = ""
    region: str = ""
    servers: dict[str, str] = field(default_factory=dict)
    group: View | None = None
    registered: View = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        return not self.problems


class Servers:
    """The machines registered with a classic vault. Those that are to go are unregistered, and their backups go with them."""

    def __init__(self, run: Run, classic_id: str) -> None:
        self._arm = run.arm
        self._run = run
        self._id = f"{classic_id}/backupContainers"
        self.numbers: dict[str, str] = {}

    def read(self) -> View:
        self.numbers = machines(self._arm.get_all("list the servers of the classic vault", self._id, CLASSIC_API))
        return {"servers": sorted(self.numbers)}

    def create(self, after: View) -> None:
        """A list is always there."""

    def update(self, before: View, after: View, changes: View) -> None:
        for name in sorted(set(before["servers"]) - set(after["servers"])):
            path = f"{self._id}/{self.numbers[name]}/UnRegisterContainer".lstrip("/")
            delete = self._arm.resources.resources.begin_delete_by_id
            self._arm.wait_gone(f"unregister server {name}", self._run.options["wait_timeout"], delete, path, api_version=CLASSIC_API)

    def delete(self, before: View) -> None:
        """The list stays."""


def look(run: Run, target_id: str, vault: Document | None, classic: ClassicService) -> Ground:
    """Read all that the prerequisites are about; what may not be read is a problem of its own."""
    options, arm = run.options, run.arm
    ground = Ground(problems=check_target(options, vault))
    provider, group = ProviderRegistration(run, PROVIDER), ResourceGroup(run, options["resource_group"])

    def surroundings() -> None:
        ground.registered = _read(ground, "subscription_id", provider.read) or {}
        ground.group = _read(ground, "resource_group", group.read)
        ground.problems += check_group_choice(options, ground.group is not None)
        ground.problems += check_offer(_read(ground, "subscription_id", lambda: _subscription(run)))
        _judge_rights(run, ground)

    def old_vault() -> None:
        services = _read(ground, "subscription_id", classic.services, NO_ADMINISTRATOR)
        if services is not None:
            _look_at_classic(run, ground, classic, services, target_id)

    arm.together(surroundings, old_vault)
    ground.problems.sort(key=lambda each: each.option)
    return ground


def _read(ground: Ground, option: str, call: Callable[[], Read], refused: str = "") -> Read | None:
    try:
        return call()
    except AzureBackupError as exc:
        if exc.status not in (401, 403):
            raise
        ground.problems.append(Problem(option, refused or exc.result()["msg"].replace("\n", " ")))
        return None


def _subscription(run: Run) -> Document | None:
    get = run.arm.resources.resources.get_by_id
    return run.arm.find("read the subscription", get, f"subscriptions/{run.arm.subscription_id}", api_version=SUBSCRIPTION_API)


def _judge_rights(run: Run, ground: Ground) -> None:
    scope = f"/subscriptions/{run.arm.subscription_id}" + (f"/resourceGroups/{ground.group['name']}" if ground.group else "")
    needed = [VAULT_ACTION] + ([] if ground.group else [GROUP_ACTION])
    path = f"{scope}/providers/Microsoft.Authorization/permissions"
    found = _read(ground, "subscription_id", lambda: run.arm.get_all("read the permissions of the principal", path, PERMISSIONS_API))
    if found is not None:
        ground.problems += check_permissions(found, needed)


def _look_at_classic(run: Run, ground: Ground, classic: ClassicService, services: list[Document], target_id: str) -> None:
    options = run.options
    found, problems = find_classic(services, options["vault_name"], options.get("location"))
    ground.problems += problems
    for service, resource in found:
        ground.place, ground.region = classic.place(service["Name"], resource), location(service.get("GeoRegion"))
        ground.classic_id = resource_id(run.arm.subscription_id, service["Name"], CLASSIC_TYPE, resource["Name"])
        ground.findings = [prerequisite(each) for each in classic.check(ground.place, target_id)]
        going = options.get("unregister_servers") or []
        if going:
            servers = Servers(run, ground.classic_id)
            servers.read()
            ground.servers = servers.numbers
        left = [each for each in ground.findings if not settled_by_unregistering(each, ground.servers, going)]
        ground.problems += judge(options, left)


def prepare(run: Run, ground: Ground) -> dict[str, Change]:
    """What must be there, or gone, before the upgrade may begin."""
    options = run.options
    provider = ProviderRegistration(run, PROVIDER)
    changes = {"provider": sync(provider, ground.registered, {"state": "Registered"}, check_mode=run.check_mode)}
    if ground.group is None:
        group = ResourceGroup(run, options["resource_group"])
        blank = {"id": group.id, "name": group.name}
        changes["resource_group"] = sync(group, None, {"location": ground.region}, check_mode=run.check_mode, blank=blank)
    going = {each.lower() for each in options.get("unregister_servers") or ()}
    if going:
        servers = Servers(run, ground.classic_id)
        before = servers.read()
        wanted = {"servers": [each for each in before["servers"] if each.lower() not in going]}
        changes["servers"] = sync(servers, before, wanted, check_mode=run.check_mode)
    return changes
