"use strict";
// Words of a mark where one points, at once and also by touch; and tables that sort by their headings.
const tip = document.getElementById("tip");
let shown = null;

for (const title of document.querySelectorAll("svg.plot .said > title")) {
  title.parentNode.dataset.said = title.textContent; // the browser's own tooltip comes late and would come twice
  title.remove();
}

function near(x, y) {
  // Marks are small: what lies under the pointer, else what lies within a finger's width of it.
  for (const far of [0, 3, 6, 9, 12])
    for (let turn = 0; turn < (far ? 8 : 1); turn++) {
      const at = document.elementFromPoint(x + far * Math.cos(turn * Math.PI / 4), y + far * Math.sin(turn * Math.PI / 4));
      const mark = at && at.closest("svg.plot .said");
      if (mark) return mark;
    }
  return null;
}

function point(event) {
  const mark = event.target.closest("svg.plot") ? near(event.clientX, event.clientY) : null;
  if (mark !== shown) {
    if (shown) { shown.classList.remove("on"); shown.closest("svg").classList.remove("pointed"); }
    if (mark) { mark.classList.add("on"); mark.closest("svg").classList.add("pointed"); tip.textContent = mark.dataset.said; }
    tip.hidden = !mark;
    shown = mark;
  }
  if (!mark) return;
  const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
  const above = event.clientY - tip.offsetHeight - 12;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${above < 8 ? event.clientY + 20 : above}px`;
}
addEventListener("pointermove", point);
addEventListener("pointerdown", point);
addEventListener("scroll", () => { tip.hidden = true; shown = null; }, { passive: true });

function key(row, column) {
  const cell = row.cells[column];
  return { text: cell.textContent, number: cell.dataset.number === undefined ? NaN : Number(cell.dataset.number) };
}

function compare(one, other) {
  if (!Number.isNaN(one.number) && !Number.isNaN(other.number)) return one.number - other.number;
  const id = /^[0-9a-f]{12}$/; // a run's, which is no number even where it looks like one
  return one.text.localeCompare(other.text, "en", { numeric: !id.test(one.text) });
}

function sort(heading) {
  const body = heading.closest("table").tBodies[0];
  const sign = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
  const rows = [...body.rows].map((row) => [key(row, heading.cellIndex), row]);
  rows.sort(([one], [other]) => (one.text === "") - (other.text === "") || sign * compare(one, other));
  body.append(...rows.map(([, row]) => row));
}
for (const button of document.querySelectorAll("thead button"))
  button.addEventListener("click", () => sort(button.parentNode));

addEventListener("beforeprint", () => { // paper cannot be unfolded
  for (const part of document.querySelectorAll("details:not([open])")) { part.open = true; part.dataset.folded = ""; }
});
addEventListener("afterprint", () => {
  for (const part of document.querySelectorAll("details[data-folded]")) { part.open = false; delete part.dataset.folded; }
});
