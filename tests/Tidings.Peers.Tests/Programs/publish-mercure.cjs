// Publishes with the npm package mercure. Argument: JSON with the hub's url, a token, and the updates; prints the id of each.
const { Publisher } = require('mercure');

const { url, token, updates } = JSON.parse(process.argv[2]);
const { protocol, hostname, port, pathname } = new URL(url);
const publisher = new Publisher({ protocol: protocol.slice(0, -1), host: hostname, port: Number(port), path: pathname, jwt: token });

(async () => {
  for (const { topics, data, id, type, retry } of updates) {
    console.log(await publisher.publish(topics, data, { id, type, retry }));
  }
})();
