// The search page: the sections that answer a question, above the pages that Sphinx finds.
import MiniSearch from "minisearch";

/** @typedef {{page: string, anchor: string, title: string, path: string, keywords: string,
 *    text: string, code: string}} Section */

// Sphinx loads its stemmer and its list of small words on the search page.
const { Stemmer, stopwords, courseSections } = /** @type {any} */ (window);
const stemmer = new Stemmer();
const QUESTION =
  "why how what when where which who does do did is was can should my i me you we it";
const SMALL = new Set([...stopwords, ...QUESTION.split(" ")]);
/** @type {Section[]} */
const sections = courseSections;
// Chapters explain; the other pages name the same things.
const WEIGHTS = [
  { pages: /^\d\d_/, weight: 1 },
  { pages: /^(exercises|instructors)\/|^reference$/, weight: 0.4 },
  { pages: /^(notation|summary)$/, weight: 0.6 },
];
const REPEATS = /^(Summary|Exercise|Check yourself|Common mistakes)$/;

/** @param {string} text */
const tokens = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
// A book has few different words: each is stemmed once.
/** @type {Map<string, string>} */
const stems = new Map();
/** @param {string} token */
function stem(token) {
  const known = stems.get(token) ?? stemmer.stemWord(token);
  stems.set(token, known);
  return known;
}

const index = new MiniSearch({
  fields: ["title", "keywords", "path", "text", "code"],
  tokenize: tokens,
  processTerm: stem,
  searchOptions: {
    boost: { title: 4, keywords: 8, path: 1.5, code: 0.3 },
    prefix: (term) => term.length > 2,
    fuzzy: (term) => (term.length > 4 ? 0.2 : 0),
    weights: { prefix: 0.4, fuzzy: 0.3 },
    boostDocument: (id) => {
      const { page, title } = sections[id];
      const found = WEIGHTS.find(({ pages }) => pages.test(page));
      return (found ? found.weight : 0.8) * (REPEATS.test(title) ? 0.6 : 1);
    },
  },
});
index.addAll(sections.map((section, id) => ({ ...section, id })));

/** Return the best sections for a question, and the words of each that fit.
 * @param {string} query
 * @returns {(Section & {terms: string[]})[]} */
export function find(query) {
  const all = tokens(query);
  const telling = all.filter((token) => !SMALL.has(token));
  const found = index.search((telling.length ? telling : all).join(" "));
  return found.slice(0, 6).map(({ id, terms }) => ({ ...sections[id], terms }));
}

/** Return the words of a text around those that fit best, the fitting ones marked.
 * @param {string} text
 * @param {string[]} terms */
function excerpt(text, terms) {
  const LENGTH = 30;
  const words = text.split(" ");
  const fits = words.map((word) => tokens(word).some((token) => terms.includes(stem(token))));
  const different = (/** @type {number} */ from) =>
    new Set(words.slice(from, from + LENGTH).filter((_, i) => fits[from + i])).size;
  let best = 0;
  for (let from = 1; from <= words.length - LENGTH; from += 1)
    if (different(from) > different(best)) best = from;
  const line = document.createElement("p");
  line.className = "context";
  if (best > 0) line.append("… ");
  words.slice(best, best + LENGTH).forEach((word, i) => {
    const mark = document.createElement("mark");
    mark.textContent = word;
    line.append(fits[best + i] ? mark : word, " ");
  });
  if (best + LENGTH < words.length) line.append("…");
  return line;
}

/** @param {Section & {terms: string[]}} section */
function entry({ page, anchor, title, path, text, terms }) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `${page}.html${anchor && `#${anchor}`}`;
  link.textContent = title;
  const where = document.createElement("span");
  where.className = "where";
  where.textContent = path;
  item.append(link, where);
  if (text) item.append(excerpt(text, terms));
  return item;
}

const query = new URLSearchParams(location.search).get("q") ?? "";
const found = find(query);
if (found.length) {
  const list = document.createElement("ol");
  list.append(...found.map(entry));
  const heading = document.createElement("h2");
  heading.textContent = "Best matches";
  const part = document.createElement("section");
  part.id = "found-sections";
  part.append(heading, list);
  document.getElementById("search-results")?.before(part);
}
