// The server under test: started on one port for ever, killed at will.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const startLimit = 30_000;
const linesKept = 60;
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A port that nobody listens on now. */
export async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

export class Server {
  #child = null;
  #exited = null;
  #doomed = false;
  /** Told of an exit that nobody asked for. */
  onCrash = () => {};
  /** Set while the server was asked to stop: it may close streams and refuse work. */
  draining = false;
  log = [];

  constructor({ binary, data, port, args = [], launcher = [] }) {
    Object.assign(this, { binary, data, port, args, launcher });
  }

  get pid() {
    return this.#child?.pid;
  }

  /** Starts the process; `ready` resolves when it serves, to false when it ended before. */
  spawn() {
    const [program, ...args] = [
      ...this.launcher, this.binary, 'serve', '--listen', `127.0.0.1:${this.port}`,
      '--data', this.data, '--log-level', 'warn', ...this.args,
    ];
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    });
    running.add(child);
    this.#child = child;
    this.#doomed = false;
    this.draining = false;
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        running.delete(child);
        if (!this.#doomed) this.onCrash(`the server ended by itself: ${signal ?? code}\n${this.tail()}`);
        resolve(code);
      });
    });
    this.#keepLines(child.stderr);
    return { ready: this.#waitUntilReady(child) };
  }

  async start() {
    const ready = await this.spawn().ready;
    if (!ready) throw new Error(`the server did not start\n${this.tail()}`);
  }

  #waitUntilReady(child) {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(
        () => reject(new Error(`not ready after ${startLimit} ms\n${this.tail()}`)), startLimit);
      let text = '';
      const done = (ready) => {
        clearTimeout(limit);
        resolve(ready);
      };
      child.stdout.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
        if (/^flotilla listening on \S+$/m.test(text)) done(true);
      });
      child.once('exit', () => done(false));
    });
  }

  #keepLines(stream) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      this.log.push(...lines);
      this.log.splice(0, Math.max(0, this.log.length - linesKept));
    });
  }

  tail() {
    return this.log.map((line) => `    ${line}`).join('\n');
  }

  /** From now on an exit is expected. */
  expectExit() {
    this.#doomed = true;
    return this.#exited;
  }

  async kill() {
    this.#doomed = true;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Asks the server to stop; kill() may follow at any time. */
  terminate() {
    this.#doomed = true;
    this.draining = true;
    this.#child.kill('SIGTERM');
  }
}
