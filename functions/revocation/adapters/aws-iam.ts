/**
 * AWS access keys and sessions. It acts from the revoker's own role: AWS takes the right to change keys away from a user
 * whose key it finds in public. Every change is read back, since a success answer is no proof.
 */
import {
  DeleteAccessKeyCommand,
  DeleteRolePolicyCommand,
  DeleteUserPolicyCommand,
  GetAccessKeyLastUsedCommand,
  GetRolePolicyCommand,
  GetUserPolicyCommand,
  ListAccessKeysCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
  type AccessKeyMetadata,
  type IAMClient,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { toIso, type Clock } from '../../kernel/clock.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import {
  accountOfKeyId,
  isSession,
  readAwsCredential,
  type FoundAwsCredential,
} from '../domain/aws-credentials.ts';
import type {
  CredentialIdentity,
  Identification,
  Liveness,
  ProviderCall,
  Revocation,
  RevocationProvider,
  Told,
  Unavailable,
  Use,
} from '../domain/provider.ts';
import { readRetryAfter } from '../../platform/http.ts';

export interface AwsProviderOptions {
  readonly iam: IAMClient;
  /** A client that signs with these credentials and with no others. */
  readonly stsFor: (credential: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  }) => STSClient;
  /** The account in which the revoker may act, 12 digits. */
  readonly account: string;
  /** Accounts whose keys are laid out to be found: number and who it is. */
  readonly canaryAccounts: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

/** Whose policies are written: `user/deploy`, `role/ci`. */
interface Principal {
  readonly kind: 'user' | 'role';
  readonly name: string;
}

