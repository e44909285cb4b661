// The library's tab: files are sent to our own API, with progress and a report of each; documents are removed; lists
// are narrowed while somebody types. Whatever a file or a document is called, it gets into the page as text alone.
"use strict";
(() => {
  const { tell, say, whenArrived, openTab } = window.groundrule;
  const waiting = [];
  let sending = false;

  const part = (id) => document.getElementById(id);
  const plural = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // --- What files go in.

  const door = () => document.querySelector("#library-door [data-drop]");
  const isOpen = () => Boolean(door() && door().offsetParent);

  // Each is sent or refused; several at once make one index, which takes hardly longer than one.
  async function take(files) {
    if (!files.length || !door()) return;
    waiting.push(files);
    if (sending) {
      say(`${plural(files.length, "more file")} will follow.`);
      return;
    }
    sending = true;
    try {
      while (waiting.length) await sendAll(waiting.shift());
    } finally {
      sending = false;
      showStep(null);
    }
  }

  async function sendAll(files) {
    const { maxBytes, maxFiles } = door() ? door().dataset : { maxBytes: 0, maxFiles: 1 };
    const outcomes = [];
    const names = new Set();
    const sound = files.filter((file) => {
      const why = file.size > maxBytes ? `it is larger than ${Math.floor(maxBytes / 2 ** 20)} MiB, the most that is taken here.`
        : names.has(sameName(file)) ? "another file of this name was chosen with it. Give each a name of its own." : "";
      if (why) outcomes.push({ name: file.name, status: "refused", detail: why });
      names.add(sameName(file));
      return !why;
    });
    for (const batch of batches(sound, Number(maxBytes), Number(maxFiles))) outcomes.push(...await sendBatch(batch));
    report(outcomes);
    list("library");
  }

  // What the server takes for one name: the second would replace the first.
  const sameName = (file) => file.name.normalize("NFC").replace(/\.[^.]*$/, (ending) => ending.toLowerCase());

  function batches(files, maxBytes, maxFiles) {
    const found = [];
    let room = 0;
    for (const file of files) {
      if (!found.length || file.size > room || found.at(-1).length === maxFiles) {
        found.push([]);
        room = maxBytes;
      }
      found.at(-1).push(file);
      room -= file.size;
    }
    return found;
  }

  // The API takes all files of a request or none. Where it takes none, each is sent by itself and gets its own reason.
  async function sendBatch(files) {
    const told = await send(files);
    if (told.report) return told.report.files.filter((file) => file.sent !== null || file.status !== "unchanged");
    if (files.length > 1 && [413, 422].includes(told.status)) {
      const each = [];
      for (const file of files) each.push(...await sendBatch([file]));
      return each;
    }
    return files.map((file) => ({ name: file.name, status: "refused", detail: told.detail, login: told.status === 401 }));
  }

  // One request: `{report}`, or `{status, detail}` of what went wrong.
  function send(files) {
    const what = files.length === 1 ? `“${files[0].name}”` : plural(files.length, "file");
    const body = new FormData();
    for (const file of files) body.append("files", file, file.name);
    const request = new XMLHttpRequest();
    return new Promise((done) => {
      let read = 0;
      let result = null;
      const hear = () => {
        if (request.status !== 200 && request.status !== 201) return;
        for (let end; (end = request.responseText.indexOf("\n\n", read)) >= 0; read = end + 2) {
          const event = parsed(request.responseText.slice(read, end));
          if (event.name === "progress") showStep(stepOf(what, event.data), event.data.done, event.data.total);
          if (event.name === "report") result = { report: event.data };
          if (event.name === "problem") result = event.data;
        }
      };
      request.upload.addEventListener("progress", (sent) => {
        if (sent.lengthComputable && sent.loaded < sent.total) showStep(`Sending ${what}`, sent.loaded, sent.total);
        else showStep(`Reading ${what}`);
      });
      request.addEventListener("progress", hear);
      request.addEventListener("loadend", () => {
        hear();
        done(result || problemOf(request));
      });
      showStep(`Sending ${what}`, 0, 1);
      request.open("POST", "api/documents");
      request.setRequestHeader("Accept", "text/event-stream");
      request.send(body);
    });
  }

  function parsed(block) {
    const field = (name) => block.split("\n").filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)).join("\n");
    try {
      return { name: field("event"), data: JSON.parse(field("data") || "{}") };
    } catch {
      return { name: "", data: {} };
    }
  }

  function stepOf(what, { stage, done, total }) {
    const doing = { reading: "reading the documents", embedding: "computing the meaning of passages" }[stage] || stage;
    return `Adding ${what}: ${doing}, ${done} of ${total}`;
  }

  // A problem of the API is told in its own words.
  function problemOf({ status, responseText }) {
    try {
      const { detail } = JSON.parse(responseText);
      if (typeof detail === "string") return { status, detail };
    } catch { /* It is not the API that answered. */ }
    if (!status) return { status, detail: "the connection to the server was lost. Look below whether it is listed; if not, send it again." };
    return { status, detail: `the server did not say what became of it (status ${status}). Look below whether it is listed.` };
  }

  function showStep(words, done, total) {
    const box = document.querySelector("#uploads .sending");
    box.hidden = words === null;
    if (words === null) return;
    box.querySelector(".step").textContent = words;
    const bar = box.querySelector("progress");
    if (total) bar.value = done / total;
    else bar.removeAttribute("value");
  }

  // --- What became of them; it stays until it is dismissed.

  const WORDS = { added: "added", updated: "replaced", unchanged: "unchanged", refused: "refused", failed: "refused", removed: "removed", kept: "kept" };

  function report(outcomes) {
    const counts = {};
    const lines = outcomes.map(({ name, sent, status, detail, passages }) => {
      const word = WORDS[status] || status;
      counts[word] = (counts[word] || 0) + 1;
      const held = passages && word !== "refused" ? `, ${plural(passages, "passage")}` : "";
      const line = make("li", {}, make("strong", {}, word), " ", make("span", { class: "file" }, sent || name), held);
      if (sent && sent !== name) line.append(`, kept as ${name}`);
      if (detail) line.append(": ", make("span", { class: "why" }, detail));
      line.className = word === "refused" ? "refused" : "";
      return line;
    });
    const summed = Object.entries(counts).map(([word, count]) => `${count} ${word}`).join(", ");
    const told = `${plural(outcomes.length, "file")}: ${summed}.`;
    const login = outcomes.some((one) => one.login) ? [loginLink()] : [];
    show(make("p", {}, told), [make("ul", {}, ...lines), ...login], Boolean(counts.refused));
    say(told);
  }

  function complain(words, status) {
    show(make("p", {}, words), status === 401 ? [loginLink()] : [], true);
  }

  const loginLink = () => make("p", {}, make("a", { href: "login", "data-login": "" }, "Log in"));

  function show(heading, more, bad) {
    const close = make("button", { type: "button", class: "quiet", "data-dismiss": "" }, "Dismiss");
    const box = make("div", { class: bad ? "outcome problem" : "outcome" }, heading, ...more, close);
    if (bad) box.setAttribute("role", "alert");
    document.querySelector("#uploads .outcomes").prepend(box);
  }

  // --- Removing.

  const removing = new Set();

  // A list that arrives is put into the buttons that are there, and one that is the same does not arrive at all.
  function showRemoving() {
    for (const button of document.querySelectorAll("#library [data-remove]")) {
      const busy = removing.has(button.dataset.remove);
      button.disabled = busy;
      button.firstChild.data = busy ? "Removing…" : "Remove";
    }
  }

  async function remove({ remove: id, title }) {
    if (removing.has(id) || !confirm(`Remove “${title}”? Answers will not rest on it any more. That cannot be undone.`)) return;
    removing.add(id);
    showRemoving();
    let told = null;
    try {
      const response = await fetch(`api/documents/${encodeURIComponent(id)}`, { method: "DELETE" });
      if (!response.ok) told = problemOf({ status: response.status, responseText: await response.text() });
    } catch {
      told = { status: 0, detail: "the connection to the server was lost." };
    }
    const left = document.activeElement === document.body || document.activeElement.dataset.remove === id;
    removing.delete(id);
    showRemoving();
    if (told) complain(`“${title}” is not removed: ${told.detail}`, told.status);
    else say(`“${title}” is removed.`);
    // Who has gone on meanwhile, to the filter for one, stays there.
    const again = told && [...document.querySelectorAll("#library [data-remove]")].find((one) => one.dataset.remove === id);
    if (left) (again || part("documents-title"))?.focus();
    list("library");
  }

  // --- Lists: what each is to show, how many that are, and where the keyboard goes on.

  const wanted = { library: { words: "", page: "0" }, passages: { document: "", words: "", page: "0" } };
  const pauses = {};
  const PARTS = "#library, #passages";
  const HEADINGS = { library: "documents-title", passages: "passages-title" };
  let turned = null;
  let held = null;
  let opened = null;

  // Asked by `library_tab.py` when an event goes out, which may be after others.
  window.groundrule.wanted = (id) => {
    const { document: of, words, page } = wanted[id];
    return id === "passages" ? [of, words, page] : [words, page];
  };

  function list(id, wish = {}) {
    Object.assign(wanted[id], wish);
    tell(id, "list", { ...wanted[id] });
  }

  // Passages of a document are listed from the beginning; what was typed for those of another is not meant for it.
  function wantPassages(of) {
    clearTimeout(pauses.passages);
    part("passages-words").value = "";
    wanted.passages = { document: of, words: "", page: "0" };
  }

  // Before the click becomes an event.
  document.addEventListener("click", (click) => {
    const chosen = click.target.closest("#library-all [data-event]");
    if (!chosen) return;
    const { event, document: of, words, page } = chosen.dataset;
    if (event === "browse") wantPassages(of);
    if (event === "back") wantPassages("");
    if (event === "list") {
      turned = chosen.closest("[data-listed]").dataset.listed;
      Object.assign(wanted[turned], { words, page });
    }
  }, true);

  // A pause of a quarter of a second is the end of a word.
  document.addEventListener("input", (input) => {
    const id = input.target.dataset.find;
    if (!id) return;
    turned = null;
    clearTimeout(pauses[id]);
    pauses[id] = setTimeout(() => list(id, { words: input.target.value, page: "0" }), 250);
  });

  // What a button of a list is for: the same button is for something else once the list has changed.
  const purposeOf = ({ dataset: { event = "remove", remove, document: of, passage } }) => `${event} ${remove || passage || of}`;
  document.addEventListener("focusin", ({ target }) => {
    held = target.closest(PARTS) && target.matches("li button") ? purposeOf(target) : null;
  });

  function arrivedList(id) {
    return (element) => {
      const shown = element.querySelector("[data-listed]");
      const count = document.querySelector(`[data-count-of="${id}"]`);
      if (count) count.textContent = shown ? shown.dataset.count : "";
      if (!shown) return;
      showRemoving();
      const heading = part(HEADINGS[id]);
      const { activeElement } = document;
      if (turned === id) {
        turned = null;
        if (activeElement === document.body || element.contains(activeElement)) heading.focus();
      } else if (held && element.contains(activeElement) && !(activeElement.matches("li button") && purposeOf(activeElement) === held)) {
        ([...element.querySelectorAll("li button")].find((one) => purposeOf(one) === held) || heading).focus();
      }
    };
  }

  whenArrived("library", arrivedList("library"));
  whenArrived("passages", arrivedList("passages"));
  whenArrived("document-head", (element) => {
    const title = element.querySelector("h2");
    if (title) {
      opened = title.dataset.document || "";
      title.focus();
      part("library-all").scrollIntoView({ block: "nearest" });
    } else if (opened !== null) {
      const from = [...document.querySelectorAll('#library [data-event="browse"]')].find((one) => one.dataset.document === opened);
      (from || part("documents-title"))?.focus();
      opened = null;
    }
  });

  // --- How people get at all this.

  document.addEventListener("click", (click) => {
    const hit = (selector) => click.target.closest(selector);
    if (hit("[data-choose]")) document.querySelector("#library-door input[type=file]").click();
    if (hit("[data-remove]")) remove(hit("[data-remove]").dataset);
    if (hit("[data-dismiss]")) {
      hit(".outcome").remove();
      document.querySelector("#library-door [data-choose]")?.focus();
    }
    // Back to this very tab, and conversation, afterwards.
    if (hit("[data-login]")) hit("[data-login]").href = `login?next=${encodeURIComponent(`${location.pathname}${location.search}#library`)}`;
  });

  document.addEventListener("change", (change) => {
    if (!change.target.matches("#library-door input[type=file]")) return;
    const files = [...change.target.files];
    change.target.value = "";
    take(files);
  });

  // Anywhere in the window: a file dropped beside the door would else take the page's place.
  const holdsFiles = (drag) => drag.dataTransfer && [...drag.dataTransfer.types].includes("Files") && isOpen();
  const mark = (over) => door()?.classList.toggle("over", over);
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (drag) => {
      if (!holdsFiles(drag)) return;
      drag.preventDefault();
      mark(true);
    });
  }
  document.addEventListener("dragleave", (drag) => { if (!drag.relatedTarget) mark(false); });
  document.addEventListener("drop", (drag) => {
    if (!holdsFiles(drag)) return;
    drag.preventDefault();
    mark(false);
    const folders = new Set([...drag.dataTransfer.items].filter((one) => one.webkitGetAsEntry?.()?.isDirectory).map((one) => one.getAsFile()?.name));
    const files = [...drag.dataTransfer.files].filter((file) => !folders.has(file.name));
    if (folders.size) report([...folders].map((name) => ({ name, status: "refused", detail: "it is a folder. Drop the files in it." })));
    take(files);
  });

  // An address may name the tab.
  if (location.hash === "#library") {
    const look = setInterval(() => { if (openTab("library")) clearInterval(look); }, 50);
    addEventListener("load", () => setTimeout(() => clearInterval(look), 20000));
  }
})();
