// The official JavaScript SDK, 1.x line, as client over all three bindings.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { ClientFactory, ClientFactoryOptions } from 'a2a-sdk-1/client';
import { GrpcTransportFactory } from 'a2a-sdk-1/client/grpc';
import { collect, startFlotilla } from './server.mjs';

const ROLE_USER = 1;
const STATE = { working: 2, completed: 3, failed: 4, canceled: 5, inputRequired: 6 };
let server;
before(async () => { server = await startFlotilla(['--grpc-listen', '127.0.0.1:0']); });
after(async () => { assert.equal(await server.stop(), 0); });

const text = (value, more = {}) => ({
  messageId: randomUUID(), role: ROLE_USER, parts: [{ content: { $case: 'text', value }, filename: '', mediaType: '' }],
  contextId: '', taskId: '', extensions: [], referenceTaskIds: [], ...more,  // its gRPC writer needs all
});
const textOf = (parts) => parts.map((part) => part.content.value).join('');

async function connect(binding, path = '') {
  const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
    preferredTransports: [binding],
    ...(binding === 'GRPC' && { transports: [new GrpcTransportFactory()] }),
  });
  return new ClientFactory(options).createFromUrl(server.url + path + '/');
}

for (const binding of ['JSONRPC', 'HTTP+JSON', 'GRPC']) {
  describe(`SDK 1.x over ${binding}`, () => {
    let desk; let echo;
    before(async () => {
      desk = await connect(binding);
      echo = await connect(binding, '/a2a/default/echo');
    });

    it('reads the card', async () => {
      const card = await desk.getAgentCard();
      assert.equal(card.name, 'Front desk');
      assert.ok(card.supportedInterfaces.some((i) => i.protocolBinding === binding && i.protocolVersion === '1.0'));
      assert.equal(card.capabilities.streaming, true);
    });

    it('sends and gets the result', async () => {
      const task = await desk.sendMessage({ tenant: '', message: text('Calculate 25 * 4') });
      assert.equal(task.status.state, STATE.completed);
      assert.equal(textOf(task.artifacts[0].parts), '100');
      assert.equal(textOf(task.history[0].parts), 'Calculate 25 * 4');
    });

    it('returns at once when asked to', async () => {
      const task = await echo.sendMessage({
        message: text('delay=300ms later'), configuration: { returnImmediately: true, acceptedOutputModes: [] },
      });
      assert.ok(task.status.state < STATE.completed);
      const items = await collect(echo.resubscribeTask({ id: task.id }));
      assert.equal(items[0].payload.$case, 'task');
      assert.equal(items.at(-1).payload.value.status.state, STATE.completed);
    });

    it('streams: task, chunks in order, completion', async () => {
      const items = await collect(echo.sendMessageStream({ message: text('chunks=4 delay=20ms abcdefgh') }));
      assert.equal(items[0].payload.$case, 'task');
      const chunks = items.filter((i) => i.payload.$case === 'artifactUpdate').map((i) => i.payload.value);
      assert.equal(chunks.length, 4);
      assert.equal(chunks.map((c) => textOf(c.artifact.parts)).join(''), 'abcdefgh');
      assert.deepEqual(chunks.map((c) => c.append), [false, true, true, true]);
      assert.equal(chunks.at(-1).lastChunk, true);
      assert.equal(items.at(-1).payload.$case, 'statusUpdate');
      assert.equal(items.at(-1).payload.value.status.state, STATE.completed);
    });

    it('answers with a bare message', async () => {
      const answer = await echo.sendMessage({ message: text('message hello') });
      assert.equal(answer.messageId.length > 0, true);
      assert.equal(textOf(answer.parts), 'hello');
      const items = await collect(echo.sendMessageStream({ message: text('message again') }));
      assert.equal(items.length, 1);
      assert.equal(items[0].payload.$case, 'message');
    });

    it('gets, lists and trims history', async () => {
      const sent = await echo.sendMessage({ message: text('listed') });
      const task = await echo.getTask({ id: sent.id });
      assert.equal(task.id, sent.id);
      const bare = await echo.getTask({ id: sent.id, historyLength: 0 });
      assert.equal(bare.history.length, 0);
      const first = await echo.listTasks({ status: 0, pageSize: 2, pageToken: '', contextId: '' });
      assert.equal(first.tasks.length, 2);
      const second = await echo.listTasks({ status: 0, pageSize: 2, pageToken: first.nextPageToken, contextId: '' });
      assert.notEqual(second.tasks[0].id, first.tasks[0].id);
      const own = await echo.listTasks({ status: 0, pageSize: 10, pageToken: '', contextId: sent.contextId });
      assert.deepEqual(own.tasks.map((t) => t.id), [sent.id]);
    });

    it('cancels', async () => {
      const task = await echo.sendMessage({
        message: text('wait'), configuration: { returnImmediately: true, acceptedOutputModes: [] },
      });
      const canceled = await echo.cancelTask({ id: task.id });
      assert.equal(canceled.status.state, STATE.canceled);
      await assert.rejects(echo.sendMessage({ message: text('more', { taskId: task.id }) }), /TASK_STATE_CANCELED|ended|unsupported/i);
    });

    it('resubscribes in mid-stream', async () => {
      const stream = echo.sendMessageStream({ message: text('chunks=6 delay=50ms abcdef') });
      const [first] = await collect(stream, 1);
      const items = await collect(echo.resubscribeTask({ id: first.payload.value.id }));
      assert.equal(items[0].payload.$case, 'task');
      const before = items[0].payload.value.artifacts.flatMap((a) => a.parts);
      const later = items.filter((i) => i.payload.$case === 'artifactUpdate').flatMap((i) => i.payload.value.artifact.parts);
      assert.equal(textOf([...before, ...later]), 'abcdef');
    });

    it('holds a conversation of several turns in one task', async () => {
      const asked = await echo.sendMessage({ message: text('ask="Which colour?"') });
      assert.equal(asked.status.state, STATE.inputRequired);
      assert.equal(textOf(asked.status.message.parts), 'Which colour?');
      const done = await echo.sendMessage({ message: text('blue', { taskId: asked.id, contextId: asked.contextId }) });
      assert.equal(done.id, asked.id);
      assert.equal(done.status.state, STATE.completed);
      assert.deepEqual(done.history.map((m) => textOf(m.parts)), ['ask="Which colour?"', 'Which colour?', 'blue']);
    });

    it('keeps a context over tasks', async () => {
      const one = await desk.sendMessage({ tenant: '', message: text('@memory store 7 as lucky number') });
      const two = await desk.sendMessage({ tenant: '', message: text('recall lucky number', { contextId: one.contextId }) });
      assert.equal(two.contextId, one.contextId);
      assert.equal(textOf(two.artifacts[0].parts), '7');
    });

    it('reports unknown tasks as such', async () => {
      await assert.rejects(echo.getTask({ id: randomUUID() }), (error) => /TaskNotFound/i.test(error.constructor.name + error.name + error.message) || /no task/.test(error.message));
    });

    it('gives the first task again for a repeated message', async () => {
      const message = text('only once');
      const one = await echo.sendMessage({ message });
      const two = await echo.sendMessage({ message });
      assert.equal(two.id, one.id);
    });
  });
}
