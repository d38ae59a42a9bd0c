/* Light or dark, as the system wishes. Loaded before the page is painted, so that nothing flashes. */
(function () {
  "use strict";
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    document.documentElement.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  }
  document.documentElement.classList.add("js");
  dark.addEventListener("change", apply);
  apply();
})();
