#!/bin/sh
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# outside_molecule.sh: puts the project of tests/outside where no clone is above it, as a user of the collection has it,
# installs the archive that build.sh made for it, and runs its molecule scenarios: a role tested against the simulator, and
# one tested on guests, where the machine can run them.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd -P)
export COLLECTIONS="$root/.work/outside"
rm -rf "$COLLECTIONS"
"$root/tests/tools/run.sh" ansible-galaxy collection install --offline --collections-path "$COLLECTIONS" "$root"/.work/build/*.tar.gz
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
cp -R "$root/tests/outside/." "$project"
cd "$project"
"$root/tests/tools/run.sh" molecule test
if obstacle=$("$root/roles/test_guests/files/guests.sh" check); then
    "$root/tests/tools/run.sh" molecule test --scenario-name guests
else
    echo "SKIPPED: scenario guests, no guests on this machine: $obstacle"
fi
