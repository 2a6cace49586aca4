import { hash } from 'node:crypto';

/**
 * A sample that nobody chose: of all that is offered, the `size` smallest by SHA-256 over the seed and their places. Who
 * knows the seed draws the same one. Costs one hash for each.
 */
export class Sample {
  readonly #size: number;
  readonly #seed: string;
  /** In order of their hashes. */
  readonly #drawn: { readonly rank: string; readonly seq: number }[] = [];

  constructor(size: number, seed: string) {
    this.#size = size;
    this.#seed = seed;
  }

  offer(seq: number): void {
    const rank = hash('sha256', `${this.#seed}\n${seq}`, 'hex');
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
