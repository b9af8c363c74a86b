// The official TypeScript SDK's client, through Flotilla, to the official server-everything: every
// feature of it, over HTTP and as a child process.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { startFlotilla } from './server.mjs';

const everything = fileURLToPath(
  new URL('./node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url));

let folder;
let flotilla;
let client;
const heard = { logs: [], updated: [], sampled: [], elicited: [] };

async function ready(name) {
  for (let i = 0; i < 100; ++i) {
    const answer = await fetch(`${flotilla.url}/api/v1/namespaces/default/toolservers/${name}`);
    const { status } = await answer.json();
    if (status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True')) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${name} did not become ready`);
}

async function connect() {
  const made = new Client(
    { name: 'interop', version: '1' },
    { capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } } });
  made.setRequestHandler(CreateMessageRequestSchema, async (request) => {
    heard.sampled.push(request.params);
    return { role: 'assistant', model: 'interop', content: { type: 'text', text: 'sampled text' } };
  });
  made.setRequestHandler(ElicitRequestSchema, async (request) => {
    heard.elicited.push(request.params);
    return { action: 'accept', content: { name: 'Ada', check: true } };
  });
  made.setRequestHandler(ListRootsRequestSchema, async () => ({ roots: [{ uri: 'file:///work', name: 'work' }] }));
  made.setNotificationHandler(LoggingMessageNotificationSchema, (n) => heard.logs.push(n.params));
  made.setNotificationHandler(ResourceUpdatedNotificationSchema, (n) => heard.updated.push(n.params.uri));
  await made.connect(new StreamableHTTPClientTransport(new URL('/mcp', flotilla.url)));
  return made;
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'flotilla-everything-'));
  writeFileSync(join(folder, 'server.yaml'), `apiVersion: flotilla.dev/v1
kind: ToolServer
metadata: {name: everything}
spec:
  command: ${process.execPath}
  args: [${everything}]
  timeout: 30s
`);
  flotilla = await startFlotilla(['--apply', join(folder, 'server.yaml')]);
  await ready('everything');
  client = await connect();
});

after(async () => {
  await client?.close();
  await flotilla?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const call = (name, args = {}, options) =>
  client.callTool({ name: `everything_${name}`, arguments: args }, undefined, options);
const text = (result) => result.content.map((block) => block.text ?? '').join('\n');

describe('server-everything through the gateway', () => {
  test('lists its tools under its name', async () => {
    const { tools } = await client.listTools();
    const names = tools.map((tool) => tool.name);
    assert.ok(names.includes('everything_echo'), names.join(' '));
    assert.ok(names.includes('send_message'));
  });
  test('echo, sum', async () => {
    assert.match(text(await call('echo', { message: 'hi' })), /hi/);
    assert.match(text(await call('get-sum', { a: 2, b: 3 })), /5/);
  });
  test('images, annotated and structured content', async () => {
    assert.ok((await call('get-tiny-image')).content.some((block) => block.type === 'image'));
    const annotated = await call('get-annotated-message', { messageType: 'error', includeImage: true });
    assert.ok(annotated.content[0].annotations);
    const weather = await call('get-structured-content', { location: 'New York' });
    assert.equal(typeof weather.structuredContent.temperature, 'number');
  });
  test('wrong arguments are a result with isError', async () => {
    const result = await call('get-sum', { a: 'x' });
    assert.equal(result.isError, true);
  });
  test('links and embedded resources can be read by the URI they carry', async () => {
    const links = await call('get-resource-links', { count: 2 });
    const link = links.content.find((block) => block.type === 'resource_link');
    assert.match(link.uri, /^everything\+/);
    assert.ok((await client.readResource({ uri: link.uri })).contents.length > 0);
    const embedded = await call('get-resource-reference', { resourceType: 'Text', resourceId: 1 });
    const block = embedded.content.find((one) => one.type === 'resource');
    assert.match(block.resource.uri, /^everything\+/);
  });
  test('resources, templates and their completion', async () => {
    const { resources } = await client.listResources();
    const one = resources.find((resource) => resource.uri.startsWith('everything+'));
    const read = await client.readResource({ uri: one.uri });
    assert.equal(read.contents[0].uri, one.uri);
    const { resourceTemplates } = await client.listResourceTemplates();
    const template = resourceTemplates.find((t) => t.uriTemplate.startsWith('everything+'));
    const dynamic = template.uriTemplate.replace(/\{[^}]+\}/, '1');
    assert.ok((await client.readResource({ uri: dynamic })).contents.length > 0);
    await assert.rejects(client.readResource({ uri: 'everything+nowhere://x' }));
  });
  test('prompts and their completion', async () => {
    const { prompts } = await client.listPrompts();
    const names = prompts.filter((p) => p.name.startsWith('everything_')).map((p) => p.name);
    assert.ok(names.length >= 3, names.join(' '));
    const simple = await client.getPrompt({ name: 'everything_simple-prompt' });
    assert.ok(simple.messages.length > 0);
    const completable = prompts.find((p) => p.name.includes('completable'));
    const { completion } = await client.complete({
      ref: { type: 'ref/prompt', name: completable.name },
      argument: { name: completable.arguments[0].name, value: '' },
    });
    assert.ok(completion.values.length > 0);
  });
  test('progress arrives, and a call can be cancelled', async () => {
    const progress = [];
    await call('trigger-long-running-operation', { duration: 1, steps: 4 }, { onprogress: (p) => progress.push(p.progress) });
    assert.ok(progress.length >= 2, `${progress}`);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 200);
    await assert.rejects(call('trigger-long-running-operation', { duration: 20, steps: 20 }, { signal: abort.signal }));
    assert.match(text(await call('echo', { message: 'still there' })), /still there/);
  });
  test('sampling and elicitation reach the client that called', async () => {
    assert.match(text(await call('trigger-sampling-request', { prompt: 'hello', maxTokens: 10 })), /sampled text/);
    assert.equal(heard.sampled.length, 1);
    assert.match(text(await call('trigger-elicitation-request')), /Ada/);
    assert.ok(heard.elicited.length >= 1);
  });
  test('roots reach the server', async () => {
    assert.match(text(await call('get-roots-list')), /file:\/\/\/work|roots/i);
  });
  test('a subscribed resource tells of its updates', async () => {
    const { resources } = await client.listResources();
    const one = resources.find((resource) => resource.uri.startsWith('everything+'));
    await client.subscribeResource({ uri: one.uri });
    await call('toggle-subscriber-updates');
    for (let i = 0; i < 120 && !heard.updated.includes(one.uri); ++i)
      await new Promise((resolve) => setTimeout(resolve, 100));
    await call('toggle-subscriber-updates');
    await client.unsubscribeResource({ uri: one.uri });
    assert.ok(heard.updated.includes(one.uri), `${heard.updated}`);
  });
});

describe('the tool diet', () => {
  test('two tools in place of all, which find and call the rest', async () => {
    const diet = new Client({ name: 'diet', version: '1' });
    await diet.connect(new StreamableHTTPClientTransport(new URL('/mcp?profile=search', flotilla.url)));
    const { tools } = await diet.listTools();
    assert.deepEqual(tools.map((tool) => tool.name), ['find_tools', 'call_tool']);
    const found = await diet.callTool({ name: 'find_tools', arguments: { query: 'add two numbers', limit: 5 } });
    assert.ok(found.structuredContent.tools.some((tool) => tool.name === 'everything_get-sum'), text(found));
    const sum = await diet.callTool({ name: 'call_tool', arguments: { name: 'everything_get-sum', arguments: { a: 4, b: 5 } } });
    assert.match(text(sum), /9/);
    await diet.close();
  });
});
