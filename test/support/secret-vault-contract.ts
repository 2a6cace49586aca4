/** What every vault has to do: the fake and Secrets Manager pass the same. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Redacted } from '../../functions/kernel/redacted.ts';
import type { SecretVault } from '../../functions/rotation/domain/ports.ts';

export interface VaultUnderTest {
  readonly vault: SecretVault;
  /** A new secret with one version that is `AWSCURRENT`. */
  readonly secretId: string;
  readonly first: string;
}

export function testSecretVault(name: string, create: () => Promise<VaultUnderTest>): void {
  describe(`${name} as a vault`, () => {
    test('stages a version beside the current one, once for each id', async () => {
      const { vault, secretId, first } = await create();
      const next = randomUUID();
      expect(await vault.byVersion(secretId, next)).toBeUndefined();
      expect(await vault.stage(secretId, next, new Redacted('two'))).toBe(true);
      expect(await vault.stage(secretId, next, new Redacted('two'))).toBe(true);
      expect(await vault.stage(secretId, next, new Redacted('another'))).toBe(false);
      expect((await vault.byLabel(secretId, 'AWSPENDING'))?.value.reveal()).toBe('two');
      expect((await vault.byLabel(secretId, 'AWSCURRENT'))?.versionId).toBe(first);
    });

    test('promotes from the version that was seen, once, and keeps that one', async () => {
      const { vault, secretId, first } = await create();
      const [next, other] = [randomUUID(), randomUUID()];
      await vault.stage(secretId, next, new Redacted('two'));
      expect(await vault.promote(secretId, next, other)).toBe(false);
      expect(await vault.promote(secretId, next, first)).toBe(true);
      expect(await vault.promote(secretId, next, first)).toBe(true);
      expect((await vault.byLabel(secretId, 'AWSCURRENT'))?.value.reveal()).toBe('two');
      expect((await vault.byLabel(secretId, 'AWSPREVIOUS'))?.versionId).toBe(first);
    });

    test('promotes the old one back', async () => {
      const { vault, secretId, first } = await create();
      const next = randomUUID();
      await vault.stage(secretId, next, new Redacted('two'));
      await vault.promote(secretId, next, first);
      expect(await vault.promote(secretId, first, next)).toBe(true);
      expect((await vault.byLabel(secretId, 'AWSCURRENT'))?.versionId).toBe(first);
      expect((await vault.byLabel(secretId, 'AWSPREVIOUS'))?.versionId).toBe(next);
    });

    test('lets one of two promotions win', async () => {
      const { vault, secretId, first } = await create();
      const rivals = [randomUUID(), randomUUID()];
      for (const rival of rivals) await vault.stage(secretId, rival, new Redacted(rival));
      const won = await Promise.all(rivals.map((rival) => vault.promote(secretId, rival, first)));
      expect(won.filter(Boolean)).toHaveLength(1);
      const current = await vault.byLabel(secretId, 'AWSCURRENT');
      expect(current?.versionId).toBe(rivals[won.indexOf(true)]);
    });

    test('takes a label off the version that has it, and off no other', async () => {
      const { vault, secretId, first } = await create();
      const next = randomUUID();
      await vault.stage(secretId, next, new Redacted('two'));
      await vault.unlabel(secretId, 'AWSPENDING', first);
      expect((await vault.versions(secretId)).get(next)).toEqual(['AWSPENDING']);
      await vault.unlabel(secretId, 'AWSPENDING', next);
      await vault.unlabel(secretId, 'AWSPENDING', next);
      expect(await vault.byLabel(secretId, 'AWSPENDING')).toBeUndefined();
    });

    test('does not take a secret that is not there for one without versions', async () => {
      const { vault } = await create();
      await expect(vault.byLabel('shhh/not-there', 'AWSCURRENT')).rejects.toThrow();
      await expect(vault.byVersion('shhh/not-there', randomUUID())).rejects.toThrow();
    });
  });
}
