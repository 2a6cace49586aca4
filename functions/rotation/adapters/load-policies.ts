// By this name, so that a deployment can put other policies in its place (`-c rotationPolicies=…`).
import policies from '#rotation-policies' with { type: 'json' };
import type { Generator } from '../domain/generator.ts';
import { managedIn, rotationPolicies, type ManagedSecret } from '../domain/policy.ts';

/** The policies of a stage, as they were packed from `patterns/rotation.yaml`. */
export function loadPolicies(stage: string): {
  readonly policies: readonly ManagedSecret[];
  readonly generators: Readonly<Record<string, Generator>>;
} {
  const read = rotationPolicies.parse(policies);
  return { policies: managedIn(read, stage), generators: read.generators };
}
