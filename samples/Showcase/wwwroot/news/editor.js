// The editor of the news: a form, sent as JSON.

import { ask, attempt } from "/asking.js";

const form = document.getElementById("editor");
const done = document.getElementById("done");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { title, text, category } = Object.fromEntries(new FormData(form));
  tell("");
  attempt(async () => {
    await ask("/news/items", "POST", { title, text: text.replaceAll(/\s+/g, " "), category: category || null });
    form.reset();
    form.elements.title.focus();
    tell(`Published: ${title}`);
  });
});

function tell(text) {
  done.textContent = text;
  done.hidden = !text;
}
