// Version 0.3 over gRPC, which reaches the front desk only: the SDK's own compatibility transport.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, it } from 'node:test';
import { ClientFactory, ClientFactoryOptions, DefaultAgentCardResolver } from 'a2a-sdk-1/client';
import { GrpcTransportFactory } from 'a2a-sdk-1/client/grpc';
import { collect, startFlotilla } from './server.mjs';

const legacyCompat = { enabled: true };
const COMPLETED = 3;
let server;
let client;
before(async () => {
  server = await startFlotilla(['--grpc-listen', '127.0.0.1:0']);
  const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
    preferredTransports: ['GRPC'],
    transports: [new GrpcTransportFactory({ legacyCompat })],
    cardResolver: new DefaultAgentCardResolver({ legacyCompat }),
  });
  const card = await new DefaultAgentCardResolver({ legacyCompat }).resolve(server.url);
  card.supportedInterfaces = card.supportedInterfaces.filter((entry) => entry.protocolVersion === '0.3');
  assert.ok(card.supportedInterfaces.some((entry) => entry.protocolBinding === 'GRPC'));
  client = await new ClientFactory(options).createFromAgentCard(card);
});
after(async () => { assert.equal(await server.stop(), 0); });

const text = (value) => ({
  messageId: randomUUID(), role: 1, parts: [{ content: { $case: 'text', value }, filename: '', mediaType: '' }],
  contextId: '', taskId: '', extensions: [], referenceTaskIds: [],
});

it('sends, gets and streams in 0.3 over gRPC', async () => {
  const sent = await client.sendMessage({ tenant: '', message: text('Calculate 6 * 7') });
  assert.equal(sent.status.state, COMPLETED);
  assert.equal(sent.artifacts[0].parts[0].content.value, '42');
  const got = await client.getTask({ tenant: '', id: sent.id });
  assert.equal(got.id, sent.id);
  const items = await collect(client.sendMessageStream({ tenant: '', message: text('@echo chunks=2 ab') }));
  assert.equal(items[0].payload.$case, 'task');
  assert.equal(items.at(-1).payload.value.status.state, COMPLETED);
});
