"use strict";
// A click on a column's title sorts by it, a second one the other way round, a third one as the page came.
const NEXT = { none: "ascending", ascending: "descending", descending: "none" };

function sortable(table) {
  const body = table.tBodies[0];
  const before = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const textOf = (row, column) => row.cells[column].textContent;
  const numberOf = (row, column) => Number(row.cells[column].dataset.key ?? NaN);
  const hasNumbers = heads.map((_, column) => before.some((row) => "key" in row.cells[column].dataset));

  function order(a, b, column, sign) {
    if (!hasNumbers[column]) return sign * textOf(a, column).localeCompare(textOf(b, column));
    const [x, y] = [numberOf(a, column), numberOf(b, column)];
    if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y); // what is not defined stays at the end
    return sign * (x - y);
  }

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const next = NEXT[head.getAttribute("aria-sort") ?? "none"];
      for (const other of heads) other.removeAttribute("aria-sort");
      if (next === "none") return body.append(...before);
      head.setAttribute("aria-sort", next);
      body.append(...[...before].sort((a, b) => order(a, b, column, next === "ascending" ? 1 : -1)));
    });
  });
}

document.querySelectorAll("table.sortable").forEach(sortable);
