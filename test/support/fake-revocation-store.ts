import type { ReplacementAnswer, ReplacementRequest } from '../../functions/contracts/rotation.ts';
import { Redacted } from '../../functions/kernel/redacted.ts';
import { admit, type Admissions } from '../../functions/revocation/domain/limit.ts';
import type {
  EvidenceVault,
  Replacements,
  ReplayBook,
  RevocationLimit,
  RevocationStore,
  RunOrder,
  Workflow,
} from '../../functions/revocation/domain/ports.ts';
import { revocationRecord, type RevocationRecord } from '../../functions/revocation/domain/revocation.ts';
import { TRANSITIONS } from '../../functions/revocation/domain/transitions.ts';

/** Records in memory: each write is all or nothing, under the conditions of the real one. */
export class FakeRevocationStore implements RevocationStore {
  readonly records = new Map<string, RevocationRecord>();
  /** Every state that was ever written, in order. */
  readonly written: RevocationRecord[] = [];
  /** Called around each access; may throw. */
  trouble: (access: 'get' | 'before_write' | 'after_write') => void = () => undefined;
  /** Sees each state as it is written, beside the one before. */
  wrote: (before: RevocationRecord | undefined, after: RevocationRecord) => void = () => undefined;

  async get(caseId: string): Promise<RevocationRecord | undefined> {
    await Promise.resolve();
    this.trouble('get');
    const found = this.records.get(caseId);
    return found && structuredClone(found);
  }

  async write(
    record: RevocationRecord,
    seen: number | undefined,
    move: keyof typeof TRANSITIONS | undefined,
  ): Promise<boolean> {
    await Promise.resolve();
    this.trouble('before_write');
    const now = this.records.get(record.caseId);
    if (now?.revision !== seen) return false;
    const from: readonly string[] | undefined = move && TRANSITIONS[move].from;
    if (now !== undefined && from?.includes(now.status) === false) return false;
    const stored = revocationRecord.parse(JSON.parse(JSON.stringify(record)));
    this.records.set(record.caseId, stored);
    this.written.push(stored);
    this.wrote(now, stored);
    this.trouble('after_write');
    return true;
  }
}

export class FakeRevocationLimit implements RevocationLimit {
  #known: Admissions = {};
  readonly #admit: typeof admit;

  constructor(rule = admit) {
    this.#admit = rule;
  }

  async admit(key: string, nowMs: number, revocationsPerHour: number): Promise<boolean> {
    const admitted = this.#admit(this.#known, key, nowMs, revocationsPerHour);
    this.#known = admitted ?? this.#known;
    return Promise.resolve(admitted !== undefined);
  }
}

export class FakeEvidenceVault implements EvidenceVault {
  readonly sealed = new Map<string, string>();

  async open(fingerprint: string): Promise<Redacted | undefined> {
    const secret = this.sealed.get(fingerprint);
    return Promise.resolve(secret === undefined ? undefined : new Redacted(secret));
  }

  async erase(fingerprint: string): Promise<void> {
    this.sealed.delete(fingerprint);
    return Promise.resolve();
  }
}

/** Rotation, as revocation knows it. */
export class FakeReplacements implements Replacements {
  /** Each secret that is managed, by the fingerprint of what leaked: when it will have been replaced, epoch milliseconds. */
  readonly managed = new Map<string, number>();
  readonly asked: ReplacementRequest[] = [];
  trouble: () => void = () => undefined;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => 0) {
    this.#nowMs = nowMs;
  }

  static readonly SECONDS = 60;

  async ask(request: ReplacementRequest): Promise<ReplacementAnswer> {
    await Promise.resolve();
    this.asked.push(request);
    this.trouble();
    const secret = request.do === 'watch' ? request.secret : request.fingerprint;
    const replacedAt = this.managed.get(secret);
    if (replacedAt === undefined) return { answer: 'not_managed' };
    const rotationId = `rot_${secret.slice(0, 32)}`;
    return this.#nowMs() >= replacedAt
      ? { answer: 'go_on', secret, rotationId, status: 'retired' }
      : { answer: 'wait', secret, rotationId, seconds: FakeReplacements.SECONDS };
  }
}

/** Remembers what was started, each name once, and what was resumed. */
export class FakeWorkflow implements Workflow {
  readonly started = new Map<string, RunOrder>();
  readonly resumed: string[] = [];

  async start(name: string, order: RunOrder): Promise<void> {
    if (!this.started.has(name)) this.started.set(name, order);
    return Promise.resolve();
  }

  async resume(token: string): Promise<void> {
    this.resumed.push(token);
    return Promise.resolve();
  }
}

export class FakeReplayBook implements ReplayBook {
  readonly #names = new Set<string>();

  async first(name: string): Promise<boolean> {
    const isFirst = !this.#names.has(name);
    this.#names.add(name);
    return Promise.resolve(isFirst);
  }
}
