// Starts the server under test on a free port, for one test file.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export async function startFlotilla(args = []) {
  const binary = process.env.FLOTILLA_BIN;
  if (!binary) throw new Error('FLOTILLA_BIN names no binary');
  const child = spawn(binary, ['serve', '--listen', '127.0.0.1:0', '--database', 'sqlite::memory:', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const match = /^flotilla listening on (\S+)$/.exec(line);
      if (match) resolve(match[1]);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready`)));
  });
  const url = await ready;
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

/** All items of an async iterable, at most `limit`. */
export async function collect(iterable, limit = 1000) {
  const items = [];
  for await (const item of iterable) {
    items.push(item);
    if (items.length >= limit) break;
  }
  return items;
}
