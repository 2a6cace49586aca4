import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectPack } from '../support/scanner.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const { rules } = projectPack();
const types = new Set(rules.map(({ secretType }) => secretType)).size;
const providers = new Set(rules.map(({ provider }) => provider)).size;

describe('what documents say of the number of rules', () => {
  it.each([
    ['README.md', `scanning for ${types} types of secrets of ${providers} providers`],
    [
      'docs/detection.md',
      `${rules.length} rules know ${types} types of credentials of ${providers} providers`,
    ],
    ['docs/detection.md', `The last run of all: ${rules.length} rules`],
  ])('is true in %s: %s', async (document, sentence) => {
    const text = await readFile(path.join(ROOT, document), 'utf8');
    expect(text.replaceAll(/\s+/g, ' ')).toContain(sentence);
  });
});
