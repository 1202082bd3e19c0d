// A large CSV file for those who have none at hand: made-up people, with all that CSV allows, and a line in a hundred thousand that is bad.

const rowsAtOnce = 20_000;
const first = ["Ada", "Björn", "Chen", "Dörte", "Emeka", "Fatima", "Goran", "Hanna"];
const last = ["Ahmed", "Berg", "Costa", "Dubois", "Eriksson", "Farkas", "Grün", "Horvat"];
const cities = ["Ålesund", "Brest", "Cádiz", "Dublin", "Esbjerg", "Faro"];
const notes = ['"likes ""quotes"", and commas"', '"two\nlines"', "", "came by boat"];

export async function madeUpPeople(bytes) {
  const parts = ["id,name,email,city,age,balance,note\n"];
  const bytesOfRow = 90; // roughly, so that the size comes out roughly right
  for (let id = 1; id <= bytes / bytesOfRow; id += rowsAtOnce) {
    parts.push(rows(id, Math.min(rowsAtOnce, Math.ceil(bytes / bytesOfRow) - id + 1)));
    await new Promise((resolve) => setTimeout(resolve)); // lets the page live meanwhile
  }
  return new Blob(parts, { type: "text/csv" });
}

function rows(firstId, count) {
  let text = "";
  for (let id = firstId; id < firstId + count; id++) {
    const name = `${first[id % 8]} ${last[(id >> 3) % 8]}`;
    const isBad = id % 100_000 === 99_999;
    const mail = `person.${id}.of.the.made.up@example.org`;
    text += isBad ? `${id},"${name}" the bad,${mail}\n` : `${id},${name},${mail},${cities[id % 6]},${18 + (id % 80)},${((id * 7919) % 1_000_000) / 100},${notes[id % 4]}\n`;
  }
  return text;
}
