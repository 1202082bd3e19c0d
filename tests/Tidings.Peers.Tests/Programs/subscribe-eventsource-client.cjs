// Subscribes with the npm package eventsource-client. Argument: JSON with the url, headers, and the last id if there is one; prints a line of JSON for each thing that happens.
const { createEventSource } = require('eventsource-client');

const { url, headers, lastEventId } = JSON.parse(process.argv[2]);
createEventSource({
  url,
  headers,
  initialLastEventId: lastEventId,
  onConnect: () => console.log('{"open":true}'),
  onMessage: ({ event, data, id }) => console.log(JSON.stringify({ type: event ?? 'message', data, id })),
});
