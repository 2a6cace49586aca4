/** How providers answer: what was asked of them, what they said, and that they said nothing. */
/** An outage, a rate limit or an answer that cannot be read. Try again, not before `retryAfterSeconds` where given. */
export interface Unavailable {
  readonly outcome: 'unavailable';
  readonly reason: string;
  readonly retryAfterSeconds?: number;
}

/** What was asked and answered, for the record: never a header, a body or a query that could hold a secret. */
export interface ProviderCall {
  /** `GET api.example/user`: method, host and path with every part that could be secret replaced. */
  readonly request: string;
  /** HTTP status, or the name of the error where there was no answer. */
  readonly answer: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly tookMs: number;
}

/** An answer and the calls that led to it, in order. */
export interface Told<T> {
  readonly answer: T;
  readonly calls: readonly ProviderCall[];
}