/** An AWS error by its name, and what a person or the workflow can do about it. */
class AwsFault extends Error {
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;
  constructor(code: string, retryAfterSeconds: number | undefined) {
    super(code);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const NAME = /^[\w+=,.@-]{1,64}$/;
const DENIED = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation']);
const IMMUTABLE = new Set(['UnmodifiableEntity', 'UnmodifiableEntityException', 'LimitExceeded']);
const GONE = new Set(['NoSuchEntity', 'NoSuchEntityException']);
const UNKNOWN_KEY = new Set(['InvalidClientTokenId', 'ExpiredToken', 'ExpiredTokenException']);
/** A key of its own name for each leak: one case cannot undo another's. */
const policyNameOf = (keyId: string) => `shhh-revocation-${keyId}`;

export function createAwsProvider(options: AwsProviderOptions): RevocationProvider {
  const { iam, stsFor, account, canaryAccounts, clock } = options;

  /** One operation's calls, in order. */
  function begin() {
    const calls: ProviderCall[] = [];
    const call = async <T>(action: string, send: () => Promise<T>): Promise<T> => {
      const startedMs = clock.now();
      const note = (answer: string) =>
        calls.push({
          request: `AWS ${action}`,
          answer,
          at: toIso(startedMs),
          tookMs: clock.now() - startedMs,
        });
      const ended = await send().then(
        (value) => ({ value }),
        (error: unknown) => ({ fault: faultOf(error, clock.now()) }),
      );
      if ('fault' in ended) {
        note(ended.fault.code);
        throw ended.fault;
      }
      note('200');
      return ended.value;
    };
    return { calls, call };
  }
  type Call = ReturnType<typeof begin>['call'];

  /** @param explain what an error means for this operation, where it means anything */
  async function tell<T>(
    operation: (call: Call) => Promise<T>,
    explain: (fault: AwsFault) => T | undefined,
  ): Promise<Told<T | Unavailable>> {
    const { calls, call } = begin();
    try {
      return { answer: await operation(call), calls };
    } catch (error) {
      if (!(error instanceof AwsFault)) throw error;
      return { answer: explain(error) ?? unavailable(error), calls };
    }
  }

  const canaryOf = (keyId: string): string | undefined => canaryAccounts[accountOfKeyId(keyId) ?? ''];

  async function keyOf(call: Call, userName: string, keyId: string): Promise<AccessKeyMetadata | undefined> {
    let marker: string | undefined;
    for (;;) {
      const page = await call('iam:ListAccessKeys', () =>
        iam.send(new ListAccessKeysCommand({ UserName: userName, Marker: marker })),
      );
      if (page.AccessKeyMetadata === undefined) throw new AwsFault('UnreadableAnswer', undefined);
      const found = page.AccessKeyMetadata.find((key) => key.AccessKeyId === keyId);
      if (found !== undefined || page.IsTruncated !== true) return found;
      marker = page.Marker;
    }
  }

  const ownerOf = async (call: Call, keyId: string) => {
    const owner = await call('iam:GetAccessKeyLastUsed', () =>
      iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: keyId })),
    );
    if (owner.AccessKeyLastUsed === undefined) throw new AwsFault('UnreadableAnswer', undefined);
    return owner;
  };

  async function identifyKey(call: Call, found: FoundAwsCredential): Promise<Identification> {
    const { keyId } = found;
    const { UserName: userName } = await ownerOf(call, keyId);
    if (userName === undefined || !NAME.test(userName))
      return { outcome: 'identified', identity: { id: keyId, principal: 'root', account } };
    const key = await keyOf(call, userName, keyId);
    if (key === undefined)
      return { outcome: 'ambiguous', reason: 'IAM names a user for the key, but the user has no such key' };
    if (key.Status !== 'Active') return { outcome: 'dead' };
    if (found.secretKey !== undefined && !(await belongTogether(call, found)))
      return { outcome: 'ambiguous', reason: 'the secret that stood beside the key is not its secret' };
    return { outcome: 'identified', identity: { id: keyId, principal: `user/${userName}`, account } };
  }

  /** Found beside each other is no proof: what was signed with both tells. */
  async function belongTogether(call: Call, found: FoundAwsCredential): Promise<boolean> {
    try {
      await callerOf(call, found);
      return true;
    } catch (error) {
      if (error instanceof AwsFault && error.code === 'SignatureDoesNotMatch') return false;
      throw error;
    }
  }

  async function callerOf(call: Call, { keyId, secretKey, sessionToken }: FoundAwsCredential) {
    const sts = stsFor({
      accessKeyId: keyId,
      secretAccessKey: secretKey ?? '',
      ...(sessionToken !== undefined && { sessionToken }),
    });
    const caller = await call('sts:GetCallerIdentity', () => sts.send(new GetCallerIdentityCommand({})));
    if (caller.Arn === undefined || caller.Account === undefined)
      throw new AwsFault('UnreadableAnswer', undefined);
    return { arn: caller.Arn, account: caller.Account };
  }

  async function identifySession(call: Call, found: FoundAwsCredential): Promise<Identification> {
    if (found.secretKey === undefined || found.sessionToken === undefined)
      return {
        outcome: 'ambiguous',
        reason: 'a session is known only by its key, its secret and its token together',
      };
    const caller = await callerOf(call, found);
    if (caller.account !== account)
      return { outcome: 'ambiguous', reason: `it is a session in account ${caller.account}, not in ours` };
    const id = found.keyId;
    const role = /:assumed-role\/([\w+=,.@-]+)\/[^/]+$/.exec(caller.arn)?.[1];
    if (role !== undefined)
      return { outcome: 'identified', identity: { id, principal: `role/${role}`, account } };
    if (caller.arn.endsWith(':root'))
      return { outcome: 'identified', identity: { id, principal: 'root', account } };
    const user = /:user\/(?:.*\/)?([\w+=,.@-]+)$/.exec(caller.arn)?.[1];
    if (user !== undefined)
      return { outcome: 'identified', identity: { id, principal: `user/${user}`, account } };
    return { outcome: 'ambiguous', reason: 'it is a session of neither a role nor a user' };
  }

  async function policyStands(call: Call, { kind, name }: Principal, keyId: string): Promise<boolean> {
    return (await policyOf(call, { kind, name }, keyId)) !== undefined;
  }

  async function policyOf(call: Call, { kind, name }: Principal, keyId: string): Promise<string | undefined> {
    const PolicyName = policyNameOf(keyId);
    try {
      const { PolicyDocument: written } =
        kind === 'user'
          ? await call('iam:GetUserPolicy', () =>
              iam.send(new GetUserPolicyCommand({ UserName: name, PolicyName })),
            )
          : await call('iam:GetRolePolicy', () =>
              iam.send(new GetRolePolicyCommand({ RoleName: name, PolicyName })),
            );
      if (written === undefined) throw new AwsFault('UnreadableAnswer', undefined);
      return written.startsWith('%') ? decodeURIComponent(written) : written;
    } catch (error) {
      if (error instanceof AwsFault && GONE.has(error.code)) return undefined;
      throw error;
    }
  }

  /** Writes the leak's policy and reads it back. */
  async function deny(
    call: Call,
    { kind, name }: Principal,
    keyId: string,
    what: 'all' | 'older-sessions',
  ): Promise<void> {
    const PolicyName = policyNameOf(keyId);
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Action: '*',
          Resource: '*',
          ...(what === 'older-sessions' && {
            Condition: { DateLessThan: { 'aws:TokenIssueTime': toIso(clock.now()) } },
          }),
        },
      ],
    });
    if (kind === 'user')
      await call('iam:PutUserPolicy', () =>
        iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName, PolicyDocument })),
      );
    else
      await call('iam:PutRolePolicy', () =>
        iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName, PolicyDocument })),
      );
    if (!(await policyStands(call, { kind, name }, keyId))) throw new AwsFault('NotKept', undefined);
  }

  async function withdrawPolicy(call: Call, { kind, name }: Principal, keyId: string): Promise<void> {
    const PolicyName = policyNameOf(keyId);
    try {
      if (kind === 'user')
        await call('iam:DeleteUserPolicy', () =>
          iam.send(new DeleteUserPolicyCommand({ UserName: name, PolicyName })),
        );
      else
        await call('iam:DeleteRolePolicy', () =>
          iam.send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName })),
        );
    } catch (error) {
      if (!(error instanceof AwsFault && GONE.has(error.code))) throw error;
    }
  }

  async function turn(call: Call, UserName: string, AccessKeyId: string, Status: 'Active' | 'Inactive') {
    await call('iam:UpdateAccessKey', () =>
      iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status })),
    );
    const now = await keyOf(call, UserName, AccessKeyId);
    if (now?.Status !== Status) throw new AwsFault('NotKept', undefined);
  }

  async function statusOf(call: Call, { name }: Principal, keyId: string): Promise<Liveness> {
    const key = await keyOf(call, name, keyId);
    return { outcome: key?.Status === 'Active' ? 'live' : 'dead' };
  }

  async function probe(call: Call, found: FoundAwsCredential | undefined, identity: CredentialIdentity) {
    const canary = canaryOf(identity.id);
    if (canary !== undefined) return { outcome: 'canary' as const, reason: `a key of ${canary}` };
    const principal = principalOf(identity);
    if (found?.secretKey !== undefined) {
      try {
        await callerOf(call, found);
        // A session may always ask who it is, whatever is denied to it: what counts is whether all else is.
        const powerless =
          isSession(identity.id) &&
          principal !== undefined &&
          (await policyStands(call, principal, identity.id));
        return { outcome: powerless ? ('dead' as const) : ('live' as const) };
      } catch (error) {
        if (!(error instanceof AwsFault)) throw error;
        if (UNKNOWN_KEY.has(error.code)) return { outcome: 'dead' as const };
        // The secret is not this key's: only the key's own record can tell.
        if (error.code !== 'SignatureDoesNotMatch') throw error;
      }
    }
    if (principal === undefined || isSession(identity.id))
      return {
        outcome: 'unavailable' as const,
        reason: 'without its secret nothing tells whether it works: IAM lists only the keys of users',
      };
    return statusOf(call, principal, identity.id);
  }

  async function revoke(call: Call, identity: CredentialIdentity): Promise<Revocation> {
    const target = targetOf(identity);
    if ('outcome' in target) return target;
    if (isSession(identity.id)) {
      if (await policyStands(call, target, identity.id)) return { outcome: 'already_dead' };
      await deny(call, target, identity.id, 'older-sessions');
      return { outcome: 'revoked' };
    }
    const key = await keyOf(call, target.name, identity.id);
    const wasActive = key?.Status === 'Active';
    if (wasActive) await turn(call, target.name, identity.id, 'Inactive');
    // What the key had issued lives on without it; the user's other keys are let go of.
    const policy = await policyOf(call, target, identity.id);
    if (policy?.includes('aws:TokenIssueTime') !== true)
      await deny(call, target, identity.id, 'older-sessions');
    return { outcome: wasActive ? 'revoked' : 'already_dead' };
  }

  function targetOf(identity: CredentialIdentity): Principal | Extract<Revocation, { outcome: 'refused' }> {
    const canary = canaryOf(identity.id);
    if (canary !== undefined)
      return { outcome: 'refused', reason: `it is a canary of ${canary}: nothing to revoke` };
    if (identity.account !== account)
      return { outcome: 'refused', reason: 'it belongs to another account than the one that we act in' };
    return (
      principalOf(identity) ?? {
        outcome: 'refused',
        reason: "it is the account's root or nobody's that IAM names: only root itself can revoke its keys",
      }
    );
  }

  const actFault = ({ code }: AwsFault): Revocation | undefined => {
    if (DENIED.has(code)) return { outcome: 'refused', reason: `AWS: ${code}, our role lacks a permission` };
    if (IMMUTABLE.has(code))
      return { outcome: 'refused', reason: `AWS: ${code}, it cannot be changed by us` };
    return GONE.has(code) ? { outcome: 'already_dead' } : undefined;
  };
  const act = (operation: (call: Call) => Promise<Revocation>): Promise<Told<Revocation>> =>
    tell(operation, actFault);

  return {
    ...ABOUT_AWS,
    identify: (secret) =>
      tell<Identification>(
        async (call) => {
          const found = readAwsCredential(secret.reveal());
          if (found === undefined)
            return {
              outcome: 'ambiguous',
              reason: "no key's id stands with it: a secret or a token alone does not tell whose it is",
            };
          const canary = accountOfKeyId(found.keyId);
          if (canary !== undefined && canaryOf(found.keyId) !== undefined)
            return { outcome: 'identified', identity: { id: found.keyId, account: canary } };
          return isSession(found.keyId) ? identifySession(call, found) : identifyKey(call, found);
        },
        ({ code }) => {
          const issuer = accountOfKeyId(readAwsCredential(secret.reveal())?.keyId ?? '');
          if (UNKNOWN_KEY.has(code)) return { outcome: 'dead' };
          if (GONE.has(code) && issuer === account) return { outcome: 'dead' };
          if (GONE.has(code) || DENIED.has(code))
            return {
              outcome: 'ambiguous',
              reason: `IAM does not tell us whose key it is (${code}): it is deleted, or of ${issuer === undefined ? 'an unknown account' : `account ${issuer}`}`,
            };
          return undefined;
        },
      ),
    probe: (secret, identity) =>
      tell<Liveness>(
        (call) => probe(call, readAwsCredential(secret.reveal()), identity),
        ({ code }) => (GONE.has(code) ? { outcome: 'dead' } : undefined),
      ),
    async usesOf(_: Redacted, identity) {
      const { answer, calls } = await tell<readonly Use[]>(
        async (call) => usesOf(call, identity),
        () => [],
      );
      return { answer: 'outcome' in answer ? [] : answer, calls };
    },
    contain: (_: Redacted, identity) =>
      act(async (call) => {
        const target = targetOf(identity);
        if ('outcome' in target) return target;
        if (await policyStands(call, target, identity.id)) return { outcome: 'revoked' };
        await deny(call, target, identity.id, isSession(identity.id) ? 'older-sessions' : 'all');
        return { outcome: 'revoked' };
      }),
    revoke: (_: Redacted, identity) => act((call) => revoke(call, identity)),
    restore: (identity) =>
      act(async (call) => {
        const target = targetOf(identity);
        if ('outcome' in target) return target;
        if (!isSession(identity.id)) await turn(call, target.name, identity.id, 'Active');
        await withdrawPolicy(call, target, identity.id);
        return { outcome: 'revoked' };
      }),
    remove: (identity) =>
      act(async (call) => {
        const target = targetOf(identity);
        if ('outcome' in target) return target;
        if (isSession(identity.id))
          return { outcome: 'refused', reason: 'a session cannot be deleted: it ends by itself' };
        const key = await keyOf(call, target.name, identity.id);
        if (key === undefined) return { outcome: 'already_dead' };
        if (key.Status === 'Active')
          return { outcome: 'refused', reason: 'the key is active: revoke it before it is deleted' };
        await call('iam:DeleteAccessKey', () =>
          iam.send(new DeleteAccessKeyCommand({ UserName: target.name, AccessKeyId: identity.id })),
        );
        return { outcome: 'revoked' };
      }),
  };

  async function usesOf(call: Call, identity: CredentialIdentity): Promise<readonly Use[]> {
    const target = targetOf(identity);
    if ('outcome' in target) return [];
    if (isSession(identity.id))
      return [`every session of ${target.kind} ${target.name} that was issued so far`];
    const { AccessKeyLastUsed: last } = await ownerOf(call, identity.id);
    const named = last?.ServiceName !== undefined && last.ServiceName !== 'N/A';
    const { AccessKeyMetadata: keys = [] } = await call('iam:ListAccessKeys', () =>
      iam.send(new ListAccessKeysCommand({ UserName: target.name })),
    );
    const others = keys.filter((key) => key.AccessKeyId !== identity.id && key.Status === 'Active').length;
    const when = last?.LastUsedDate === undefined ? '' : `, last ${last.LastUsedDate.toISOString()}`;
    return [
      ...(named ? [`iam:${last.ServiceName} in ${last.Region ?? 'an unknown region'}${when}`] : []),
      ...(others > 0 ? [`another active key of ${target.name}: containment stops it too`] : []),
    ];
  }
}

