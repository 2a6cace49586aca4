/**
 * Access keys of IAM users. A user may have two: the new one fills the free place, the old one is made inactive, which
 * can be undone, and is deleted at the end. IAM gives keys no name: a tag on the user remembers, before a key is made,
 * which ones there were, so that one whose answer was lost is found again.
 */
import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  ListAccessKeysCommand,
  ListUserTagsCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateAccessKeyCommand,
  type IAMClient,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { z } from 'zod';
import type { RotationStrategy } from '../../contracts/rotation.ts';
import { readJson } from '../../kernel/answers.ts';
import { toIso, type Clock } from '../../kernel/clock.ts';
import { Redacted } from '../../kernel/redacted.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import type {
  Change,
  Creation,
  LastUse,
  Liveness,
  Refused,
  RotationOrder,
  Rotator,
} from '../domain/ports.ts';
import { Fault, networkCode, recordCalls, type Call } from './recorded-calls.ts';

export interface AwsCredential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface AwsRotatorOptions {
  /** Acts as the rotation's own role. */
  readonly iam: IAMClient;
  /** A client that signs with these credentials and with no others. */
  readonly stsFor: (credential: AwsCredential) => STSClient;
  readonly clock: Clock;
}

const settingsSchema = z.strictObject({
  /** The user whose keys these are: no other user's are touched, whatever a secret says. */
  userName: z.string().regex(/^[\w+=,.@-]{1,64}$/),
  /** The user's path in IAM: its ARN has it, and the role's permission is for that ARN. */
  path: z
    .string()
    .regex(/^\/(?:[\w+=,.@-]+\/)*$/, 'a path begins and ends with a slash')
    .default('/'),
  /** Where in the secret's JSON the two parts are. */
  idField: z.string().min(1).default('accessKeyId'),
  secretField: z.string().min(1).default('secretAccessKey'),
});
type Settings = z.infer<typeof settingsSchema>;

interface Subject {
  readonly settings: Settings;
  readonly credential: AwsCredential;
}

const TAG = 'shhh:rotation';
const DONE = { outcome: 'done' } as const;
const refusal = (reason: string): Refused => ({ outcome: 'refused', reason });
const GONE = new Set(['NoSuchEntity', 'NoSuchEntityException']);
const DENIED = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation']);
const DEAD_KEY = new Set(['InvalidClientTokenId', 'SignatureDoesNotMatch']);
const KEY_ID = /^AKIA[A-Z0-9]{12,124}$/;
const record = z.record(z.string(), z.unknown());

/** An AWS error by its name, a network's by its code. */
export function awsFault(error: unknown): Fault | undefined {
  if (error instanceof Fault) return error;
  if (!(error instanceof Error)) return undefined;
  if ('$metadata' in error && /^\w{3,80}$/.test(error.name)) return new Fault(error.name);
  const code = networkCode(error);
  return code === undefined
    ? /Timeout/.test(error.name)
      ? new Fault('TIMEOUT')
      : undefined
    : new Fault(code);
}

/** @returns which field is not as it must be */
export function readAwsSecret(
  value: Redacted,
  { idField, secretField }: { readonly idField: string; readonly secretField: string },
): Result<AwsCredential, string> {
  const read = record.safeParse(readJson(value.reveal()));
  if (!read.success) return err('the secret is no JSON object');
  const { [idField]: id, [secretField]: secret } = read.data;
  if (typeof id !== 'string' || !KEY_ID.test(id))
    return err(`the secret's ${idField} is no id of a user's access key`);
  if (typeof secret !== 'string' || !/^[\w+/=-]{20,128}$/.test(secret))
    return err(`the secret's ${secretField} is no secret access key`);
  return ok({ accessKeyId: id, secretAccessKey: secret });
}

const FIELDS = { idField: 'accessKeyId', secretField: 'secretAccessKey' };

const ABOUT_AWS_IAM = {
  kind: 'aws-iam',
  settings: settingsSchema,
  overlap: (strategy: RotationStrategy) => (strategy === 'dual_phase' ? 'both' : undefined),
  needsAuthority: () => false,
  // IAM is eventually consistent; a key that was made inactive has been seen to work for some seconds.
  propagationSeconds: 60,
  permission:
    'on the user: iam:ListAccessKeys, CreateAccessKey, UpdateAccessKey, DeleteAccessKey, GetAccessKeyLastUsed, ListUserTags, TagUser, UntagUser',
  documentation: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html',
} as const;

