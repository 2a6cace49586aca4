import { inspect } from 'node:util';

const PLACEHOLDER = '[redacted]';

/**
 * A secret in memory. Printing, serialising, interpolating or inspecting it shows `[redacted]`;
 * the one way to its value is {@link Redacted.reveal}, which a reviewer can search for.
 */
export class Redacted {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. Call it only where the secret must be used, never to store or print it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return PLACEHOLDER;
  }

  toJSON(): string {
    return PLACEHOLDER;
  }

  [Symbol.toPrimitive](): string {
    return PLACEHOLDER;
  }

  [inspect.custom](): string {
    return PLACEHOLDER;
  }
}
