// Chat: the room as it is now, then every change of it. Each window is a user of its own.

import { ask, attempt, showError } from "/asking.js";
import { TidingsSource } from "/tidings.js";

const longestTalk = 200;
const stateNames = ["connecting", "open", "closed"]; // by readyState
const element = (id) => document.getElementById(id);

let source = null;
let sending = Promise.resolve();

// Kept for this window alone, and over its reloads: who we are. That we are it, a cookie proves that no script can read.
const me = {
  get address() { return sessionStorage.getItem("chat-address"); },
  set address(address) { address ? sessionStorage.setItem("chat-address", address) : sessionStorage.removeItem("chat-address"); },
};

element("join").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const { id } = await ask("/chat/users", "POST", { name: element("name").value });
    me.address = `/chat/users/${id}`;
    await enter();
    element("text").focus();
  });
});

element("write").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = element("text").value;
  element("write").reset(); // At once: somebody who types fast is at the next message when the answer to this one comes.
  sending = sending.then(() => attempt(async () => { // One after the other: requests may overtake each other.
    try {
      await ask(`${me.address}/messages`, "POST", { text }); // The message itself comes by the stream, as it does to everybody.
    } catch (error) {
      element("text").value ||= text;
      throw error;
    }
  }));
});

element("leave").addEventListener("click", () => attempt(async () => {
  await ask(me.address, "DELETE");
  exit();
}));

if (me.address) {
  attempt(enter);
}

async function enter() {
  const room = await ask(me.address).catch((refusal) => {
    if (refusal.status !== 403) {
      throw refusal;
    }
  });
  if (!room) {
    exit("You were away for too long. Join again.");
    return;
  }

  source?.close();
  element("me").textContent = room.name;
  element("users").replaceChildren();
  element("lines").replaceChildren();
  room.users.forEach(addUser);
  room.lines.forEach(addLine);
  element("join").hidden = true;
  element("room").hidden = false;
  scrollToEnd();

  // From where the room was read: what has happened since then comes first, and nothing twice.
  source = new TidingsSource(`${me.address}/events`, { lastEventId: room.cursor });
  for (const type of ["userconnect", "usermessage", "userdisconnect"]) {
    source.addEventListener(type, onEvent);
  }
  source.addEventListener("gap", () => attempt(enter)); // Something cannot be made up for: begin with the room as it is.
  source.addEventListener("open", showStatus);
  source.addEventListener("error", () => {
    showStatus();
    if (source.readyState === TidingsSource.CLOSED) {
      attempt(enter); // The server does not know us any more, or it does and something else was wrong.
    }
  });
  showStatus();
}

function exit(why = "") {
  source?.close();
  me.address = null;
  element("room").hidden = true;
  element("join").hidden = false;
  showError(why);
  element("name").focus();
}

function onEvent(event) {
  const line = JSON.parse(event.data);
  if (event.type === "userconnect") {
    addUser(line.name);
  } else if (event.type === "userdisconnect") {
    if (line.name === element("me").textContent) {
      exit("You have left."); // In a second window with the same address, such as a duplicated tab.
      return;
    }
    userNamed(line.name)?.remove();
    countUsers();
  }

  const list = element("lines");
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  addLine(line);
  if (isAtEnd) {
    scrollToEnd(); // Whoever reads further up stays there.
  }
}

function addUser(name) {
  const item = document.createElement("li");
  item.dir = "auto";
  item.textContent = name; // As text, here and everywhere: whatever somebody calls themselves is not markup.
  element("users").append(item);
  countUsers();
}

function userNamed(name) {
  return [...element("users").children].find((item) => item.textContent === name);
}

function countUsers() {
  element("count").textContent = element("users").childElementCount;
}

function addLine({ type, name, text, at }) {
  const item = document.createElement("li");
  item.className = type;
  const time = document.createElement("time");
  time.dateTime = at;
  time.textContent = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const who = document.createElement("strong");
  who.dir = "auto";
  who.textContent = name;
  const what = document.createElement("span");
  what.dir = "auto";
  what.textContent = { userconnect: "has joined", userdisconnect: "has left" }[type] ?? text;
  item.append(time, " ", who, " ", what);
  element("lines").append(item);
  if (element("lines").childElementCount > longestTalk) {
    element("lines").firstElementChild.remove();
  }
}

function scrollToEnd() {
  element("lines").scrollTop = element("lines").scrollHeight;
}

function showStatus() {
  const status = element("status");
  status.textContent = status.dataset.state = stateNames[source.readyState];
}
