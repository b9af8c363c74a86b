// Card signatures between Flotilla and the official JavaScript SDK, in both directions.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { canonicalizeAgentCard, generateAgentCardSignature, verifyAgentCardSignature } from 'a2a-sdk-1';
import { createHash } from 'node:crypto';
import * as jose from 'jose';
import { startFlotilla } from './server.mjs';

const run = promisify(execFile);
const token = 'a-token-of-this-test';
let directory; let server;

const flotilla = (args, env = {}) => run(process.env.FLOTILLA_BIN, args, {
  env: { PATH: process.env.PATH, HOME: directory, FLOTILLA_URL: server.url, FLOTILLA_TOKEN: token, ...env },
});
const fetchCard = async (version, headers = {}) => {
  const answer = await fetch(`${server.url}/.well-known/agent-card.json`, {
    headers: { ...(version ? { 'A2A-Version': version } : {}), ...headers },
  });
  return { status: answer.status, etag: answer.headers.get('etag'), card: answer.ok ? await answer.json() : null };
};
const fetchKeys = async () => (await fetch(`${server.url}/.well-known/jwks.json`)).json();

/** What the SDK asks for the key of a signature: only what is published. */
async function retrieveKey(kid) {
  const jwk = (await fetchKeys()).keys.find((key) => key.kid === kid);
  assert.ok(jwk, `key ${kid} is published`);
  return jose.importJWK(jwk);
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cards-'));
  const tokens = join(directory, 'tokens.yaml');
  // With tokens the card has a security requirement whose list of scopes is empty: the case on
  // which implementations disagree.
  await writeFile(tokens, `- {name: admin, kind: user, namespaces: ["*"], role: admin, sha256: ${
    createHash('sha256').update(token).digest('hex')}}\n`, { mode: 0o600 });
  server = await startFlotilla(['--tokens', tokens]);
});
after(async () => {
  assert.equal(await server.stop(), 0);
  await rm(directory, { recursive: true });
});

describe('the SDK verifies our cards', () => {
  it('that have no signature at first', async () => {
    assert.equal((await fetchCard('1.0')).card.signatures, undefined);
  });

  for (const algorithm of ['ES256', 'EdDSA']) {
    it(`signed with ${algorithm}, in both forms`, async () => {
      const before = await fetchCard('1.0');
      await flotilla(['keys', 'rotate', '--algorithm', algorithm]);
      for (const version of ['1.0', undefined]) {
        const { card } = await fetchCard(version);
        await verifyAgentCardSignature(retrieveKey)(card);
        await assert.rejects(verifyAgentCardSignature(retrieveKey)({ ...card, name: 'Somebody else' }));
      }
      const now = await fetchCard('1.0');
      assert.notEqual(now.etag, before.etag);
      assert.equal((await fetchCard('1.0', { 'If-None-Match': now.etag })).status, 304);
    });
  }

  it('and the extended card', async () => {
    const url = `${server.url}/extendedAgentCard`;
    assert.equal((await fetch(url, { headers: { 'A2A-Version': '1.0' } })).status, 401);
    const answer = await fetch(url, { headers: { 'A2A-Version': '1.0', Authorization: `Bearer ${token}` } });
    const card = await answer.json();
    assert.ok(card.skills.some((skill) => skill.id === 'default/echo/echo'));
    await verifyAgentCardSignature(retrieveKey)(card);
  });
});

describe('we verify cards that the SDK signed', () => {
  let foreign; let address; let card;
  before(async () => {
    foreign = createServer((request, response) => {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(card));
    });
    await new Promise((resolve) => { foreign.listen(0, '127.0.0.1', resolve); });
    address = `http://127.0.0.1:${foreign.address().port}`;
  });
  after(() => foreign.close());

  const plain = () => ({
    name: 'Agent', description: 'd', version: '1', capabilities: { streaming: false },
    supportedInterfaces: [{ url: server.url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    securityRequirements: [{ schemes: { tok: { list: [] } } }],
    defaultInputModes: ['text/plain'], defaultOutputModes: [],
    skills: [{ id: 's', name: 's', description: '', tags: [] }],
  });

  for (const [algorithm, options] of [['ES256', {}], ['ES384', {}], ['EdDSA', { crv: 'Ed25519' }], ['RS256', {}], ['PS256', {}]]) {
    it(algorithm, async () => {
      const { privateKey, publicKey } = await jose.generateKeyPair(algorithm, { extractable: true, ...options });
      const trust = join(directory, `${algorithm}.json`);
      await writeFile(trust, JSON.stringify({ keys: [{ ...await jose.exportJWK(publicKey), kid: 'theirs' }] }));
      const sign = generateAgentCardSignature(privateKey, { alg: algorithm, kid: 'theirs', typ: 'JOSE' });
      card = await sign(plain());
      const send = () => flotilla(['send', '--server', address, '--card-trust', trust, 'hello']);
      // The card is believed: what fails is the call, on a server that is no A2A agent or elsewhere.
      await assert.rejects(send(), (error) => !/is refused/.test(error.stderr));
      card = { ...card, name: 'Agent X' };
      await assert.rejects(send(), (error) => error.code === 8 && /is refused: .*does not match/.test(error.stderr));
      delete card.signatures;
      await assert.rejects(send(), (error) => error.code === 8 && /is not signed/.test(error.stderr));
    });
  }
});

it('canonical text of a card without empty values is the same', async () => {
  const { card } = await fetchCard('1.0');
  assert.ok(canonicalizeAgentCard(card).startsWith('{"capabilities":'));
});
