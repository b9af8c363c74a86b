// count.mjs FOLDER OUTPUT: how many checks of a run passed and failed, scored or not. A warning is a
// failure. Names the failed ones on stderr.
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';

const [folder, output] = process.argv.slice(2);
let passed = 0;
let failed = 0;
const scenarios = existsSync(folder) ? readdirSync(folder) : [];
for (const scenario of scenarios) {
  const file = join(folder, scenario, 'checks.json');
  const checks = JSON.parse(readFileSync(file, 'utf8'));
  for (const check of checks) {
    if (check.status === 'SUCCESS') passed += 1;
    if (check.status !== 'FAILURE' && check.status !== 'WARNING') continue;
    failed += 1;
    console.error(`${check.status} ${scenario}: ${check.id}: ${check.errorMessage ?? check.description}`);
  }
}
// The summary must agree: a scenario that died has no file.
const total = /^Total: (\d+) passed, (\d+) failed/m.exec(readFileSync(output, 'utf8'));
if (total && Number(total[2]) > failed) failed = Number(total[2]);
console.log(passed, failed);
