// What the built-in agents must do with a message: the model that the journals are held against.

export const state = {
  submitted: 'TASK_STATE_SUBMITTED',
  working: 'TASK_STATE_WORKING',
  completed: 'TASK_STATE_COMPLETED',
  failed: 'TASK_STATE_FAILED',
  canceled: 'TASK_STATE_CANCELED',
  inputRequired: 'TASK_STATE_INPUT_REQUIRED',
  rejected: 'TASK_STATE_REJECTED',
};
const terminal = new Set([state.completed, state.failed, state.canceled, state.rejected]);
export const isTerminal = (name) => terminal.has(name);
export const isSettled = (name) => terminal.has(name) || name === state.inputRequired;

const padding = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.\n';

function divide(text, count) {
  const characters = Array.from(text);
  if (count > 1 && characters.length < count) {
    return Array.from({ length: count }, (_, k) => `chunk ${k + 1}`);
  }
  const cut = (k) => Math.floor((k * characters.length) / count);
  return Array.from({ length: count }, (_, k) => characters.slice(cut(k), cut(k + 1)).join(''));
}

/** One turn of echo: the message's text, the chunks it must give in order, and how it ends. */
export function echoTurn({ text, chunks = 1, delay = 0, size = 0, ask = null, wait = false,
  bare = false }) {
  const words = [];
  if (ask !== null) words.push(`ask="${ask}"`);
  if (wait) words.push('wait');
  if (bare) words.push('message');
  if (chunks !== 1) words.push(`chunks=${chunks}`);
  if (delay) words.push(`delay=${delay}ms`);
  if (size) words.push(`size=${size}`);
  // `size` is used with ASCII texts only: a character is a byte.
  let echoed = size ? text.slice(0, size) : text;
  for (let at = text.length; at < size; ++at) echoed += padding[(at - text.length) % padding.length];
  return {
    text: [...words, text].join(' '),
    artifactId: (turn) => `echo-${turn}`,
    chunks: bare ? [] : divide(echoed, chunks),
    final: wait ? null : ask !== null ? state.inputRequired : state.completed,
    note: bare ? text : ask,
  };
}

/** A turn that answers with one artifact and completes. */
export function answerTurn(text, artifactId, answer) {
  return {
    text, artifactId: () => artifactId, chunks: [answer], final: state.completed, note: null,
  };
}
