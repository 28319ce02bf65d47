# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

RUN := tests/tools/run.sh
# The collection where Python finds it by its full name.
LINKED := .work/ansible_collections/safeharbor/azure_backup
ARCHITECTURE_PAGE = $(RUN) env PYTHONPATH=.work python -m ansible_collections.safeharbor.azure_backup.tests.tools.architecture_page
READINESS_PAGE = $(RUN) env PYTHONPATH=.work python -m ansible_collections.safeharbor.azure_backup.tests.tools.readiness_page
PYTEST = $(RUN) pytest --junitxml=.cache/reports/$@.xml

.DEFAULT_GOAL := help
.PHONY: help setup runtime demo test lint lint-style lint-types lint-ansible lint-shell lint-docs lint-changelog \
	unit integration windows windows-collections molecule sanity bench bench-peers bench-simulator test-clients molecule-outside \
	conformance build installed docs lock clean
export PYTHON

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1@\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS=@ read -r name text; do \
		printf '%-18s%s\n' "$$name" "$$text"; done

runtime:
	@tests/tools/setup.sh requirements.txt

setup: runtime ## Install everything, pinned, into .venv (PYTHON=python3.11 chooses the interpreter)
	@tests/tools/setup.sh requirements-dev.txt

demo: runtime ## Run the demo against the simulator
	@$(RUN) env ANSIBLE_DISPLAY_SKIPPED_HOSTS=false ansible-playbook safeharbor.azure_backup.demo \
		--extra-vars demo_report_directory=$(CURDIR)/.work/demo
	@echo "Look at the report in a browser: $(CURDIR)/.work/demo/readiness.html"

# The longest first; installed makes build.
test: setup ## Run every check and sum up
	@$(RUN) python tests/tools/check.py integration molecule sanity lint unit installed windows conformance

lint: lint-style lint-types lint-shell lint-changelog lint-docs lint-ansible ## Run every linter

lint-style: setup
	$(RUN) ruff check .
	$(RUN) yamllint --strict .

lint-types: setup
	$(RUN) mypy $(LINKED)/plugins $(LINKED)/tests/tools $(LINKED)/tests/conformance $(LINKED)/tests/clients roles/simulator/files/arm_simulator

lint-shell: setup
	$(RUN) shellcheck .ci/run tests/tools/*.sh roles/*/files/*.sh extensions/molecule/*/files/*.sh

lint-changelog: setup
	$(RUN) antsibull-changelog lint
	$(RUN) antsibull-changelog lint-changelog-yaml --strict changelogs/changelog.yaml

lint-docs: setup
	$(RUN) python tests/tools/role_readme.py --check
	$(RUN) python tests/tools/simulator_page.py --check
	$(READINESS_PAGE) --check
	$(ARCHITECTURE_PAGE) --check
	$(RUN) antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs all .

# The tasks for Windows need the collections that their modules are from.
lint-ansible: export COLLECTIONS = .work:.cache/windows
lint-ansible: setup windows-collections
	$(RUN) ansible-lint

unit: setup ## Run the unit tests
	$(PYTEST) tests/unit

integration: setup ## Run every module and role against the simulator
	$(PYTEST) --numprocesses=3 --dist=worksteal tests/functional

conformance: setup ## Compare the simulator with recorded Azure traffic
	$(RUN) python -m tests.conformance
	$(PYTEST) tests/conformance

sanity: setup ## Run ansible-test's sanity checks
	tests/tools/ansible_test.sh sanity --venv --color no

windows-collections: setup
	@$(RUN) python tests/tools/windows_collections.py

windows: windows-collections ## Check the Windows tasks, without Windows
	$(PYTEST) tests/windows

molecule: setup ## Converge, repeat and verify the molecule scenarios (SCENARIOS="default" chooses)
	$(RUN) python tests/tools/molecule.py $(SCENARIOS)

bench: setup ## Measure time, memory and requests
	$(RUN) python tests/benchmarks $(BENCH)

bench-peers: setup ## Compare with azure.azcollection and az (installs them, about 3 GB)
	$(RUN) python tests/benchmarks/peers.py $(BENCH)

bench-simulator: setup ## Measure the simulator: requests per second, large estates
	$(RUN) python tests/benchmarks/simulator.py $(BENCH)

test-clients: setup ## Run az, azure.azcollection and the SDKs against the simulator (installs them, about 3 GB)
	$(PYTEST) tests/clients

molecule-outside: build ## Run a molecule scenario of an example project, with the collection installed from its archive
	tests/tools/outside_molecule.sh

build: setup ## Build the archive and run Galaxy's import check on it
	tests/tools/build.sh

installed: build ## Run the demo from the built archive, installed with only the files required at run time
	tests/tools/installed.sh demo

docs: setup ## Write the roles' READMEs, the generated parts of docs/architecture.md, docs/readiness.md and docs/simulator.md, and the module reference into .work/site
	$(RUN) python tests/tools/role_readme.py
	$(RUN) python tests/tools/simulator_page.py
	$(READINESS_PAGE)
	$(ARCHITECTURE_PAGE)
	tests/tools/site.sh

lock: ## Pin the newest versions (requires uv)
	tests/tools/lock.sh

clean: ## Remove everything that was installed or written
	@for lock in .cache/guests/*/lock; do [ ! -e "$$lock" ] || GUESTS_DIR=$${lock%/lock} roles/test_guests/files/guests.sh destroy; done
	rm -rf .venv .work .cache
