// News: the log's newest hundred, and whatever comes. What was read is remembered in this browser, for all its windows.

import { TidingsSource } from "/tidings.js";

const longestFeed = 100;
const longestTitle = 100;
const longestText = 1000;
const categories = { harbour: "Harbour", weather: "Weather", sport: "Sport", message: "Other" }; // by the event's type; one without a type is a "message"
const stateNames = ["connecting", "open", "closed"]; // by readyState
const readKey = "news-read";
const element = (id) => document.getElementById(id);

let source = null;
let read = loadRead();

element("read-all").addEventListener("click", () => {
  shownItems().forEach((item) => read.add(item.dataset.id));
  saveRead();
  showBadges();
});
element("filters").addEventListener("change", showBadges);
element("notify").addEventListener("click", askToNotify);
window.addEventListener("storage", (event) => {
  if (event.key === readKey || event.key === null) {
    read = loadRead(); // Another window has marked something.
    showBadges();
  }
});
document.querySelectorAll(".hub").forEach((place) => { place.textContent = `${location.origin}/.well-known/mercure`; });
connect();

function connect() {
  source?.close();
  element("items").replaceChildren();
  source = new TidingsSource("/news/events", { lastEventId: "earliest" }); // Not only from now on: the log is all that there is.
  Object.keys(categories).forEach((type) => source.addEventListener(type, onNews));
  source.addEventListener("gap", connect);
  source.addEventListener("open", showStatus);
  source.addEventListener("error", showStatus);
  showStatus();
}

function onNews(event) {
  const news = readNews(event.data);
  const item = document.createElement("li");
  item.dataset.id = event.lastEventId;
  item.dataset.category = event.type;
  const title = document.createElement("h3");
  title.dir = "auto";
  title.textContent = news.title;
  const text = document.createElement("p");
  text.dir = "auto";
  text.textContent = news.text;
  const about = document.createElement("p");
  about.className = "about";
  about.textContent = news.at ? `${categories[event.type]} · ${news.at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}` : categories[event.type];
  item.append(title, text, about);
  element("items").prepend(item);
  if (element("items").childElementCount > longestFeed) {
    element("items").lastElementChild.remove();
  }

  showBadges();
  notify(news, event.lastEventId);
}

// At the hub anybody of this machine may publish anything: what is not as we write it is shown as the text that it is.
function readNews(data) {
  let news;
  try {
    news = JSON.parse(data);
  } catch {
    // Plain text.
  }

  const text = (value) => (typeof value === "string" ? value : "");
  const at = new Date(text(news?.at));
  return {
    title: shorten(text(news?.title) || data || "(no text)", longestTitle),
    text: shorten(text(news?.text), longestText),
    at: Number.isNaN(at.getTime()) ? null : at,
  };
}

function shorten(text, longest) {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function shownItems() {
  const wanted = document.querySelector("input[name=filter]:checked").value;
  return [...element("items").children].filter((item) => !wanted || item.dataset.category === wanted);
}

function showBadges() {
  const unread = { all: 0, ...Object.fromEntries(Object.keys(categories).map((category) => [category, 0])) };
  const shown = new Set(shownItems());
  for (const item of element("items").children) {
    const isUnread = !read.has(item.dataset.id);
    item.classList.toggle("unread", isUnread);
    item.hidden = !shown.has(item);
    unread.all += isUnread;
    unread[item.dataset.category] += isUnread;
  }

  for (const [category, count] of Object.entries(unread)) {
    const badge = element(`unread-${category}`);
    badge.textContent = count;
    badge.classList.toggle("alarm", count > 0);
  }

  document.title = `${unread.all > 0 ? `(${unread.all}) ` : ""}News · Tidings Showcase`;
  element("empty").hidden = shown.size > 0;
}

function loadRead() {
  try {
    const ids = JSON.parse(localStorage.getItem(readKey));
    return new Set(Array.isArray(ids) ? ids : []);
  } catch {
    return new Set();
  }
}

function saveRead() {
  // Only what is still in the feed: the list cannot grow for ever.
  const ids = [...element("items").children].map((item) => item.dataset.id).filter((id) => read.has(id));
  localStorage.setItem(readKey, JSON.stringify(ids));
}

// A browser shows its question only when somebody has clicked.
async function askToNotify() {
  const answer = "Notification" in window ? await Notification.requestPermission() : "unsupported";
  element("notify-answer").textContent = {
    granted: "You will be notified of what comes while this page is in the background.",
    unsupported: "This browser has no notifications.",
  }[answer] ?? "This browser does not allow notifications here.";
}

function notify(news, id) {
  if (!document.hidden || read.has(id) || !("Notification" in window) || Notification.permission !== "granted") {
    return;
  }

  // With one tag a notification replaces the one before it: after a night there is one, not a hundred.
  const notification = new Notification(news.title, { body: news.text, tag: "news", icon: "/icon.svg" });
  notification.onclick = () => window.focus();
}

function showStatus() {
  const status = element("status");
  status.textContent = status.dataset.state = stateNames[source.readyState];
}
