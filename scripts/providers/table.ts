/** The tables of providers in the pages, from what the functions carry: they cannot drift. */
import { ABOUT_AWS } from '../../functions/revocation/adapters/aws-iam.ts';
import { ABOUT_GITHUB } from '../../functions/revocation/adapters/github.ts';
import type { DeclaredRequest } from '../../functions/contracts/declared-http.ts';
import type { ProviderDeclaration, ProviderPack } from '../../functions/revocation/domain/declaration.ts';

/** What stands between these is written anew. */
interface Markers {
  readonly begin: string;
  readonly end: string;
}
const PROVIDERS: Markers = {
  begin: '<!-- providers: written by npm run build:providers -->',
  end: '<!-- providers end -->',
};
const OWN: Markers = {
  begin: '<!-- own credentials: written by npm run build:providers -->',
  end: '<!-- own credentials end -->',
};

interface Row {
  readonly title: string;
  readonly types: readonly string[];
  readonly identify: string;
  readonly probe: string;
  readonly revoke: string;
  readonly undo: string;
  readonly propagationSeconds: number;
  readonly permission: string;
  readonly confirmed: string;
  readonly source: string;
  readonly tested: string;
}

const CODE: readonly Row[] = [
  {
    title: 'AWS access keys and sessions',
    types: ABOUT_AWS.secretTypes,
    identify:
      'the key’s id → `iam:GetAccessKeyLastUsed`, `iam:ListAccessKeys`; a session by its caller identity',
    probe: '`sts:GetCallerIdentity` signed with the leaked key; by its id alone the status in IAM',
    revoke:
      'contain: inline deny policy on the user; then `iam:UpdateAccessKey` Inactive and older sessions denied; a session: older sessions of its role denied',
    undo: 'yes',
    propagationSeconds: ABOUT_AWS.propagationSeconds,
    permission: ABOUT_AWS.permission,
    confirmed: 'documented',
    source: ABOUT_AWS.documentation,
    tested: 'emulator’s IAM, stand-in STS',
  },
  {
    title: 'GitHub',
    types: ABOUT_GITHUB.secretTypes,
    identify: '`GET /user`; an installation token by `GET /installation/repositories`',
    probe: 'the same; a refresh token cannot be probed',
    revoke:
      '`POST /credentials/revoke`, unauthenticated; an installation token by `DELETE /installation/token`',
    undo: 'no',
    propagationSeconds: ABOUT_GITHUB.propagationSeconds,
    permission: ABOUT_GITHUB.permission,
    confirmed: 'documented',
    source: ABOUT_GITHUB.documentation,
    tested: 'stand-in',
  },
];

/** `GET /v3/me`, with what is filled in named in braces. */
const show = (request: DeclaredRequest): string =>
  `\`${request.method} ${request.path.replaceAll(/\{\{\+?(?:part\.|own\.)?(\w+)\}\}/g, '{$1}')}\``;

function rowOf(it: ProviderDeclaration): Row {
  return {
    title: it.title,
    types: it.secretTypes,
    identify:
      it.identify === 'self'
        ? 'the token itself'
        : it.identify.map(({ request }) => show(request)).join(', '),
    probe: it.probe === undefined ? 'none: a second revocation is the proof' : show(it.probe.request),
    revoke: it.revoke === undefined ? '**by hand**' : show(it.revoke.request),
    undo: it.restore === undefined ? 'no' : 'yes',
    propagationSeconds: it.propagationSeconds,
    permission: it.permission,
    confirmed: it.confirmed,
    source: it.documentation,
    tested: 'stand-in',
  };
}

/** @returns the page with the table of all providers replaced; undefined where it has no markers */
export function withProvidersTable(page: string, { providers }: ProviderPack): string | undefined {
  const rows = [...CODE, ...providers.map(rowOf).toSorted((a, b) => a.title.localeCompare(b.title, 'en'))];
  const head = [
    'provider',
    'types of secrets',
    'identify',
    'live check',
    'revoke',
    'undo',
    'works on, s',
    'permission',
    'protocol',
    'tested on',
  ];
  const lines = rows.map((row) => [
    row.title,
    row.types.join(', '),
    row.identify,
    row.probe,
    row.revoke,
    row.undo,
    String(row.propagationSeconds),
    row.permission,
    `[${row.confirmed}](${row.source})`,
    row.tested,
  ]);
  const notes = providers.flatMap(({ title, note }) =>
    note === undefined ? [] : [`- **${title}**: ${note.trim()}`],
  );
  return withText(page, PROVIDERS, [...tableOf(head, lines), '', ...notes]);
}

/** @returns the page with the table of the revoker's own credentials replaced; undefined where it has no markers */
export function withOwnTable(page: string, { providers }: ProviderPack): string | undefined {
  const lines = providers.flatMap(({ title, name, own, permission }) =>
    Object.entries(own).map(([member, what]) => [title, `\`${name}\``, `\`${member}\``, what, permission]),
  );
  const head = ['provider', 'under `own`', 'member', 'what it is', 'permission needed'];
  return withText(page, OWN, tableOf(head, lines));
}

const tableOf = (head: readonly string[], lines: readonly (readonly string[])[]): readonly string[] =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);

function withText(page: string, { begin, end }: Markers, lines: readonly string[]): string | undefined {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  return from < 0 || to < from
    ? undefined
    : [page.slice(0, from) + begin, '', ...lines, '', page.slice(to)].join('\n');
}
