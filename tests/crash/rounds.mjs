// Rounds of killing: the load goes on over all of them, on one data directory.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Auditor } from './auditor.mjs';
import { Client } from './client.mjs';
import { databaseFaults } from './database.mjs';
import { client } from './load.mjs';
import { Oracle } from './oracle.mjs';
import { freePort, Server } from './server.mjs';
import { World } from './world.mjs';

const clients = 32;
const settleLimit = 60_000;

/** Everything that plays on one data directory. */
export class Stage {
  #running = [];

  static async open({ binary, args, data, launcher, random, report }) {
    const stage = new Stage();
    stage.data = data ?? (await mkdtemp(join(tmpdir(), 'flotilla-crash-')));
    stage.random = random;
    stage.oracle = new Oracle(report);
    const port = await freePort();
    stage.server = new Server({ binary, data: stage.data, port, args, launcher });
    stage.server.onCrash = (text) => stage.oracle.violation(text);
    stage.world = new World({ client: new Client(port), oracle: stage.oracle, server: stage.server });
    stage.world.gate.close();
    stage.auditor = new Auditor(stage.world, random.fork());
    return stage;
  }

  async serve() {
    await this.server.start();
    this.world.gate.open();
  }

  async kill() {
    this.world.gate.close();
    await this.server.kill();
  }

  startLoad(count = clients) {
    this.addClients(count);
    this.audits = [this.auditor.run(), this.auditor.followFeed()];
  }

  addClients(count) {
    for (let i = 0; i < count; ++i) {
      this.#running.push(client(this.world, this.random.fork(), this.#running.length));
    }
  }

  /** Ends the load, waits for all tasks, kills once more, and looks at everything again. */
  async finish() {
    this.world.stopping = true;
    const clientsOut = Promise.all(this.#running).then((names) => (this.selves = names));
    const late = sleep(settleLimit, 'late', { ref: false });
    if ((await Promise.race([clientsOut, late])) === 'late') {
      this.oracle.violation(`clients still wait for answers after ${settleLimit} ms`);
    }
    await this.auditor.settle(settleLimit);
    this.auditor.stop();
    await this.kill();
    await this.serve();
    await this.auditor.auditWhole();
    await this.server.kill();
    this.world.client.close();
    for (const fault of await databaseFaults(this.data)) this.oracle.violation(fault);
    if (this.oracle.violations.length === 0) await rm(this.data, { recursive: true });
  }
}

/** How one life of the server ends. */
const endings = [
  [80, async (stage) => {  // in the middle of work
    await sleep(stage.random.int(20, 600));
    await stage.kill();
  }],
  [8, async (stage) => {  // while it stops
    await sleep(stage.random.int(20, 300));
    stage.server.terminate();
    await sleep(stage.random.int(0, 60));
    await stage.kill();
  }],
  [12, async (stage) => {  // in the middle of work, and again while it starts
    await sleep(stage.random.int(20, 300));
    await stage.kill();
    stage.server.spawn();
    await sleep(stage.random.int(0, 70));
    await stage.kill();
  }],
];

/**
 * `count` rounds on a fresh data directory. `progress(round)` is called after each, with the
 * violations so far at hand.
 */
export async function playRounds({ binary, args, count, random, report, progress }) {
  const stage = await Stage.open({ binary, args, random, report });
  stage.server.spawn();  // the first start makes the store: it may be cut, too
  await sleep(random.int(0, 60));
  await stage.kill();
  await stage.serve();
  stage.startLoad();
  for (let round = 1; round <= count; ++round) {
    await random.weighted(endings)(stage);
    await stage.serve();
    progress(stage, round);
  }
  await stage.finish();
  return stage;
}
