import type { Rotator, Verifier } from '../domain/ports.ts';
import { createPresenceVerifier } from '../domain/presence-verifier.ts';
import { createRandomValueRotator } from '../domain/random-value.ts';

/** Every kind of rotator and of test that policies may name. */
export function rotationKinds(): {
  readonly rotators: readonly Rotator[];
  readonly verifiers: readonly Verifier[];
} {
  return { rotators: [createRandomValueRotator()], verifiers: [createPresenceVerifier()] };
}
