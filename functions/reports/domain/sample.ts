import { hash } from 'node:crypto';

/** By place in the log, where it stands in the order by which samples are drawn. */
export type RankOf = (seq: number) => string;

/**
 * An order that nobody chose: by SHA-256 over the seed and the place. Who knows the seed has the same one. Remembers the
 * last place, since one entry is offered to many samples.
 */
export function rankBy(seed: string): RankOf {
  let last = { seq: -1, rank: '' };
  return (seq) => {
    if (seq !== last.seq) last = { seq, rank: hash('sha256', `${seed}\n${seq}`, 'hex') };
    return last.rank;
  };
}

/** Of all that is offered, the `size` first by their ranks. */
export class Sample {
  readonly #size: number;
  readonly #rankOf: RankOf;
  /** In order of their ranks. */
  readonly #drawn: { readonly rank: string; readonly seq: number }[] = [];

  constructor(size: number, rankOf: RankOf) {
    this.#size = size;
    this.#rankOf = rankOf;
  }

  offer(seq: number): void {
    const rank = this.#rankOf(seq);
    const last = this.#drawn.at(-1);
    if (this.#drawn.length >= this.#size && (last === undefined || rank >= last.rank)) return;
    const at = this.#drawn.findIndex((one) => one.rank > rank);
    this.#drawn.splice(at < 0 ? this.#drawn.length : at, 0, { rank, seq });
    if (this.#drawn.length > this.#size) this.#drawn.pop();
  }

  /** Places in the log, in their order. */
  seqs(): number[] {
    return this.#drawn.map(({ seq }) => seq).sort((a, b) => a - b);
  }
}
