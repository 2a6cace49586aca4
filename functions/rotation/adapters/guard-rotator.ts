/** The last door before an answer leaves a rotator or a test: no secret of the order passes it. */
import type { Told } from '../../kernel/provider-call.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import { withoutSecrets } from '../../platform/without-secrets.ts';
import type { Creation, Rotator, RotationOrder, Verifier } from '../domain/ports.ts';

/**
 * Wraps a rotator: texts in answers and calls are cleaned of what is secret in the order's values, and a thrown error,
 * which may carry a request, is replaced by one that says where it happened.
 * @param alsoSecretIn what is secret in an authority, which has another form than the values
 */
export function guardRotator(
  rotator: Rotator,
  alsoSecretIn: (authority: Redacted) => readonly Redacted[] = (authority) => rotator.secretsIn(authority),
): Rotator {
  const secretsOf = ({ current, previous, authority }: RotationOrder, value?: Redacted): string[] => [
    ...[current, previous, value].flatMap((one) =>
      one === undefined ? [] : rotator.secretsIn(one).map((secret) => secret.reveal()),
    ),
    ...(authority === undefined ? [] : alsoSecretIn(authority).map((secret) => secret.reveal())),
  ];

  async function guarded<T>(operation: string, secrets: readonly string[], call: () => Promise<Told<T>>) {
    return withoutSecrets(await quietly(`${rotator.kind}: ${operation}`, call), secrets);
  }

  const { lastUse } = rotator;
  return {
    ...rotator,
    async create(order) {
      const told = await quietly(`${rotator.kind}: create`, () => rotator.create(order));
      const { answer, calls } = told;
      if (answer.outcome !== 'created') return withoutSecrets(told, secretsOf(order));
      // The value itself is the answer: it stays wrapped.
      const created: Creation = answer;
      return { answer: created, calls: withoutSecrets(calls, secretsOf(order, answer.value)) };
    },
    install: (order, staged) =>
      guarded('install', secretsOf(order, staged), () => rotator.install(order, staged)),
    probe: (order, value) => guarded('probe', secretsOf(order, value), () => rotator.probe(order, value)),
    ...(lastUse !== undefined && {
      lastUse: (order: RotationOrder, value: Redacted) =>
        guarded('lastUse', secretsOf(order, value), () => lastUse(order, value)),
    }),
    retire: (order, old) => guarded('retire', secretsOf(order, old), () => rotator.retire(order, old)),
    reinstate: (order, old) =>
      guarded('reinstate', secretsOf(order, old), () => rotator.reinstate(order, old)),
    destroy: (order, value) =>
      guarded('destroy', secretsOf(order, value), () => rotator.destroy(order, value)),
  };
}

/** @param secretsIn what is secret in the value that is tested */
export function guardVerifier(
  verifier: Verifier,
  secretsIn: (value: Redacted) => readonly string[],
): Verifier {
  return {
    ...verifier,
    async run(order) {
      const told = await quietly(`${verifier.kind}: test`, () => verifier.run(order));
      return withoutSecrets(told, secretsIn(order.value));
    },
  };
}

async function quietly<T>(where: string, call: () => Promise<T>): Promise<T> {
  const ended = await call().then(
    (value) => ({ value }),
    (error: unknown) => ({ failed: error instanceof Error ? error.name : 'NonError' }),
  );
  if ('failed' in ended) throw new Error(`${where} failed with ${ended.failed}.`);
  return ended.value;
}

/** Every text in a secret's JSON, or the whole of it where it is none: what a test may not repeat. */
export function textsIn(value: Redacted): readonly string[] {
  const whole = value.reveal();
  try {
    const json: unknown = JSON.parse(whole);
    return [whole, ...leaves(json)];
  } catch {
    return [whole];
  }
}

function leaves(json: unknown): readonly string[] {
  if (typeof json === 'string') return [json];
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(leaves) : [];
}
