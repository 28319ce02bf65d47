#!/bin/sh
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# installed.sh PLAYBOOK: installs the archive that build.sh made into .work/installed, takes away all but the four
# folders that a collection may rely on at run time, and runs a playbook of the collection from there.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd -P)
home=$root/.work/installed/ansible_collections/safeharbor/azure_backup
export COLLECTIONS="$root/.work/installed"
rm -rf "$COLLECTIONS"
"$root/tests/tools/run.sh" ansible-galaxy collection install --offline --collections-path "$COLLECTIONS" "$root"/.work/build/*.tar.gz
find "$home" -mindepth 1 -maxdepth 1 ! -name meta ! -name plugins ! -name roles ! -name playbooks -exec rm -rf {} +
cd "$COLLECTIONS"
exec "$root/tests/tools/run.sh" ansible-playbook "safeharbor.azure_backup.$1"
