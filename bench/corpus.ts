/** A seeded body of messages as agents write them: prose, code, addresses, ids, digests, base64; few of them leak. */
import { createLeak, LEAK_TYPES } from '../test/support/fleet/leaks.ts';
import { ALPHABETS, createRandom, type Random } from '../test/support/fleet/random.ts';

export interface BenchCorpus {
  readonly messages: readonly string[];
  /** Of UTF-8, all messages together. */
  readonly bytes: number;
  /** Indexes of the messages that leak. */
  readonly leaking: ReadonlySet<number>;
}

const SYLLABLES =
  'ba co de fi gu ha in jo ka le mo nu or pe qui ro sa te ul ve wa xi yo ze the and for with from into';
const WORDS = (
  'the a of to in and for on with that this it is was are be by from at as an or not have has will can which when where ' +
  'agent task queue worker message handler request response server client cluster deploy rollback branch merge review ' +
  'commit pipeline build test failure retry timeout latency cache index schema migration table column row query record ' +
  'user session page form field button layout style color format string number value key token secret password access ' +
  'config setting option default limit quota rate window batch stream event topic log trace metric alert report status ' +
  'error warning notice detail summary result output input parameter argument function method class module package ' +
  'dependency version release change update remove create delete list search filter sort group order count total average ' +
  'network socket connection protocol header body payload encoding byte character line file folder path name type kind ' +
  'github slack docker kubernetes postgres redis stripe google amazon azure cloudflare linear notion figma segment'
).split(' ');
const CODE = [
  (n: Names) =>
    `export function ${n()}(${n()}: string, ${n()}: number): ${n()} {\n  return this.${n()}.map((${n()}) => ${n()}(${n()}));\n}`,
  (n: Names) =>
    `def ${n()}(self, ${n()}, key=None):\n    if ${n()} is None:\n        raise ValueError("${n()} is required")\n    return self._${n()}[key]`,
  (n: Names) =>
    `if err := ${n()}.${n()}(ctx, token); err != nil {\n\treturn fmt.Errorf("${n()}: %w", err)\n}`,
  (n: Names) =>
    `SELECT ${n()}, ${n()} FROM ${n()} WHERE ${n()}_id = $1 AND created_at > now() - interval '1 day' ORDER BY ${n()};`,
  (n: Names) => `const { ${n()}, ${n()}: ${n()} } = await import('./${n()}/${n()}.js');`,
] as const;
type Names = () => string;

/** `count` messages of about 600 bytes, of which one in `oneLeakIn` holds a credential. */
export function createCorpus(count: number, seed: number, oneLeakIn = 200): BenchCorpus {
  const random = createRandom(seed);
  const messages: string[] = [];
  const leaking = new Set<number>();
  let bytes = 0;
  for (let index = 0; index < count; index += 1) {
    const leak =
      index % oneLeakIn === oneLeakIn - 1 ? createLeak(random.pick(LEAK_TYPES), random) : undefined;
    if (leak !== undefined) leaking.add(index);
    const extra = leak === undefined ? {} : { env: `${leak.variable}=${leak.text}` };
    const message = JSON.stringify({
      ...head(random, index),
      data: { ...content(random), ...extra },
      ...tail(random),
    });
    bytes += Buffer.byteLength(message);
    messages.push(message);
  }
  return { messages, bytes, leaking };
}

function name(random: Random): string {
  const syllables = SYLLABLES.split(' ');
  return Array.from({ length: 2 + random.int(2) }, () => syllables[random.int(syllables.length)] ?? '').join(
    '',
  );
}

function prose(random: Random, words: number): string {
  const made = Array.from({ length: words }, () =>
    random.int(5) === 0 ? name(random) : (WORDS[random.int(WORDS.length)] ?? ''),
  );
  return `${made.join(' ')}.`;
}

const hex = (random: Random, length: number): string => random.text(ALPHABETS.hex, length);
const uuid = (random: Random): string =>
  `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`;

function head(random: Random, index: number): Record<string, unknown> {
  return {
    index,
    timestamp: new Date(1_790_000_000_000 + index * 997).toISOString(),
    author: `12D3KooW${random.text(ALPHABETS.alphanumeric, 44)}`,
    type: random.pick([
      'task_progress',
      'task_completed',
      'collaboration',
      'meta_discussion',
      'network_event',
    ]),
  };
}

function content(random: Random): Record<string, unknown> {
  switch (random.int(5)) {
    case 0:
      return { text: prose(random, 36) };
    case 1:
      return {
        text: prose(random, 8),
        diff: `${random.pick(CODE)(() => name(random))}\n${random.pick(CODE)(() => name(random))}`,
      };
    case 2:
      return {
        url: `https://git.internal/${name(random)}/${name(random)}/issues/${random.int(9999)}?tab=${name(random)}&page=${random.int(90)}#note_${random.int(99999)}`,
        id: uuid(random),
        text: prose(random, 22),
      };
    case 3:
      return { digest: `sha256:${hex(random, 64)}`, commit: hex(random, 40), text: prose(random, 16) };
    default:
      return { snapshot: random.bytes(60).toString('base64'), text: prose(random, 20) };
  }
}

function tail(random: Random): Record<string, unknown> {
  return { hash: hex(random, 64), prev_hash: hex(random, 64) };
}
