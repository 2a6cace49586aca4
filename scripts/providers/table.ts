/** The table of providers in functions/revocation/README.md, from what the functions carry: it cannot drift. */
import { ABOUT_AWS } from '../../functions/revocation/adapters/aws-iam.ts';
import { ABOUT_GITHUB } from '../../functions/revocation/adapters/github.ts';
import type { DeclaredRequest } from '../../functions/contracts/declared-http.ts';
import type { ProviderDeclaration, ProviderPack } from '../../functions/revocation/domain/declaration.ts';

const TABLE_BEGIN = '<!-- providers: written by npm run build:providers -->';
const TABLE_END = '<!-- providers end -->';

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

/** Markdown, markers included. */
export function providersTable({ providers }: ProviderPack): string {
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
  const markdown = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
  const notes = providers.flatMap(({ title, note }) =>
    note === undefined ? [] : [`- **${title}**: ${note.trim()}`],
  );
  return [TABLE_BEGIN, '', ...markdown, '', ...notes, '', TABLE_END].join('\n');
}

/** @returns the page with its table replaced; undefined where it has no markers */
export function withTable(page: string, table: string): string | undefined {
  const begin = page.indexOf(TABLE_BEGIN);
  const end = page.indexOf(TABLE_END);
  return begin < 0 || end < begin
    ? undefined
    : page.slice(0, begin) + table + page.slice(end + TABLE_END.length);
}
