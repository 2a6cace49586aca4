/** What the rotators of all databases do alike: passwords are ours, so to make one needs no server. */
import type { Clock } from '../../kernel/clock.ts';
import type { Told } from '../../kernel/provider-call.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import {
  alternateOf,
  readDatabaseSecret,
  withCredential,
  type DatabaseCredential,
} from '../domain/database-secret.ts';
import type { Change, Liveness, Refused, RotationOrder, Rotator } from '../domain/ports.ts';
import { recordCalls, type Call, type Fault } from './recorded-calls.ts';

export const DONE = { outcome: 'done' } as const;
export const refusal = (reason: string): Refused => ({ outcome: 'refused', reason });

/** The credential that a value holds, and the current one. A value of another server than the current one's is refused. */
export function readCredentials(
  order: RotationOrder,
  value: Redacted,
  port: number,
): Result<{ readonly current: DatabaseCredential; readonly credential: DatabaseCredential }, string> {
  const current = readDatabaseSecret(order.current, port);
  if (!current.ok) return current;
  const credential = readDatabaseSecret(value, port);
  if (!credential.ok) return credential;
  if (credential.value.host !== current.value.host || credential.value.port !== current.value.port)
    return err('the value is for another server than the secret: nothing was sent');
  return ok({ current: current.value, credential: credential.value });
}

/** The users that a secret may name: one, or two that take turns. */
export interface Users {
  readonly alternating: boolean;
  /** The first of two, or the only one. */
  readonly base: string;
  readonly clone: string;
}

/** @returns why the value is not of one of the secret's users */
export function readUsers(
  order: RotationOrder,
  { current, credential }: { readonly current: DatabaseCredential; readonly credential: DatabaseCredential },
  cloneSuffix: string,
): Result<Users, string> {
  const alternating = order.strategy === 'alternating_users';
  const { base, clone } = alternateOf(current.username, cloneSuffix);
  const mine = alternating ? [base, clone] : [current.username];
  if (!mine.includes(credential.username)) return err('the value names a user that is not of this secret');
  return ok({ alternating, base: alternating ? base : current.username, clone });
}

/** Whose password is made next. */
export const nextUser = ({
  alternating,
  base,
  clone,
  credential,
}: Users & { readonly credential: DatabaseCredential }): string =>
  alternating && credential.username === base ? clone : base;

interface Database<Subject> {
  readonly clock: Clock;
  readonly defaultPort: number;
  readonly faultOf: (error: unknown) => Fault | undefined;
  /** What a fault means to who changes something; what else there is may pass by itself. */
  readonly explain: (fault: Fault) => Refused | undefined;
  /** Reads and checks all that an order is about. A value of another server, or of a user that is not its own, is refused. */
  readonly subjectOf: (order: RotationOrder, value: Redacted) => Result<Subject, string>;
  readonly livenessOf: (call: Call, subject: Subject) => Promise<Liveness>;
  readonly nextUser: (subject: Subject) => string;
}

export function databaseCommons<Subject>(database: Database<Subject>): Pick<
  Rotator,
  'describe' | 'secretsIn' | 'create' | 'probe'
> & {
  /** Changes something on the server, with every call recorded. */
  readonly change: (
    order: RotationOrder,
    value: Redacted,
    work: (call: Call, subject: Subject) => Promise<Change>,
  ) => Promise<Told<Change>>;
} {
  const { clock, defaultPort, faultOf, explain, subjectOf, livenessOf } = database;
  return {
    describe(value) {
      const read = readDatabaseSecret(value, defaultPort);
      if (!read.ok) return read;
      const { username, host, port } = read.value;
      return ok({ id: username, account: `${host}:${port}` });
    },

    secretsIn(value) {
      const read = readDatabaseSecret(value, defaultPort);
      return read.ok ? [read.value.password] : [];
    },

    async create(order) {
      const subject = subjectOf(order, order.current);
      if (!subject.ok) return { answer: refusal(subject.error), calls: [] };
      const username = database.nextUser(subject.value);
      const value = withCredential(order.current, { username, password: order.newPassword() });
      return {
        answer: value.ok ? { outcome: 'created', value: value.value } : refusal(value.error),
        calls: [],
      };
    },

    async probe(order, value) {
      const subject = subjectOf(order, value);
      if (!subject.ok) return { answer: { outcome: 'unavailable', reason: subject.error }, calls: [] };
      return recordCalls<Liveness>(
        clock,
        faultOf,
        (call) => livenessOf(call, subject.value),
        () => undefined,
      );
    },

    async change(order, value, work) {
      const subject = subjectOf(order, value);
      if (!subject.ok) return { answer: refusal(subject.error), calls: [] };
      return recordCalls<Change>(clock, faultOf, (call) => work(call, subject.value), explain);
    },
  };
}