export function createAwsIamRotator({ iam, stsFor, clock }: AwsRotatorOptions): Rotator {
  async function tell<T>(
    order: RotationOrder,
    value: Redacted,
    work: (call: Call, subject: Subject) => Promise<T>,
    explain: (fault: Fault) => T | undefined,
  ) {
    if (order.strategy !== 'dual_phase')
      return { answer: refusal(`access keys are not rotated by ${order.strategy}`), calls: [] };
    const settings = settingsSchema.parse(order.settings);
    const credential = readAwsSecret(value, settings);
    if (!credential.ok) return { answer: refusal(credential.error), calls: [] };
    const subject = { settings, credential: credential.value };
    return recordCalls<T>(clock, awsFault, (call) => work(call, subject), explain);
  }

  const change = (
    order: RotationOrder,
    value: Redacted,
    work: (call: Call, subject: Subject) => Promise<Change>,
  ) => tell<Change>(order, value, work, explainChange);

  /** The user's keys by id, with their status. */
  async function keysOf(call: Call, UserName: string): Promise<ReadonlyMap<string, string>> {
    const { AccessKeyMetadata: keys, IsTruncated } = await call('AWS iam:ListAccessKeys', () =>
      iam.send(new ListAccessKeysCommand({ UserName, MaxItems: 100 })),
    );
    if (keys === undefined || IsTruncated === true) throw new Fault('UnreadableAnswer');
    return new Map(keys.map((key) => [key.AccessKeyId ?? '', key.Status ?? '']));
  }

  async function mark(call: Call, UserName: string): Promise<string | undefined> {
    const { Tags: tags, IsTruncated } = await call('AWS iam:ListUserTags', () =>
      iam.send(new ListUserTagsCommand({ UserName, MaxItems: 100 })),
    );
    if (tags === undefined || IsTruncated === true) throw new Fault('UnreadableAnswer');
    return tags.find(({ Key }) => Key === TAG)?.Value;
  }

  async function remove(call: Call, UserName: string, AccessKeyId: string): Promise<void> {
    await call('AWS iam:DeleteAccessKey', () =>
      iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId })),
    ).catch((error: unknown) => {
      if (!(error instanceof Fault && GONE.has(error.code))) throw error;
    });
  }

  const lastUseOf = async (call: Call, AccessKeyId: string): Promise<Date | undefined> => {
    const { AccessKeyLastUsed: use } = await call('AWS iam:GetAccessKeyLastUsed', () =>
      iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId })),
    );
    return use?.LastUsedDate;
  };

  /** Deletes what an attempt of this rotation has drawn and nobody has kept. */
  async function removeUnkept(
    call: Call,
    order: RotationOrder,
    { settings: { userName }, credential }: Subject,
  ): Promise<Change> {
    const [rotation, ...before] = (await mark(call, userName))?.split(' ') ?? [];
    if (rotation !== order.rotationId) return DONE;
    for (const id of (await keysOf(call, userName)).keys()) {
      if (before.includes(id) || id === credential.accessKeyId) continue;
      if ((await lastUseOf(call, id)) !== undefined)
        return refusal(
          `the key ${id} appeared beside this rotation and is in use: find out whose it is, and delete it`,
        );
      await remove(call, userName, id);
    }
    return DONE;
  }

  /** Makes room: of two keys the one that is not in use goes where it is known to be a retired one. */
  async function makeRoom(call: Call, order: RotationOrder, subject: Subject): Promise<Refused | undefined> {
    const { settings, credential } = subject;
    const keys = await keysOf(call, settings.userName);
    if (!keys.has(credential.accessKeyId))
      return refusal('the key in use is none of this user: mend the secret or the policy');
    if (keys.size < 2) return undefined;
    const previous = order.previous === undefined ? undefined : readAwsSecret(order.previous, settings);
    const other = Array.from(keys.keys()).find((id) => id !== credential.accessKeyId) ?? '';
    const isRetired =
      previous?.ok === true && previous.value.accessKeyId === other && keys.get(other) === 'Inactive';
    if (!isRetired)
      return refusal(
        `both places are taken, and ${other} is not a key that was retired here: find out who uses it, and delete it`,
      );
    await remove(call, settings.userName, other);
    return undefined;
  }

  const turn =
    (to: 'Active' | 'Inactive') =>
    async (call: Call, { settings, credential }: Subject): Promise<Change> => {
      const { accessKeyId } = credential;
      const { userName } = settings;
      const status = (await keysOf(call, userName)).get(accessKeyId);
      if (status === to) return DONE;
      if (status === undefined)
        return to === 'Inactive' ? DONE : refusal('the key was deleted: it cannot be taken back');
      await call('AWS iam:UpdateAccessKey', () =>
        iam.send(new UpdateAccessKeyCommand({ UserName: userName, AccessKeyId: accessKeyId, Status: to })),
      );
      // A success answer is no proof.
      if ((await keysOf(call, userName)).get(accessKeyId) !== to) throw new Fault('NotKept');
      return DONE;
    };

  return {
    ...ABOUT_AWS_IAM,

    describe(value) {
      const found = idIn(value);
      return found === undefined ? err('the secret holds no id of a user’s access key') : ok({ id: found });
    },

    secretsIn(value) {
      const json = record.safeParse(readJson(value.reveal()));
      if (!json.success) return [];
      return Object.values(json.data).flatMap((text) =>
        typeof text === 'string' && /^[\w+/=-]{40}$/.test(text) ? [new Redacted(text)] : [],
      );
    },

    namesIn(value) {
      const found = idIn(value);
      return found === undefined ? [] : [new Redacted(found)];
    },

    create: (order) =>
      tell<Creation>(
        order,
        order.current,
        async (call, subject) => {
          const { settings } = subject;
          const { userName: UserName, idField, secretField } = settings;
          const cleared = await removeUnkept(call, order, subject);
          if (cleared.outcome !== 'done') return cleared;
          const refused = await makeRoom(call, order, subject);
          if (refused !== undefined) return refused;
          const before = [...(await keysOf(call, UserName)).keys()];
          const Value = [order.rotationId, ...before].join(' ');
          await call('AWS iam:TagUser', () =>
            iam.send(new TagUserCommand({ UserName, Tags: [{ Key: TAG, Value }] })),
          );
          const { AccessKey: key } = await call('AWS iam:CreateAccessKey', () =>
            iam.send(new CreateAccessKeyCommand({ UserName })),
          );
          if (key?.AccessKeyId === undefined || key.SecretAccessKey === undefined)
            throw new Fault('UnreadableAnswer');
          const json = record.parse(readJson(order.current.reveal()));
          const next = { ...json, [idField]: key.AccessKeyId, [secretField]: key.SecretAccessKey };
          return { outcome: 'created', value: new Redacted(JSON.stringify(next)) };
        },
        explainChange,
      ),

    // IAM has drawn it: it works.
    install: (order, staged) => change(order, staged, async () => DONE),

    async probe(order, value) {
      const { answer, calls } = await tell<Liveness>(
        order,
        value,
        async (call, { credential }) => {
          try {
            await call('AWS sts:GetCallerIdentity', () =>
              stsFor(credential).send(new GetCallerIdentityCommand({})),
            );
            return { outcome: 'live' };
          } catch (error) {
            if (error instanceof Fault && DEAD_KEY.has(error.code)) return { outcome: 'dead' };
            throw error;
          }
        },
        () => undefined,
      );
      return answer.outcome === 'refused'
        ? { answer: { outcome: 'unavailable', reason: answer.reason }, calls }
        : { answer, calls };
    },

    async lastUse(order, value) {
      const { answer, calls } = await tell<LastUse>(
        order,
        value,
        async (call, { credential }) => {
          const at = await lastUseOf(call, credential.accessKeyId);
          return { outcome: 'told', ...(at !== undefined && { at: toIso(at.getTime()) }) };
        },
        () => undefined,
      );
      return answer.outcome === 'refused'
        ? { answer: { outcome: 'unavailable', reason: answer.reason }, calls }
        : { answer, calls };
    },

    retire: (order, old) => change(order, old, turn('Inactive')),
    reinstate: (order, old) => change(order, old, turn('Active')),

    destroy: (order, value) =>
      change(order, value ?? order.current, async (call, subject) => {
        const { userName } = subject.settings;
        if (value === undefined) {
          const removed = await removeUnkept(call, order, subject);
          if (removed.outcome !== 'done') return removed;
        } else await remove(call, userName, subject.credential.accessKeyId);
        if ((await mark(call, userName))?.startsWith(order.rotationId) === true)
          await call('AWS iam:UntagUser', () =>
            iam.send(new UntagUserCommand({ UserName: userName, TagKeys: [TAG] })),
          );
        return DONE;
      }),
  };
}

function idIn(value: Redacted): string | undefined {
  const json = record.safeParse(readJson(value.reveal()));
  if (!json.success) return undefined;
  const usual = readAwsSecret(value, FIELDS);
  if (usual.ok) return usual.value.accessKeyId;
  const ids = Object.values(json.data).filter((text) => typeof text === 'string' && KEY_ID.test(text));
  const [id] = ids;
  return ids.length === 1 && typeof id === 'string' ? id : undefined;
}

function explainChange({ code }: Fault): Refused | undefined {
  if (DENIED.has(code)) return refusal(`AWS: ${code}, the rotation's role lacks a permission on this user`);
  if (code === 'LimitExceeded' || code === 'LimitExceededException')
    return refusal('AWS: LimitExceeded, both places for keys are taken');
  return GONE.has(code) ? refusal('AWS: NoSuchEntity, there is no such user') : undefined;
}
