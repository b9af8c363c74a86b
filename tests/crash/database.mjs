// The database file itself, when the server is gone: its own integrity, and what no API shows.

async function openReadOnly(path) {
  let sqlite;
  try {
    const warn = process.emitWarning;
    process.emitWarning = () => {};  // "experimental"
    sqlite = await import('node:sqlite');
    process.emitWarning = warn;
  } catch {
    return null;  // Node below 22.13
  }
  return new sqlite.DatabaseSync(path);
}

export const canLookInside = async () => (await openReadOnly(':memory:')) !== null;

/** All that is wrong with the file in that data directory; nothing when Node cannot read it. */
export async function databaseFaults(data) {
  const database = await openReadOnly(`${data}/flotilla.db`);
  if (!database) return [];
  const faults = [];
  const integrity = database.prepare('PRAGMA integrity_check').all();
  if (integrity[0]?.integrity_check !== 'ok') faults.push(`integrity: ${JSON.stringify(integrity)}`);
  const tokens = database.prepare(
    `SELECT stream, seq, lease_token AS token, max(lease_token) OVER
       (PARTITION BY stream ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
     FROM event WHERE lease_token > 0`);
  for (const { stream, seq, token, before } of tokens.iterate()) {
    if (before !== null && token < before) {
      faults.push(`${stream} seq ${seq}: written under lease ${token} after ${before}`);
    }
  }
  const runs = database.prepare(
    'SELECT count(*) AS held FROM task WHERE state NOT IN (1, 2) AND lease_holder IS NOT NULL').get();
  if (runs.held > 0) faults.push(`${runs.held} tasks that do not run have a lease`);
  database.close();
  return faults;
}
