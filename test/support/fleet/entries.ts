/** Entries as CHORUS agents write them: hash-chained log entries of every type, with BZZZ messages in some and alone. */
import { createHash } from 'node:crypto';
import { ALPHABETS, type Random } from './random.ts';
import type { Leak } from './leaks.ts';

const LOG_ENTRY_TYPES = [
  'task_announced',
  'task_claimed',
  'task_progress',
  'task_completed',
  'task_failed',
  'plan_proposed',
  'objection_raised',
  'collaboration',
  'consensus_reached',
  'escalation',
  'task_help_requested',
  'task_help_offered',
  'task_help_received',
  'peer_joined',
  'peer_left',
  'capability_broadcast',
  'network_event',
] as const;

const BZZZ_TYPES = [
  'task_announcement',
  'task_claim',
  'task_progress',
  'task_complete',
  'capability_broadcast',
  'availability_broadcast',
  'meta_discussion',
  'task_help_request',
  'task_help_response',
  'coordination_request',
  'coordination_complete',
  'dependency_alert',
  'escalation_trigger',
] as const;

type LogEntryType = (typeof LOG_ENTRY_TYPES)[number];
type Data = Readonly<Record<string, unknown>>;

export interface EntryFactory {
  /**
   * The next entry as bytes of JSON, chained to the one before.
   * @param index its position in the log
   * @param at milliseconds since the epoch
   * @param leak is pasted where such things are pasted
   */
  next(index: number, at: number, leak?: Leak): Buffer;
}

const REPOSITORIES = ['chorus', 'bzzz', 'hive', 'whoosh', 'slurp', 'kaching'] as const;
const MODELS = ['claude-sonnet-4-5', 'qwen3-coder:30b', 'devstral:24b', 'gpt-oss:20b'] as const;
const SENTENCES = [
  'The migration is idempotent now; a second run changes no row and takes 40 ms.',
  'Retries were unbounded when the queue answered 503, so the worker never let go of its lease.',
  'Split the handler in two: parsing refuses early, and the rest can rely on its input.',
  'The flaky test waits for a fixed time; it should wait for the event that it means.',
  'Tokens used: 1,432 in, 388 out. The context was trimmed to the last twelve messages.',
  'I object: the plan removes the only index that serves the list by owner.',
  'Consensus after two rounds; the password reset page keeps its old address until March.',
  'Dropped the key prefix from the cache, since each tenant has its own instance already.',
  'Die Änderung ist geprüft – bitte zusammenführen, danach räume ich den Zweig auf.',
  '結果は前回と同じです。差分はありません。 ✅',
] as const;
const CODE = [
  'export function clamp(value: number, low: number, high: number): number {\n  return Math.min(high, Math.max(low, value));\n}',
  'func (q *Queue) Drain(ctx context.Context) error {\n\tfor job := range q.jobs {\n\t\tif err := job.Run(ctx); err != nil {\n\t\t\treturn fmt.Errorf("job %s: %w", job.ID, err)\n\t\t}\n\t}\n\treturn nil\n}',
  "SELECT owner, count(*) FROM tasks WHERE state = 'open' GROUP BY owner ORDER BY 2 DESC LIMIT 20;",
  'def backoff(attempt: int) -> float:\n    return min(30.0, 0.2 * 2 ** attempt) * random.uniform(0.5, 1.0)',
] as const;

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const hexOf = (random: Random, length: number): string => random.text(ALPHABETS.hex, length);
const uuid = (random: Random): string =>
  `${hexOf(random, 8)}-${hexOf(random, 4)}-4${hexOf(random, 3)}-a${hexOf(random, 3)}-${hexOf(random, 12)}`;
const sentence = (random: Random): string => random.pick(SENTENCES);
const repository = (random: Random): string => random.pick(REPOSITORIES);

/** Entries of a small fleet that shares one log; the same `Random` gives the same entries. */
export function createEntries(random: Random): EntryFactory {
  const agents = Array.from({ length: 5 }, () => `12D3KooW${random.text(BASE58, 44)}`);
  const agent = (): string => agents[random.int(agents.length)] ?? 'unknown';
  let previous = '0'.repeat(64);

  return {
    next(index, at, leak) {
      const timestamp = new Date(at).toISOString();
      if (random.int(10) === 0) {
        const message = bzzz(random, agent(), timestamp, leak);
        return Buffer.from(JSON.stringify(message));
      }
      const type = leak === undefined ? random.pick(LOG_ENTRY_TYPES) : random.pick(WORDY_TYPES);
      const author = agent();
      const data = { ...dataOf(type, random, agent, timestamp), ...(leak && paste(leak, random)) };
      const body = { index, timestamp, author, type, data };
      const hash = createHash('sha256').update(JSON.stringify(body)).update(previous).digest('hex');
      // Sixty-four bytes in base64, as an Ed25519 signature; nobody here checks it, and signing would cost the most.
      const signature = createHash('sha512').update(hash).digest('base64');
      const entry = { ...body, hash, prev_hash: previous, signature };
      previous = hash;
      return Buffer.from(JSON.stringify(entry));
    },
  };
}

/** Where agents paste output. */
const WORDY_TYPES = [
  'task_progress',
  'task_completed',
  'task_failed',
  'task_help_requested',
  'collaboration',
] as const;

