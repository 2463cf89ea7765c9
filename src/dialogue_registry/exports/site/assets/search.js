// The search of the site. It asks for nothing but the files of its own index, as scripts, so that it works from a disk.
"use strict";
const registrySearch = (() => {
  const MOST = 100, BUCKETS = 97;
  const MARKS = /[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+/g;
  const PLAIN = {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ß": "ss", "ς": "σ"};
  const UNSPACED = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}]/u;
  const words = new Map(), shown = new Map(), waiting = new Map();
  let index = null, asked = 0;

  const plain = (text) => [...text.toLowerCase().normalize("NFKD").replace(MARKS, "")].map((c) => PLAIN[c] ?? c).join("").normalize("NFKC");
  const bucket = (letter) => /^[a-z0-9]$/.test(letter) ? letter : "x" + letter.codePointAt(0) % BUCKETS;

  function load(name) {
    if (!waiting.has(name)) {
      waiting.set(name, new Promise((done) => {
        const script = document.createElement("script");
        script.src = "assets/search/" + name + ".js";
        script.onload = script.onerror = done;
        document.head.append(script);
      }));
    }
    return waiting.get(name);
  }

  // The terms of what was typed: words, of which the beginning is enough, and pairs of letters of scripts without spaces.
  function terms(text) {
    const found = [];
    for (const run of plain(text).match(/[\p{L}\p{N}]+/gu) ?? []) {
      let word = "", before = "";
      for (const letter of [...run, ""]) {
        const unspaced = letter && UNSPACED.test(letter);
        if (letter && !unspaced) { word += letter; before = ""; continue; }
        if (word) found.push({text: word.slice(0, 40), prefix: true});
        word = "";
        if (unspaced && before) found.push({text: before + letter, prefix: false});
        before = letter;
      }
      const letters = [...run].filter((letter) => UNSPACED.test(letter));
      if (letters.length === 1) found.push({text: letters[0], prefix: false});
    }
    return found;
  }

  function keysOf(term) {
    const letters = [...term.text], first = bucket(letters[0]), deep = index.keys[first];
    if (!deep) return [];
    if (!deep.length) return [first];
    if (letters.length > 1) return deep.includes(bucket(letters[1])) ? [first + "-" + bucket(letters[1])] : [];
    return (term.prefix ? deep : deep.filter((second) => second === "")).map((second) => first + "-" + second);
  }

  async function hitsOf(term) {
    const keys = keysOf(term), found = new Set();
    await Promise.all(keys.map((key) => load("words-" + key)));
    for (const key of keys) {
      const table = words.get(key) ?? {};
      for (const word of Object.keys(table)) {
        if (word !== term.text && !(term.prefix && word.startsWith(term.text))) continue;
        let hit = 0;
        for (const step of table[word]) found.add(hit += step);
      }
    }
    return found;
  }

  async function search(text) {
    const turn = ++asked, list = document.getElementById("found"), answer = document.getElementById("answer");
    const sought = terms(text);
    let found = null;
    for (const term of sought) {
      const hits = await hitsOf(term);
      found = found === null ? hits : new Set([...found].filter((hit) => hits.has(hit)));
    }
    const hits = [...(found ?? [])].sort((one, other) => one - other), first = hits.slice(0, MOST);
    await Promise.all([...new Set(first.map((hit) => Math.floor(hit / index.shown)))].map((part) => load("hits-" + part)));
    if (turn !== asked) return; // something else was typed meanwhile
    list.replaceChildren(...first.map((hit) => {
      const [kind, name, beside, href] = shown.get(Math.floor(hit / index.shown))[hit % index.shown];
      const item = document.createElement("li"), link = document.createElement("a"), what = document.createElement("span");
      link.href = href;
      link.textContent = name;
      what.className = "what";
      what.textContent = [kind, beside].filter(Boolean).join(" · ");
      item.append(link, what);
      return item;
    }));
    const say = answer.dataset;
    answer.textContent = !sought.length ? "" : !hits.length ? say.none : hits.length === 1 ? say.one
      : say.many.replace("{n}", hits.length) + (hits.length > MOST ? " " + say.more.replace("{n}", MOST) : "");
    answer.dataset.of = text;
  }

  function start() {
    const box = document.getElementById("q");
    box.value = new URLSearchParams(location.search).get("q") ?? "";
    if (box.value) search(box.value);
    box.addEventListener("input", () => search(box.value));
    box.form.addEventListener("submit", (event) => {
      event.preventDefault();
      history.replaceState(null, "", "?" + new URLSearchParams({q: box.value}));
      search(box.value);
    });
  }

  return {
    index(data) { index = data; },
    words([key, table]) { words.set(key, table); },
    hits([part, rows]) { shown.set(part, rows); },
    start,
  };
})();
document.addEventListener("DOMContentLoaded", registrySearch.start);
