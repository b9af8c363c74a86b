// Kills the server at every journaled step of runs whose tools have effects elsewhere, and proves
// that each effect happens exactly once, or that the run stops for a person (I4).
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from './client.mjs';
import { Counter } from './counter.mjs';
import { Random } from './random.mjs';
import { Server, freePort } from './server.mjs';

const { FLOTILLA_BIN: binary, FLOTILLA_CRASH_SEED, FLOTILLA_CRASH_RUNS = '60' } = process.env;
const rounds = Number(FLOTILLA_CRASH_RUNS);
const seed = Number(FLOTILLA_CRASH_SEED ?? Math.floor(Math.random() * 2 ** 31));
const settleLimit = 30_000;
// Of one run: the entries of its steps. Rounds kill at each of them in turn, and at any moment.
const entries = 9;

const manifest = (url) => `
apiVersion: flotilla.dev/v1
kind: ToolServer
metadata: {name: counter}
spec: {url: "${url}", trustAnnotations: true, prefix: ""}
---
apiVersion: flotilla.dev/v1
kind: ModelConfig
metadata: {name: default}
spec:
  provider: scripted
  model: script
  script:
    inline:
      answers:
        - when: {step: 1}
          wait: 2ms
          toolCalls: [{name: bump, arguments: {key: "{{input}}-1"}}]
        - when: {step: 2}
          wait: 2ms
          toolCalls:
            - {name: look, arguments: {key: "{{input}}-1"}}
            - {name: bump, arguments: {key: "{{input}}-2"}}
        - {text: "done", wait: 2ms}
---
apiVersion: flotilla.dev/v1
kind: Agent
metadata: {name: worker}
spec:
  description: Counts.
  declarative:
    tools: [{toolServer: {name: counter}}]
`;

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function request(port, method, path, body) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method, body: body && JSON.stringify(body), headers: { 'Content-Type': 'application/json' },
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** Sends the message until it is acknowledged: the task, which is one however often it is sent. */
async function send(client, key) {
  const message = { messageId: key, role: 'ROLE_USER', parts: [{ text: key }] };
  const result = await client.rpc('worker', 'SendMessage', {
    message, configuration: { returnImmediately: true },
  });
  return result.task;
}

/** Resolves when the task's journal has so many entries of steps; never if it is cut before. */
async function seen(client, task, count) {
  let steps = 0;
  for await (const event of client.follow(`/api/v1/tasks/${task}/events`, 0)) {
    if (event.data.kind === 'step') steps += 1;
    if (steps >= count) return;
  }
  throw new Error(`the journal ended with ${steps} entries of steps`);
}

async function settled(port, task) {
  for (const limit = Date.now() + settleLimit; Date.now() < limit;) {
    const view = await request(port, 'GET', `/api/v1/tasks/${task}`);
    const state = view.state.replace('TASK_STATE_', '');
    if (!['SUBMITTED', 'WORKING'].includes(state)) return { state, view };
    await sleep(20);
  }
  throw new Error(`task ${task} did not settle in ${settleLimit} ms`);
}

/** Decides on all that waits; how many calls were approved, so may be made once more. */
async function decide(port, task, decision) {
  const { items } = await request(port, 'GET', `/api/v1/approvals?task=${task}&state=pending`);
  if (items.length === 0) throw new Error('the run waits for a person, but nothing is in the inbox');
  for (const item of items) {
    await request(port, 'POST', `/api/v1/approvals/${item.id}/decide`, { decision });
  }
  return items.length;
}

class Runs {
  totals = { straight: 0, stopped: 0, approved: 0, rejected: 0 };

  constructor(server, counter, random) {
    Object.assign(this, { server, counter, random });
  }

  /** One run that is cut at its `at`-th entry (0: at some moment), and what became of it. */
  async play(round, at) {
    const key = `run-${round}`;
    const { port } = this.server;
    const client = new Client(port);
    try {
      const sent = send(client, key);
      if (at === 0) {
        sent.catch(() => {});
        await sleep(this.random.int(0, 39));
      } else {
        await seen(client, (await sent).id, at);
        await sleep(this.random.int(0, 4));
      }
    } finally {
      await this.server.kill();
      client.close();
    }
    await this.server.start();
    await this.finish(key);
  }

  async finish(key) {
    const { port } = this.server;
    const client = new Client(port);
    const task = (await send(client, key)).id;
    client.close();
    let { state, view } = await settled(port, task);
    let again = 0;
    let rejected = false;
    if (state === 'INPUT_REQUIRED') this.totals.stopped += 1;
    else this.totals.straight += 1;
    this.judge(key, 0, false);
    while (state === 'INPUT_REQUIRED') {
      const decision = this.random.int(0, 1) === 0 ? 'approve' : 'reject';
      const items = await decide(port, task, decision);
      if (decision === 'approve') again += items;
      else rejected = true;
      ({ state, view } = await settled(port, task));
    }
    if (again > 0) this.totals.approved += 1;
    if (rejected) this.totals.rejected += 1;
    if (state !== 'COMPLETED') throw new Error(`the run ended as ${state}: ${JSON.stringify(view.task?.status)}`);
    this.judge(key, again, rejected, true);
  }

  /** Each effect once; once more for each call that a person let repeat; none where one said no. */
  judge(key, again, rejected, over = false) {
    const counts = [1, 2].map((n) => this.counter.count(`${key}-${n}`));
    for (const count of counts) {
      if (count > 1 + again) throw new Error(`${key}: an effect happened ${count} times`);
      if (over && !rejected && count < 1) throw new Error(`${key}: an effect never happened`);
    }
    if (counts[0] + counts[1] > 2 + again) throw new Error(`${key}: effects happened ${counts} times`);
  }
}

async function main() {
  const random = new Random(seed);
  const data = await mkdtemp(join(tmpdir(), 'flotilla-runs-'));
  const counter = new Counter();
  const url = await counter.start();
  const file = join(data, 'agents.yaml');
  await writeFile(file, manifest(url));
  const server = new Server({ binary, data, port: await freePort(), args: ['--apply', file] });
  let crashed = '';
  server.onCrash = (text) => { crashed = text; };
  console.log(`runs: ${rounds} rounds, seed ${seed}`);
  const began = Date.now();
  const runs = new Runs(server, counter, random);
  let passed = 0;
  let failed = 0;
  await server.start();
  for (let round = 0; round < rounds && failed === 0; ++round) {
    const at = round % (entries + 1);
    try {
      await runs.play(round, at);
      if (crashed) throw new Error(crashed);
      passed += 1;
    } catch (error) {
      failed += 1;
      console.log(`VIOLATION in round ${round}, killed at ${at || 'some moment'}: ${error.stack}`);
      console.log(server.tail());
    }
  }
  if (failed === 0) await server.kill();
  counter.stop();
  const { straight, stopped, approved, rejected } = runs.totals;
  console.log(
    `${passed} runs in ${((Date.now() - began) / 1000).toFixed(0)} s: ${straight} went on by ` +
    `themselves, ${stopped} stopped for a person (${approved} approved, ${rejected} rejected)`);
  if (failed > 0) console.log(`again: FLOTILLA_CRASH_SEED=${seed} tests/crash/run; kept: ${data}`);
  else await rm(data, { recursive: true });
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed > 0 ? 1 : 0);
}

await main();
