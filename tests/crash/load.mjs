// The clients: each goes through its work whatever happens to the server, as a careful client does,
// and tells the oracle what it was told.
import { setTimeout as sleep } from 'node:timers/promises';
import { Refused } from './client.mjs';
import { answerTurn, echoTurn, isSettled, isTerminal, state } from './plan.mjs';
import { uniqueText } from './random.mjs';
import { followJournal, sendAndFollow, watch } from './streams.mjs';

const patience = 0.8;  // how often a client repeats what got no answer
const longestPause = 15;

function echoText(world, random, words = random.int(0, 12)) {
  return uniqueText(random, world.unique(), words);
}

/** One attempt of SendMessage. */
async function sendOnce(world, send, immediately) {
  const result = await world.client.rpc(send.agent, 'SendMessage', {
    message: send.message, configuration: { returnImmediately: immediately },
  });
  if (result.message) {
    world.oracle.sawReply(send, result.message);
    return null;
  }
  world.oracle.sawTask(send, result.task);
  if (!immediately && !isSettled(result.task.status.state)) {
    world.oracle.violation(`a blocking send came back in ${result.task.status.state}`);
  }
  return result.task;
}

async function getTask(world, send) {
  const task = await world.client.rpc(send.agent, 'GetTask', { id: send.taskId });
  world.oracle.sawTask(send, task);
  return task;
}

/** A blocking send. Some clients give up after a lost answer, the others repeat the message. */
async function blocking(world, random, own) {
  const size = random.chance(0.03) ? random.int(5_000, 120_000) : 0;
  const text = size ? world.unique() : echoText(world, random);
  const send = world.newSend('echo', echoTurn({ text, size, chunks: random.pick([1, 1, 1, 3]) }));
  own.push(send);
  await world.insist(() => sendOnce(world, send, false), { random, patience });
}

function longTurn(world, random) {
  const chunks = random.int(4, 30);
  const text = echoText(world, random, random.chance(0.1) ? 0 : random.int(3, 12));
  return echoTurn({ text, chunks, delay: random.int(3, 40) });
}

/** A long task that is polled now and then, or left alone. */
async function longTask(world, random, own) {
  const send = world.newSend('echo', longTurn(world, random));
  own.push(send);
  let task = await world.insist(() => sendOnce(world, send, true), { random, patience });
  const polls = random.chance(0.5) ? Infinity : 0;
  for (let i = 0; task && i < polls && !isTerminal(task.status.state); ++i) {
    await sleep(random.int(20, 120));
    task = await world.insist(() => getTask(world, send));
  }
}

async function streaming(world, random, own) {
  const send = world.newSend('echo', longTurn(world, random));
  own.push(send);
  await sendAndFollow(world, send);
}

/** One task, read by several at once: A2A subscribers and readers of its journal. */
async function watched(world, random, own) {
  const send = world.newSend('echo', longTurn(world, random));
  own.push(send);
  await world.insist(() => sendOnce(world, send, true));
  const late = async () => {
    await sleep(random.int(0, 100));
    await (random.chance(0.5) ? watch(world, send) : followJournal(world, send));
  };
  await Promise.all([watch(world, send), followJournal(world, send), late()]);
}

/** Questions and answers: several turns of one task. */
async function conversation(world, random, own) {
  let more = {};
  for (let left = random.int(1, 3); left >= 0; --left) {
    const ask = left > 0 ? `question ${left}?` : null;
    const long = random.chance(0.4);
    const plan = echoTurn({
      text: echoText(world, random), ask, chunks: long ? random.int(2, 8) : 1,
      delay: long ? random.int(1, 30) : 0,
    });
    const send = world.newSend('echo', plan, more);
    own.push(send);
    if (random.chance(0.5)) await sendAndFollow(world, send);
    else await world.insist(() => sendOnce(world, send, false));
    more = { taskId: send.taskId };
    await sleep(random.int(0, 20));
  }
}

/** The same message several times at once makes one task. */
async function twins(world, random, own) {
  const long = random.chance(0.5);
  const plan = long ? longTurn(world, random) : echoTurn({ text: echoText(world, random) });
  const send = world.newSend('echo', plan);
  own.push(send);
  const calls = Array.from({ length: random.int(2, 4) }, () =>
    random.chance(0.3)
      ? sendAndFollow(world, send)
      : world.insist(() => sendOnce(world, send, random.chance(0.5))));
  await Promise.all(calls);
}

