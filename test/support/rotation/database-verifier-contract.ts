/** What a test that logs in at a database holds. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import { guardVerifier, textsIn } from '../../../functions/rotation/adapters/guard-rotator.ts';
import type { Verifier } from '../../../functions/rotation/domain/ports.ts';
import { SecretSearch } from '../secret-search.ts';
import type { Issued, RotatorUnderTest } from './rotator-contract.ts';

/**
 * @param allowed settings with which the test also does what the user may do
 * @param forbidden and what it may not
 */
export function databaseVerifierContract(
  name: string,
  unguarded: Verifier,
  { allowed, forbidden }: { readonly allowed: object; readonly forbidden: object },
  open: () => Promise<RotatorUnderTest>,
): void {
  describe(`a test at ${name}`, () => {
    const verifier = guardVerifier(unguarded, textsIn);
    let it: RotatorUnderTest;
    let issued: Issued;
    let settings: object;
    beforeAll(async () => {
      it = await open();
      issued = await it.issue(700_000);
      // Of the rotator's settings, what says how the server is reached.
      const { tls, ca } = issued.settings as { tls: string; ca?: string };
      settings = { tls, ...(ca !== undefined && { ca }) };
    });
    afterAll(() => it.close());

    async function run(value: Redacted, more: object = {}) {
      const told = await verifier.run({
        rotationId: 'rot',
        secret: 'db',
        settings: { ...settings, ...more },
        value,
      });
      const secrets = it.rotator.secretsIn(value).map((one) => ({ type: name, secret: one.reveal() }));
      expect(new SecretSearch(secrets).in('told', JSON.stringify(told))).toEqual([]);
      return told.answer;
    }
    const failed = { outcome: 'failed', reason: expect.stringMatching(/.{10}/) as string };
    const withPassword = (password: string) =>
      new Redacted(JSON.stringify({ ...(JSON.parse(issued.current.reveal()) as object), password }));

    test('is passed by a value that opens it, and failed by another one', async () => {
      expect(await run(issued.current)).toEqual({ outcome: 'passed' });
      expect(await run(withPassword('something-else-altogether'))).toEqual(failed);
      expect(await run(new Redacted('{"password":"no-host-at-all-here"}'))).toEqual(failed);
    });

    test('tries what the policy wants it to be allowed', async () => {
      expect(await run(issued.current, allowed)).toEqual({ outcome: 'passed' });
      expect(await run(issued.current, forbidden)).toEqual(failed);
    });

    test('is neither while the server cannot be reached', async () => {
      await it.outage?.(true);
      expect(await run(issued.current)).toMatchObject({ outcome: 'unavailable' });
      await it.outage?.(false);
    });

    test('sends nothing in the clear to another machine', async () => {
      const away = new Redacted(
        JSON.stringify({ ...(JSON.parse(issued.current.reveal()) as object), host: 'db.acme.example' }),
      );
      expect(await run(away, { tls: 'off' })).toEqual(failed);
    });
  });
}
