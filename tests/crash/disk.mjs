// Takes the disk away under load: each error says so, nothing false is acknowledged, reads go on,
// and once the disk is back everything goes on without a restart. The oracle is that of the crashes.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Refused } from './client.mjs';
import { Random } from './random.mjs';
import { Stage } from './rounds.mjs';

const { FLOTILLA_BIN: binary, FLOTILLA_CRASH_SEED = '1' } = process.env;
const clients = 8;
const warmUp = 600;
const refusalsWanted = 30;
const faultLimit = 20_000;
const patience = 2_000;
const recoveryLimit = 10_000;
const diskSize = '96m';  // more than the log of the database grows to
const run = promisify(execFile);

/** Waits until `reached()`; false when it takes too long. */
async function wait(reached, limit) {
  const deadline = Date.now() + limit;
  while (!reached()) {
    if (Date.now() > deadline) return false;
    await sleep(10);
  }
  return true;
}

/** Reads that need no disk space while writes are refused. */
async function checkReads(stage, taskId) {
  const { client } = stage.world;
  await client.get('/health/live');
  const view = await client.get(`/api/v1/tasks/${taskId}`);
  const page = await client.get(`/api/v1/tasks/${taskId}/events`);
  if (!view.direct) await client.rpc(view.agent, 'GetTask', { id: taskId });
  if (page.items.length !== view.seq) throw new Error(`${view.seq} events, ${page.items.length} read`);
}

/** Until enough was refused. Clients may all wait for tasks that cannot go on without the disk; then
 * others come, and write. */
async function refuse(stage) {
  const deadline = Date.now() + faultLimit;
  const enough = () => stage.world.refusals.length >= refusalsWanted;
  while (!(await wait(enough, patience))) {
    if (Date.now() > deadline) return false;
    stage.addClients(clients);
  }
  return true;
}

/** The load over one fault: `fault` has take() and giveBack(); `reasons` are the errors to come. */
async function playFault(stage, fault, reasons) {
  const { world, oracle } = stage;
  const isOurs = (error) => reasons.includes(error.reason);
  await stage.serve();
  stage.startLoad(clients);
  if (!(await wait(() => oracle.verified.size > 20, faultLimit))) throw new Error('the load does not run');
  await sleep(warmUp);

  world.tolerates = isOurs;
  await fault.take();
  if (!(await refuse(stage))) {
    oracle.violation(`only ${world.refusals.length} errors in ${faultLimit} ms of writing without a disk`);
  }
  const answers = world.refusals.filter((error) => error.detail);  // a stream's bye has none
  const vague = answers.find((error) => !/\bdisk\b/i.test(error.detail));
  if (vague) oracle.violation(`the error does not name the disk: ${vague.message}`);
  console.log(`  ${world.refusals.length} refusals, such as "${answers[0]?.message}"`);
  for (const taskId of [...oracle.verified.keys()].slice(0, 5)) await checkReads(stage, taskId);

  await fault.giveBack();
  await sleep(recoveryLimit / 10);  // answers that were under way
  world.tolerates = () => false;
  const before = world.answered;
  if (!(await wait(() => world.answered > before + 50, recoveryLimit))) {
    oracle.violation(`${world.answered - before} answers in ${recoveryLimit} ms with the disk back`);
  }
  await stage.finish();
}

/** A disk of its own, in this mount namespace only. */
async function makeDisk() {
  const path = await mkdtemp(join(tmpdir(), 'flotilla-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskSize}`, 'flotilla-crash', path]);
  return path;
}

async function removeDisk(path) {
  await run('umount', [path]);
  await rm(path, { recursive: true });
}

/** Fills the disk with a file, to its last page, again and again. */
class FullDisk {
  #filling = false;

  constructor(path) {
    this.path = join(path, 'filler');
  }

  async take() {
    this.file = await open(this.path, 'w');
    this.#filling = true;
    this.filler = this.#fill();
    await wait(() => this.full, faultLimit);
  }

  async #fill() {
    let size = 1 << 20;
    while (this.#filling) {
      try {
        await this.file.write(Buffer.alloc(size));
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error;
        this.full = size === 4096;
        size = 4096;
        if (this.full) await sleep(5);
      }
    }
  }

  async giveBack() {
    this.#filling = false;
    await this.filler;
    await this.file.close();
    await rm(this.path);
  }
}

async function full(random, report) {
  const disk = await makeDisk();
  const stage = await Stage.open({ binary, data: join(disk, 'data'), random, report });
  const { blocks, bsize } = await statfs(disk);
  console.log(`  a disk of ${(blocks * bsize) >> 20} MiB`);
  await playFault(stage, new FullDisk(disk), ['STORAGE_FULL']);
  await removeDisk(disk);
}

/**
 * No write to any file goes through: a limit of the process, since a disk with files open for
 * writing cannot be mounted read-only. The error is EFBIG instead of EROFS.
 */
async function stuck(random, report) {
  const launcher = ['bash', '-c', 'trap "" XFSZ; exec "$@"', 'launcher'];
  const stage = await Stage.open({ binary, launcher, random, report });
  const limit = (value) => run('prlimit', ['--pid', String(stage.server.pid), `--fsize=${value}`]);
  const fault = { take: () => limit('0:unlimited'), giveBack: () => limit('unlimited:unlimited') };
  await playFault(stage, fault, ['STORAGE_FULL', 'STORAGE_READ_ONLY', 'STORAGE_FAILED']);
}

/** A disk that is read-only when the server starts: it says so and ends. Then it is writable. */
async function readOnly(random, report) {
  const disk = await makeDisk();
  const stage = await Stage.open({ binary, data: join(disk, 'data'), random, report });
  await stage.serve();
  await stage.kill();
  await run('mount', ['-o', 'remount,bind,ro', disk]);
  const attempt = stage.server.spawn();
  const exited = stage.server.expectExit();
  if (await attempt.ready) {
    report('the server says that it is ready on a read-only disk');
    await stage.kill();
  } else {
    const code = await exited;
    const text = stage.server.log.join('\n');
    if (code !== 1) report(`it ended with ${code}, not 1`);
    if (!/read-only/i.test(text)) report(`it does not say that the disk is read-only: ${text}`);
    console.log(`  it says: ${stage.server.log.at(-1)}`);
  }
  await run('mount', ['-o', 'remount,bind,rw', disk]);
  await stage.serve();
  stage.startLoad(clients);
  await sleep(warmUp);
  await stage.finish();
  await removeDisk(disk);
}

const tests = { full, stuck, 'read-only': readOnly };
const random = new Random(Number(FLOTILLA_CRASH_SEED));
const counts = { passed: 0, failed: 0 };
for (const name of process.argv.slice(2)) {
  console.log(`disk: ${name}`);
  let good = true;
  let shown = 0;
  const report = (text) => {
    good = false;
    if (++shown <= 20) console.log(`VIOLATION, disk ${name}: ${text}`);
  };
  try {
    await tests[name](random.fork(), report);
  } catch (error) {
    report(error instanceof Refused ? error.message : error.stack);
  }
  counts[good ? 'passed' : 'failed'] += 1;
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed > 0 ? 1 : 0);
