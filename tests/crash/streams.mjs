// Clients that follow one task over as many connections as it takes.
import { setTimeout as sleep } from 'node:timers/promises';
import { Refused } from './client.mjs';
import { isSettled, isTerminal } from './plan.mjs';

/** Takes the items of one task's streams; knows the cursor. */
class Reader {
  view = null;
  last = undefined;
  done = false;
  mayClose = false;  // the server may close the stream here: it is the end
  excused = false;   // the server said why it closes the stream before its end

  constructor(world, send, ends) {
    Object.assign(this, { world, send, ends });
  }

  /** An item {id, result} of an A2A stream; `resumed` when the connection was opened at a cursor. */
  take({ id, result }, resumed) {
    const { oracle } = this.world;
    if (result.task) return this.#snapshot(id, result.task, resumed);
    const update = result.statusUpdate ?? result.artifactUpdate;
    if (!update || !this.view) {
      oracle.violation(`a stream of ${this.send.messageId} began with ${JSON.stringify(result)}`);
      return;
    }
    const kind = result.statusUpdate ? 'status' : 'artifact';
    this.#event(update.taskId, { seq: id, kind, payload: update });
    if (kind === 'status') this.done = this.ends(update.status.state);
  }

  #snapshot(id, task, resumed) {
    if (resumed) {
      this.world.oracle.violation(
        `task ${task.id}: resumed at ${this.last}, a snapshot at ${id} came instead of events`);
    }
    this.world.oracle.sawTask(this.send, task, id);
    this.view = { taskId: task.id, after: id, seqs: [], native: false };
    this.last = id;
    const ended = this.ends(task.status.state);
    // The snapshot may be of the time before an answer was taken: only what follows tells.
    const asked = this.send.message.taskId !== undefined && !isTerminal(task.status.state);
    this.done = ended && !asked;
    this.mayClose = ended && asked;
  }

  /** An item {id, type, data} of a native stream. */
  takeNative({ id, type, data }) {
    if (type === 'bye') {
      if (data.reason === 'ended') this.done = true;
      else this.excused = this.world.isTransient(new Refused({ reason: data.reason }));
      return;
    }
    this.#event(this.view.taskId, data);
    if (data.seq !== id || data.kind !== type) {
      this.world.oracle.violation(`task ${this.view.taskId}: id ${id} (${type}) holds seq ${data.seq}`);
    }
  }

  #event(taskId, event) {
    const { oracle } = this.world;
    if (!(event.seq > this.last)) {
      oracle.violation(`task ${taskId}: seq ${event.seq} came after ${this.last} in one stream`);
    }
    if (taskId !== this.view.taskId) oracle.violation(`a stream changed from ${this.view.taskId} to ${taskId}`);
    this.last = event.seq;
    this.mayClose = false;
    this.view.seqs.push(event.seq);
    oracle.sawEvent(taskId, event);
  }
}

/** Reads `open(cursor)` until the reader is done, opening anew after each cut. */
async function readOn(world, reader, open, take) {
  while (!reader.done) {
    await world.gate.passed();
    const resumed = reader.last !== undefined;
    if (resumed && reader.cut) world.oracle.counts.resumes += 1;
    try {
      for await (const item of open(reader.last)) {
        take(item, resumed);
        if (reader.done) break;
      }
      if (reader.mayClose && !world.server.draining) reader.done = true;
      if (!reader.done && !reader.excused && !world.server.draining) {
        world.oracle.violation(`a stream of ${reader.send.messageId} closed at ${reader.last} before the end`);
      }
    } catch (error) {
      if (!world.isTransient(error)) throw error;
    }
    reader.cut = true;
    reader.excused = false;
    if (!reader.done) await sleep(5);
  }
  if (reader.view?.seqs.length > 0) world.oracle.sawView(reader.view.taskId, reader.view);
}

/** Sends by a streaming call and reads until the task settles. The id of its task. */
export async function sendAndFollow(world, send) {
  const { client } = world;
  const reader = new Reader(world, send, isSettled);
  const open = (after) => after === undefined
    ? client.rpcStream(send.agent, 'SendStreamingMessage', { message: send.message })
    : client.rpcStream(send.agent, 'SubscribeToTask', { id: send.taskId }, after);
  await readOn(world, reader, open, (item, resumed) => reader.take(item, resumed));
  return send.taskId;
}

/** Subscribes to a running task and reads until it ends. */
export async function watch(world, send) {
  const reader = new Reader(world, send, isTerminal);
  const open = (after) => world.client.rpcStream(send.agent, 'SubscribeToTask', { id: send.taskId }, after);
  try {
    await readOn(world, reader, open, (item, resumed) => reader.take(item, resumed));
  } catch (error) {
    const late = error instanceof Refused && error.reason === 'UNSUPPORTED_OPERATION';
    if (!late || reader.last !== undefined) throw error;
  }
}

/** Follows the journal by the native API, from the first event to the last. */
export async function followJournal(world, send) {
  const reader = new Reader(world, send, isTerminal);
  reader.view = { taskId: send.taskId, after: 0, seqs: [], native: true };
  reader.last = 0;
  const open = (after) => world.client.follow(`/api/v1/tasks/${send.taskId}/events`, after);
  await readOn(world, reader, open, (item) => reader.takeNative(item));
}
