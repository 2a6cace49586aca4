import { describe, expect, test } from 'vitest';
import {
  compileProviders,
  describeDeclarationProblem,
} from '../../../functions/revocation/domain/declaration.ts';
import { buildProviders, knownSecretTypes, readDeclarations } from '../../../scripts/build-providers.ts';

const TYPES = new Set(['acme-token']);

const GOOD = `provider: acme
name: acme
title: Acme
secretTypes: [acme-token]
documentation: https://acme.example/docs
confirmed: documented
bases: { api: https://api.acme.example }
secret: '^acme_[a-z]{20}$'
needsSecret: true
propagationSeconds: 60
permission: none
manualSteps: [Open the console and delete it.]
identify:
  - request: { method: GET, path: /me, headers: { authorization: 'Bearer {{secret}}' } }
    answers:
      - { when: { status: [200] }, then: identified, id: self }
revoke:
  request: { method: DELETE, path: /me/token }
  answers:
    - { when: { status: [204] }, then: revoked }
`;

const problemsOf = (text: string, types = TYPES) => {
  const compiled = compileProviders([{ name: 'acme.yaml', text }], types);
  return 'problems' in compiled ? compiled.problems.map(describeDeclarationProblem) : [];
};

describe('declarations of the project', () => {
  test('are what the functions carry and what the README tells', async () => {
    expect(await buildProviders(true)).toBe(0);
  });

  test('name only types of secrets that the rules find', async () => {
    expect(compileProviders(await readDeclarations(), await knownSecretTypes())).toHaveProperty('pack');
  });
});

describe('a declaration', () => {
  test('is packed where it is sound', () => {
    expect(problemsOf(GOOD)).toEqual([]);
  });

  test.each([
    ['a type of secret that no rule finds', 'acme-token]', 'acme-tokens]', 4, /no active rule finds/],
    ['an address without TLS', 'https://api.acme', 'http://api.acme', 7, /Invalid URL/],
    ['a form that is not whole', "secret: '^acme_[a-z]{20}$'", "secret: 'acme_[a-z]{20}'", 8, /start/],
    ['a broken form', '[a-z]{20}$', '[a-z{20}$', 8, /no regular expression/],
    [
      'a placeholder that stands for nothing',
      '{{secret}}',
      '{{secert}}',
      14,
      /\{\{secert\}\} stands for nothing/,
    ],
    ['an unknown own credential', '{{secret}}', '{{own.key}}', 14, /\{\{own\.key\}\} stands for nothing/],
    [
      'an address that is not declared',
      'method: DELETE,',
      'method: DELETE, base: other,',
      18,
      /bases has no other/,
    ],
    ['identifying without an id', ', id: self', '', 16, /without an id/],
    ['refusing without a reason', 'then: revoked', 'then: refused', 20, /without a reason/],
    ['a status that is none', '[204]', '[2040]', 20, /Too big/],
    ['an unknown key', 'title: Acme', 'titel: Acme', 1, /titel|title/],
    ['a key that is there twice', 'name: acme\n', 'name: acme\nname: acme\n', 3, /unique/],
  ])('is refused with its line for %s', (_, from, to, line, reason) => {
    const [problem = ''] = problemsOf(GOOD.replace(from, to));
    expect(problem).toMatch(new RegExp(`^acme\\.yaml:${line}: `));
    expect(problemsOf(GOOD.replace(from, to)).join('\n')).toMatch(reason);
  });

  test('may not claim what another one claims', () => {
    const files = ['a.yaml', 'b.yaml'].map((name) => ({ name, text: GOOD }));
    const compiled = compileProviders(files, TYPES);
    expect('problems' in compiled && compiled.problems.map(({ reason }) => reason)).toEqual([
      'secretTypes: acme stands in a.yaml too',
      'secretTypes: acme-token stands in a.yaml too',
    ]);
  });

  test('says why, where it cannot revoke', () => {
    const text = GOOD.slice(0, GOOD.indexOf('revoke:'));
    expect(problemsOf(text).join()).toMatch(/add a note/);
  });
});
