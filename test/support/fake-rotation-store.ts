import { moveCondition } from '../../functions/kernel/moves.ts';
import { Redacted } from '../../functions/kernel/redacted.ts';
import type {
  RotationStore,
  SecretVault,
  SecretVersion,
  StagingLabel,
  Versions,
} from '../../functions/rotation/domain/ports.ts';
import { rotationRecord, type RotationRecord } from '../../functions/rotation/domain/rotation.ts';
import { ROTATION_MOVES, type Move } from '../../functions/rotation/domain/transitions.ts';

/** What goes wrong around an access; may throw. */
export type StoreTrouble = (access: 'read' | 'before_write' | 'after_write') => void;

/** Records in memory: each write is all or nothing, under the conditions of the real one. */
export class FakeRotationStore implements RotationStore {
  readonly records = new Map<string, RotationRecord>();
  /** Every state that was ever written, in order. */
  readonly written: RotationRecord[] = [];
  /** Called after each write, when everybody can see it. */
  wrote: (record: RotationRecord) => void = () => undefined;
  trouble: StoreTrouble = () => undefined;

  async get(secret: string): Promise<RotationRecord | undefined> {
    await Promise.resolve();
    this.trouble('read');
    const found = this.records.get(secret);
    return found && structuredClone(found);
  }

  async write(record: RotationRecord, seen: number | undefined, move: Move | undefined): Promise<boolean> {
    await Promise.resolve();
    this.trouble('before_write');
    const now = this.records.get(record.secret);
    if (now?.revision !== seen) return false;
    const from = move && Object.values(moveCondition(ROTATION_MOVES, move).values);
    if (now !== undefined && from?.includes(now.status) === false) return false;
    const stored = rotationRecord.parse(JSON.parse(JSON.stringify(record)));
    this.records.set(record.secret, stored);
    this.written.push(stored);
    this.wrote(stored);
    this.trouble('after_write');
    return true;
  }
}

interface FakeSecret {
  readonly versions: Map<string, string>;
  /** Each label is on one version. */
  readonly labels: Map<string, string>;
}

/** Secrets Manager in memory, as far as a rotation uses it. */
export class FakeSecretVault implements SecretVault {
  readonly secrets = new Map<string, FakeSecret>();
  trouble: StoreTrouble = () => undefined;
  /** Called after each change, when it is to be seen by everybody. */
  changed: (change: string, secretId: string, versionId: string) => void = () => undefined;

  /** A secret with its first version. */
  add(secretId: string, versionId: string, value: string): void {
    this.secrets.set(secretId, {
      versions: new Map([[versionId, value]]),
      labels: new Map([['AWSCURRENT', versionId]]),
    });
  }

  /** As `RotateSecret` announces a version: a label and no value. */
  announce(secretId: string, versionId: string): void {
    const { versions, labels } = this.of(secretId);
    if (!versions.has(versionId)) labels.set('AWSPENDING', versionId);
  }

  of(secretId: string): FakeSecret {
    const found = this.secrets.get(secretId);
    if (found === undefined) throw new Error(`There is no secret ${secretId}.`);
    return found;
  }

  /** The text that is published. */
  current(secretId: string): string | undefined {
    const { versions, labels } = this.of(secretId);
    return versions.get(labels.get('AWSCURRENT') ?? '');
  }

  async versions(secretId: string): Promise<Versions> {
    await this.#read();
    const { versions, labels } = this.of(secretId);
    return new Map(
      [...new Set([...versions.keys(), ...labels.values()])].map((id) => [
        id,
        [...labels].flatMap(([label, at]) => (at === id ? [label] : [])),
      ]),
    );
  }

  async byLabel(secretId: string, label: StagingLabel): Promise<SecretVersion | undefined> {
    await this.#read();
    const { versions, labels } = this.of(secretId);
    return versionOf(labels.get(label), versions);
  }

  async byVersion(secretId: string, versionId: string): Promise<SecretVersion | undefined> {
    await this.#read();
    return versionOf(versionId, this.of(secretId).versions);
  }

  async stage(secretId: string, versionId: string, value: Redacted): Promise<boolean> {
    await this.#write();
    const { versions, labels } = this.of(secretId);
    const known = versions.get(versionId);
    if (known !== undefined && known !== value.reveal()) return false;
    if (known === undefined) {
      versions.set(versionId, value.reveal());
      labels.set('AWSPENDING', versionId);
    }
    this.#changed('stage', secretId, versionId);
    return true;
  }

  async promote(secretId: string, versionId: string, from: string): Promise<boolean> {
    await this.#write();
    const { labels } = this.of(secretId);
    const now = labels.get('AWSCURRENT');
    if (now === versionId) return true;
    if (now !== from) return false;
    labels.set('AWSCURRENT', versionId).set('AWSPREVIOUS', from);
    this.#changed('promote', secretId, versionId);
    return true;
  }

  async unlabel(secretId: string, label: StagingLabel, versionId: string): Promise<void> {
    await this.#write();
    const { labels } = this.of(secretId);
    if (labels.get(label) === versionId) labels.delete(label);
    this.#changed('unlabel', secretId, versionId);
  }

  async #read(): Promise<void> {
    await Promise.resolve();
    this.trouble('read');
  }

  async #write(): Promise<void> {
    await Promise.resolve();
    this.trouble('before_write');
  }

  #changed(change: string, secretId: string, versionId: string): void {
    this.changed(change, secretId, versionId);
    this.trouble('after_write');
  }
}

function versionOf(
  versionId: string | undefined,
  versions: ReadonlyMap<string, string>,
): SecretVersion | undefined {
  const value = versionId === undefined ? undefined : versions.get(versionId);
  return versionId === undefined || value === undefined
    ? undefined
    : { versionId, value: new Redacted(value) };
}
