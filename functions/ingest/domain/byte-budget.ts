/** So many bytes at once, over all logs: whoever asks first is served first. */
export class ByteBudget {
  #free: number;
  readonly #waiting: { readonly bytes: number; readonly grant: () => void }[] = [];

  constructor(bytes: number) {
    this.#free = bytes;
  }

  /**
   * Waits until `bytes`, at most the whole budget, are free.
   * @returns false when stopped before; nothing is taken then
   */
  async take(bytes: number, stop: AbortSignal): Promise<boolean> {
    if (stop.aborted) return false;
    if (this.#waiting.length === 0 && bytes <= this.#free) {
      this.#free -= bytes;
      return true;
    }
    return new Promise((resolve) => {
      const waiter = {
        bytes,
        grant: () => {
          stop.removeEventListener('abort', leave);
          this.#free -= bytes;
          resolve(true);
        },
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        resolve(false);
        this.#serve();
      };
      stop.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  /** Books what was taken at another size than was asked for; an entry may be larger than its share. */
  adjust(from: number, to: number): void {
    this.#free += from - to;
    this.#serve();
  }

  give(bytes: number): void {
    this.adjust(bytes, 0);
  }

  #serve(): void {
    for (
      let first = this.#waiting[0];
      first !== undefined && first.bytes <= this.#free;
      first = this.#waiting[0]
    ) {
      this.#waiting.shift();
      first.grant();
    }
  }
}
