// Random users: ten people from /getUsers. The server ends the stream with an event whose id is -1; anything else that ends it is an error.

const connectionTimeout = 30_000;
const endId = "-1";
const stateNames = ["connecting", "open", "closed"]; // by EventSource.readyState

const element = (id) => document.getElementById(id);
const [startButton, stopButton, retryButton] = ["start", "stop", "retry"].map(element);

let source = null;
let timeout;
let lastId = "";

startButton.addEventListener("click", () => {
  element("users").replaceChildren();
  lastId = "";
  connect();
});
stopButton.addEventListener("click", disconnect);
retryButton.addEventListener("click", connect);
setInterval(showStatus, 1000);

function connect() {
  disconnect();
  hideNotices();

  // A new EventSource knows nothing of what the one before it received; the query tells the server.
  source = new EventSource(lastId ? `/getUsers?last_event_id=${encodeURIComponent(lastId)}` : "/getUsers");
  source.addEventListener("open", () => {
    stopWaiting();
    hideNotices();
    showStatus();
  });
  source.addEventListener("error", onError);
  source.addEventListener("randomUser", onUser);
  source.addEventListener("message", onMessage);
  waitForConnection();
  showStatus();
}

function disconnect() {
  stopWaiting();
  source?.close();
  source = null;
  showStatus();
}

// The end has no name of its own, so it comes as a message.
function onMessage(event) {
  if (event.lastEventId === endId) {
    disconnect();
    element("end").hidden = false;
  }
}

function onUser(event) {
  try {
    const user = readUser(event.data);
    lastId = event.lastEventId;
    element("users").append(cardOf(user, event.lastEventId));
    showStatus();
  } catch (problem) {
    disconnect();
    showError(`The server sent a record that cannot be used: ${problem.message}`);
  }
}

function onError() {
  if (source.readyState === EventSource.CONNECTING) {
    waitForConnection();
    showError("The connection was lost. The browser tries again by itself in a few seconds.");
  } else {
    disconnect();
    showError("The server refused the connection.");
  }
  showStatus();
}

// Runs from the first attempt, or from the loss of the connection, until it is open.
function waitForConnection() {
  timeout ??= setTimeout(() => {
    disconnect();
    showError(`No connection within ${connectionTimeout / 1000} seconds.`);
  }, connectionTimeout);
}

function stopWaiting() {
  clearTimeout(timeout);
  timeout = undefined;
}

function readUser(json) {
  const { name, login, email, dob, picture } = JSON.parse(json);
  const user = {
    fullName: [name?.title, name?.first, name?.last].map(text).join(" "),
    username: text(login?.username),
    email: text(email),
    age: dob?.age,
    picture: text(picture?.large),
  };
  if (!Number.isInteger(user.age)) {
    throw new Error("the age is not a whole number");
  }
  if (!/^(data:image\/|https?:\/\/)/.test(user.picture)) {
    throw new Error("the picture is not an image's address");
  }
  return user;
}

function text(value) {
  if (typeof value !== "string" || value === "") {
    throw new Error("a text is missing");
  }
  return value;
}

// Text only ever becomes text: whatever a record holds, none of it is read as markup.
function cardOf(user, id) {
  const card = document.createElement("li");
  card.className = "card";
  card.dataset.id = id;
  const picture = document.createElement("img");
  picture.src = user.picture;
  picture.alt = "";
  picture.width = picture.height = 64;
  const words = document.createElement("div");
  words.append(
    line("h2", user.fullName),
    line("p", `@${user.username} · ${user.age}`),
    line("p", user.email));
  card.append(picture, words, line("span", id, "number"));
  return card;
}

function line(tag, content, className = "") {
  const result = document.createElement(tag);
  result.textContent = content;
  result.className = className;
  return result;
}

function showStatus() {
  const state = source ? stateNames[source.readyState] : "disconnected";
  const status = element("status");
  if (status.textContent !== state) {
    status.textContent = status.dataset.state = state;
  }
  startButton.disabled = source !== null;
  stopButton.disabled = source === null;
  element("empty").hidden = source !== null || element("users").childElementCount > 0;
}

function showError(message) {
  element("error-text").textContent = message;
  element("error").hidden = false;
}

function hideNotices() {
  element("error").hidden = true;
  element("end").hidden = true;
}