/** Two messages at once open a context, more follow. */
async function context(world, random, own) {
  const contextId = `c-${world.unique()}`;
  const say = async () => {
    const send = world.newSend('echo', echoTurn({ text: echoText(world, random) }), { contextId });
    own.push(send);
    const task = await world.insist(() => sendOnce(world, send, false));
    if (task.contextId !== contextId) world.oracle.violation(`${contextId} became ${task.contextId}`);
  };
  await Promise.all([say(), say()]);
  await say();
}

async function cancelOnce(world, send) {
  try {
    const task = await world.client.rpc(send.agent, 'CancelTask', { id: send.taskId });
    world.oracle.sawTask(send, task);
    if (task.status.state !== state.canceled) {
      world.oracle.violation(`task ${task.id} is ${task.status.state} after its cancellation`);
    }
  } catch (error) {
    if (!(error instanceof Refused) || error.reason !== 'TASK_NOT_CANCELABLE') throw error;
    if (send.plan.final === null) world.oracle.violation(`task ${send.taskId} waits, yet: ${error.message}`);
  }
}

/** A cancellation, of a task that would wait for ever or of one that ends about then. */
async function cancellation(world, random, own) {
  const endless = random.chance(0.5);
  const plan = endless
    ? echoTurn({ text: echoText(world, random), wait: true, chunks: 2, delay: 5 })
    : longTurn(world, random);
  const send = world.newSend('echo', plan);
  send.cancels = true;
  own.push(send);
  await world.insist(() => sendOnce(world, send, true));
  const cancelLater = async () => {
    await sleep(random.int(0, 400));
    await world.insist(() => cancelOnce(world, send));
  };
  await Promise.all([cancelLater(), random.chance(0.5) && watch(world, send)]);
}

/** A bare message as answer: the same one however often it is asked for. */
async function bareAnswer(world, random, own) {
  const send = world.newSend('echo', echoTurn({ text: echoText(world, random), bare: true }));
  own.push(send);
  await world.insist(() => sendOnce(world, send, false));
  if (random.chance(0.5)) await world.insist(() => sendOnce(world, send, false));
}

async function calculation(world, random, own) {
  const [a, b] = [random.int(1, 9999), random.int(1, 9999)];
  const send = world.newSend('front-desk', answerTurn(`Calculate ${a} * ${b}`, 'result', `${a * b}`));
  own.push(send);
  await world.insist(() => sendOnce(world, send, false), { random, patience });
}

/** A store of values, each key written by one client: an acknowledged value is recalled. */
async function memory(world, random, own) {
  const values = (own.client.values ??= new Map());
  const name = `k-${own.client.name}-${random.int(1, 4)}`;
  const tell = (text, answer) => {
    const send = world.newSend('memory', answerTurn(text, 'memory', answer));
    own.push(send);
    return world.insist(() => sendOnce(world, send, false));
  };
  if (!values.has(name) || random.chance(0.4)) {
    const value = echoText(world, random);
    await tell(`store ${name}: ${value}`, `Stored ${name}.`);
    values.set(name, value);
  } else if (random.chance(0.25)) {
    await tell(`forget ${name}`, `Forgot ${name}.`);
    values.delete(name);
  } else {
    await tell(`recall ${name}`, values.get(name));
  }
}

const mix = [
  [25, blocking], [8, longTask], [12, streaming], [6, watched], [10, conversation], [6, twins],
  [4, context], [8, cancellation], [4, bareAnswer], [5, calculation], [14, memory],
];

/** One client: one piece of work after the other until the world stops. */
export async function client(world, random, name) {
  const self = { name };
  while (!world.stopping) {
    const work = random.weighted(mix);
    const own = Object.assign([], { client: self });
    try {
      await work(world, random, own);
    } catch (error) {
      world.oracle.violation(`${work.name}: ${error instanceof Refused ? error.message : error.stack}`);
    }
    for (const send of own) world.oracle.release(send);
    await sleep(random.int(0, longestPause));
  }
  return self;
}
