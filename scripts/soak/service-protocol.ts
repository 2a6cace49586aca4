/** What a service that uses a rotated credential and the soak say to each other, over Node's IPC channel alone. */

export interface ServiceSettings {
  /** What its policy calls it. */
  readonly consumer: string;
  /** The managed secret: as Secrets Manager and as its policy name it. */
  readonly secretId: string;
  readonly secret: string;
  readonly deskName: string;
  /** Milliseconds that it keeps a version before it reads again. */
  readonly keepMs: number;
  /** Requests a second, whatever becomes of them. */
  readonly perSecond: number;
  readonly options: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
}

/** Late: it hears nothing of Secrets Manager, and goes on with what it has. */
export type ServiceCommand =
  | { readonly op: 'start'; readonly settings: ServiceSettings }
  | { readonly op: 'late'; readonly late: boolean }
  | { readonly op: 'stop' };

/** A second of its life; requests count in the second in which they ended. */
export interface ServiceSecond {
  /** Epoch milliseconds of its end. */
  readonly at: number;
  readonly succeeded: number;
  /** Requests that ended otherwise: what a user of the service sees. */
  readonly failed: number;
  /** Requests that were refused at first and succeeded with the version that was read then. */
  readonly retried: number;
  /** From the moment at which a request was due to its success, milliseconds. */
  readonly latencies: readonly number[];
  /** The longest time between two successes that ended in it, milliseconds. */
  readonly longestGapMs: number;
  /** Codes of what failed. */
  readonly errors: readonly string[];
}

export type ServiceReport =
  | { readonly event: 'started' }
  | ({ readonly event: 'second' } & ServiceSecond)
  | { readonly event: 'stopped' };
