// A large CSV file for those who have none at hand: the stock of a ship chandler, a thousand bytes an item. It has all that CSV allows, and every ten thousandth item is bad.

const itemsAtOnce = 1000;
const goods = ["Anchor", "Bilge pump", "Compass", "Dinghy", "Ensign", "Fender", "Galley lamp", "Hawser"];
const harbours = ["Ålesund", "Brest", "Cádiz", "Dublin", "Esbjerg", "Faro"];
const sentences = [
  "Made to last, and to be mended when it does not. ",
  "The captain calls it \"\"indispensable\"\", the cook calls it names. ",
  "Tested in salt water, fresh water, and on one occasion tea. ",
  "Comes in red, in green, and in a colour that is neither.\n",
  "Store dry, if you must store it; better, take it out to sea. ",
  "Nobody who bought one has ever come back to complain. ",
  "Guaranteed for seven years or seven storms, whichever comes first. ",
];

export async function madeUpGoods(items) {
  const parts = ["id,name,price,in stock,harbour,description\n"];
  for (let id = 1; id <= items; id += itemsAtOnce) {
    parts.push(rows(id, Math.min(items, id + itemsAtOnce - 1)));
    await new Promise((resolve) => setTimeout(resolve)); // The page lives on meanwhile.
  }
  return new Blob(parts, { type: "text/csv" });
}

function rows(first, last) {
  let text = "";
  for (let id = first; id <= last; id++) {
    const isBad = id % 10_000 === 0;
    const price = ((id * 7919) % 100_000) / 100;
    const description = Array.from({ length: 17 }, (_, i) => sentences[(id + i * i) % sentences.length]).join("");
    text += `${id},${goods[id % 8]},${price},${id % 40},${harbours[id % 6]},"${description}"${isBad ? " (sold out)" : ""}\n`;
  }
  return text;
}
