// Ping: named and unnamed events of one stream, from this origin or from the app's other one.

const stateNames = ["connecting", "open", "closed"]; // by EventSource.readyState
const longestList = 12;
const element = (id) => document.getElementById(id);
const counts = { pings: 0, messages: 0 };
let source;

// Gives this browser a cookie and tells where the other origin is.
const { otherOrigin } = await (await fetch("/ssedemo/visitor")).json();
element("this-origin-name").textContent = location.origin;
element("other-origin-name").textContent = otherOrigin;
element("other-origin").disabled = false;
for (const id of ["this-origin", "other-origin", "credentials"]) {
  element(id).addEventListener("change", connect);
}
connect();

function connect() {
  const fromOther = element("other-origin").checked;
  element("credentials").disabled = !fromOther;
  element("cookie").textContent = element("origin").textContent = "–";

  source?.close();
  source = fromOther
    ? new EventSource(`${otherOrigin}/ssedemo`, { withCredentials: element("credentials").checked })
    : new EventSource("/ssedemo");
  source.onopen = source.onerror = showStatus;
  source.addEventListener("visitor", (event) => {
    element("cookie").textContent = JSON.parse(event.data).cookie ?? "none";
    element("origin").textContent = event.origin;
  });
  source.addEventListener("ping", (event) => add("pings", "ping-count", `ping at ${new Date(JSON.parse(event.data).time).toISOString()}`));
  source.onmessage = (event) => add("messages", "message-count", event.data);
  showStatus();
}

function add(list, count, text) {
  const item = document.createElement("li");
  item.textContent = text;
  element(list).prepend(item);
  if (element(list).childElementCount > longestList) {
    element(list).lastElementChild.remove();
  }
  element(count).textContent = ++counts[list];
}

function showStatus() {
  const status = element("status");
  status.textContent = status.dataset.state = stateNames[source.readyState];
}
