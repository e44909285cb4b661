// What the page's own HTML needs beside Gradio: its buttons become Gradio events, citations open their passage,
// the address names the conversation, and the keyboard reaches everything. Loaded before Gradio; no library.
"use strict";
window.groundrule = (() => {
  const DRAFT = "groundrule-draft";
  const triggers = {};
  const awaited = {};
  let opener = null;
  let backTo = null;
  let corrected = false;

  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const into = (element, block) => element.scrollIntoView({ block, behavior: still() ? "auto" : "smooth" });

  // Tells a part's listener in Python what was chosen.
  function tell(id, event, data) {
    const known = triggers[id];
    corrected = id === "decision" && event === "correct";
    if (known && known.events.includes(event)) known.trigger(event, data);
  }

  // Called by each part once it is there: `js_on_load` in parts.py.
  function attach(element, trigger, watch, id, events) {
    triggers[id] = { trigger, events };
    element.addEventListener("click", (click) => {
      const chosen = click.target.closest("[data-event]");
      if (!chosen || chosen.tagName === "SELECT") return;
      if (chosen.dataset.confirm && !confirm(chosen.dataset.confirm)) return;
      if (chosen.dataset.event === "open") opener = openerOf(id, chosen);
      tell(id, chosen.dataset.event, { ...chosen.dataset });
      // What was clicked goes with what it stood in.
      if (id === "under" || chosen.dataset.event === "delete") document.querySelector("#question textarea").focus();
      if (chosen.dataset.event === "back") backTo = opener;
    });
    if (id === "reader") {
      element.addEventListener("click", (click) => {
        const edge = click.target.matches("dialog") && click.target.getBoundingClientRect();
        const inside = edge && click.clientX > edge.left && click.clientX < edge.right && click.clientY > edge.top && click.clientY < edge.bottom;
        if (edge && !inside) click.target.close();
      });
    }
    let focused = null;
    element.addEventListener("focusin", (focus) => { focused = focus.target.id || null; });
    watch("value", () => {
      arrived(id, element);
      // A list that was changed is drawn anew; who moves by keyboard goes on from there.
      const again = focused && element.querySelector(`#${CSS.escape(focused)}`);
      if (again && document.activeElement === document.body) again.focus({ preventScroll: true });
    });
    arrived(id, element);
  }

  function arrived(id, element) {
    if (id === "sources") showSources(element);
    if (id === "reader") openReader(element);
    if (id === "notice" && element.textContent.trim()) say(element.textContent.trim());
    if (id === "tools") nameConversation(element);
    if (id === "under") requestAnimationFrame(() => requestAnimationFrame(showQuestion));
    if (awaited[id]) awaited[id](element);
  }

  // Another script's part: what is to be done each time that it shows something new.
  function whenArrived(id, act) {
    awaited[id] = act;
  }

  // Where a document was opened from: a number in an answer, a passage in the list, or a quote of the decision.
  const openerOf = (id, element) => ({ element, id, number: element.dataset.number });

  function showSources(element) {
    if (element.querySelector(".document")) {
      showQuoted(element);
      return;
    }
    if (!backTo) return;
    const from = backTo;
    backTo = null;
    if (from.id === "decision") document.querySelector('#sides button[role=tab][data-tab-id="decision"]')?.click();
    const inList = element.querySelector(`#citation-${CSS.escape(from.number || "")} button`);
    // Its tab may have to open first.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const there = from.element.isConnected && from.id !== "sources" ? from.element : inList;
      if (there) there.focus();
    }));
  }

  // The marked passage comes into sight within its document, and a reader of the screen hears which it is.
  function showQuoted(element, tries = 60) {
    const mark = element.querySelector("mark.quoted");
    if (!mark) return;
    const text = mark.closest(".text");
    if (!text.clientHeight) {
      // Its tab is not open yet.
      if (tries) requestAnimationFrame(() => showQuoted(element, tries - 1));
      return;
    }
    text.scrollTop = mark.offsetTop - text.clientHeight / 3;
    element.querySelector(".title").focus({ preventScroll: true });
    // On a narrow screen it stands below the chat.
    if (!element.querySelector("dialog") && element.getBoundingClientRect().top > innerHeight * 0.8) into(element, "start");
  }

  // Other tabs open documents in a dialog: the browser keeps the focus in it and gives it back.
  function openReader(element) {
    const dialog = element.querySelector("dialog");
    if (!dialog || dialog.open) return;
    dialog.showModal();
    showQuoted(element);
  }

  // The address names the conversation, so that reloading and a copied link bring it back.
  function nameConversation(element) {
    const tools = element.querySelector("[data-session]");
    if (!tools) return;
    const address = new URL(location.href);
    if (tools.dataset.session) address.searchParams.set("chat", tools.dataset.session);
    else address.searchParams.delete("chat");
    if (address.href !== location.href) history.replaceState(null, "", address);
    if (tools.dataset.editing) document.querySelector("#question textarea").focus();
  }

  const session = () => [new URLSearchParams(location.search).get("chat") || ""];

  // A short message that goes away again. Its place is there from the beginning: a reader of the screen tells what
  // changes in it.
  const status = Object.assign(document.createElement("div"), { id: "said" });
  status.setAttribute("role", "status");
  if (document.body) document.body.append(status);
  else document.addEventListener("DOMContentLoaded", () => document.body.append(status));
  function say(words) {
    status.textContent = words;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => { status.textContent = ""; }, 3000 + 60 * words.length);
  }

  async function copy(words, told) {
    try {
      await navigator.clipboard.writeText(words);
      say(told);
    } catch {
      say("The browser does not allow copying here.");
    }
  }

  // A number in an answer opens its passage.
  document.addEventListener("click", (click) => {
    const link = click.target.closest('a[href^="#passage/"]');
    if (link) {
      click.preventDefault();
      const [, number, passage] = link.getAttribute("href").split("/");
      opener = { element: link, id: "chat", number };
      tell("sources", "open", { number, passage: decodeURIComponent(passage) });
    }
    if (click.target.closest("[data-copy-link]")) copy(location.href, "The link is copied.");
    const tab = click.target.closest("[data-tab]");
    if (tab) openTab(tab.dataset.tab);
  });

  // Opens a tab, also one that a narrow window keeps in its menu under its name alone; false while it is not there yet.
  function openTab(id) {
    const menu = [...document.querySelectorAll("#tabs .overflow-dropdown button")];
    const tab = document.querySelector(`#tabs button[role=tab][data-tab-id="${CSS.escape(id)}"]`)
      || menu.find((one) => one.textContent.trim().toLowerCase() === id);
    if (tab) tab.click();
    return Boolean(tab);
  }

  // An answer is copied as people read it, with what its numbers stand for, not as Markdown with addresses.
  document.addEventListener("click", (click) => {
    const button = click.target.closest('#chat button[aria-label="Copy message"]');
    const message = button && messageOf(button);
    if (!message) return;
    click.stopPropagation();
    const cited = new Map([...message.querySelectorAll('a[href^="#passage/"]')].map((a) => [a.textContent, a.title]));
    const sources = [...cited].map(([number, title]) => `${number} ${title}`).join("\n");
    copy(message.innerText.trim() + (sources ? `\n\n${sources}` : ""), "The message is copied.");
  }, true);

  function messageOf(button) {
    const before = [...document.querySelectorAll("#chat .message-content")]
      .filter((one) => one.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING);
    return before.pop();
  }

  // A long answer is read from its beginning: the question moves to the top, not the answer's end to the bottom.
  function showQuestion() {
    const asked = [...document.querySelectorAll("#chat .user-row")].pop();
    const chat = asked && asked.closest(".bubble-wrap");
    const box = document.querySelector("#question textarea");
    if (box) keepDraft(box);
    // Emptied by the server, it would stay as high as the question was.
    if (box && !box.value) box.style.height = "";
    if (chat) chat.scrollTo({ top: asked.offsetTop - chat.offsetTop, behavior: "auto" });
    // On a telephone the box is below the answer. Who corrects a fact beside the chat stays there.
    if (chat && !corrected && chat.getBoundingClientRect().top < 0) into(chat, "start");
    corrected = false;
  }

  // Words that are not sent outlive the page, within its browser tab: Gradio loads it anew when its server was away.
  function keepDraft(box) {
    if (keepDraft.began) {
      if (!box.value) sessionStorage.removeItem(DRAFT);
      return;
    }
    keepDraft.began = true;
    const draft = sessionStorage.getItem(DRAFT);
    if (draft && !box.value) {
      box.value = draft;
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
    box.addEventListener("input", () => sessionStorage.setItem(DRAFT, box.value));
  }

  // While a language model writes, Enter would have to wait, and would ask again what Stop puts back into the box.
  document.addEventListener("keydown", (key) => {
    const box = key.target.closest && key.target.closest("#question textarea");
    if (!box || key.key !== "Enter" || key.shiftKey || key.isComposing) return;
    if (!document.querySelector("#stop")?.checkVisibility()) return;
    key.preventDefault();
    key.stopPropagation();
    if (box.value.trim()) say("An answer is still being written. Stop it, or wait, to ask something else.");
  }, true);

  // Escape goes back from a document to the number that opened it; the arrow up in an empty box edits the last question.
  document.addEventListener("keydown", (key) => {
    if (key.key === "Escape" && document.querySelector("#sources .document") && key.target.closest("#sources")) {
      backTo = opener;
      tell("sources", "back", {});
    }
    const box = key.target.closest && key.target.closest("#question textarea");
    if (key.key === "ArrowUp" && box && !box.value) tell("tools", "edit", {});
    if (key.key === "Escape" && box && document.querySelector("#tools [data-editing]")) tell("tools", "settle", {});
  });

  return { attach, session, tell, say, whenArrived, openTab };
})();
