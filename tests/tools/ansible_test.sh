#!/bin/sh
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ansible_test.sh ARGUMENT...: runs ansible-test on a copy of the clone, with the Python of .venv.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd -P)
copy=$root/.work/real/ansible_collections/safeharbor/azure_backup
"$root/.venv/bin/python" "$root/tests/tools/mirror.py" "$copy"

version=$("$root/.venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
pip=$("$root/.venv/bin/python" -c '
from ansible_test._internal.python_requirements import get_venv_packages
from ansible_test._internal.host_configs import VirtualPythonConfig
import sys
print(get_venv_packages(VirtualPythonConfig(version=sys.argv[1]))["pip"].replace(".", "_"))' "$version")
mkdir -p "$root/.cache/home/.ansible/test/cache"
cp "$root/tests/tools/bootstrap_pip.py" "$root/.cache/home/.ansible/test/cache/get_pip_$pip.py"

command=$1
shift
cd "$copy"
COLLECTIONS=$root/.work/real exec "$root/tests/tools/run.sh" ansible-test "$command" --python "$version" "$@"
