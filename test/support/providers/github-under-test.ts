/** GitHub's protocol for its kinds of tokens, and the provider beside it. */
import { createGithubProvider } from '../../../functions/revocation/adapters/github.ts';
import { guardSecrets } from '../../../functions/revocation/adapters/guard-secrets.ts';
import { ALPHABETS, createRandom } from '../fleet/random.ts';
import { quickHttp } from './declared-under-test.ts';
import type { ProviderUnderTest } from './provider-contract.ts';
import { startStandIn, type Protocol, type Reply } from './stand-in.ts';

const bad: Reply = { status: 401, json: { message: 'Bad credentials' } };

/** @param prefix `ghp_`, `ghs_` or `ghr_` */
function github(prefix: string): Protocol {
  return {
    name: 'github',
    bases: ['api'],
    own: {},
    issue: (seed) => ({
      secret: `${prefix}${createRandom(seed).text(ALPHABETS.alphanumeric, prefix === 'ghr_' ? 76 : 36)}`,
      id: 'self',
      principal: prefix === 'ghp_' ? `user${seed}` : prefix === 'ghs_' ? 'an app installation' : '',
      account: '',
    }),
    routes: [
      {
        method: 'GET',
        path: /^\/user$/,
        effect: 'read',
        answer(asked) {
          const found = asked.working(asked.bearer);
          if (found === undefined) return bad;
          return {
            status: 200,
            json: { login: found.principal, id: 1 },
            headers: { 'x-oauth-scopes': 'repo, read:org' },
          };
        },
      },
      {
        method: 'GET',
        path: /^\/installation\/repositories$/,
        effect: 'read',
        answer: (asked) =>
          asked.working(asked.bearer) === undefined
            ? bad
            : { status: 200, json: { total_count: 1, repositories: [] } },
      },
      {
        method: 'DELETE',
        path: /^\/installation\/token$/,
        effect: 'change',
        answer(asked) {
          const found = asked.working(asked.bearer);
          if (found === undefined || found.revoked) return bad;
          if (asked.world === 'denied') return { status: 403, json: { message: 'Forbidden' } };
          asked.revoke(found);
          return { status: 204 };
        },
      },
      {
        method: 'POST',
        path: /^\/credentials\/revoke$/,
        effect: 'change',
        answer(asked) {
          if (asked.bearer !== '' || asked.world === 'denied')
            return { status: 403, json: { message: 'no' } };
          const { credentials } = asked.json();
          for (const one of asked.credentials)
            if (Array.isArray(credentials) && credentials.includes(one.secret)) asked.revoke(one);
          return { status: 202, text: '' };
        },
      },
    ],
  };
}

let seed = 50_000;

export async function openGithub(prefix: string): Promise<ProviderUnderTest> {
  seed += 10;
  const standIn = await startStandIn(github(prefix), seed);
  const { leaked, bystander } = standIn;
  return {
    provider: guardSecrets(createGithubProvider({ http: quickHttp(), baseUrl: standIn.url })),
    leaked: leaked.secret,
    hidden: leaked.secret.slice(prefix.length),
    expected: { id: 'self', ...(leaked.principal !== '' && { principal: leaked.principal }) },
    enter: (world) => standIn.enter(world),
    isRevoked: (which) => (which === 'leaked' ? leaked : bystander).revoked,
    revokeByHand: () => {
      leaked.revoked = true;
    },
    seen: standIn.seen,
    strayed: standIn.strayed,
    close: () => standIn.close(),
  };
}
