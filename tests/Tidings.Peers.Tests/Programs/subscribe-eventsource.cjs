// Subscribes with the npm package eventsource. Argument: JSON with the url, headers and types of events; prints a line of JSON for each thing that happens.
const EventSource = require('eventsource');

const { url, headers, types } = JSON.parse(process.argv[2]);
const source = new EventSource(url, { headers });
source.onopen = () => console.log('{"open":true}');
for (const type of ['message', ...types]) {
  source.addEventListener(type, ({ type, data, lastEventId }) => console.log(JSON.stringify({ type, data, id: lastEventId })));
}
