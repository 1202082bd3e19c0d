// What an EventSource makes of each answer: one button an answer, and the story of its connection below it.

const stateNames = ["connecting", "open", "closed"]; // by EventSource.readyState

for (const trial of document.querySelectorAll("[data-path]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = "Connect";
  button.setAttribute("aria-label", `Connect to ${trial.dataset.path}`);
  const path = document.createElement("code");
  path.className = "path";
  path.textContent = trial.dataset.path;
  const story = document.createElement("ol");
  story.className = "story";
  story.setAttribute("aria-live", "polite");
  trial.append(path, button, story);

  let source;
  button.addEventListener("click", () => {
    source?.close();
    story.replaceChildren();
    source = new EventSource(trial.dataset.path);
    const tell = (what) => {
      const line = document.createElement("li");
      line.textContent = `${what}; readyState ${source.readyState} (${stateNames[source.readyState]})`;
      story.append(line);
    };
    tell("created");
    source.onopen = () => tell("open");
    source.onerror = () => tell("error");
    source.addEventListener("event1", (event) => {
      tell(`event ${event.lastEventId}`);
      source.close();
      tell("close() called");
    });
  });
}
