// A published site: on every page, ids and names become links; on a page about one row, what it refers to is named,
// and the rows that belong to it are shown. Without this script the pages are Datasette's own.
addEventListener("DOMContentLoaded", async () => {
  const TABLES = {
    dialogue: "dialogues", series: "series", meeting: "meetings", meetings: "meetings", reported_at: "meetings",
    party: "all_parties", country: "all_parties", person: "people", source: "sources", event: "events", fact: "events",
  };
  const KEYS = {
    dialogues: "dialogue", series: "series", meetings: "meeting", all_parties: "party", people: "person",
    sources: "id", events: "position",
  };
  // Where a fact that was found is shown: the page of its row, by its id or its event.
  const FOUND = {
    dialogue: "dialogues", series: "series", meeting: "meetings", party: "accessions", delegate: "delegates",
    topic: "topics", activity: "activities", outcome: "outcomes",
  };
  const MINOR = ["event", "source_url", "earliest", "latest", "also_called", "id", "schema", "hash", "data", "rowid"];
  const NAMES = ["name", "title", "topic", "person"];

  const body = document.body;
  const path = location.pathname.split("/");
  const depth = body.classList.contains("row") ? 2 : body.classList.contains("table") || body.classList.contains("query") ? 1 : 0;
  if (!depth) return;
  const [table, root] = [path[path.length - depth], path.slice(0, -depth).join("/")];
  const tilde = (text) => [...new TextEncoder().encode(text)].map((byte) => {
    const char = String.fromCharCode(byte);
    return /[\w-]/.test(char) ? char : char === " " ? "+" : "~" + byte.toString(16).toUpperCase().padStart(2, "0");
  }).join("");
  const address = (other, id) => `${root}/${other}/${tilde(String(id))}`;

  const make = (name, text, href) => {
    const made = document.createElement(name);
    made.textContent = text;
    if (href) made.href = href;
    return made;
  };
  const ask = async (url) => {
    const told = await fetch(url);
    return told.ok ? told.json() : [];
  };
  // Only pages of the web become links: an address that somebody recorded may be anything.
  const linked = (text, url) => /^https?:\/\/\S+$/i.test(url) ? make("a", text, url) : make("span", text);
  // A value as the reader wants it: the name of what it refers to, a source by its link.
  const shown = (column, value) => {
    if (value === null || value === "") return "";
    if (typeof value === "object" && TABLES[column]) return make("a", value.label, address(TABLES[column], value.value));
    return linked(String(value.label ?? value), value);
  };
  // Ids that are no links yet. A release may be that of a meeting which is not recorded, and has no page.
  const link_ids = async (cells) => {
    const plain = [...cells].filter((cell) => cell.textContent.trim() && !cell.querySelector("a"))
      .map((cell) => [cell, cell.textContent.trim().split(", ")]);
    const of_meetings = (cell) => TABLES[cell.dataset.column] === "meetings";
    const ids = plain.flatMap(([cell, told]) => of_meetings(cell) ? told : []);
    const own = new URLSearchParams({ meeting__in: JSON.stringify(ids), _col: "meeting", _shape: "array", _size: "max" });
    const known = new Set(ids.length ? (await ask(`${root}/meetings.json?${own}`)).map((one) => one.meeting) : []);
    for (const [cell, told] of plain) {
      cell.replaceChildren(...told.flatMap((id, place) => [
        place ? ", " : "",
        of_meetings(cell) && !known.has(id) ? id : make("a", id, address(TABLES[cell.dataset.column], id)),
      ]));
    }
  };

  if (depth === 1) {
    for (const line of document.querySelectorAll("table.rows-and-columns tbody tr")) {
      const told = (column) => line.querySelector(`td.col-${column}`)?.textContent.trim();
      const own = line.querySelector("td.type-pk a")?.href;
      const found = FOUND[told("kind")];
      const wanted = told("text") && found ? ["text", address(found, told(KEYS[found] ?? "event"))] : null;
      for (const [column, href] of wanted ? [wanted] : own ? NAMES.map((name) => [name, own]) : []) {
        const cell = line.querySelector(`td.col-${column}`);
        if (cell?.textContent.trim() && !cell.querySelector("a")) cell.replaceChildren(make("a", cell.textContent, href));
      }
    }
    const columns = ["dialogue", "series", "meeting", "reported_at", "event", ...(table === "reconciliation" ? ["meetings"] : [])];
    const cells = columns.flatMap((column) => [...document.querySelectorAll(`td.col-${column}`)].map((cell) => {
      cell.dataset.column = column;
      return cell;
    }));
    await link_ids(cells);
    const day = document.querySelector("input[name=day]");
    if (day) day.type = "date";
    const asked = document.querySelector("form.sql h3");
    if (asked && !document.querySelector("form.sql [name=sql]")) {  // a query with a title of its own
      asked.firstChild.textContent = asked.firstChild.textContent.replace("Custom SQL query returning", "Found:");
      document.querySelector("form.sql input[type=submit]").value = "Ask";
    }
    body.dataset.ready = "yes";
    return;
  }

  // The row itself, one line for each thing it says.
  const key = KEYS[table] ?? "event";
  const cell = document.querySelector(`td.col-${key}`);
  if (!cell) return;
  const own = new URLSearchParams({ [`${key}__exact`]: cell.textContent.trim(), _labels: "on", _shape: "array" });
  const [row] = await ask(`${root}/${table}.json?${own}`);
  if (row) {
    const list = make("dl", "");
    list.className = "row-told";
    for (const [column, value] of Object.entries(row)) {
      if (value === null || value === "" || column === "hash" || (table === "sources" && column === "data")) continue;
      const told = document.createElement("dd");
      told.append(shown(column, value));
      told.className = `told-${column}`;
      told.dataset.column = column;
      list.append(make("dt", column.replaceAll("_", " ")), told);
    }
    document.querySelector(".table-wrapper, table.rows-and-columns").replaceWith(list);
    const title = document.querySelector("h1");
    title.textContent = row.name ?? row.title ?? row.topic ?? title.textContent;
    const named = table === "reconciliation" ? ".told-reported_at, .told-meetings" : ".told-reported_at";
    await link_ids(list.querySelectorAll(named));
  }

  // The rows of other tables that belong to it, up to fifty of each.
  const links = document.querySelector("h2 + ul");
  for (const item of links?.querySelectorAll("li") ?? []) {
    const link = item.querySelector("a");
    const url = new URL(link.href);
    const other = url.pathname.split("/").pop();
    const evidence = other === "evidence";
    if (link.textContent.trim() === "0 rows" || other === "search") item.remove();
    if (!item.isConnected || (evidence && table === "sources")) continue;
    url.pathname += ".json";
    for (const [name, value] of Object.entries({ _labels: "on", _shape: "array", _size: "50" })) {
      url.searchParams.set(name, value);
    }
    const about = [...url.searchParams.keys()][0].replace("__exact", "");
    const rows = (await ask(url)).filter((one) => !evidence || about !== "event" || one.fact.value !== one.event.value);
    item.remove();
    if (rows.length < (evidence && table === "meetings" ? 2 : 1)) continue;  // one source is named already
    const kept = evidence ? ["source_url"] : [];
    const left_out = [about, ...(evidence && about === "meeting" ? ["fact"] : []), ...MINOR];
    const columns = Object.keys(rows[0]).filter((column) => (kept.includes(column) || !left_out.includes(column))
      && rows.some((one) => one[column] !== null && one[column] !== ""));
    const made = document.createElement("table");
    made.className = "belonging";
    const head = made.createTHead().insertRow();
    columns.forEach((column) => head.append(make("th", column.replaceAll("_", " "))));
    const lines = made.createTBody();
    for (const one of rows) {
      const line = lines.insertRow();
      columns.forEach((column, place) => {
        const id = one[KEYS[other] ?? "event"];
        const page = address(other, id?.value ?? id);
        const named = (place === 0 || NAMES.includes(column)) && !evidence && id !== undefined
          && typeof one[column] !== "object";
        const told = line.insertCell();
        told.dataset.column = column;
        told.dataset.label = column.replaceAll("_", " ");
        told.append(column === "source" && one.source ? linked(one.source.label, one.source_url)
          : named ? make("a", one[column], page) : shown(column, one[column]));
      });
    }
    const named = other === "reconciliation" ? "[data-column=reported_at], [data-column=meetings]" : "[data-column=reported_at]";
    await link_ids(made.querySelectorAll(named));
    const number = link.textContent.trim();
    const heading = make("h3", "");
    heading.append(make("a", other.replaceAll("_", " "), link.href), ` (${number})`);
    const section = document.createElement("section");
    section.append(heading, made);
    if (parseInt(number.replaceAll(",", ""), 10) > 50) section.append(make("a", "… more", link.href));
    links.previousElementSibling.before(section);
  }
  if (links && !links.children.length) {
    links.previousElementSibling.remove();
    links.remove();
  }
  body.dataset.ready = "yes";
});
