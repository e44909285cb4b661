// The decision beside the chat: facts that can be changed, and the table of scores. Needs page.js.
//
// Gradio does not draw a part anew: it carries new attributes over to the old elements, by their place. So whatever an
// element got from a person (a choice, an open list) is set right here each time that the part shows something new, and
// listeners are the part's own.
"use strict";
(() => {
  const { tell, whenArrived } = window.groundrule;
  const KEY_PAUSE = 700;
  const known = new WeakSet();
  const opened = new Set();
  let byKey = false;
  let resting = null;

  whenArrived("decision", (part) => {
    if (!known.has(part)) listen(part);
    known.add(part);
    part.querySelectorAll("select option").forEach((option) => { option.selected = option.defaultSelected; });
    part.querySelectorAll("details[data-key]").forEach((one) => { one.open = opened.has(one.dataset.key); });
    part.querySelectorAll("table[data-grid]").forEach((table) => {
      const first = table.querySelector("button.square");
      if (first) first.tabIndex = 0;
    });
  });

  function listen(part) {
    part.addEventListener("toggle", (event) => {
      const { key } = event.target.dataset;
      if (key && event.target.open) opened.add(key);
      else opened.delete(key);
    }, true);
    part.addEventListener("keydown", (event) => {
      byKey = event.target.matches("select") && event.key !== "Enter";
      if (event.target.matches("button.square")) move(event);
    });
    part.addEventListener("pointerdown", () => { byKey = false; });
    part.addEventListener("change", (event) => {
      const chosen = event.target.closest("select[data-event]");
      if (!chosen) return;
      if (resting && resting.chosen !== chosen) settle();
      if (resting) clearTimeout(resting.timer);
      // An arrow key passes through the levels between: what it rests on counts. It is noted now: what arrives
      // meanwhile sets the list back.
      const data = { ...chosen.dataset, level: chosen.value };
      resting = { chosen, data, timer: setTimeout(settle, byKey ? KEY_PAUSE : 0) };
    });
    // Who goes on has chosen.
    part.addEventListener("focusout", (event) => {
      if (resting && resting.chosen === event.target) settle();
    });
    part.addEventListener("focusin", (event) => {
      const square = event.target.closest("button.square");
      if (!square) return;
      squares(square).flat().forEach((one) => { one.tabIndex = one === square ? 0 : -1; });
      show(square);
    });
    part.addEventListener("mouseover", (event) => {
      const square = event.target.closest("button.square");
      if (square && !keptIn(square)) show(square);
    });
    // What was clicked stays, so that its quotes can be reached.
    part.addEventListener("click", (event) => {
      const square = event.target.closest("button.square");
      if (!square) return;
      const before = keptIn(square);
      if (before) before.removeAttribute("aria-pressed");
      if (before !== square) square.setAttribute("aria-pressed", "true");
      square.focus();
      show(square);
    });
  }

  function settle() {
    const { data, timer } = resting;
    clearTimeout(timer);
    resting = null;
    tell("decision", "correct", data);
  }

  const keptIn = (square) => square.closest("table").querySelector("[aria-pressed=true]");
  const squares = (square) => [...square.closest("tbody").rows].map((row) => [...row.querySelectorAll("button.square")]);

  function show(square) {
    const why = document.getElementById(square.getAttribute("aria-describedby"));
    if (why) square.closest(".scroll").nextElementSibling.innerHTML = why.innerHTML;
  }

  // One stop for the Tab key; the arrow keys move within the table.
  function move(event) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const rows = squares(event.target);
    const y = rows.findIndex((row) => row.includes(event.target));
    const within = (at, list) => list[Math.min(Math.max(at, 0), list.length - 1)];
    within(rows[y].indexOf(event.target) + step[1], within(y + step[0], rows)).focus();
  }
})();
