// The official MCP TypeScript SDK's client lists and calls the platform's tools, over Streamable
// HTTP and over standard input and output (`flotilla mcp`).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { startFlotilla } from './server.mjs';

let flotilla;
before(async () => {
  flotilla = await startFlotilla();
});
after(async () => flotilla?.stop());

const transports = {
  'Streamable HTTP': () => new StreamableHTTPClientTransport(new URL('/mcp', flotilla.url)),
  stdio: () =>
    new StdioClientTransport({
      command: process.env.FLOTILLA_BIN,
      args: ['mcp', '--server', flotilla.url],
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    }),
};

for (const [name, transport] of Object.entries(transports)) {
  describe(`the SDK's client over ${name}`, () => {
    let client;
    before(async () => {
      client = new Client({ name: 'interop', version: '1' });
      await client.connect(transport());
    });
    after(async () => client?.close());

    test('lists the tools', async () => {
      const { tools } = await client.listTools();
      const names = tools.map((tool) => tool.name);
      for (const wanted of ['list_agents', 'send_message', 'invoke_agent', 'get_task', 'list_tasks', 'cancel_task', 'publish_event', 'memory_store', 'memory_recall', 'memory_search'])
        assert.ok(names.includes(wanted), `${wanted} is not in ${names}`);
      assert.ok(tools.every((tool) => tool.outputSchema && tool.annotations));
    });
    test('calls an agent, whose answer fits the output schema', async () => {
      const result = await client.callTool({ name: 'invoke_agent', arguments: { agent: 'default/calculator', task: '6 * 7' } });
      assert.match(result.structuredContent.text, /42/);
    });
    test('send_message tells progress', async () => {
      // The client forgets progress that it reads together with the answer, so it may take a few.
      const progress = [];
      for (let i = 0; i < 20 && progress.length === 0; ++i) {
        const result = await client.callTool(
          { name: 'send_message', arguments: { agent: 'calculator', text: '1 + 1' } }, undefined, { onprogress: (p) => progress.push(p) });
        assert.equal(result.structuredContent.task.state, 'completed');
      }
      assert.ok(progress.length > 0);
    });
    test('remembers', async () => {
      await client.callTool({ name: 'memory_store', arguments: { key: `k-${name}`, value: 'kept' } });
      const recalled = await client.callTool({ name: 'memory_recall', arguments: { key: `k-${name}` } });
      assert.equal(recalled.structuredContent.value, 'kept');
      const found = await client.callTool({ name: 'memory_search', arguments: { query: 'KEPT' } });
      assert.ok(found.structuredContent.items.some((item) => item.key === `k-${name}`));
    });
    test('a wrong argument is a result that names it', async () => {
      const result = await client.callTool({ name: 'get_task', arguments: { task_id: 7 } });
      assert.equal(result.isError, true);
      assert.match(result.content[0].text, /task_id/);
    });
    test('reads resources, follows templates, completes', async () => {
      const { resources } = await client.listResources();
      assert.ok(resources.some((one) => one.uri === 'flotilla://agents/default/calculator'));
      const card = await client.readResource({ uri: 'flotilla://agents/default/calculator' });
      assert.match(card.contents[0].text, /calculator/i);
      const { completion } = await client.complete({
        ref: { type: 'ref/resource', uri: 'flotilla://agents/{namespace}/{name}' },
        argument: { name: 'name', value: 'calc' },
      });
      assert.deepEqual(completion.values, ['calculator']);
    });
    test('gets a prompt of a skill', async () => {
      const { prompts } = await client.listPrompts();
      const prompt = await client.getPrompt({ name: prompts[0].name, arguments: { request: 'do it' } });
      assert.match(prompt.messages[0].content.text, /do it/);
    });
  });
}
