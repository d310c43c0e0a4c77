// The few things that neither the theme nor a style sheet can do.

// A page that was opened as a file may not read other files: no excerpts below what is found.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// Sphinx marks the words of a search on the page that was found, but fails at a title in a drawing.
addEventListener(
  "DOMContentLoaded",
  () => document.querySelectorAll("svg *").forEach((el) => el.classList.add("nohighlight")),
  true, // before Sphinx's own
);

// Paper is white, whatever the screen was.
(function () {
  const root = document.documentElement;
  let onScreen = null;
  addEventListener("beforeprint", () => {
    onScreen ??= root.dataset.theme;
    root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    if (onScreen !== null) root.dataset.theme = onScreen;
    onScreen = null;
  });
})();
