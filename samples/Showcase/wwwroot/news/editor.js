// The editor of the news: a form, sent as JSON.

const form = document.getElementById("editor");
const [error, done] = ["error", "done"].map((id) => document.getElementById(id));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { title, text, category } = Object.fromEntries(new FormData(form));
  show(error, "");
  show(done, "");
  try {
    const response = await fetch("/news/items", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ title, text: text.replaceAll(/\s+/g, " "), category: category || null }),
    }).catch(() => {
      throw new Error("The server cannot be reached.");
    });
    const answer = await response.json().catch(() => null);
    if (!response.ok) {
      throw new Error(answer?.detail ?? `The server answered ${response.status}.`);
    }

    form.reset();
    form.elements.title.focus();
    show(done, `Published: ${title}`);
  } catch (failure) {
    show(error, failure.message);
  }
});

function show(notice, text) {
  notice.textContent = text;
  notice.hidden = !text;
}
