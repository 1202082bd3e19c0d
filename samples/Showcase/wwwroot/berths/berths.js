// Live data: a table that is true in every window, and a check of versions where two edit the same record.

import { ask, attempt, showError } from "/asking.js";
import { TidingsSource } from "/tidings.js";

const fields = ["boat", "place", "note"];
const longest = { boat: 40, place: 10, note: 120 };
const captions = { boat: "Boat", place: "Berth", note: "Note" };
const stateNames = ["connecting", "open", "closed"]; // by readyState
const element = (id) => document.getElementById(id);
const rows = new Map(); // by the record's id: the record, its row, and the form in it while it is edited

let source = null;

element("add").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    await ask("/berths/records", "POST", Object.fromEntries(new FormData(element("add"))));
    element("add").reset();
    element("add").elements.boat.focus();
  });
});

attempt(load);

async function load() {
  const { records, cursor } = await ask("/berths/records");
  source?.close();
  const there = new Set(records.map((record) => record.id));
  [...rows.keys()].filter((id) => !there.has(id)).forEach(remove);
  records.forEach(show);
  showEmpty();

  // From where the records were read: every later change comes, and each once.
  source = new TidingsSource("/berths/events", { lastEventId: cursor });
  source.addEventListener("added", (event) => tell(show(JSON.parse(event.data)), "was added"));
  source.addEventListener("changed", (event) => tell(show(JSON.parse(event.data)), "was changed"));
  source.addEventListener("deleted", (event) => {
    const record = JSON.parse(event.data);
    remove(record.id);
    tell(record, "was deleted");
  });
  source.addEventListener("gap", () => attempt(load)); // Something cannot be made up for: begin with the records as they are.
  source.addEventListener("open", showStatus);
  source.addEventListener("error", showStatus);
  showStatus();
}

function show(record) {
  let row = rows.get(record.id);
  if (!row) {
    row = { line: document.createElement("tr"), form: null };
    row.line.dataset.id = record.id;
    rows.set(record.id, row);
    element("records").append(row.line);
  }

  row.record = record;
  if (row.form) {
    warn(row); // What is being written stays.
  } else {
    fill(row);
  }
  showEmpty();
  return record;
}

function remove(id) {
  const row = rows.get(id);
  if (row?.form) {
    showError(`${row.record.boat} was deleted while you were editing it.`);
  }
  row?.line.remove();
  rows.delete(id);
  showEmpty();
}

function fill(row) {
  row.form = null;
  row.line.replaceChildren(
    ...fields.map((field) => {
      const cell = cellOf(field);
      cell.dir = "auto";
      cell.textContent = row.record[field]; // As text: a record is not markup.
      return cell;
    }),
    actions(
      button("Edit", `Edit ${row.record.boat}`, () => edit(row)),
      button("Delete", `Delete ${row.record.boat}`, () => attempt(() => ask(`/berths/records/${row.record.id}?version=${row.record.version}`, "DELETE"))),
    ),
  );
}

function edit(row) {
  row.form = { version: row.record.version, inputs: {} };
  const cells = fields.map((field) => {
    const input = document.createElement("input");
    input.value = row.record[field];
    input.maxLength = longest[field];
    input.required = field !== "note";
    input.setAttribute("aria-label", captions[field]);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        save(row);
      } else if (event.key === "Escape") {
        cancel(row);
      }
    });
    row.form.inputs[field] = input;
    const cell = cellOf(field);
    cell.append(input);
    return cell;
  });
  row.form.warning = document.createElement("p");
  row.form.warning.className = "conflict";
  row.form.warning.setAttribute("role", "alert");
  row.form.warning.dir = "auto";
  cells[0].append(row.form.warning);
  row.line.replaceChildren(...cells, actions(button("Save", `Save ${row.record.boat}`, () => save(row)), button("Cancel", `Cancel editing ${row.record.boat}`, () => cancel(row))));
  row.form.inputs.boat.focus();
}

function warn(row) {
  const { boat, place, note } = row.record;
  row.form.warning.textContent = `Changed in another window: ${boat}, ${place}${note ? `, ${note}` : ""}.`;
}

function save(row) {
  const bad = Object.values(row.form.inputs).find((input) => !input.reportValidity());
  if (bad) {
    return;
  }

  const values = Object.fromEntries(fields.map((field) => [field, row.form.inputs[field].value]));
  attempt(async () => {
    await ask(`/berths/records/${row.record.id}`, "PUT", { ...values, version: row.form.version }).catch((refusal) => {
      const current = refusal.status === 409 && refusal.answer?.current;
      if (!current) {
        throw refusal;
      }

      // Now the other change has been seen: who saves again means it.
      row.record = current;
      row.form.version = current.version;
      warn(row);
      throw new Error(`${refusal.message} Save again to overwrite it, or cancel to keep it.`);
    });
    cancel(row);
  });
}

function cancel(row) {
  fill(row);
  row.line.querySelector("button").focus();
}

function tell(record, what) {
  element("news").textContent = `${record.boat} ${what}.`;
}

function cellOf(field) {
  const cell = document.createElement("td");
  cell.dataset.label = captions[field];
  return cell;
}

function actions(...buttons) {
  const cell = document.createElement("td");
  cell.className = "actions";
  cell.append(...buttons);
  return cell;
}

function button(caption, name, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "quiet small";
  made.textContent = caption;
  made.setAttribute("aria-label", name);
  made.addEventListener("click", action);
  return made;
}

function showEmpty() {
  element("empty").hidden = rows.size > 0;
}

function showStatus() {
  const status = element("status");
  status.textContent = status.dataset.state = stateNames[source.readyState];
}
