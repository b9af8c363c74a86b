// Declared agents, which we run ourselves, as the official JavaScript SDK sees them.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { ClientFactory, ClientFactoryOptions } from 'a2a-sdk-1/client';
import { collect, startFlotilla } from './server.mjs';

const STATE = { working: 2, completed: 3, canceled: 5, inputRequired: 6 };
const manifests = fileURLToPath(new URL('../harness/agents.yaml', import.meta.url));
let server;
before(async () => { server = await startFlotilla(['--apply', manifests]); });
after(async () => { assert.equal(await server.stop(), 0); });

const message = (parts, more = {}) => ({
  messageId: randomUUID(), role: 1, parts, contextId: '', taskId: '', extensions: [], referenceTaskIds: [], ...more,
});
const part = (content) => ({ content, filename: '', mediaType: '' });
const text = (value, more) => message([part({ $case: 'text', value })], more);
const textOf = (parts) => parts.filter((p) => p.content.$case === 'text').map((p) => p.content.value).join('');

/** What a client that follows the stream has in the end, by artifact: a chunk adds, or stands for all. */
function answerOf(items) {
  const artifacts = new Map();
  for (const { payload } of items) {
    const given = payload.$case === 'task' ? payload.value.artifacts.map((artifact) => ({ artifact, append: false }))
      : payload.$case === 'artifactUpdate' ? [payload.value] : [];
    for (const { artifact, append } of given)
      artifacts.set(artifact.artifactId, (append ? artifacts.get(artifact.artifactId) ?? '' : '') + textOf(artifact.parts));
  }
  return [...artifacts.values()].join('');
}

for (const binding of ['JSONRPC', 'HTTP+JSON']) {
  describe(`a declared agent over ${binding}`, () => {
    let clerk;
    before(async () => {
      const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, { preferredTransports: [binding] });
      clerk = await new ClientFactory(options).createFromUrl(`${server.url}/a2a/default/clerk/`);
    });

    it('has a card', async () => {
      const card = await clerk.getAgentCard();
      assert.equal(card.name, 'clerk');
      assert.equal(card.capabilities.streaming, true);
    });

    it('answers', async () => {
      const task = await clerk.sendMessage({ tenant: '', message: text('hello') });
      assert.equal(task.status.state, STATE.completed);
      assert.equal(textOf(task.artifacts[0].parts), 'I heard hello.');
    });

    it('streams what the model says as it says it', async () => {
      const items = await collect(clerk.sendMessageStream({ message: text('count') }));
      assert.equal(items[0].payload.$case, 'task');
      const chunks = items.filter((i) => i.payload.$case === 'artifactUpdate');
      assert.ok(chunks.length > 1, `${chunks.length} chunks`);
      assert.equal(answerOf(items), 'one two three four five six seven eight');
      assert.equal(items.at(-1).payload.value.status.state, STATE.completed);
      const task = await clerk.getTask({ id: items[0].payload.value.id });
      assert.equal(textOf(task.artifacts[0].parts), 'one two three four five six seven eight');
    });

    it('goes on with the conversation', async () => {
      const first = await clerk.sendMessage({ message: text('hello') });
      const second = await clerk.sendMessage({ message: text('again', { contextId: first.contextId }) });
      assert.equal(second.contextId, first.contextId);
      assert.equal(textOf(second.artifacts[0].parts), 'I heard again.');
    });

    it('waits for a decision, and goes on with it', async () => {
      const items = await collect(clerk.sendMessageStream({ message: text('calculate 6 * 7') }));
      const last = items.at(-1).payload;
      assert.equal(last.$case, 'statusUpdate');
      assert.equal(last.value.status.state, STATE.inputRequired);
      const asked = last.value.status.message.parts.filter((p) => p.content.$case === 'data').map((p) => p.content.value);
      assert.equal(asked.length, 1);
      assert.equal(asked[0].args.originalFunctionCall.name, 'calculator');
      const task = { taskId: last.value.taskId, contextId: last.value.contextId };
      const approve = message([part({ $case: 'data', value: { decision_type: 'approve' } })], task);
      const done = await clerk.sendMessage({ message: approve });
      assert.equal(done.status.state, STATE.completed);
      assert.equal(textOf(done.artifacts.at(-1).parts), 'It is 42.');
    });

    it('takes no text for an approval', async () => {
      const asked = await clerk.sendMessage({ message: text('calculate 1 + 1') });
      const task = { taskId: asked.id, contextId: asked.contextId };
      const still = await clerk.sendMessage({ message: text('yes, approved', task) });
      assert.equal(still.status.state, STATE.inputRequired);
      const canceled = await clerk.cancelTask({ id: asked.id });
      assert.equal(canceled.status.state, STATE.canceled);
    });
  });
}
