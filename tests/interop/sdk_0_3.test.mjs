// The official JavaScript SDK, last 0.3 line, as client over both bindings.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { ClientFactory, ClientFactoryOptions } from 'a2a-sdk-0.3/client';
import { collect, startFlotilla } from './server.mjs';

let server;
before(async () => { server = await startFlotilla(); });
after(async () => { assert.equal(await server.stop(), 0); });

const text = (value, more = {}) => ({
  kind: 'message', messageId: randomUUID(), role: 'user', parts: [{ kind: 'text', text: value }], ...more,
});
const textOf = (parts) => parts.map((part) => part.text).join('');

async function connect(binding, path = '') {
  const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, { preferredTransports: [binding] });
  return new ClientFactory(options).createFromUrl(server.url + path + '/');
}

for (const binding of ['JSONRPC', 'HTTP+JSON']) {
  describe(`SDK 0.3 over ${binding}`, () => {
    let desk; let echo;
    before(async () => {
      desk = await connect(binding);
      echo = await connect(binding, '/a2a/default/echo');
    });

    it('reads the card', async () => {
      const card = await desk.getAgentCard();
      assert.equal(card.name, 'Front desk');
      assert.match(card.protocolVersion, /^0\.3/);
    });

    it('sends and gets the result', async () => {
      const task = await desk.sendMessage({ message: text('Calculate 25 * 4') });
      assert.equal(task.kind, 'task');
      assert.equal(task.status.state, 'completed');
      assert.equal(textOf(task.artifacts[0].parts), '100');
    });

    it('streams: task, chunks in order, final status', async () => {
      const items = await collect(echo.sendMessageStream({ message: text('chunks=3 delay=20ms abcdef') }));
      assert.equal(items[0].kind, 'task');
      const chunks = items.filter((i) => i.kind === 'artifact-update');
      assert.equal(chunks.map((c) => textOf(c.artifact.parts)).join(''), 'abcdef');
      assert.equal(items.at(-1).kind, 'status-update');
      assert.equal(items.at(-1).final, true);
      assert.equal(items.at(-1).status.state, 'completed');
    });

    it('gets a task', async () => {
      const sent = await echo.sendMessage({ message: text('stored') });
      const task = await echo.getTask({ id: sent.id });
      assert.equal(task.id, sent.id);
      assert.equal(task.history[0].role, 'user');
    });

    it('cancels', async () => {
      const task = await echo.sendMessage({ message: text('wait'), configuration: { blocking: false } });
      const canceled = await echo.cancelTask({ id: task.id });
      assert.equal(canceled.status.state, 'canceled');
    });

    it('resubscribes in mid-stream', async () => {
      const task = await echo.sendMessage({ message: text('chunks=6 delay=50ms abcdef'), configuration: { blocking: false } });
      const items = await collect(echo.resubscribeTask({ id: task.id }));
      assert.equal(items[0].kind, 'task');
      const before = (items[0].artifacts ?? []).flatMap((a) => a.parts);
      const later = items.filter((i) => i.kind === 'artifact-update').flatMap((i) => i.artifact.parts);
      assert.equal(textOf([...before, ...later]), 'abcdef');
    });

    it('holds a conversation of several turns in one task', async () => {
      const asked = await echo.sendMessage({ message: text('ask="Which colour?"') });
      assert.equal(asked.status.state, 'input-required');
      const done = await echo.sendMessage({ message: text('blue', { taskId: asked.id, contextId: asked.contextId }) });
      assert.equal(done.id, asked.id);
      assert.equal(done.status.state, 'completed');
    });

    it('reports unknown tasks as such', async () => {
      await assert.rejects(echo.getTask({ id: randomUUID() }), /not found|no task|-32001/i);
    });
  });
}
