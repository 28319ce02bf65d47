#!/bin/sh
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# site.sh: renders the reference of all modules and roles as HTML in .work/site.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd -P)
run=$root/tests/tools/run.sh
work=$root/.work/docs
rm -rf "$work" "$root/.work/site"
mkdir -p "$work"
cd "$work"
"$run" antsibull-docs collection --use-current --squash-hierarchy --fail-on-error --dest-dir "$work" safeharbor.azure_backup
printf '%s\n' \
    'project = "safeharbor.azure_backup"' \
    'copyright = "2026, Safe Harbor contributors"' \
    'extensions = ["sphinx_antsibull_ext"]' \
    'html_theme = "sphinx_ansible_theme"' \
    'html_theme_options = {"vcs_pageview_mode": "", "display_version": False}' \
    'html_show_sphinx = False' \
    '# References into the documentation of Ansible itself lead out of this site.' \
    'suppress_warnings = ["ref.ref"]' >conf.py
"$run" sphinx-build --quiet --jobs auto -b html . "$root/.work/site"
echo "Open $root/.work/site/index.html"
