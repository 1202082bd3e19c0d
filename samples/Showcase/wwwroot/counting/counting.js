// Counter: addEventListener takes the events of one name; onmessage those that have none.

const stateNames = ["connecting", "open", "closed"]; // by EventSource.readyState
const longestList = 200;
const element = (id) => document.getElementById(id);
const counts = { event1: 0, rest: 0 };

const source = new EventSource("/counter");
source.addEventListener("event1", (event) => add("event1", event));
source.onmessage = (event) => add("rest", event);
source.onopen = source.onerror = () => {
  const status = element("status");
  status.textContent = status.dataset.state = stateNames[source.readyState];
};

function add(list, event) {
  const item = document.createElement("li");
  const id = document.createElement("span");
  id.className = "stamp";
  id.textContent = event.lastEventId;
  item.append(id, event.data);
  element(list).prepend(item);
  if (element(list).childElementCount > longestList) {
    element(list).lastElementChild.remove();
  }
  element(`${list}-count`).textContent = ++counts[list];
}
