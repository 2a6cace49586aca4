/** Rules and events to compare our evaluation of Sigma with another's: the same for the same seed. */
import { parseAllDocuments } from 'yaml';
import { readRuleFiles } from '../../../scripts/build-alerts.ts';
import { createRandom } from '../fleet/random.ts';

export interface OracleCase {
  /** Sigma as YAML; JSON is YAML. The title of each rule is its name. */
  readonly rules: string;
  /** In the order of their times, seconds. */
  readonly events: readonly { readonly at: number; readonly event: Readonly<Record<string, unknown>> }[];
}

type Rule = Record<string, unknown>;
const START = 1_700_000_000;

export const GENERATED_CASES = 400;

/** Generated ones first, then one with the project's own rules. */
export async function oracleCases(): Promise<readonly OracleCase[]> {
  const random = createRandom(20_261_121);
  const int = (below: number) => Math.floor(random.next() * below);
  const pick = <T>(list: readonly T[]): T => {
    const chosen = list[int(list.length)];
    if (chosen === undefined) throw new Error('There is nothing to pick from.');
    return chosen;
  };
  const some = <T>(least: number, most: number, make: (index: number) => T): T[] =>
    Array.from({ length: least + int(most - least + 1) }, (_, index) => make(index));

  const words = [
    'alpha',
    'Beta',
    'gamma-1',
    'alphabet',
    'a*b',
    'x?y',
    String.raw`c:\temp`,
    'ALPHA',
    '',
    'be',
  ];
  const patterns = [
    'alpha',
    'al*',
    '*et',
    '*a*',
    'gamma-?',
    String.raw`a\*b`,
    String.raw`x\?y`,
    String.raw`c:\temp`,
    'b?ta',
    '?',
  ];
  const value = () =>
    pick<unknown>([
      pick(words),
      pick(words),
      int(6),
      int(6),
      pick([true, false]),
      `10.0.${int(3)}.${int(256)}`,
    ]);
  const item = (): [string, unknown] => {
    const field = pick(['a', 'b', 'c']);
    const text = () => pick(patterns);
    return pick<() => [string, unknown]>([
      () => [field, text()],
      () => [field, some(1, 3, text)],
      () => [`${field}|contains`, some(1, 2, () => pick(['lph', 'et', 'MMA', 'z', '-']))],
      () => [`${field}|startswith`, pick(['al', 'G', 'c:'])],
      () => [`${field}|endswith`, pick(['a', 'et', '1'])],
      () => [`${field}|contains|all`, ['a', pick(['l', 'p', 'z'])]],
      () => [`${field}|cased`, pick(['alpha', 'ALPHA', 'Beta'])],
      () => [`${field}|re`, pick(['^al.*t$', 'a{1,2}l', '[0-9]$', '^b'])],
      () => [`${field}|${pick(['gt', 'gte', 'lt', 'lte'])}`, int(6)],
      () => [`${field}|cidr`, pick(['10.0.0.0/16', '10.0.1.0/24', '10.0.2.128/25'])],
      () => [`${field}|exists`, pick([true, false])],
      () => [field, null],
      () => [field, int(6)],
      () => [`${field}|fieldref`, pick(['a', 'b', 'c'].filter((name) => name !== field))],
    ])();
  };
  const selection = () => {
    const map = () => Object.fromEntries(some(1, 2, item));
    return random.next() < 0.7 ? map() : some(1, 3, map);
  };
  const detection = (name: string): Rule => {
    const names = ['sel_a', 'sel_b', 'filter'];
    const condition = pick([
      'sel_a',
      'sel_a and sel_b',
      'sel_a or sel_b and not filter',
      'not (sel_a or filter)',
      '1 of sel_*',
      'all of sel_* and not filter',
      '1 of them',
      'not 1 of sel_* or filter',
    ]);
    return {
      title: name,
      id: name,
      name,
      logsource: { product: 'shhh' },
      detection: { ...Object.fromEntries(names.map((each) => [each, selection()])), condition },
    };
  };
  const plain = (name: string, kind: string): Rule => ({
    title: name,
    id: name,
    name,
    logsource: { product: 'shhh' },
    detection: { selection: { kind }, condition: 'selection' },
  });
  const correlation = (): Rule[] => {
    const type = pick(['event_count', 'value_count', 'temporal', 'temporal_ordered']);
    const temporal = type.startsWith('temporal');
    const rules = temporal ? some(2, 3, (index) => `kind-${index}`) : [pick(['kind-0', 'kind-1'])];
    const bases = ['kind-0', 'kind-1', 'kind-2'].map((name) => plain(name, name));
    return [
      ...bases,
      {
        title: 'correlation',
        id: 'correlation',
        name: 'correlation',
        correlation: {
          type,
          rules,
          'group-by': pick([['who'], ['who', 'where']]),
          timespan: pick(['10s', '30s', '1m']),
          ...(temporal
            ? {}
            : {
                condition: {
                  [pick(['gte', 'gte', 'gt', 'lt', 'lte', 'eq'])]: 1 + int(4),
                  ...(type === 'value_count' ? { field: 'what' } : {}),
                },
              }),
        },
        level: 'high',
      },
    ];
  };
  const event = () =>
    Object.fromEntries(
      ['a', 'b', 'c'].flatMap((field) => (random.next() < 0.85 ? [[field, value()] as const] : [])),
    );
  const stream = () => {
    let at = START;
    return some(10, 40, () => {
      // Steps of exactly the timespan meet its edge.
      at += pick([0, 1, 3, 5, 9, 10, 11, 30]);
      return {
        at,
        event: {
          kind: `kind-${int(3)}`,
          who: pick(['ann', 'bob']),
          ...(random.next() < 0.9 ? { where: pick(['here', 'there']) } : {}),
          ...(random.next() < 0.9 ? { what: `w${int(4)}` } : {}),
        },
      };
    });
  };
  const text = (rules: readonly Rule[]) => rules.map((rule) => JSON.stringify(rule)).join('\n---\n');
  const cases = Array.from({ length: GENERATED_CASES }, (_, index): OracleCase =>
    index % 2 === 0
      ? {
          rules: text([detection('one'), detection('other')]),
          events: some(5, 12, (at) => ({ at: START + at, event: event() })),
        }
      : { rules: text(correlation()), events: stream() },
  );

  const own = await ownRules();
  const secretTypes = ['aws_access_key_id', 'github-pat'];
  let at = START;
  const events = Array.from({ length: 400 }, () => {
    at += pick([0, 1, 10, 60, 300, 900, 1_800]);
    const common = { agent: `agent-${int(4)}`, principal: `user-${int(3)}`, fingerprint: `fp-${int(6)}` };
    const named = pick<Record<string, unknown>>([
      {
        event: 'SecretQuarantined',
        severity: pick(['LOW', 'HIGH', 'CRITICAL']),
        pages: pick([true, true, false]),
      },
      {
        event: 'CaseChanged',
        status: pick(['confirmed', 'revoked', 'pending']),
        reappeared: pick([true, false]),
      },
      { event: 'AuthenticationFailed' },
      { event: 'OperationDenied', operation: 'delete', risk: pick(['high', 'low']) },
      { event: 'GuardBypassed' },
      { event: 'PatternChanged' },
      { event: 'RotationFailed' },
      { event: 'AuditVerificationFailed' },
      {
        event: 'AlarmStateChanged',
        state: pick(['OK', 'ALARM']),
        runbook: pick(['ShipperSilent', 'AlertDlqNotEmpty', 'Other']),
      },
    ]);
    return { at, event: { ...common, secretType: pick(secretTypes), ...named } };
  });
  return [...cases, { rules: text(own), events }];
}

/** The rules that come with the project, but those that Sigma has no word for: absence, and the usual rate. */
async function ownRules(): Promise<Rule[]> {
  const files = await readRuleFiles();
  const rules: Rule[] = [];
  for (const file of files) {
    for (const document of parseAllDocuments(file.text)) {
      const rule = (document as { toJS(): unknown }).toJS() as Rule & { shhh?: Record<string, unknown> };
      const { shhh = {}, ...sigma } = rule;
      if ('absence' in shhh || 'usual' in shhh) continue;
      rules.push({ ...sigma, title: sigma['name'], id: sigma['name'] });
    }
  }
  return rules;
}