function dataOf(type: LogEntryType, random: Random, agent: () => string, timestamp: string): Data {
  const task = `${repository(random)}#${random.int(4000)}`;
  switch (type) {
    case 'task_announced':
      return {
        id: uuid(random),
        task,
        title: sentence(random),
        url: `https://git.chorus.internal/${repository(random)}/issues/${random.int(4000)}?tab=discussion#comment-${random.int(90000)}`,
        labels: ['bzzz-task', 'backend'],
        required_capabilities: ['go', 'sql'],
      };
    case 'task_claimed':
      return {
        id: uuid(random),
        task,
        claimed_by: agent(),
        branch: `agent/${task.replace('#', '-')}-${hexOf(random, 7)}`,
      };
    case 'task_progress':
      return {
        task,
        percent: random.int(100),
        output: `$ go test ./...\nok  \t${task}\t0.${random.int(999)}s\n${sentence(random)}`,
        diff: random.pick(CODE),
      };
    case 'task_completed':
      return {
        task,
        commit: hexOf(random, 40),
        pull_request: `https://git.chorus.internal/${repository(random)}/pulls/${random.int(4000)}`,
        artifact: {
          image: `registry.chorus.internal/${repository(random)}@sha256:${hexOf(random, 64)}`,
          bytes: random.int(90_000_000),
        },
        summary: sentence(random),
      };
    case 'task_failed':
      return {
        task,
        attempt: 1 + random.int(4),
        error: `Error: connect ECONNREFUSED 10.0.${random.int(255)}.${random.int(255)}:5432\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)\n    at runTask (/srv/agent/dist/worker.js:${random.int(900)}:14)`,
      };
    case 'plan_proposed':
      return {
        id: uuid(random),
        task,
        steps: [sentence(random), sentence(random)],
        patch: random.pick(CODE),
      };
    case 'objection_raised':
      return { plan: uuid(random), by: agent(), reason: sentence(random), confidence: random.int(100) / 100 };
    case 'collaboration':
      return { thread: uuid(random), bzzz: bzzz(random, agent(), timestamp) };
    case 'consensus_reached':
      return {
        plan: uuid(random),
        votes: [agent(), agent()],
        digest: `sha256:${hexOf(random, 64)}`,
        note: sentence(random),
      };
    case 'escalation':
      return {
        task,
        to: 'human',
        reason: sentence(random),
        ticket: `OPS-${random.int(9000)}`,
        deadline: timestamp,
      };
    case 'task_help_requested':
    case 'task_help_offered':
    case 'task_help_received':
      return {
        id: uuid(random),
        task,
        from: agent(),
        text: sentence(random),
        snippet: random.pick(CODE),
      };
    case 'peer_joined':
    case 'peer_left':
      return {
        peer: agent(),
        addresses: [
          `/ip4/10.0.${random.int(255)}.${random.int(255)}/tcp/4001`,
          `/ip4/172.18.0.${random.int(255)}/udp/4001/quic-v1`,
        ],
        agent_version: `chorus/0.${random.int(9)}.${random.int(30)}`,
      };
    case 'capability_broadcast':
      return {
        peer: agent(),
        models: [random.pick(MODELS), random.pick(MODELS)],
        tools: ['git', 'docker', 'psql'],
        public_key: random.bytes(32).toString('base64'),
      };
    case 'network_event':
      return {
        kind: 'mesh',
        rtt_ms: random.int(200),
        peers: random.int(40),
        snapshot: random.bytes(64).toString('base64'),
      };
  }
}

function bzzz(random: Random, from: string, timestamp: string, leak?: Leak): Data {
  return {
    type: random.pick(BZZZ_TYPES),
    from,
    timestamp,
    data: {
      message_id: uuid(random),
      task_id: `${repository(random)}#${random.int(4000)}`,
      text: sentence(random),
      context: { commit: hexOf(random, 40), attachment: random.bytes(36).toString('base64') },
      ...(leak && paste(leak, random)),
    },
    hop_count: random.int(4),
  };
}

/** The places where credentials are found in the wild. */
function paste(leak: Leak, random: Random): Data {
  const pairs = [leak, ...(leak.companion ? [leak.companion] : [])];
  const exports = pairs.map(({ variable, text }) => `${variable}=${text}`).join('\n');
  const places: readonly [() => Data, ...(() => Data)[]] = [
    () => ({
      output: `$ env\nHOME=/home/agent\nLANG=C.UTF-8\n${exports}\nPATH=/usr/local/bin:/usr/bin:/bin\nSHLVL=1\n`,
    }),
    () => ({
      config: {
        region: 'eu-central-1',
        retries: 3,
        env: Object.fromEntries(pairs.map(({ variable, text }) => [variable, text])),
      },
    }),
    () => ({ file: 'deploy/.env', content: `# staging\nPORT=8080\n${exports}\nLOG_LEVEL=debug\n` }),
  ];
  const inline: typeof places = [
    ...places,
    () => ({
      command: `curl -sS -H 'Authorization: Bearer ${leak.text}' https://api.chorus.internal/v1/projects/${random.int(900)}`,
    }),
    () => ({
      request: `GET https://hooks.chorus.internal/v2/build?branch=main&access_token=${leak.text}&run=${random.int(9000)} HTTP/1.1`,
    }),
    () => ({
      error: `AuthError: 401 Unauthorized: the credential ${leak.text} was rejected\n    at request (/srv/agent/dist/http.js:88:11)`,
    }),
  ];
  return random.pick(leak.inline ? inline : places)();
}
