// Writes random schemas with values and ajv's verdict on them, in the form of the official suite:
//   node generate.mjs SEED SCHEMAS draft2020-12|draft7 FILE
// The same seed makes the same file. What ajv cannot compile is left out and counted.

import { writeFileSync } from 'node:fs';
import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';

const [seed, count, dialect, file] = process.argv.slice(2);
const modern = dialect === 'draft2020-12';
const VALUES = 6; // for each schema

// mulberry32
let state = Number(seed) >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const chance = (p) => random() < p;
const pick = (list) => list[below(list.length)];
const some = (list, p) => list.filter(() => chance(p));
const times = (n, make) => Array.from({ length: n }, make);

const NAMES = ['a', 'b', 'c', 'dd', 'e/f', '~g', 'ä', ''];
// ajv takes a missing member with the empty name for none.
const REQUIRED = NAMES.filter((name) => name !== '');
const STRINGS = ['', 'a', 'ab', 'abc', 'x1', '42', 'ÄÖ', '😀', '😀😀', 'a b', 'A-B', 'line\nbreak', '2026-01-31'];
const NUMBERS = [0, -0, 1, -1, 2, 3, 4, 5, 7, 10, 12, 100, 0.5, 1.5, -2.5, 0.25, 1e3, 1e-3, 9007199254740991];
const PATTERNS = ['^a', 'b$', '^[a-z]+$', '\\d', '^\\w*$', '\\s', '^.{2}$', '[^a]', '^(?:a|ab)(c|)$', '\\p{L}',
  '^\\p{Lu}', '\\u{1F600}', '^$', '^[\\w-]+$', 'a{2,3}', '[\\u00c4\\-]'];
const TYPES = ['null', 'boolean', 'number', 'string', 'array', 'object', 'integer'];

function value(depth) {
  const kind = below(depth > 0 ? 8 : 5);
  if (kind === 0) return null;
  if (kind === 1) return chance(0.5);
  if (kind === 2 || kind === 3) return pick(NUMBERS);
  if (kind === 4) return pick(STRINGS);
  if (kind < 6) return times(below(5), () => value(depth - 1));
  return Object.fromEntries(some(NAMES, 0.35).map((name) => [name, value(depth - 1)]));
}

// `inside`: below a keyword that goes into the value, so that a reference cannot turn in circles.
function schema(depth, inside = true) {
  if (chance(0.06)) return chance(0.75);
  const out = {};
  if (inside && chance(0.12)) {
    out.$ref = `#/${modern ? '$defs' : 'definitions'}/${pick(['one', 'two'])}`;
    if (!modern) return out;
  }
  const parts = depth > 0 ? 1 + below(3) : 1;
  for (let i = 0; i < parts; i += 1) pick(depth > 0 ? PARTS : LEAVES)(out, depth - 1, inside);
  return out;
}
const schemas = (depth, inside) => times(1 + below(3), () => schema(depth, inside));

const LEAVES = [
  (s) => { s.type = chance(0.7) ? pick(TYPES) : [...new Set(times(2, () => pick(TYPES)))]; },
  (s) => { s.enum = times(1 + below(4), () => value(1)); },
  (s) => { s.const = value(1); },
  (s) => { s[pick(['minimum', 'exclusiveMinimum'])] = pick(NUMBERS); },
  (s) => { s[pick(['maximum', 'exclusiveMaximum'])] = pick(NUMBERS); },
  // Divisors that binary fractions represent: ajv divides doubles.
  (s) => { s.multipleOf = pick([1, 2, 3, 0.5, 0.25, 5]); },
  (s) => { s[pick(['minLength', 'maxLength'])] = below(4); },
  (s) => { s.pattern = pick(PATTERNS); },
  (s) => { s[pick(['minItems', 'maxItems'])] = below(4); },
  (s) => { s[pick(['minProperties', 'maxProperties'])] = below(4); },
  (s) => { s.required = some(REQUIRED, 0.25); },
  (s) => { s.uniqueItems = chance(0.8); },
  (s) => {
    if (modern) s.dependentRequired = { [pick(NAMES)]: some(REQUIRED, 0.25) };
    else s.dependencies = { [pick(NAMES)]: some(REQUIRED, 0.25) };
  },
];
const PARTS = [
  ...LEAVES,
  (s, d) => { s.properties = Object.fromEntries(some(NAMES, 0.4).map((name) => [name, schema(d)])); },
  (s, d) => { s.patternProperties = Object.fromEntries(times(1 + below(2), () => [pick(PATTERNS), schema(d)])); },
  (s, d) => { s.additionalProperties = chance(0.4) ? false : schema(d); },
  (s, d) => { s.propertyNames = schema(Math.min(d, 0)); },
  (s, d) => {
    if (modern) s.prefixItems = schemas(d);
    else s.items = schemas(d);
  },
  (s, d) => {
    if (modern || !Array.isArray(s.items)) s.items = schema(d);
    else s.additionalItems = schema(d);
  },
  (s, d) => {
    s.contains = schema(d);
    if (modern && chance(0.5)) s.minContains = below(3);
    if (modern && chance(0.5)) s.maxContains = below(3);
  },
  (s, d, inside) => { s.allOf = schemas(d, inside); },
  (s, d, inside) => { s.anyOf = schemas(d, inside); },
  (s, d, inside) => { s.oneOf = schemas(d, inside); },
  (s, d, inside) => { s.not = schema(d, inside); },
  (s, d, inside) => {
    s.if = schema(d, inside);
    if (chance(0.7)) s.then = schema(d, inside);
    if (chance(0.7)) s.else = schema(d, inside);
  },
  (s, d, inside) => {
    s[modern ? 'dependentSchemas' : 'dependencies'] = { [pick(NAMES)]: schema(d, inside) };
  },
];

