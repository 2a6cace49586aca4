/** A value that nobody but its consumers knows, such as a signing key: it is drawn, and there is nothing to retire. */
import { z } from 'zod';
import type { Told } from '../../kernel/provider-call.ts';
import { Redacted } from '../../kernel/redacted.ts';
import { ok } from '../../kernel/result.ts';
import type { Change, Rotator } from './ports.ts';

const settings = z.strictObject({
  /** Where the value stands in a secret that is a JSON object, whose other members stay; absent: the whole text is it. */
  field: z.string().min(1).max(128).optional(),
});
const object = z.record(z.string(), z.json());

const told = <T>(answer: T): Promise<Told<T>> => Promise.resolve({ answer, calls: [] });
const done = (): Promise<Told<Change>> => told({ outcome: 'done' });

/** The rotator of `generate_only`. It calls nobody. */
export function createRandomValueRotator(): Rotator {
  return {
    kind: 'random',
    settings,
    overlap: (strategy) => (strategy === 'generate_only' ? 'both' : undefined),
    needsAuthority: () => false,
    propagationSeconds: 0,
    permission: 'none: nobody is called',
    documentation: 'functions/rotation/README.md',
    describe: () => ok({ id: 'value' }),
    secretsIn: (value) => {
      const read = readObject(value);
      const texts = read === undefined ? [value.reveal()] : Object.values(read);
      return texts.filter((each) => typeof each === 'string').map((each) => new Redacted(each));
    },
    create({ current, settings: given, newPassword }) {
      const { field } = settings.parse(given);
      if (field === undefined) return told({ outcome: 'created', value: newPassword() });
      const read = readObject(current);
      if (read === undefined)
        return told({ outcome: 'refused', reason: `the secret is no JSON object with a field ${field}` });
      const text = JSON.stringify({ ...read, [field]: newPassword().reveal() });
      return told({ outcome: 'created', value: new Redacted(text) });
    },
    install: done,
    // Whoever has the value can use it: it works as long as it is there.
    probe: (_order, value) => told({ outcome: value.reveal() === '' ? 'dead' : 'live' }),
    retire: done,
    reinstate: done,
    destroy: done,
  };
}

function readObject(value: Redacted): z.output<typeof object> | undefined {
  try {
    return object.safeParse(JSON.parse(value.reveal())).data;
  } catch {
    return undefined;
  }
}
