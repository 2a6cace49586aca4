import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../kernel/clock.ts';
import { createIam, createSts } from '../../platform/aws.ts';
import { createHttp } from '../../platform/http.ts';
import type { Rotator, Verifier } from '../domain/ports.ts';
import { createPresenceVerifier } from '../domain/presence-verifier.ts';
import { createRandomValueRotator } from '../domain/random-value.ts';
import { providerKinds } from './provider-kinds.ts';

/**
 * Every kind of rotator and of test that policies may name.
 * @param stsAddress where STS is asked, where that is not AWS's own address
 */
export function rotationKinds(stsAddress?: string): {
  readonly rotators: readonly Rotator[];
  readonly verifiers: readonly Verifier[];
} {
  const { rotators, verifiers } = providerKinds({
    http: createHttp({ clock: systemClock, sleep: (ms) => sleep(ms) }),
    clock: systemClock,
    randomBytes,
    iam: createIam(),
    stsFor: (credential) => createSts(credential, stsAddress),
  });
  return {
    rotators: [createRandomValueRotator(), ...rotators],
    verifiers: [createPresenceVerifier(), ...verifiers],
  };
}
