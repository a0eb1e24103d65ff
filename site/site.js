// What pages gain with JavaScript: copy buttons, filtering and sorting a server's tools, and search.
// Every page is complete without it.
"use strict";

const base = document.body.dataset.base;

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.closest("figure").querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}

for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  const key = (row, column) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
  for (const head of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down < 0 ? "descending" : "ascending");
      const compare = new Intl.Collator("en", { numeric: true }).compare;
      const rows = [...body.rows].sort((a, b) => down * compare(key(a, head.cellIndex), key(b, head.cellIndex)));
      body.append(...rows);
    });
  }
}

for (const box of document.querySelectorAll("[data-filter]")) {
  const rows = [...box.parentElement.querySelector("tbody").rows];
  const [input, status] = [box.querySelector("input"), box.querySelector("[role=status]")];
  box.hidden = false;
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    status.textContent = wanted ? `${rows.filter((row) => !row.hidden).length} of ${rows.length}` : "";
  });
}

const results = document.querySelector("[data-results]");
if (results) {
  const input = document.getElementById("find");
  const cache = new Map();
  const load = (path) => {
    if (!cache.has(path)) {
      cache.set(path, fetch(`${base}/search/${path}`).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null));
    }
    return cache.get(path);
  };
  // The words of a text, as the program finds them.
  const words = (text) => [...new Set(text.toLowerCase().match(/[a-z0-9]{2,}/g) ?? [])].slice(0, 8);

  // The documents that have a word beginning with `prefix`: 2 for each that has it in its name, else 1.
  // `more` says that the word is too common for all of them to be listed.
  const find = async (prefix) => {
    const shard = await load(`terms/${prefix.slice(0, 2)}.json`);
    const found = { weights: new Map(), more: false };
    for (const [term, { first = [], other = [], more = false }] of Object.entries(shard ?? {})) {
      if (!term.startsWith(prefix)) continue;
      for (const number of other) if (!found.weights.has(number)) found.weights.set(number, 1);
      for (const number of first) found.weights.set(number, 2);
      found.more ||= more;
    }
    return found;
  };

  // The numbers of the documents that have all words, the best first. A word too common to be listed does
  // not exclude a document, unless all are.
  const match = (sets) => {
    const telling = sets.some((set) => !set.more) ? sets.filter((set) => !set.more) : sets;
    const weight = (number) => sets.reduce((sum, set) => sum + (set.weights.get(number) ?? 0), 0);
    return [...telling[0].weights.keys()]
      .filter((number) => telling.every((set) => set.weights.has(number)))
      .map((number) => [weight(number), number])
      .sort((a, b) => b[0] - a[0] || a[1] - b[1])
      .map(([, number]) => number);
  };

  const show = async () => {
    const query = input.value;
    const sets = await Promise.all(words(query).map(find));
    if (input.value !== query) return;
    if (sets.length === 0) return results.replaceChildren();
    const numbers = match(sets);
    const size = (await load("about.json"))?.block ?? 1;
    const list = document.createElement("ul");
    list.className = "rows";
    for (const number of numbers.slice(0, 50)) {
      const block = await load(`documents/${Math.floor(number / size)}.json`);
      if (!block) break;
      const [name, path, where, level] = block[number % size];
      const item = document.createElement("li");
      const text = document.createElement("div");
      const link = document.createElement("a");
      link.href = base + path;
      link.textContent = name;
      if (where) link.className = "name";
      const place = document.createElement("span");
      place.className = "soft small";
      place.textContent = where ? ` on ${where}` : " server";
      text.append(link, place);
      item.append(text);
      if (level) {
        const badge = document.createElement("span");
        badge.className = `badge ${level.toLowerCase()}`;
        badge.textContent = level;
        item.append(badge);
      }
      list.append(item);
    }
    if (input.value !== query) return;
    const count = document.createElement("p");
    count.className = "soft";
    const more = sets.every((set) => set.more) ? "More than " : "";
    count.textContent = numbers.length ? `${more}${numbers.length} found` : "Nothing found.";
    results.replaceChildren(count, list);
  };

  let waiting;
  input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(show, 120); });
  input.form.addEventListener("submit", (event) => { event.preventDefault(); show(); });
  input.value = new URLSearchParams(location.search).get("q") ?? "";
  if (input.value) show();
}
