# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-ins for Windows modules do: they change a JSON file that is a Windows host, named by the variable windows_host.

{services: {name: {state, start_mode, path}}, files: {path: {version, checksum, signature, package}}, registry: {path: {name:
value}}, sids: [SID], web: {url: JSON, or file}, products: [name], changes: [module]}. This file is an action plugin of the
stand-in collections, one copy for each module, which saves starting a process for each task; SPECS is put in by those who
make them.
"""

from __future__ import annotations

import json
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

SPECS = {}
CHANGING = ("win_service", "win_package")


class AbsentError(Exception):
    """What was asked for is not there."""


def win_service_info(host, name):
    service = host["services"].get(name)
    return {"exists": service is not None, "services": [{"name": name, **service}] if service else []}


def win_service(host, name, start_mode=None, state=None):
    if name not in host["services"]:
        raise AbsentError(f"Service '{name}' is not installed")
    service = host["services"][name]
    before = dict(service)
    service.update({key: value for key, value in (("start_mode", start_mode), ("state", state)) if value is not None})
    return {"changed": service != before}


def win_file_version(host, path):
    if path not in host["files"]:
        raise AbsentError(f"Specified path {path} does not exist")
    return {"win_file_version": {"path": path, "product_version": host["files"][path]["version"]}}


def win_reg_stat(host, path, name):
    values = host["registry"].get(path, {})
    return {"exists": True, "value": values[name]} if name in values else {"exists": False}


def win_whoami(host):
    return {"account": {"sid": "S-1-5-21-1-2-3-500"}, "groups": [{"sid": sid} for sid in host["sids"]]}


def win_uri(host, url):
    if url not in host["web"]:
        raise AbsentError("Unable to connect to the remote server")
    return {"status_code": 200, "json": host["web"][url]}


def win_tempfile(host, state, suffix):
    return {"changed": True, "path": f"C:\\Temp\\ansible.x{suffix}"}


def win_get_url(host, url, dest):
    if url not in host["web"]:
        raise AbsentError(f"Error downloading '{url}' to '{dest}': The remote name could not be resolved")
    host["files"][dest] = host["web"][url]
    return {"changed": True}


def win_copy(host, src, dest):
    """The file on the controller says in JSON what it would be on Windows."""
    with open(src) as file:
        host["files"][dest] = json.load(file)
    return {"changed": True}


def win_stat(host, path):
    file = host["files"].get(path)
    return {"stat": {"exists": file is not None, "checksum": (file or {}).get("checksum")}}


def win_powershell(host, script, parameters):
    """The only script so far tells who signed a file."""
    assert "Get-AuthenticodeSignature" in script
    by = host["files"][parameters["Path"]]["signature"]
    valid = "Valid" if by else "NotSigned"
    return {"result": {"status": valid, "subject": f"CN={by}, O={by}", "microsoft": by == "Microsoft Corporation"}}


def win_package(host, path, state, provider):
    package = host["files"][path]["package"]
    if package["product"] in host["products"]:
        return {"changed": False, "rc": 0, "reboot_required": False}
    host["products"].append(package["product"])
    program = "C:\\WindowsAzure\\Packages\\WaAppAgent.exe"
    host["files"][program] = {"version": package["version"]}
    for name in ("RdAgent", "WindowsAzureGuestAgent"):
        # Not the real package: it leaves something for the role to do.
        host["services"].setdefault(name, {"state": "started", "start_mode": "manual"})["path"] = f'"{program}"'
    return {"changed": True, "rc": 0, "reboot_required": False}


def win_file(host, path, state):
    kept = {name: file for name, file in host["files"].items() if not name.startswith(path)}
    changed, host["files"] = kept != host["files"], kept
    return {"changed": changed}


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        name = self._task.action.rpartition(".")[2]
        checked = ArgumentSpecValidator(SPECS[name]).validate(self._task.args)
        if checked.error_messages:
            return {"failed": True, "msg": "; ".join(checked.error_messages)}
        if name == "win_powershell" and self._task.check_mode:
            return {"skipped": True}
        place = Path(self._templar.template(task_vars["windows_host"]))
        host = json.loads(place.read_text())
        function = globals()[name]
        taken = function.__code__.co_varnames[: function.__code__.co_argcount]
        given = {key: value for key, value in checked.validated_parameters.items() if value is not None and key in taken}
        try:
            result = {"changed": False, "invocation": {"module_args": self._task.args}, **function(host, **given)}
        except AbsentError as error:
            return {"failed": True, "msg": str(error), "invocation": {"module_args": self._task.args}}
        if not self._task.check_mode:
            host["changes"] += [name] if result["changed"] and name in CHANGING else []
            place.write_text(json.dumps(host))
        return result
