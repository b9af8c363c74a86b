// Reads what the server has, again and again, and lets the oracle judge it.
import { setTimeout as sleep } from 'node:timers/promises';
import { Refused } from './client.mjs';
import { Digest, hashOf } from './oracle.mjs';

const feedPage = 500;
const together = 4;

/** Calls `work` for each item, a few at once. */
async function eachOf(items, work) {
  const queue = [...items];
  const worker = async () => {
    while (queue.length > 0) await work(queue.pop());
  };
  await Promise.all(Array.from({ length: together }, worker));
}

export class Auditor {
  #world;
  #random;
  #position = 0;
  #verifying = new Set();
  #followed = new Digest();
  #stopped = false;

  constructor(world, random) {
    this.#world = world;
    this.#random = random;
  }

  /** Goes on until stop(): what was acknowledged, then the tasks that have ended. */
  async run() {
    while (!this.#stopped) {
      await this.#world.gate.passed();
      await this.#attempt(() => this.audit());
      await sleep(25);
    }
  }

  stop() {
    this.#stopped = true;
  }

  async #attempt(work) {
    try {
      await work();
    } catch (error) {
      if (!this.#world.isTransient(error)) {
        this.#world.oracle.violation(`audit: ${error instanceof Refused ? error.message : error.stack}`);
      }
    }
  }

  async audit() {
    const { oracle } = this.#world;
    const taken = oracle.takeAcknowledged();
    try {
      await this.#readFeed();
    } catch (error) {
      oracle.putBack(taken);
      throw error;
    }
    oracle.checkAcknowledged(taken);
    const finished = [...oracle.records.values()].filter((record) => record.finished);
    await eachOf(finished, (record) => this.#verify(record));
  }

  async #feedFrom(position, take) {
    for (;;) {
      const page = await this.#world.client.get(`/api/v1/events?after=${position}&limit=${feedPage}`);
      for (const entry of page.items) {
        if (entry.position <= position) {
          this.#world.oracle.violation(`the feed gave position ${entry.position} after ${position}`);
        }
        position = entry.position;
        take(entry);
      }
      if (page.nextCursor === '') return;
    }
  }

  async #readFeed() {
    const take = (entry) => {
      this.#position = entry.position;
      this.#world.oracle.committed(entry);
    };
    await this.#feedFrom(this.#position, take);
  }

  async #journalOf(taskId) {
    const events = [];
    const limit = this.#random.pick([3, 50, 500]);
    let after = '0';
    do {
      const page = await this.#world.client.get(
        `/api/v1/tasks/${taskId}/events?after=${after}&limit=${limit}`);
      events.push(...page.items);
      after = page.nextCursor;
    } while (after !== '');
    return events;
  }

  async #verify(record) {
    if (this.#verifying.has(record)) return;
    this.#verifying.add(record);
    try {
      const { client } = this.#world;
      const events = await this.#journalOf(record.id);
      const view = await client.get(`/api/v1/tasks/${record.id}`);
      const agent = record.sends[0]?.agent ?? view.agent;
      const task = view.direct ? null : await client.rpc(agent, 'GetTask', { id: record.id });
      this.#world.oracle.verify(record, { events, task, view });
    } finally {
      this.#verifying.delete(record);
    }
  }

  /** Follows the feed as a stream, over all restarts, until stop(). */
  async followFeed() {
    const { client, gate, oracle } = this.#world;
    let position = 0;
    const read = async () => {
      for await (const { id, type, data } of client.follow('/api/v1/events', position)) {
        if (type === 'bye') return;
        if (id <= position || id !== data.position) {
          oracle.violation(`the feed's stream gave ${id} after ${position}`);
        }
        position = id;
        this.#followed.add(data);
        if (this.#stopped) return;
      }
    };
    while (!this.#stopped) {
      await gate.passed();
      await this.#attempt(read);
      oracle.counts.resumes += 1;
      await sleep(5);
    }
  }

  /** Waits until each task has ended and was verified, and the feed's stream has caught up. */
  async settle(limit) {
    const { oracle } = this.#world;
    const deadline = Date.now() + limit;
    const lags = () => oracle.records.size > 0 || this.#followed.count < oracle.digest.count;
    while (lags() && Date.now() < deadline) await sleep(20);
    for (const record of oracle.records.values()) {
      oracle.violation(
        `task ${record.id} (${record.sends[0]?.plan.text.slice(0, 60)}) is ${record.state} after ` +
        `${limit} ms of quiet, at seq ${record.journal.length}`);
    }
    for (const send of oracle.sends.values()) {
      if (send.acknowledged && !send.found) oracle.violation(`message ${send.messageId} is lost`);
    }
    if (`${this.#followed}` !== `${oracle.digest}`) {
      oracle.violation(`the feed's stream showed ${this.#followed}, its pages ${oracle.digest}`);
    }
  }

  /** Reads everything anew: it must be what it was. */
  async auditWhole() {
    const { client, oracle } = this.#world;
    const whole = new Digest();
    await this.#feedFrom(0, (entry) => whole.add(entry));
    if (`${whole}` !== `${oracle.digest}`) {
      oracle.violation(`the feed was ${oracle.digest}, and is ${whole} now`);
    }
    const ids = await this.#listTasks();
    for (const id of ids) {
      if (!oracle.verified.has(id)) oracle.violation(`task ${id} is listed, and has no journal`);
    }
    if (ids.size !== oracle.verified.size) {
      oracle.violation(`${ids.size} tasks are listed, there were ${oracle.verified.size}`);
    }
    await eachOf(oracle.verified, async ([id, hash]) => {
      const now = JSON.stringify(await client.get(`/api/v1/tasks/${id}`));
      if (hashOf(now) !== hash) oracle.violation(`task ${id} has changed since it ended: ${now}`);
    });
  }

  async #listTasks() {
    const ids = new Set();
    let cursor = '';
    do {
      const page = await this.#world.client.get(
        `/api/v1/tasks?limit=500&cursor=${encodeURIComponent(cursor)}`);
      for (const { id } of page.items) {
        if (ids.has(id)) this.#world.oracle.violation(`task ${id} is listed twice`);
        ids.add(id);
      }
      cursor = page.nextCursor;
    } while (cursor !== '');
    return ids;
  }
}
