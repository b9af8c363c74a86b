// The official TypeScript SDK's server with one trivial tool: sessions and plain JSON answers, which
// is the fastest way that it has. Usage: server.mjs PORT
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

const sessions = new Map();

function makeServer() {
  const server = new McpServer({ name: 'peer', version: '1' });
  server.registerTool('test_simple_text', { description: 'Answers a text.' }, async () => ({
    content: [{ type: 'text', text: 'This is a simple text response for testing.' }],
  }));
  return server;
}

async function body(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString());
}

createServer(async (request, response) => {
  const parsed = request.method === 'POST' ? await body(request) : undefined;
  let transport = sessions.get(request.headers['mcp-session-id']);
  if (!transport) {
    transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: true,
      onsessioninitialized: (id) => sessions.set(id, transport),
    });
    await makeServer().connect(transport);
  }
  await transport.handleRequest(request, response, parsed);
}).listen(Number(process.argv[2]), '127.0.0.1', function () {
  console.log(`peer listening on http://127.0.0.1:${this.address().port}`);
});
