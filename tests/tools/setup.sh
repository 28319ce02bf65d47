#!/bin/sh
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# setup.sh REQUIREMENTS: installs a requirements file into .venv and links the clone to where Ansible
# looks for collections, .work/ansible_collections. Does nothing when the same was installed before.
# PYTHON names the interpreter to use; without it the first that fits is taken.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$root"
requirements=$1

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3.11 python3 /usr/bin/python3.11 python3.12 python3.13}; do
        if fits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    echo "No Python 3.11, 3.12 or 3.13 found. Name one: make setup PYTHON=/path/to/python3.11" >&2
    return 1
}

# A virtual environment needs ensurepip, which Debian keeps in a package of its own.
make_venv() {
    rm -rf .venv
    if command -v uv >/dev/null && uv --version >/dev/null 2>&1; then
        uv venv --quiet --python "$1" .venv
    elif "$1" -c 'import ensurepip' 2>/dev/null; then
        "$1" -m venv .venv
    elif "$1" -c 'import pip' 2>/dev/null; then
        "$1" -m venv --without-pip .venv
    else
        echo "This Python can neither make a virtual environment nor install packages. As root, run" >&2
        echo "apt-get install python3-venv (Debian's name for it), or install uv; then try again." >&2
        return 1
    fi
}

# Bytecode is compiled now: importing the Azure packages without it takes four times as long.
install() {
    if command -v uv >/dev/null && uv --version >/dev/null 2>&1; then
        uv pip install --quiet --python .venv/bin/python --compile-bytecode -r "$requirements"
    elif [ -x .venv/bin/pip ]; then
        .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$requirements"
    else
        "$1" -m pip --python .venv/bin/python install --quiet --disable-pip-version-check -r "$requirements"
    fi
}

link() {
    mkdir -p .work/ansible_collections/safeharbor .cache
    ln -sfn "$root" .work/ansible_collections/safeharbor/azure_backup
}

link
stamp=".venv/installed-${requirements%.txt}"
wanted="$root $(cksum <"$requirements")"
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && fits .venv/bin/python; then
    exit 0
fi
python=$(find_python)
case "$(cat .venv/installed-in 2>/dev/null)" in
    "$root") fits .venv/bin/python || make_venv "$python" ;;
    *) make_venv "$python" ;;
esac
echo "Installing $requirements into .venv"
echo "$root" >.venv/installed-in
install "$python"
echo "$wanted" >"$stamp"
