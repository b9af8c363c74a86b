// Seeded randomness: the same seed gives the same kills and the same mix of load.

export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** 0 ≤ x < 1 (mulberry32). */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from low to high, both included. */
  int(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.int(0, list.length - 1)];
  }

  /** One of [[weight, value], …]. */
  weighted(choices) {
    const total = choices.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.next() * total;
    for (const [weight, value] of choices) {
      left -= weight;
      if (left < 0) return value;
    }
    return choices.at(-1)[1];
  }

  /** An independent generator, so that one consumer's draws do not shift another's. */
  fork() {
    return new Random(this.int(0, 0xffffffff));
  }
}

const words = ['harbour', 'lantern', 'Ölkanne', 'tide', 'キール', 'mast', 'anchor', 'über', 'rope', 'gull 🕊'];

/** A text that no other call gives: `tag` is unique. */
export function uniqueText(random, tag, count) {
  const parts = [tag];
  for (let i = 0; i < count; ++i) parts.push(random.pick(words));
  return parts.join(' ');
}
