// A tool server outside of the server under test: what its tools did stays, whoever dies. Speaks
// MCP (2025-11-25) over Streamable HTTP, without sessions.
import { createServer } from 'node:http';

const tools = [
  { name: 'bump', description: 'Counts once more. Not to be repeated.',
    inputSchema: { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] } },
  { name: 'look', description: 'Tells the count.', annotations: { readOnlyHint: true },
    inputSchema: { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] } },
];

export class Counter {
  counts = new Map();
  /** How long a call takes, before and after it has its effect. */
  delay = 3;
  #server = null;

  async start() {
    this.#server = createServer((request, response) => this.#serve(request, response));
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${this.#server.address().port}/mcp`;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  count(key) {
    return this.counts.get(key) ?? 0;
  }

  async #serve(request, response) {
    if (request.method !== 'POST') return response.writeHead(405).end();
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const message = JSON.parse(text);
    if (message.id === undefined) return response.writeHead(202).end();
    const answer = { jsonrpc: '2.0', id: message.id, ...(await this.#answer(message)) };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  }

  async #answer({ method, params = {} }) {
    switch (method) {
      case 'initialize':
        return { result: {
          protocolVersion: '2025-11-25', capabilities: { tools: {} },
          serverInfo: { name: 'counter', version: '1' },
        } };
      case 'tools/list': return { result: { tools } };
      case 'ping': return { result: {} };
      case 'tools/call': return { result: await this.#call(params.name, params.arguments.key) };
      default: return { error: { code: -32601, message: `no method ${method}` } };
    }
  }

  async #call(name, key) {
    await this.#wait();
    if (name === 'bump') this.counts.set(key, this.count(key) + 1);
    const text = `${key} is at ${this.count(key)}`;
    await this.#wait();
    return { content: [{ type: 'text', text }] };
  }

  #wait() {
    return new Promise((resolve) => setTimeout(resolve, this.delay));
  }
}
