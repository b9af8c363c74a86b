// What a task's journal must look like, and the task that it adds up to.
import { isDeepStrictEqual } from 'node:util';
import { isTerminal, state } from './plan.mjs';

export const same = isDeepStrictEqual;
const show = (value) => JSON.stringify(value)?.slice(0, 400);
const textOf = (message) => (message.parts ?? []).map((part) => part.text).join('');

/** The snapshot that the events so far make, as GetTask must show it. */
export class Fold {
  #history = [];
  #statusSeq = 0;

  constructor({ id, contextId, createdAt }) {
    this.task = { id, contextId, status: { state: state.submitted, timestamp: createdAt } };
  }

  #intoHistory(seq, message) {
    this.#history.push({ seq, message });
    this.#history.sort((one, other) => one.seq - other.seq);
    this.task.history = this.#history.map((entry) => entry.message);
  }

  apply({ seq, kind, payload }) {
    if (kind === 'message') this.#intoHistory(seq, payload);
    if (kind === 'status') {
      // A status message becomes history when the next status supersedes it, at its own place.
      if (this.task.status.message) this.#intoHistory(this.#statusSeq, this.task.status.message);
      this.task.status = payload.status;
      this.#statusSeq = seq;
    }
    if (kind === 'artifact') this.#applyArtifact(payload);
  }

  #applyArtifact({ artifact, append }) {
    const artifacts = (this.task.artifacts ??= []);
    const at = artifacts.findIndex((other) => other.artifactId === artifact.artifactId);
    if (at < 0) artifacts.push(structuredClone(artifact));
    else if (append) artifacts[at].parts.push(...artifact.parts);
    else artifacts[at] = structuredClone(artifact);
  }
}

/** Walks a journal along the plans of its turns. */
class Walk {
  state = state.submitted;
  #turn = 0;
  #send = null;
  #chunk = 0;
  #working = false;
  #open = false;

  /** `sendOf` gives what a client sent under a messageId. */
  constructor(taskId, sendOf) {
    this.taskId = taskId;
    this.sendOf = sendOf;
  }

  /** Undefined, or what is wrong with the next event. */
  step(event) {
    if (isTerminal(this.state)) return `an event follows ${this.state}`;
    if (event.kind === 'message') return this.#message(event.payload);
    if (!this.#open) return `a ${event.kind} outside of a turn`;
    if (event.payload.taskId !== this.taskId) return 'it names another task';
    if (event.kind === 'artifact') return this.#artifact(event.payload);
    if (event.kind === 'status') return this.#status(event.payload.status);
    return `a built-in agent writes no ${event.kind}`;
  }

  #message(message) {
    if (this.#open) return 'a message in the middle of a turn';
    const send = this.sendOf(message.messageId);
    if (!send) return `nobody sent message ${message.messageId}`;
    if (textOf(message) !== send.plan.text || message.role !== 'ROLE_USER') {
      return `message ${message.messageId} is not what was sent: ${show(message)}`;
    }
    this.#send = send;
    this.#turn += 1;
    this.#chunk = 0;
    this.#working = false;
    this.#open = true;
  }

  #artifact({ artifact, append = false, lastChunk = false }) {
    const { plan } = this.#send;
    const k = this.#chunk;
    if (k >= plan.chunks.length) return `chunk ${k} of ${plan.chunks.length} was never to be produced`;
    const text = textOf(artifact);
    if (text !== plan.chunks[k]) return `chunk ${k} is ${show(text)}, not ${show(plan.chunks[k])}`;
    if (artifact.artifactId !== plan.artifactId(this.#turn)) {
      return `chunk ${k} is of artifact ${artifact.artifactId}`;
    }
    if (append !== k > 0 || lastChunk !== (k + 1 === plan.chunks.length)) {
      return `chunk ${k} has append ${append}, lastChunk ${lastChunk}`;
    }
    this.#chunk += 1;
  }

  #status(status) {
    this.state = status.state;
    if (status.state === state.working) {
      if (this.#working) return 'working twice in one turn';
      this.#working = true;
      return undefined;
    }
    this.#open = false;
    if (status.state === state.canceled) {
      return this.#send.cancels ? undefined : 'canceled, although nobody asked for it';
    }
    const { plan } = this.#send;
    if (status.state !== plan.final) {
      return `${status.state} ${show(status.message)}, but ${plan.final} was to come`;
    }
    if (this.#chunk !== plan.chunks.length) {
      return `ended after ${this.#chunk} of ${plan.chunks.length} chunks`;
    }
    if (plan.note !== null && textOf(status.message ?? {}) !== plan.note) {
      return `says ${show(status.message)}, not ${show(plan.note)}`;
    }
  }
}

/** All that is wrong with a journal. `task` is its view in the native API, for its beginning. */
export function journalFaults(task, events, sendOf) {
  const faults = [];
  const walk = new Walk(task.id, sendOf);
  for (const [index, event] of events.entries()) {
    if (event.seq !== index + 1) faults.push(`seq ${event.seq} stands at place ${index + 1}`);
    const fault = walk.step(event);
    if (fault) faults.push(`seq ${event.seq} (${event.kind}): ${fault}`);
  }
  if (events.length === 0) faults.push('the journal is empty');
  return faults;
}

/** Snapshots [{seq|null, task}] that no prefix of the journal gives. */
export function strangeSnapshots(task, events, snapshots) {
  const fold = new Fold(task);
  let left = snapshots;
  for (const event of events) {
    fold.apply(event);
    left = left.filter((snapshot) => {
      const here = snapshot.seq === null || snapshot.seq === event.seq;
      return !(here && same(snapshot.task, fold.task));
    });
  }
  return left;
}

/** The task that the whole journal gives. */
export function folded(task, events) {
  const fold = new Fold(task);
  for (const event of events) fold.apply(event);
  return fold.task;
}
