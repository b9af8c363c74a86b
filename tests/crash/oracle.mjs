// Remembers everything that the server acknowledged, and holds it against what the server has
// later. One for each data directory.
import { createHash } from 'node:crypto';
import { folded, journalFaults, same, strangeSnapshots } from './journal.mjs';
import { isTerminal } from './plan.mjs';

const show = (value) => JSON.stringify(value)?.slice(0, 500);
export const hashOf = (text) => createHash('sha256').update(text).digest('base64');

/** A running digest over the events of the global feed. */
export class Digest {
  count = 0;
  #hash = hashOf('');

  add(event) {
    this.count += 1;
    this.#hash = hashOf(this.#hash + JSON.stringify(event));
  }

  toString() {
    return `${this.count} events, ${this.#hash}`;
  }
}

/** What is known of one task. Dropped, but for a hash, once it ended and was verified. */
class Record {
  journal = [];      // from the feed
  seen = new Map();  // seq -> event as a stream showed it
  snapshots = [];    // {seq|null, task} as answered
  views = [];        // {after, seqs}: what one stream showed, from a cursor to its end
  sends = [];
  state = null;
  unchecked = [];    // seqs and sends acknowledged since the last look

  constructor(id) {
    this.id = id;
  }

  /** Ended, and no client has anything to do with it any more. */
  get finished() {
    return isTerminal(this.state) && this.sends.every((send) => send.released);
  }
}

export class Oracle {
  sends = new Map();    // messageId -> what a client sent
  records = new Map();  // task id -> Record that is not verified yet
  verified = new Map(); // task id -> hash of the task as GetTask shows it
  topics = new Map();   // stream -> {seq, tasks}: what its events were, and of which tasks
  digest = new Digest();
  touched = new Set();  // records with acknowledgements that were not looked up yet
  violations = [];
  counts = { sends: 0, events: 0, resumes: 0, retries: 0, snapshots: 0, verified: 0 };

  /** `report(text)` is told of each violation. */
  constructor(report) {
    this.report = report;
  }

  violation(text) {
    this.violations.push(text);
    this.report(text);
  }

