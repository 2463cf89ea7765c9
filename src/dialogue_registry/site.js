// On a page about one row of a published site: name what the row refers to, and show the rows that belong to it.
// Without this script the page is Datasette's own, which has links in their place.
addEventListener("DOMContentLoaded", async () => {
  const TABLES = {
    dialogue: "dialogues", series: "series", meeting: "meetings", reported_at: "meetings", party: "participants",
    country: "participants", person: "people", source: "sources", event: "events", fact: "events",
  };
  const KEYS = {
    dialogues: "dialogue", series: "series", meetings: "meeting", participants: "party", people: "person",
    sources: "id", events: "position",
  };
  const MINOR = ["event", "source_url", "earliest", "latest", "also_called", "id", "schema", "hash"];

  if (!document.body.classList.contains("row")) return;
  const path = location.pathname.split("/");
  const [table, root] = [path[path.length - 2], path.slice(0, -2).join("/")];
  const tilde = (text) => [...new TextEncoder().encode(text)].map((byte) => {
    const char = String.fromCharCode(byte);
    return /[\w-]/.test(char) ? char : char === " " ? "+" : "~" + byte.toString(16).toUpperCase().padStart(2, "0");
  }).join("");

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
  // A value as the reader wants it: the name of what it refers to, a source by its link.
  const shown = (column, value) => {
    if (value === null || value === "") return make("span", "");
    if (typeof value === "object" && TABLES[column]) {
      return make("a", value.label, `${root}/${TABLES[column]}/${tilde(String(value.value))}`);
    }
    return /^https?:\/\/\S+$/.test(value) ? make("a", value, value) : make("span", String(value.label ?? value));
  };

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
      if (value === null || value === "" || column === "hash") continue;
      const told = document.createElement("dd");
      told.append(shown(column, value));
      told.className = `told-${column}`;
      list.append(make("dt", column.replaceAll("_", " ")), told);
    }
    document.querySelector(".table-wrapper, table.rows-and-columns").replaceWith(list);
    const title = document.querySelector("h1");
    title.textContent = row.name ?? row.title ?? row.topic ?? title.textContent;
  }

  // The rows of other tables that belong to it, up to fifty of each.
  for (const item of document.querySelectorAll("h2 + ul > li")) {
    const link = item.querySelector("a");
    const url = new URL(link.href);
    const other = url.pathname.split("/").pop();
    if (link.textContent.trim() === "0 rows") item.remove();
    if (!item.isConnected || other === "search" || (other === "evidence" && table !== "events")) continue;
    url.pathname += ".json";
    for (const [name, value] of Object.entries({ _labels: "on", _shape: "array", _size: "50" })) {
      url.searchParams.set(name, value);
    }
    const rows = await ask(url);
    if (!rows.length) continue;
    const about = [...url.searchParams.keys()][0].replace("__exact", "");
    const columns = Object.keys(rows[0]).filter((column) => column !== about && !MINOR.includes(column)
      && rows.some((one) => one[column] !== null && one[column] !== ""));
    const made = document.createElement("table");
    made.className = "rows-and-columns belonging";
    const head = made.createTHead().insertRow();
    columns.forEach((column) => head.append(make("th", column.replaceAll("_", " "))));
    const body = made.createTBody();
    for (const one of rows) {
      const line = body.insertRow();
      columns.forEach((column, place) => {
        const id = one[KEYS[other] ?? "event"];
        const page = `${root}/${other}/${tilde(String(id?.value ?? id))}`;
        const named = place === 0 && id !== undefined && typeof one[column] !== "object";
        const link = column === "source" && one.source && one.source_url;
        line.insertCell().append(
          link ? make("a", one.source.label, one.source_url) : named ? make("a", one[column], page) : shown(column, one[column]));
      });
    }
    const heading = make("h3", "");
    heading.append(make("a", other.replaceAll("_", " "), link.href), ` (${link.textContent.trim()})`);
    const section = document.createElement("section");
    const wide = document.createElement("div");
    wide.className = "wide";
    wide.append(made);
    section.append(heading, wide);
    item.closest("ul").previousElementSibling.before(section);
    item.remove();
  }
  document.body.dataset.ready = "yes";
});
