/**
 * Rotates as Secrets Manager does: draws a token, announces it as a version without a value under `AWSPENDING`, calls the
 * four steps in their order, and when one fails begins again later with the first and the same token. The emulator's own
 * RotateSecret calls no function.
 */
import { randomUUID } from 'node:crypto';
import { PLAIN_STEPS, type PlainOrder } from '../../functions/rotation/domain/plain-rotation.ts';

export interface RotateSecretDriver {
  readonly secretId: string;
  /** Announces the token, where the secret has no version of it yet. */
  readonly announce: (token: string) => Promise<void>;
  /** Calls the function. @throws where it fails */
  readonly call: (order: PlainOrder) => Promise<void>;
}

/**
 * @param tries the service gives up after so many
 * @returns the token, and each step that failed
 */
export async function rotateSecret(
  { secretId, announce, call }: RotateSecretDriver,
  { tries = 5, token = randomUUID() }: { readonly tries?: number; readonly token?: string } = {},
): Promise<{ readonly token: string; readonly finished: boolean; readonly failed: readonly string[] }> {
  const failed: string[] = [];
  await announce(token);
  for (let attempt = 0; attempt < tries; attempt += 1) {
    try {
      for (const step of PLAIN_STEPS) {
        await call({ step, secretId, token }).catch((error: unknown) => {
          failed.push(step);
          throw error;
        });
      }
      return { token, finished: true, failed };
    } catch {
      continue;
    }
  }
  return { token, finished: false, failed };
}
