import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readPriceList } from '../../scripts/cost/prices.ts';
import { generatedParts } from '../../scripts/cost/report.ts';
import { withGeneratedParts } from '../../scripts/support/documents.ts';
import { inventoryOfProduction } from '../../scripts/cost/synthesize.ts';

const PROJECT_ROOT = path.resolve(import.meta.dirname, '../..');
const read = (document: string) => readFileSync(path.join(PROJECT_ROOT, document), 'utf8');

let parts: Readonly<Record<string, string>>;

beforeAll(() => {
  parts = generatedParts(inventoryOfProduction(), readPriceList());
}, 120_000);

describe('the documents about cost', () => {
  it.each(['docs/cost.md', 'README.md'])(
    '%s holds what `npm run cost -- --write` would write',
    (document) => {
      expect(read(document)).toBe(withGeneratedParts(read(document), parts));
    },
  );

  it('show every generated part somewhere', () => {
    const text = read('docs/cost.md') + read('README.md');
    for (const [name, part] of Object.entries(parts)) expect(text, name).toContain(part);
  });

  it('replace only what stands between the markers', () => {
    const document = 'before\n<!-- a:begin: how -->\nold\n<!-- a:end -->\nafter $& $1\n';
    expect(withGeneratedParts(document, { a: 'new $&' })).toBe(
      'before\n<!-- a:begin: how -->\n\nnew $&\n\n<!-- a:end -->\nafter $& $1\n',
    );
  });
});
