// Help: a page that has <dialog id="help"> gets a button "?" in its masthead; the key "?" opens it as well, and Esc closes it.

const dialog = document.getElementById("help");
if (dialog) {
  const open = document.createElement("button");
  open.type = "button";
  open.className = "help-open quiet";
  open.textContent = "?";
  open.title = "How this works (key ?)";
  open.setAttribute("aria-label", "How this works");
  open.addEventListener("click", () => dialog.showModal());
  document.querySelector(".masthead").append(open);

  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Close";
  close.addEventListener("click", () => dialog.close());
  dialog.append(close);

  // A click beside the dialog hits its backdrop, and then the dialog itself is the target.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]");
    if (event.key === "?" && !isTyping && !dialog.open) {
      event.preventDefault();
      dialog.showModal();
    }
  });
}
