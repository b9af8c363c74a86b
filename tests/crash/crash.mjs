// Kills the server at random moments under load and proves that nothing acknowledged is lost.
import { canLookInside } from './database.mjs';
import { Random } from './random.mjs';
import { playRounds } from './rounds.mjs';

const { FLOTILLA_BIN: binary, FLOTILLA_CRASH_ROUNDS = '200', FLOTILLA_CRASH_SEED } = process.env;
const roundsOfOneStore = 50;
const violationsShown = 20;

const rounds = Number(FLOTILLA_CRASH_ROUNDS);
const seed = Number(FLOTILLA_CRASH_SEED ?? Math.floor(Math.random() * 2 ** 31));
if (!binary || !Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed)) {
  console.error('crash: FLOTILLA_BIN names the program, FLOTILLA_CRASH_ROUNDS and _SEED are numbers');
  process.exit(2);
}

const began = Date.now();
const totals = { sends: 0, events: 0, resumes: 0, retries: 0, snapshots: 0, verified: 0 };
let doing = 'round 1';
let done = 0;
let passed = 0;
let shown = 0;
const failed = new Set();

function report(text) {
  failed.add(doing);
  if (++shown <= violationsShown) console.log(`VIOLATION in ${doing}: ${text}`);
}

/** What was `doing` is over; counts it. */
function next(what) {
  if (!failed.has(doing)) passed += 1;
  doing = what;
}

function seconds() {
  return `${((Date.now() - began) / 1000).toFixed(0)} s`;
}

/** One store for some rounds, with everything looked at again at its end. */
async function playStore(random, index, count) {
  const relaxed = index % 4 === 1;
  const last = done + count;
  const progress = () => {
    done += 1;
    next(done < last ? `round ${done + 1}` : `the end of store ${index + 1}`);
    if (done % 25 === 0) console.log(`round ${done} of ${rounds}, ${seconds()}`);
  };
  const args = relaxed ? ['--durability', 'relaxed'] : [];
  const stage = await playRounds({ binary, args, count, random, report, progress });
  next(`round ${done + 1}`);
  for (const name of Object.keys(totals)) totals[name] += stage.oracle.counts[name];
  if (stage.oracle.violations.length > 0) console.log(`kept for a look: ${stage.data}`);
}

console.log(`crash: ${rounds} rounds, seed ${seed}`);
if (!(await canLookInside())) {
  console.log('no node:sqlite here (Node 22.13 has it): lease tokens are not looked at');
}
const random = new Random(seed);
try {
  for (let index = 0; done < rounds && failed.size === 0; ++index) {
    await playStore(random.fork(), index, Math.min(roundsOfOneStore, rounds - done));
  }
} catch (error) {
  report(error.stack);
}
console.log(
  `${done} rounds in ${seconds()}: ${totals.sends} acknowledged messages, ${totals.events} events ` +
  `seen on streams, ${totals.snapshots} tasks answered, ${totals.resumes} streams resumed, ` +
  `${totals.retries} retries, ${totals.verified} journals verified`);
if (failed.size > 0) {
  console.log(`again: FLOTILLA_CRASH_SEED=${seed} FLOTILLA_CRASH_ROUNDS=${rounds} tests/crash/run`);
}
console.log(`${passed} passed, ${failed.size} failed`);
process.exit(failed.size > 0 ? 1 : 0);
