import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const POLICIES = path.resolve(import.meta.dirname, '../../functions/rotation/policies.json');

/** Of the packed policies, what the infrastructure is made of; their build has checked the rest. */
const packed = z.object({
  secrets: z.array(
    z.object({
      name: z.string(),
      secret: z.string(),
      authority: z.string().optional(),
      environments: z.array(z.string()).optional(),
      schedule: z.object({ at: z.string() }).optional(),
      /** Of a user's access keys: whose. */
      rotator: z
        .object({ kind: z.string(), settings: z.object({ userName: z.string().optional() }).optional() })
        .optional(),
    }),
  ),
});
export type ManagedSecretFacts = z.output<typeof packed>['secrets'][number];

/** The secrets that are managed in a stage. @param file packed policies, absent: the project's */
export function managedSecrets(stage: string, file = POLICIES): readonly ManagedSecretFacts[] {
  return packed
    .parse(JSON.parse(readFileSync(file, 'utf8')))
    .secrets.filter(({ environments }) => environments?.includes(stage) ?? true);
}
