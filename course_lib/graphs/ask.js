// Questions of one figure: a form that asks for a gradient before the figure shows it. Calls
// answered(text, done) when a gradient is known; done: it was the last one of its step.
function addQuestions(figure, panel, data, answered) {
  const { questions, words, tolerance } = data;
  const known = new Set();
  let now = null;

  const form = add(panel, "form", "bpg-form");
  form.setAttribute("aria-label", words["ask label"]);
  const field = add(form, "input");
  Object.assign(field, { type: "text", autocomplete: "off", spellcheck: false });
  field.setAttribute("aria-label", words["ask label"]);
  const check = add(form, "button", "bpg-wide-button");
  check.textContent = words["ask check"];
  const give = add(form, "button", "bpg-wide-button");
  give.type = "button";
  give.textContent = words["ask give up"];
  const note = add(form, "span", "bpg-note");
  const told = add(panel, "p", "bpg-told");
  told.setAttribute("role", "status");

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (now === null) return;
    const text = judge(now, field.value);
    if (text) {
      field.setAttribute("aria-invalid", "true");
      field.select();
      told.textContent = text;
    } else reveal("ask right");
  });
  give.addEventListener("click", () => reveal("ask shown"));

  // Returns what is wrong with an answer, or nothing.
  function judge({ answer, mistakes, hint, exact }, text) {
    const given = numbersIn(text);
    if (!given) return words["ask no number"];
    if (given.length !== answer.length) {
      return words["ask count"].replace("{count}", answer.length).replace("{given}", given.length);
    }
    const near = (wanted, share) =>
      wanted.every((v, i) => Math.abs(given[i] - v) <= share * Math.abs(v) + 1e-12);
    if (near(answer, exact ? 0 : tolerance)) return "";
    const mistake = mistakes.find(([wrong]) => near(wrong, exact ? 0 : tolerance));
    return mistake ? mistake[1] : !exact && near(answer, 0.1) ? words["ask close"] : hint;
  }

  function reveal(kind) {
    const before = now;
    known.add(now);
    const inside = form.contains(document.activeElement);
    const done = next(before.step) === null;
    answered(words[kind].replace("{answer}", before.shown), done);
    if (inside) (done ? figure.querySelector('[data-do="next"]') : field).focus();
  }

  function next(step) {
    return questions.find((q) => q.step === step && !known.has(q)) || null;
  }

  function update(step) {
    now = next(step);
    form.hidden = told.hidden = now === null;
    field.value = told.textContent = "";
    field.removeAttribute("aria-invalid");
    note.textContent = now === null || now.exact ? "" : words["ask tolerance"];
    for (const el of figure.querySelectorAll("[data-asked]")) {
      const mine = ({ keys }) => keys.includes(el.dataset.asked);
      el.classList.toggle("bpg-asked", questions.some((q) => mine(q) && !known.has(q)));
      el.classList.toggle("bpg-question", now !== null && mine(now));
    }
    return now;
  }

  return {
    update,
    remind() { told.textContent = words["ask first"]; field.focus(); },
    focus() { field.focus({ preventScroll: true }); },
    // The first step with an open question.
    get open() {
      return Math.min(...questions.filter((q) => !known.has(q)).map((q) => q.step));
    },
  };
}

// Numbers as people type them: 2.2, 2,2, −1/3, [1, 2], (100, 50). Nothing if a part is none.
function numbersIn(text) {
  const parts = text.replace(/[−–]/g, "-").replace(/[[\]();]|,\s|,$|,(?=[)\]])/g, " ")
    .split(/\s+/).filter(Boolean).map((part) => {
      const [top, bottom, more] = part.replace(",", ".").split("/");
      return more === undefined && top ? Number(top) / Number(bottom ?? 1) : NaN;
    });
  return parts.length && parts.every(Number.isFinite) ? parts : null;
}
