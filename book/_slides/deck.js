// Shows a deck with reveal.js. Without it, and on a phone, the slides stand below each other.
(function () {
  const root = document.documentElement;
  const script = document.currentScript;
  const [WIDTH, HEIGHT] = [1280, 720];
  const LARGEST = 2.4;
  const SMALLEST = 0.3;

  // As the book's pages: the theme that was chosen there, or the system's.
  function chosenTheme() {
    let mode = null;
    try {
      mode = localStorage.getItem("mode");
    } catch {
      // A browser may refuse to keep anything.
    }
    if (mode === "light" || mode === "dark") return mode;
    return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }

  function overflows(content) {
    if (content.scrollHeight > content.clientHeight + 1) return true;
    const inside = [content, ...content.querySelectorAll("div, figure, pre, table")];
    return inside.some((el) => el.clientWidth && el.scrollWidth > el.clientWidth + 1);
  }

  // A drawing that is as wide as the slide gains nothing from more.
  function largest(section, content) {
    if (section.matches(".statement")) return 1;
    if (!section.matches(".figure")) return 1.4;
    const widths = [...section.querySelectorAll(".drawing svg")].map(
      (svg) => svg.width.baseVal.value || svg.viewBox.baseVal.width,
    );
    return Math.max(1, Math.min(LARGEST, content.clientWidth / (Math.max(...widths, 1) + 24)));
  }

  // Find the largest scale at which the content fits.
  function fit(section) {
    const content = section.querySelector(".content");
    // Text beside a drawing keeps its size.
    const box = content?.querySelector(".drawing") ?? content?.querySelector(".fit");
    if (!box) return;
    let [low, high] = [SMALLEST, largest(section, content)];
    box.style.zoom = high;
    if (!overflows(content)) return;
    for (let i = 0; i < 8; i++) {
      const middle = (low + high) / 2;
      box.style.zoom = middle;
      if (overflows(content)) high = middle;
      else low = middle;
    }
    box.style.zoom = low;
  }

  // Each step of a graph is a step of the slide.
  function addSteps(figure) {
    const { steps } = JSON.parse(figure.querySelector(".bpg-data").textContent);
    for (let i = 1; i < steps.length; i++) {
      const mark = document.createElement("span");
      mark.className = "fragment graph-step";
      figure.closest("section").append(mark);
    }
  }

  function showStep(section) {
    // A figure may have drawn itself anew once it was seen.
    const content = section?.querySelector(".content");
    if (content && overflows(content)) fit(section);
    const figure = section?.querySelector(".bpg");
    if (!figure) return;
    const press = (name) => figure.querySelector(`button[data-do="${name}"]`)?.click();
    const steps = section.querySelectorAll(".graph-step.visible").length;
    press("reset");
    for (let i = 0; i <= steps; i++) press("next");
  }

  function addStyle(href) {
    return new Promise((loaded) => {
      const link = document.createElement("link");
      Object.assign(link, { rel: "stylesheet", href, media: "screen", onload: loaded });
      document.head.prepend(link);
    });
  }

  async function present() {
    await MathJax.startup.promise;
    await document.fonts.ready;
    await addStyle(script.dataset.style);
    root.classList.add("presenting");
    const sections = [...document.querySelectorAll(".slides > section")];
    sections.forEach(fit);
    document.querySelectorAll(".bpg").forEach(addSteps);
    const deck = new Reveal(document.querySelector(".reveal"), {
      width: WIDTH,
      height: HEIGHT,
      margin: 0,
      center: false,
      display: "flex",
      hash: true,
      slideNumber: "c/t",
      transition: "none",
      scrollActivationWidth: 0,
    });
    for (const name of ["ready", "slidechanged", "fragmentshown", "fragmenthidden"]) {
      deck.on(name, () => showStep(deck.getCurrentSlide()));
    }
    await deck.initialize();
    deck.addKeyBinding({ keyCode: 68, key: "D", description: "Dark or light" }, () => {
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    });
    root.dataset.fitted = "";
  }

  root.dataset.theme = chosenTheme();
  let onScreen = root.dataset.theme;
  addEventListener("beforeprint", () => {
    onScreen = root.dataset.theme;
    root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    root.dataset.theme = onScreen;
  });
  if (innerWidth >= 600) present();
})();
