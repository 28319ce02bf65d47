#!/bin/sh
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Pins the newest versions that install on Python 3.11. Needs uv.
set -eu
cd "$(dirname "$0")/../.."
export UV_CUSTOM_COMPILE_COMMAND="make lock"
uv pip compile --quiet --upgrade --python-version 3.11 requirements.in -o requirements.txt
uv pip compile --quiet --upgrade --python-version 3.11 requirements-dev.in -c requirements.txt -o requirements-dev.txt
