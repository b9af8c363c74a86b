// Tool servers with many tools each, at /0, /1, …; no SDK. Usage: many.mjs PORT TOOLS
import { createServer } from 'node:http';

const tools = (server) =>
  Array.from({ length: Number(process.argv[3]) }, (_, i) => ({
    name: `tool_${i}`,
    description: `Tool ${i} of server ${server}: looks up an entry and says what is known about it.`,
    inputSchema: {
      type: 'object',
      properties: {
        id: { type: 'string', description: 'which entry' },
        limit: { type: 'integer', minimum: 1, maximum: 100 },
      },
      required: ['id'],
    },
  }));

const results = {
  initialize: () => ({
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'many', version: '1' },
  }),
  'tools/list': (server) => ({ tools: tools(server) }),
  ping: () => ({}),
};

createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  if (request.method !== 'POST') return response.writeHead(405).end();
  const message = JSON.parse(Buffer.concat(pieces).toString());
  const result = results[message.method];
  if (message.id === undefined) return response.writeHead(202).end();
  if (!result) return response.writeHead(400).end('unknown');
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: result(request.url) }));
}).listen(Number(process.argv[2]), '127.0.0.1', function () {
  console.log(`peer listening on http://127.0.0.1:${this.address().port}`);
});
