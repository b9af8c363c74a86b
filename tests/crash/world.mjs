// What the clients of the load share: the server's address, whether it is up, and the oracle.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lost, Refused } from './client.mjs';

/** Closed while the server is down. */
export class Gate {
  #open = null;
  #opened = Promise.resolve();

  close() {
    if (!this.#open) this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  open() {
    this.#open?.();
    this.#open = null;
  }

  passed() {
    return this.#opened;
  }
}

export class World {
  gate = new Gate();
  stopping = false;
  /** Refusals that are part of the plan: the client tries again, as after a lost answer. */
  tolerates = () => false;
  refusals = [];
  answered = 0;

  constructor({ client, oracle, server }) {
    Object.assign(this, { client, oracle, server });
    this.tag = randomUUID().slice(0, 8);
    this.made = 0;
  }

  unique() {
    return `${this.tag}-${++this.made}`;
  }

  /** A message that is about to be sent; the oracle knows it from now on. */
  newSend(agent, plan, more = {}) {
    const messageId = `m-${this.unique()}`;
    const message = { messageId, role: 'ROLE_USER', parts: [{ text: plan.text }], ...more };
    const send = { messageId, agent, plan, message, cancels: false, released: false };
    this.oracle.sending(send);
    return send;
  }

  /** True for an error after which a client tries again; any other is the server's fault. */
  isTransient(error) {
    if (error instanceof Lost) return true;
    if (!(error instanceof Refused)) return false;
    if (this.server.draining) return true;
    if (!this.tolerates(error)) return false;
    this.refusals.push(error);
    return true;
  }

  /** Calls until there is an answer; `patience` below 1 gives up now and then: undefined. */
  async insist(call, { random = null, patience = 1 } = {}) {
    for (;;) {
      await this.gate.passed();
      try {
        const answer = await call();
        this.answered += 1;
        return answer;
      } catch (error) {
        if (!this.isTransient(error)) throw error;
        this.oracle.counts.retries += 1;
        if (random && !random.chance(patience)) return undefined;
        await sleep(5);
      }
    }
  }
}
