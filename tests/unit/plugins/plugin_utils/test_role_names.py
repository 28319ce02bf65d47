# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which variables are misspelt options of a role, and which are somebody's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.names import misspelt
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.specs import RESULTS, Roles

ROOT = Path(__file__).resolve().parents[4]
ROLES = Roles(ROOT / "roles")
PREPARE = ("vault", "policy", "protection", "network_access", "readiness")
MISSPELT = {
    "prepare_exlude": "prepare_exclude",
    "prepare_Exclude": "prepare_exclude",
    "prepare_tag": "prepare_tags",
    "prepare_vm": "prepare_vms",
    "prepare_resouce_groups": "prepare_resource_groups",
    "prepare_resourcegroups": "prepare_resource_groups",
    "prepare_exclude_tags": "prepare_exclude",
    "prepare_exclude_names": "prepare_exclude",
    "prepare_policy_name": "prepare_policy",
    "prepare_vault_name": "prepare_vaults",
    "prepare_allow_extensions": "prepare_allow_extension_operations",
    "prepare_subscriptions": "readiness_subscriptions",
    "prepare_soft_delete": "vault_soft_delete",
    "prepare_deny_rest": "prepare_network_access_deny_rest",
    "vault_soft_delet": "vault_soft_delete",
    "vault_redundnacy": "vault_redundancy",
    "vault_retention_days": "vault_soft_delete_retention_days",
    "policy_chek_only": "policy_check_only",
    "protection_exlude": "protection_exclude",
    "protection_subscriptions": "readiness_subscriptions",
    "readiness_exclude_tags": "readiness_exclude",
    "readiness_directry": "readiness_directory",
    "retire_delete_backup_data": "protection_delete_backup_data",
    "network_access_denyrest": "network_access_deny_rest",
    "proxy_server_nams": "proxy_server_names",
    "proxy_server_replace_configs": "proxy_server_replace_config",
    "proxy_client_enviroment": "proxy_client_environment",
    "vm_agent_auto_updates": "vm_agent_auto_update",
    "vault_upgrade_time_zonse": "vault_upgrade_time_zones",
    "simulator_estates": "simulator_estate",
    "test_guests_sute": "test_guests_suite",
}
OWN = [
    "vault_db_password", "vault_password", "vault_passwords", "vault_token", "vault_addr", "vault_user", "vault_user_name", "vault_users",
    "vault_tenant_id", "vault_client_id", "vault_client_secret", "vault_host", "vault_port", "vault_url", "vault_role_id", "vault_secret_id",
    "vault_namespace", "vault_names", "vault_policies", "vault_policy", "vault_agent", "vault_environment", "vault_proxy_client_password",
    "vault_encryption_key", "vault_password_file", "vault_id", "vault_stat", "vault_stage", "vault_mode", "vault_results", "policy_text", "policy_name",
    "policy_names", "policy_stage", "policy_stats", "policy_result", "policy_file", "protection_level_note", "protection_result_text", "protection_mode",
    "protection_status", "protection_details", "readiness_probe_path", "readiness_report", "readiness_state", "readiness_results", "readiness_role",
    "network_access_token", "proxy_server_image", "proxy_client_version", "vm_agent_status", "prepare_result", "prepare_output", "prepare_environment",
    "prepare_only", "prepare_host", "simulator_seed", "simulator_pid", "retire_date", "retire_reason", "test_guests_image", "vault_upgrade_log",
    "preparation", "prepared_exlude",
]


def refused(variables: dict[str, Any], role: str, includes: tuple[str, ...] = (), entry: str = "main") -> dict[str, str]:
    required = {name: "given" for name, spec in ROLES[role].entry_points[entry].items() if spec.get("required")}
    return {each.option: each.text for each in misspelt(ROLES, role, entry, includes, {**required, **variables})}


@pytest.mark.parametrize("name", MISSPELT)
def test_what_is_misspelt_is_refused_with_what_is_meant(name: str) -> None:
    owner = ROLES.owner(name)
    assert owner
    found = refused({name: True}, owner, PREPARE if owner == "prepare" else ())
    assert re.search(rf"\b{MISSPELT[name]}\b", found[name])
    if owner in PREPARE:
        assert refused({name: True}, "prepare", PREPARE) == found
    assert not any(refused({name: True}, other) for other in ROLES if other != owner)


@pytest.mark.parametrize("role", list(ROLES))
def test_what_is_somebodys_own_is_left_alone(role: str) -> None:
    given = dict.fromkeys(OWN, "text")
    assert refused(given, role, PREPARE if role == "prepare" else ()) == {}


@pytest.mark.parametrize("role", list(ROLES))
def test_options_and_results_of_every_role_are_known_to_all(role: str) -> None:
    assert refused({name: "x" for each in ROLES.values() for name in (*each.variables, *RESULTS)}, role, PREPARE) == {}


@pytest.mark.parametrize("role", list(ROLES))
def test_every_option_with_a_letter_missing_is_refused(role: str) -> None:
    for entry, options in ROLES[role].entry_points.items():
        for variable in options:
            worse = f"{variable[:-2]}{variable[-1]}"
            if len(ROLES[role].option(variable)) > 6 and worse not in ROLES[role].variables:
                assert worse in refused({variable: None, worse: "x"}, role, entry=entry)


def test_a_variable_that_others_are_made_from_is_somebodys_own() -> None:
    assert refused({"prepare_location": "westeurope", "prepare_locations": ["{{ prepare_location }}"]}, "prepare") == {}
    assert refused({"prepare_policy_name": "n", "mine": {"deep": ["{% if prepare_policy_name %}{% endif %}"]}}, "prepare") == {}
    assert refused({"vault_locations": ["westeurope"], "vault_location": "{{ item }}"}, "vault") == {}
    assert set(refused({"prepare_location": "westeurope", "prepare_locations": ["prepare_location"]}, "prepare")) == {"prepare_location"}


def test_lists_for_loops_over_an_included_role_are_left_alone() -> None:
    assert refused({"vault_locations": ["westeurope"], "readiness_name": "x", "vault_names": ["a"]}, "prepare", PREPARE) == {}
    assert set(refused({"network_access_deny_rests": True, "vault_tag": {"a": "b"}}, "prepare", PREPARE)) == {"network_access_deny_rests", "vault_tag"}


def test_a_required_option_that_is_missing_may_be_the_misspelt_one() -> None:
    assert set(refused({"vault_name": None, "vault_nme": "x"}, "vault")) == {"vault_nme"}


def test_results_are_all_that_the_roles_set() -> None:
    found = set()
    for path in (ROOT / "roles").glob("*/tasks/**/*.yml"):
        found |= set(_set_by(yaml.safe_load(path.read_text()) or []))
    assert {name for name in found if not name.startswith("__")} == RESULTS


def _set_by(tasks: list[dict[str, Any]]) -> list[str]:
    names = []
    for task in tasks:
        names += [*task.get("ansible.builtin.set_fact", {}), *([task["register"]] if "register" in task else [])]
        names += [value for key, value in task.get("loop_control", {}).items() if key in ("loop_var", "index_var")]
        names += [name for part in ("block", "rescue", "always") for name in _set_by(task.get(part, []))]
    return names
