import { expect, test } from 'vitest';
import { compileDeclarations } from '../../../functions/rotation/domain/compile-declarations.ts';
import { buildRotators } from '../../../scripts/build-rotators.ts';

test('the pack that functions carry is what the files say', async () => {
  expect(await buildRotators(true)).toBe(0);
});

test('a file that cannot work is refused with its name, the place and the reason', () => {
  const text = `
kind: acme
title: Acme
documentation: https://acme.example/docs
base: https://acme.example
request: { method: GET, path: '/{{token}}' }
passes: [{ status: [200] }]
`;
  expect(compileDeclarations([], [{ name: 'patterns/rotation-tests/other.yaml', text }])).toEqual({
    problems: [
      "patterns/rotation-tests/other.yaml: kind: has to be the file's name",
      'patterns/rotation-tests/other.yaml: {{token}} stands for nothing',
    ],
  });
  const clear = text.replace('https://acme.example\n', 'http://acme.example\n');
  const compiled = compileDeclarations([], [{ name: 'patterns/rotation-tests/acme.yaml', text: clear }]);
  expect('problems' in compiled && compiled.problems[0]).toMatch(
    /^patterns\/rotation-tests\/acme\.yaml: base: /,
  );
});