  #record(taskId) {
    let record = this.records.get(taskId);
    if (!record) {
      record = new Record(taskId);
      this.records.set(taskId, record);
    }
    return record;
  }

  // What clients do and see.

  /** Before the first byte goes out. `send`: {messageId, agent, plan, cancels}. */
  sending(send) {
    this.sends.set(send.messageId, send);
  }

  /** The message was taken by this task. */
  #took(send, taskId) {
    if (send.taskId && send.taskId !== taskId) {
      this.violation(`message ${send.messageId} made two tasks: ${send.taskId} and ${taskId}`);
    }
    if (!send.acknowledged) this.counts.sends += 1;
    send.acknowledged = true;
    this.#link(send, taskId);
  }

  #link(send, taskId) {
    send.taskId = taskId;
    const record = this.#record(taskId);
    if (!record.sends.includes(send)) record.sends.push(send);
  }

  /** A Task as an answer or a stream's item; `seq` is its cursor, if it had one. */
  sawTask(send, task, seq = null) {
    this.#took(send, task.id);
    const record = this.#record(task.id);
    record.snapshots.push({ seq, task });
    this.#touch(record, { send });
    this.counts.snapshots += 1;
  }

  /** The bare message that answered a send. */
  sawReply(send, message) {
    if (send.reply && !same(send.reply, message)) {
      this.violation(`message ${send.messageId} got two answers: ${show(send.reply)} and ${show(message)}`);
    }
    if (!send.acknowledged) this.counts.sends += 1;
    send.acknowledged = true;
    send.reply = message;
  }

  /** One event of a stream: {seq, kind, payload}, native ones with `at` and `actor`. */
  sawEvent(taskId, event) {
    const record = this.#record(taskId);
    const before = record.seen.get(event.seq);
    if (!before) this.counts.events += 1;
    if (before && !same(before.payload, event.payload)) {
      this.violation(`task ${taskId} seq ${event.seq} changed: ${show(before)} became ${show(event)}`);
    }
    record.seen.set(event.seq, event);
    this.#touch(record, { seq: event.seq });
  }

  #touch(record, what) {
    record.unchecked.push(what);
    this.touched.add(record);
  }

  /** A stream, over all its connections, showed these seqs after that cursor, up to its end. */
  sawView(taskId, view) {
    this.#record(taskId).views.push(view);
  }

  /** The client has nothing more to say or ask about this message. */
  release(send) {
    send.released = true;
  }

  // What the feed says.

  /** The next event of the global feed, in its order. */
  committed(entry) {
    this.digest.add(entry);
    if (entry.stream.startsWith('topic/')) return this.#published(entry);
    const id = entry.stream.replace(/^task\//, '');
    if (this.verified.has(id)) {
      this.violation(`task ${id} had ended, and yet: ${show(entry)}`);
      return;
    }
    const record = this.#record(id);
    const { seq, kind, at, actor, payload } = entry;
    if (seq !== record.journal.length + 1) {
      this.violation(`task ${id}: seq ${seq} comes after ${record.journal.length}`);
    }
    record.journal.push({ seq, kind, at, actor, payload });
    if (kind === 'status') record.state = payload.status.state;
    if (kind === 'message') {
      record.state = 'TASK_STATE_WORKING';
      this.#foundMessage(record, payload);
    }
  }

  /** An event of a topic: no gap in its stream, and each task has published it once. */
  #published({ stream, seq, payload }) {
    const topic = this.topics.get(stream) ?? { seq: 0, tasks: new Set() };
    this.topics.set(stream, topic);
    if (seq !== topic.seq + 1) this.violation(`${stream}: seq ${seq} comes after ${topic.seq}`);
    topic.seq = seq;
    if (topic.tasks.has(payload.taskId)) {
      this.violation(`${stream}: published twice by task ${payload.taskId}`);
    }
    topic.tasks.add(payload.taskId);
  }

  #foundMessage(record, message) {
    const send = this.sends.get(message.messageId);
    if (!send) {
      this.violation(`task ${record.id} holds a message that nobody sent: ${show(message)}`);
    } else if (send.found) {
      this.violation(`message ${message.messageId} is stored twice: in ${send.found} and ${record.id}`);
    } else {
      if (send.taskId && send.taskId !== record.id) {
        this.violation(`message ${message.messageId} was acknowledged in task ${send.taskId} and is in ${record.id}`);
      }
      send.found = record.id;
      this.#link(send, record.id);
    }
  }

  // Checks.

  /** What was acknowledged up to now: for checkAcknowledged(), once the feed was read. */
  takeAcknowledged() {
    const taken = [...this.touched].map((record) => ({ record, what: record.unchecked.splice(0) }));
    this.touched.clear();
    return taken;
  }

  putBack(taken) {
    for (const { record, what } of taken) {
      for (const each of what) this.#touch(record, each);
    }
  }

  /** Acknowledged before the feed was read to its end: it must be there, with the same bytes. */
  checkAcknowledged(taken) {
    for (const { record, what } of taken) {
      for (const { seq, send } of what) {
        if (send && !send.found) {
          this.violation(`message ${send.messageId} was acknowledged in task ${record.id} and is lost`);
        }
        if (seq) this.#checkEvent(record, seq, record.seen.get(seq));
      }
    }
  }

  #checkEvent(record, seq, seen) {
    const stored = record.journal[seq - 1];
    if (!stored) {
      this.violation(`task ${record.id} lost seq ${seq}, which a stream showed: ${show(seen)}`);
      return;
    }
    for (const [name, value] of Object.entries(seen)) {
      if (same(stored[name], value) && JSON.stringify(stored[name]) === JSON.stringify(value)) continue;
      this.violation(`task ${record.id} seq ${seq}: a stream showed ${show(seen)}, stored is ${show(stored)}`);
      return;
    }
  }

  /** A finished task against all that is known of it. `events`, `task` and `view` as read now. */
  verify(record, { events, task, view }) {
    const complain = (text) => this.violation(`task ${record.id}: ${text}`);
    if (!same(events, record.journal)) complain('its own journal is not what the feed showed');
    const sendOf = (id) => this.sends.get(id);
    for (const fault of journalFaults(view, events, sendOf)) complain(fault);
    for (const [seq, event] of record.seen) this.#checkEvent(record, seq, event);
    const whole = folded(view, events);
    if (task && !same(task, whole)) {
      complain(`GetTask shows ${show(task)}, the journal adds up to ${show(whole)}`);
    }
    if (!same(view.task, whole)) complain(`the native API shows ${show(view.task)}, not ${show(whole)}`);
    if (view.seq !== events.length || view.state !== record.state) {
      complain(`its row says seq ${view.seq}, ${view.state}; the journal ${events.length}, ${record.state}`);
    }
    for (const snapshot of strangeSnapshots(view, events, record.snapshots)) {
      complain(`was shown as ${show(snapshot)}, which it never was`);
    }
    for (const stream of record.views) this.#checkView(record, stream, complain);
    for (const send of record.sends) {
      if (send.reply && !same(send.reply, view.task.status.message)) {
        complain(`answered ${show(send.reply)}, stored is ${show(view.task.status)}`);
      }
    }
    this.verified.set(record.id, hashOf(JSON.stringify(view)));
    this.records.delete(record.id);
    this.touched.delete(record);
    this.counts.verified += 1;
  }

  #checkView(record, { after, seqs, native }, complain) {
    const wanted = record.journal
      .filter(({ seq, kind }) => seq > after && seq <= seqs.at(-1) && (native || kind !== 'message'))
      .map(({ seq }) => seq);
    if (!same(seqs, wanted)) {
      complain(`a stream from cursor ${after} showed ${show(seqs)}; the journal has ${show(wanted)}`);
    }
  }
}
