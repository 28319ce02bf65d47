/* Copyright (c) 2026, Safe Harbor contributors
 * GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later */
"use strict";
(() => {
  const PAGE = 200, PRINTED = 2000;
  const [NAME, GROUP, SUBSCRIPTION, LOCATION, OS, VERDICT, COVERAGE, VAULT, POLICY, BACKUP, TAGS, FINDINGS] = Array(12).keys();
  const WORST = ["blocked", "warning", "unknown", "ready"];
  const { t: texts, vms } = JSON.parse(document.getElementById("data").textContent);
  const by = (id) => document.getElementById(id);
  const say = (vm, field) => texts[vm[field]];
  const fields = { verdict: VERDICT, coverage: COVERAGE, location: LOCATION };
  let rows = vms, shown = 0, sort = { field: VERDICT, down: false };

  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (name) element.className = name;
    return element;
  };

  // One lower-case text of all that the search looks at, made when first needed.
  const haystack = (vm) => vm.search ??= [NAME, GROUP, SUBSCRIPTION, LOCATION, OS, VAULT, POLICY, TAGS].map((field) => say(vm, field))
    .concat(vm[FINDINGS].flatMap((each) => [texts[each[0]], texts[each[3]]])).join("\n").toLowerCase();

  const passes = (wanted) => (vm) =>
    Object.entries(fields).every(([name, field]) => !wanted[name] || say(vm, field) === wanted[name]) &&
    (!wanted.rule || vm[FINDINGS].some((each) => texts[each[0]] === wanted.rule)) &&
    wanted.words.every((word) => haystack(vm).includes(word));

  const compare = (one, other) => {
    const [a, b] = [say(one, sort.field), say(other, sort.field)];
    const order = sort.field === VERDICT ? WORST.indexOf(a) - WORST.indexOf(b) : a < b ? -1 : a > b ? 1 : 0;
    return (sort.down ? -order : order) || (say(one, NAME) < say(other, NAME) ? -1 : 1);
  };

  const finding = ([rule, severity, status, evidence, fix, source]) => {
    const item = make("li");
    item.append(make("span", texts[severity], `badge s-${texts[severity]}`), " ", make("b", texts[rule]));
    item.append(texts[status] === "unknown" ? " (unknown) " : " ", texts[evidence]);
    if (texts[fix]) item.append(make("p", texts[fix]));
    if (texts[source]) {
      const link = make("a", "Why");
      link.href = texts[source];
      link.rel = "noopener noreferrer";
      item.append(link);
    }
    return item;
  };

  const unfold = (row, button, vm) => {
    const detail = make("tr", undefined, "unfolded"), cell = make("td");
    cell.colSpan = 8;
    const about = [say(vm, OS), `subscription ${say(vm, SUBSCRIPTION)}`, say(vm, TAGS)].filter(Boolean).join(" · ");
    cell.append(make("small", about));
    const list = make("ul", undefined, "findings");
    list.append(...vm[FINDINGS].map(finding));
    cell.append(vm[FINDINGS].length ? list : make("p", "Every rule passes."));
    detail.append(cell);
    row.after(detail);
    button.setAttribute("aria-expanded", "true");
  };

  const fold = (row, button) => {
    row.nextElementSibling.remove();
    button.setAttribute("aria-expanded", "false");
  };

  const line = (vm) => {
    const row = make("tr"), verdict = make("td"), head = make("th"), button = make("button", say(vm, NAME), "link");
    verdict.append(make("span", say(vm, VERDICT), `badge v-${say(vm, VERDICT)}`));
    head.scope = "row";
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => button.getAttribute("aria-expanded") === "true" ? fold(row, button) : unfold(row, button, vm));
    head.append(button);
    const when = say(vm, BACKUP).slice(0, 16).replace("T", " ");
    const values = [say(vm, GROUP), say(vm, LOCATION), say(vm, COVERAGE).replaceAll("_", " "), say(vm, VAULT), say(vm, POLICY), when];
    row.append(verdict, head, ...values.map((value) => make("td", value)));
    return row;
  };

  const more = (count) => {
    const part = document.createDocumentFragment();
    part.append(...rows.slice(shown, shown + count).map(line));
    by("rows").append(part);
    shown = Math.min(rows.length, shown + count);
    const number = (value) => value.toLocaleString("en");
    by("count").textContent = `${number(rows.length)} of ${number(vms.length)} VMs` + (shown < rows.length ? `, the first ${number(shown)} are shown` : "");
    by("more").hidden = shown >= rows.length;
  };

  const update = () => {
    const wanted = { words: by("q").value.toLowerCase().split(/\s+/).filter(Boolean) };
    for (const name of [...Object.keys(fields), "rule"]) wanted[name] = by(name).value;
    rows = vms.filter(passes(wanted)).sort(compare);
    shown = 0;
    by("rows").replaceChildren();
    more(PAGE);
  };

  const choices = (id, values) => by(id).append(...[...new Set(values)].sort().map((value) => {
    const option = make("option", id === "coverage" ? value.replaceAll("_", " ") : value || "none");
    option.value = value;
    return option;
  }));

  for (const [name, field] of Object.entries(fields)) choices(name, vms.map((vm) => say(vm, field)).filter(Boolean));
  choices("rule", vms.flatMap((vm) => vm[FINDINGS].map((each) => texts[each[0]])));

  let waiting;
  by("q").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(update, 120); });
  by("filters").addEventListener("change", update);
  by("filters").addEventListener("submit", (event) => event.preventDefault());
  by("filters").addEventListener("reset", () => setTimeout(update));
  by("more").addEventListener("click", () => more(PAGE));

  for (const button of document.querySelectorAll("[data-filter]")) {
    button.addEventListener("click", () => {
      by("filters").reset();
      by(button.dataset.filter).value = button.dataset.value;
      update();
      by("vms").focus();
      by("vms").scrollIntoView();
    });
  }

  for (const button of document.querySelectorAll("[data-sort]")) {
    button.addEventListener("click", () => {
      const field = Number(button.dataset.sort);
      sort = { field, down: sort.field === field && !sort.down };
      document.querySelectorAll("th[aria-sort]").forEach((each) => each.removeAttribute("aria-sort"));
      button.parentElement.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      update();
    });
  }

  // On paper nothing can be unfolded: what is filtered is printed with its findings, up to a bound.
  addEventListener("beforeprint", () => {
    more(Math.max(0, PRINTED - shown));
    document.querySelectorAll("#rows button[aria-expanded=false]").forEach((each) => each.click());
  });

  update();
})();
