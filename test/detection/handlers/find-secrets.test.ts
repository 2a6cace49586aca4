import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { answerSearch } from '../../../functions/detection/find-secrets.lambda.ts';
import { cutFromJson } from '../../../functions/audit/domain/sanitise.ts';
import { canonicalJson } from '../../../functions/kernel/canonical-json.ts';
import { createProjectScanner } from '../../../scripts/support/project-scanner.ts';

const detector = await createProjectScanner();
const logged: unknown[] = [];
const needed = { detector, logger: { warn: vi.fn((...line: unknown[]) => logged.push(line)) } };
/** Built here, so that no literal looks like one. */
const key = ['AKIA', 'Q3EGRTW7', 'PLXN5VYD'].join('');

describe('the search for secrets', () => {
  test('tells where each stands in UTF-16, and never what it is', () => {
    const text = `ä€🤖 ${key} and ${Buffer.from(key).toString('base64')}`;
    const { found } = answerSearch({ texts: ['nothing', text] }, needed);
    expect(found[0]).toMatchObject({ text: 1, secretType: expect.stringContaining('aws') as unknown });
    expect(text.slice(found[0]?.start, found[0]?.end)).toBe(key);
    expect(found).toHaveLength(2);
    expect(JSON.stringify([found, logged])).not.toContain(key.slice(4));
  });

  test('finds what an act says in JSON, so that nothing of it is left', () => {
    const json = canonicalJson({
      data: { note: `line\n"${key}"`, env: { [`X_${key}`]: 1 }, ['k\u00fc']: key },
    });
    const { found } = answerSearch({ texts: [json] }, needed);
    const cut = cutFromJson(json, found);
    expect(cut).not.toContain(key);
    expect(Object.keys(z.record(z.string(), z.unknown()).parse(JSON.parse(cut)))).toEqual(['data']);
  });

  test('finds nothing in what the log is full of', () => {
    const digest = 'a3f1'.repeat(16);
    const act = {
      id: `finding:fnd_${digest.slice(32)}`,
      data: { redacted_key: 'AKIA****MPLE', fingerprint: digest, core: digest, sha256: digest },
    };
    expect(answerSearch({ texts: [canonicalJson(act)] }, needed).found).toEqual([]);
  });

  test('throws at what is no question, and quotes nothing of it', () => {
    expect(() => answerSearch({ texts: [key], more: key }, needed)).toThrow(
      /^Not a search: \(root\): unrecognized_keys$/,
    );
  });
});
