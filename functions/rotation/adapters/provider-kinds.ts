/** Every kind of rotator and of test that speaks to a provider, each behind the guard that lets no secret out. */
import type { IAMClient } from '@aws-sdk/client-iam';
import type { STSClient } from '@aws-sdk/client-sts';
import type { Clock } from '../../kernel/clock.ts';
import { Redacted } from '../../kernel/redacted.ts';
import type { Http } from '../../platform/http.ts';
import { declarationPack } from '../domain/compile-declarations.ts';
import type { Rotator, Verifier } from '../domain/ports.ts';
import { createAwsIamRotator, type AwsCredential } from './aws-iam.ts';
import { createDeclaredRotator, createHttpRotator } from './declared-rotator.ts';
import { createGithubAppKeyRotator, createGithubTokenRotator } from './github.ts';
import { guardRotator, guardVerifier, textsIn } from './guard-rotator.ts';
import { createMysqlRotator } from './mysql.ts';
import { createPostgresRotator } from './postgresql.ts';
import { createRedisRotator } from './redis.ts';
import { createAwsVerifier } from './verify-aws.ts';
import { createMysqlVerifier, createPostgresVerifier, createRedisVerifier } from './verify-databases.ts';
import { createDeclaredVerifier, createHttpVerifier } from './verify-http.ts';
import { createTlsVerifier } from './verify-tls.ts';
import pack from '../declared.json' with { type: 'json' };

export interface ProviderKindsOptions {
  readonly http: Http;
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly iam: IAMClient;
  /** A client that signs with these credentials and with no others. */
  readonly stsFor: (credential: AwsCredential) => STSClient;
}

/** @throws Error where the pack of declarations does not have this version's form */
export function providerKinds({ http, clock, randomBytes, iam, stsFor }: ProviderKindsOptions): {
  readonly rotators: readonly Rotator[];
  readonly verifiers: readonly Verifier[];
} {
  const { rotators: declared, tests } = declarationPack.parse(pack);
  const rotators = [
    createPostgresRotator({ clock, randomBytes }),
    createMysqlRotator({ clock }),
    createRedisRotator({ clock }),
    createAwsIamRotator({ iam, stsFor, clock }),
    createGithubTokenRotator(http),
    createGithubAppKeyRotator(http, clock),
    createHttpRotator(http),
    ...declared.map((it) => createDeclaredRotator(it, http)),
  ];
  const verifiers = [
    createPostgresVerifier(clock),
    createMysqlVerifier(clock),
    createRedisVerifier(clock),
    createAwsVerifier({ stsFor, clock }),
    createTlsVerifier(clock),
    createHttpVerifier(http),
    ...tests.map((it) => createDeclaredVerifier(it, http)),
  ];
  return {
    rotators: rotators.map((one) =>
      guardRotator(one, (authority) => textsIn(authority).map((text) => new Redacted(text))),
    ),
    verifiers: verifiers.map((one) => guardVerifier(one, textsIn)),
  };
}
