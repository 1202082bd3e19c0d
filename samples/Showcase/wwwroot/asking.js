// For pages that ask the server for something and show, in their element "error", why it did not work.

const place = document.getElementById("error");

// Does something that may fail, and shows why.
export async function attempt(action) {
  showError("");
  try {
    await action();
  } catch (error) {
    showError(error.message);
  }
}

export function showError(text) {
  place.textContent = text;
  place.hidden = !text;
}

// The answer. A refusal is an error with the server's sentence about what is wrong, its status and its answer.
export async function ask(url, method = "GET", body = undefined) {
  const response = await fetch(url, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) }).catch(() => {
    throw new Error("The server cannot be reached.");
  });
  const answer = await response.json().catch(() => null);
  if (!response.ok) {
    throw Object.assign(new Error(answer?.detail ?? `The server answered ${response.status}.`), { status: response.status, answer });
  }

  return answer;
}
