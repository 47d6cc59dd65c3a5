"use strict";
// Without this script the categories stand one below the other, and what is shown twice is there once.
for (const again of document.querySelectorAll("[data-again]")) {
  const attribute = "src" in again ? "src" : "href";
  again[attribute] = document.getElementById(again.dataset.again)[attribute];
}
const categories = [...document.querySelectorAll("section.category")];
const links = [...document.querySelectorAll("nav a")];
function show() {
  const asked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const wanted = asked?.closest("section.category") ?? categories[0];
  for (const category of categories) category.hidden = category !== wanted;
  for (const link of links) {
    if (link.hash === "#" + wanted.id) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (asked === wanted) scrollTo(0, 0);
}
addEventListener("hashchange", show);
addEventListener("beforeprint", () => categories.forEach((category) => { category.hidden = false; }));
addEventListener("afterprint", show);
show();
