// Our client against agents served by the official JavaScript SDKs: `flotilla send --server URL`.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startPeer } from './peers.mjs';

const home = mkdtempSync(join(tmpdir(), 'flotilla-peers-'));
after(() => rmSync(home, { recursive: true, force: true }));

async function send(peer, ...args) {
  const child = spawn(process.env.FLOTILLA_BIN, ['send', '--server', peer.url, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, HOME: home }, timeout: 30_000,
  });
  const read = async (stream) => { let text = ''; for await (const piece of stream) text += piece; return text; };
  const exited = new Promise((resolve) => { child.once('close', resolve); });
  const [out, err] = await Promise.all([read(child.stdout), read(child.stderr)]);
  return { out, err, status: await exited };
}

async function withPeer(options, work) {
  const peer = await startPeer(options);
  try { return await work(peer); } finally { await peer.stop(); }
}

const paths = { JSONRPC: '/rpc', 'HTTP+JSON': '/rest' };
/** Method and path of the requests, JSON-RPC method behind. */
const streams = (request) => /SendStreamingMessage|message\/stream|message:stream/.test(request);
const polls = (request) => /GetTask|tasks\/get|GET \/rest\/(v1\/)?tasks\//.test(request);
const isStream = (request) => streams(`${request.method} ${request.path} ${request.body?.method}`);

for (const [line, compat] of [['1.0', false], ['0.3', false], ['1.0', true]]) {
  for (const binding of ['JSONRPC', 'HTTP+JSON']) {
    const version = compat ? '0.3' : line;
    const how = ['--binding', binding, '--a2a-version', version];
    describe(`client ${version} over ${binding} with a server of SDK ${line}`, () => {
      let peer;
      before(async () => { peer = await startPeer({ line, compat }); });
      after(() => peer.stop());

      it('chooses from the card, sends, prints the result', async () => {
        const { out, err, status } = await send(peer, ...how, 'echo hello');
        assert.deepEqual([out, status], ['hello\n', 0], err);
        assert.ok(peer.log.requests.every((request) => request.includes(paths[binding])), peer.log.requests);
      });

      it('streams', async () => {
        const { out, err, status } = await send(peer, ...how, '--stream', 'chunks abcdef');
        assert.deepEqual([out, status], ['abcdef\n', 0], err);
      });

      it('shows a bare message', async () => {
        assert.equal((await send(peer, ...how, 'reply well')).out, 'well\n');
      });

      it('answers a task that waits', async () => {
        const asked = await send(peer, ...how, '-o', 'name', 'ask which?');
        assert.equal(asked.status, 5, asked.err);
        peer.log.executed.length = 0;
        const answered = await send(peer, ...how, '--task', asked.out.trim(), 'echo that');
        assert.deepEqual([answered.out, answered.status], ['that\n', 0], answered.err);
        assert.equal(peer.log.executed.length, 1);
      });

      it('says that a task failed', async () => {
        assert.equal((await send(peer, ...how, 'fail')).status, 3);
      });

      it('goes on after cuts at every event of a stream', async () => {
        for (let cut = 1; cut <= 8; cut += 1) {
          peer.log.executed.length = 0;
          let cuts = 0;
          peer.log.plan = (request) => {
            if (!isStream(request) || cuts > 0) return {};
            cuts += 1;
            return { cutAfterEvents: cut };
          };
          const { out, err, status } = await send(peer, ...how, '--stream', 'chunks abcdef');
          assert.deepEqual([out, status], ['abcdef\n', 0], `cut after ${cut}: ${err}`);
          assert.equal(peer.log.executed.length, 1, `cut after ${cut}`);
        }
        peer.log.plan = undefined;
      });

      it('repeats a send whose answer was lost, with the same messageId', async () => {
        await withPeer({ line, compat, streaming: false }, async (quiet) => {
          let lost = 0;
          quiet.log.plan = (request) => (request.method === 'POST' && lost++ === 0 ? { lose: true } : {});
          const { out, err, status } = await send(quiet, ...how, 'echo once');
          assert.deepEqual([out, status], ['once\n', 0], err);
          assert.equal(quiet.log.executed.length, 2);
          assert.equal(quiet.log.executed[0], quiet.log.executed[1]);
        });
      });

      it('polls an agent without streams', async () => {
        await withPeer({ line, compat, streaming: false }, async (quiet) => {
          const { out, err, status } = await send(quiet, ...how, '--stream', 'slow later');
          assert.deepEqual([out, status], ['later\n', 0], err);
          assert.equal(quiet.log.executed.length, 1);
          assert.ok(!quiet.log.requests.some(streams), quiet.log.requests);
          assert.ok(quiet.log.requests.filter(polls).length >= 2, quiet.log.requests);
        });
      });
    });
  }
}

describe('what the card offers', () => {
  it('the newest version of a hybrid card is spoken', async () => {
    await withPeer({ line: '1.0', compat: true }, async (peer) => {
      assert.equal((await send(peer, 'echo x')).out, 'x\n');
      assert.ok(peer.log.requests.some((request) => request.includes('SendStreamingMessage')), peer.log.requests);
    });
  });

  it('the card\'s order decides the binding', async () => {
    await withPeer({ line: '1.0', bindings: ['HTTP+JSON', 'JSONRPC'] }, async (peer) => {
      assert.equal((await send(peer, 'echo x')).out, 'x\n');
      assert.ok(peer.log.requests.every((request) => request.includes('/rest')), peer.log.requests);
    });
  });

  it('what is wanted and not offered is an error', async () => {
    await withPeer({ line: '1.0', bindings: ['JSONRPC'] }, async (peer) => {
      for (const flags of [['--binding', 'http+json'], ['--a2a-version', '0.3']]) {
        const { err, status } = await send(peer, ...flags, 'echo x');
        assert.equal(status, 1);
        assert.match(err, /offers no interface/);
      }
      assert.deepEqual(peer.log.executed, []);
    });
  });
});
