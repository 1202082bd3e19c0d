// Protocol 1.0 with nothing but fetch. Argument: JSON with the hub's url, two tokens, a topic and the private data; prints what comes back.
const { url, publisher, subscriber, topic, data } = JSON.parse(process.argv[2]);

(async () => {
  const stream = await fetch(`${url}?${new URLSearchParams({ match: topic, last_event_id: '' })}`, {
    headers: { Accept: 'text/event-stream', Authorization: `Bearer ${subscriber}` },
  });
  const published = await fetch(url, {
    method: 'POST',
    headers: { Authorization: `Bearer ${publisher}` },
    body: new URLSearchParams({ topic, data, private: 'on' }),
  });
  const id = await published.text();
  let received = '';
  for await (const bytes of stream.body.pipeThrough(new TextDecoderStream())) {
    received += bytes;
    if (received.endsWith('\n\n')) break;
  }
  console.log(JSON.stringify({ status: published.status, type: published.headers.get('Content-Type'), cursor: stream.headers.get('Mercure-Last-Event-ID'), id, received }));
})();