// A value that has a fair chance to match.
function towards(s, depth) {
  if (depth < 0 || s === true || s === false || chance(0.1)) return value(1);
  if (s.const !== undefined) return s.const;
  if (s.enum) return pick(s.enum);
  if (s.$ref) return towards(root[modern ? '$defs' : 'definitions'][s.$ref.split('/').pop()], depth - 1);
  for (const list of ['allOf', 'anyOf', 'oneOf']) if (s[list] && chance(0.5)) return towards(pick(s[list]), depth - 1);
  if (s.if && chance(0.4)) return towards(pick([s.if, s.then ?? s.if, s.else ?? s.if]), depth - 1);
  if (s.properties || s.required || s.patternProperties) {
    const out = {};
    for (const name of s.required ?? []) out[name] = value(1);
    for (const [name, one] of Object.entries(s.properties ?? {})) if (chance(0.7)) out[name] = towards(one, depth - 1);
    if (s.patternProperties && chance(0.5)) out[pick(STRINGS)] = towards(Object.values(s.patternProperties)[0], depth - 1);
    return out;
  }
  const first = s.prefixItems ?? (Array.isArray(s.items) ? s.items : undefined);
  const rest = Array.isArray(s.items) ? s.additionalItems : s.items;
  if (first || rest || s.contains) {
    const out = (first ?? []).map((one) => towards(one, depth - 1));
    if (rest && chance(0.7)) out.push(...times(below(3), () => towards(rest, depth - 1)));
    if (s.contains && chance(0.7)) out.push(towards(s.contains, depth - 1));
    return out;
  }
  const type = Array.isArray(s.type) ? s.type[0] : s.type;
  if (type === 'string' || s.pattern || s.minLength !== undefined) return pick(STRINGS);
  if (type === 'number' || type === 'integer' || s.minimum !== undefined || s.multipleOf) return pick(NUMBERS);
  if (type === 'array' || s.minItems !== undefined) return times(below(4), () => value(1));
  if (type === 'object' || s.minProperties !== undefined) return Object.fromEntries(some(NAMES, 0.4).map((name) => [name, value(1)]));
  if (type === 'boolean') return chance(0.5);
  if (type === 'null') return null;
  return value(2);
}

// Where ajv 8 is known to be wrong, its verdict is not asked for: it loses what alternatives and
// `contains` have seen of a value (so unevaluated keywords stand beside plain ones only, at the root),
// and an empty array has the verdict of another place for `contains`.
function addUnevaluated(s) {
  const inPlace = ['anyOf', 'oneOf', 'not', 'if', 'allOf', '$ref', 'dependentSchemas'];
  if (!modern || inPlace.some((name) => name in s)) return;
  if (chance(0.4)) s.unevaluatedProperties = chance(0.5) ? false : schema(1);
  if (!('contains' in s) && chance(0.4)) s.unevaluatedItems = chance(0.5) ? false : schema(1);
}
function hasEmptyArray(data) {
  if (data === null || typeof data !== 'object') return false;
  return (Array.isArray(data) && data.length === 0) || Object.values(data).some(hasEmptyArray);
}

let root;
let leftOut = 0;
const groups = [];
const verdicts = { true: 0, false: 0 };
while (groups.length < Number(count)) {
  root = schema(3, false);
  if (typeof root === 'boolean') root = {};
  addUnevaluated(root);
  root[modern ? '$defs' : 'definitions'] = { one: schema(1, false), two: schema(2, false) };
  root.$schema = modern ? 'https://json-schema.org/draft/2020-12/schema' : 'http://json-schema.org/draft-07/schema#';
  const asksContains = JSON.stringify(root).includes('"contains"');
  const values = times(VALUES, () => (chance(0.7) ? towards(root, 6) : value(3)))
    .filter((data) => !asksContains || !hasEmptyArray(data));
  try {
    const validate = new (modern ? Ajv2020 : Ajv)({ strict: false, validateFormats: false, logger: false }).compile(root);
    const tests = values.map((data, i) => ({ description: `value ${i}`, data, valid: validate(data) }));
    for (const { valid } of tests) verdicts[valid] += 1;
    groups.push({ description: `schema ${groups.length}: ${JSON.stringify(root)}`, schema: root, tests });
  } catch {
    leftOut += 1;
  }
}
writeFileSync(file, JSON.stringify(groups));
console.log(`${dialect}, seed ${seed}: ${verdicts.true} matching and ${verdicts.false} other values for ${count} schemas; ` +
  `${leftOut} that ajv cannot compile or run left out`);
