// Messages: every event of /events has no name, so onmessage receives it.

const stateNames = ["connecting", "open", "closed"]; // by EventSource.readyState
const longestList = 200;
const [status, list, empty] = ["status", "messages", "empty"].map((id) => document.getElementById(id));

const source = new EventSource("/events");
source.onopen = source.onerror = () => {
  status.textContent = status.dataset.state = stateNames[source.readyState];
};
source.onmessage = (event) => {
  const item = document.createElement("li");
  const id = document.createElement("span");
  id.className = "stamp";
  id.textContent = event.lastEventId;
  item.append(id, event.data);
  list.prepend(item);
  if (list.childElementCount > longestList) {
    list.lastElementChild.remove();
  }
  empty.hidden = true;
};