/** What the README and the workflow say of it. */
export const ABOUT_AWS = {
  provider: 'aws',
  secretTypes: ['aws-access-key-id', 'aws-secret-access-key', 'aws-session-token'],
  needsSecret: true,
  // IAM is eventually consistent and gives no figure; seconds are usual.
  propagationSeconds: 300,
  permission:
    'iam:GetAccessKeyLastUsed, iam:ListAccessKeys, iam:UpdateAccessKey, iam:DeleteAccessKey, iam:GetUserPolicy, iam:PutUserPolicy, iam:DeleteUserPolicy, iam:GetRolePolicy, iam:PutRolePolicy, iam:DeleteRolePolicy',
  manualSteps: [
    'Sign in to the account whose number the key carries, open IAM, Users, and find the user by «Access key ID».',
    'Under «Security credentials» deactivate the key, look in CloudTrail for what it did, and delete it later.',
    "For a session open the role and choose «Revoke active sessions». A root user's key only root itself can delete.",
  ],
  documentation: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html',
} as const;

/** What of a found AWS credential is secret: all but the key's id. */
export function hiddenInAwsCredential(found: string): readonly string[] {
  const read = readAwsCredential(found);
  if (read === undefined) return [found];
  return [read.secretKey, read.sessionToken].filter((part) => part !== undefined);
}

