#!/bin/sh
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run.sh COMMAND [ARGUMENT...]: runs a tool of .venv with every cache and temporary folder inside the clone.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd -P)
cache=$root/.cache
mkdir -p "$cache/home" "$cache/tmp"

# HOME holds what has no setting of its own; the settings of the user's Ansible must not leak in.
export HOME="$cache/home"
export XDG_CACHE_HOME="$cache/xdg" XDG_CONFIG_HOME="$cache/xdg" XDG_DATA_HOME="$cache/xdg" XDG_STATE_HOME="$cache/xdg"
export TMPDIR="$cache/tmp"
export PATH="$root/.venv/bin:$PATH" VIRTUAL_ENV="$root/.venv"
[ -t 1 ] || export NO_COLOR=1
export PYTHONUNBUFFERED=1
export RUFF_CACHE_DIR="$cache/ruff" MYPY_CACHE_DIR="$cache/mypy"

for name in $(env | sed -n 's/^\(ANSIBLE_[A-Z_]*\|AZURE_[A-Z_]*\)=.*/\1/p'); do
    [ "$name" = AZURE_BACKUP_RECORDINGS ] || unset "$name"
done
export ANSIBLE_CONFIG="$root/tests/ansible.cfg"
export ANSIBLE_HOME="$cache/ansible" ANSIBLE_LOCAL_TEMP="$cache/ansible/local" ANSIBLE_REMOTE_TEMP="$cache/ansible/remote"
export ANSIBLE_ASYNC_DIR="$cache/ansible/async"
export ANSIBLE_COLLECTIONS_PATH="${COLLECTIONS:-$root/.work}"
exec "$@"
