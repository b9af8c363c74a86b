// The official TypeScript SDK's client against Flotilla itself: the same over Streamable HTTP, over
// HTTP+SSE, and over stdio by `flotilla mcp`.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { startFlotilla } from './server.mjs';

let flotilla;
before(async () => {
  flotilla = await startFlotilla(['--conformance']);
});
after(() => flotilla?.stop());

const transports = {
  'Streamable HTTP': () => new StreamableHTTPClientTransport(new URL('/mcp', flotilla.url)),
  'HTTP+SSE': () => new SSEClientTransport(new URL('/mcp/sse', flotilla.url)),
  stdio: () =>
    new StdioClientTransport({
      command: process.env.FLOTILLA_BIN,
      args: ['mcp', '--server', flotilla.url],
    }),
};

for (const [name, transport] of Object.entries(transports)) {
  describe(name, () => {
    let client;
    const logs = [];
    before(async () => {
      client = new Client(
        { name: 'interop', version: '1' },
        { capabilities: { elicitation: { form: {} }, sampling: {} } });
      client.setRequestHandler(CreateMessageRequestSchema, async () => ({
        role: 'assistant',
        model: 'interop',
        content: { type: 'text', text: 'sampled text' },
      }));
      client.setRequestHandler(ElicitRequestSchema, async () => ({
        action: 'accept',
        content: { username: 'ada', email: 'ada@example.org' },
      }));
      client.setNotificationHandler(LoggingMessageNotificationSchema, (n) => logs.push(n.params));
      await client.connect(transport());
    });
    after(() => client.close());

    test('lists and calls tools', async () => {
      const { tools } = await client.listTools();
      assert.ok(tools.some((tool) => tool.name === 'list_agents'));
      const answer = await client.callTool({ name: 'list_agents', arguments: {} });
      assert.ok(!answer.isError, JSON.stringify(answer));
      await client.ping();
    });

    test('an agent answers a message', async () => {
      const answer = await client.callTool({
        name: 'invoke_agent',
        arguments: { agent: 'default/calculator', task: 'Calculate 25 * 4' },
      });
      assert.match(JSON.stringify(answer.content), /100/);
    });

    test('progress comes in order, before the answer', async () => {
      const seen = [];
      await client.callTool({ name: 'test_tool_with_progress', arguments: {} }, undefined, {
        onprogress: ({ progress }) => seen.push(progress),
      });
      assert.deepEqual(seen, [0, 50, 100]);
    });

    test('log messages, questions to the user and to the model', async () => {
      await client.callTool({ name: 'test_tool_with_logging', arguments: {} });
      assert.equal(logs.length, 3);
      const sampled = await client.callTool({ name: 'test_sampling', arguments: { prompt: 'hi' } });
      assert.match(JSON.stringify(sampled), /sampled text/);
      const asked = await client.callTool({ name: 'test_elicitation', arguments: { message: 'who' } });
      assert.match(JSON.stringify(asked), /ada@example.org/);
    });

    test('a call is cancelled', async () => {
      const abort = new AbortController();
      const call = client.callTool({ name: 'slow_compute', arguments: { seconds: 60 } }, undefined, {
        signal: abort.signal,
      });
      setTimeout(() => abort.abort('enough'), 100);
      await assert.rejects(call, /enough/);
      await client.ping();
    });

    test('resources and prompts', async () => {
      const read = await client.readResource({ uri: 'test://static-text' });
      assert.match(read.contents[0].text, /static text/);
      const prompt = await client.getPrompt({
        name: 'test_prompt_with_arguments',
        arguments: { arg1: 'a', arg2: 'b' },
      });
      assert.match(prompt.messages[0].content.text, /arg1='a'/);
    });
  });
}