function principalOf({ principal = '' }: CredentialIdentity): Principal | undefined {
  const [, kind, name] = /^(user|role)\/([\w+=,.@-]{1,64})$/.exec(principal) ?? [];
  if (name === undefined) return undefined;
  return { kind: kind === 'role' ? 'role' : 'user', name };
}

function unavailable({ code, retryAfterSeconds }: AwsFault): Unavailable {
  return {
    outcome: 'unavailable',
    reason: `AWS did not answer as it should (${code})`,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/** The error's name and nothing of its message: the SDK's errors carry whole answers. */
function faultOf(error: unknown, nowMs: number): AwsFault {
  if (!(error instanceof Error)) return new AwsFault('NonError', undefined);
  const name = /^[A-Za-z]\w{2,60}$/.test(error.name) ? error.name : 'Fault';
  const code = 'code' in error && typeof error.code === 'string' && /^[A-Z_]{3,40}$/.test(error.code);
  return new AwsFault(code ? String(error.code) : name, readRetryAfter(retryAfterOf(error), nowMs));
}

function retryAfterOf(error: Error): string | null {
  const response: unknown = '$response' in error ? error.$response : undefined;
  if (typeof response !== 'object' || response === null || !('headers' in response)) return null;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('retry-after' in headers)) return null;
  return typeof headers['retry-after'] === 'string' ? headers['retry-after'] : null;
}
