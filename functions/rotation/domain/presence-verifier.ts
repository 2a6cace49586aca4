import { z } from 'zod';
import type { Verifier } from './ports.ts';

const settings = z.strictObject({
  /** Characters that the secret's text must have at least. */
  least: z.int().positive().default(20),
  /** Members that the text must have, where it is a JSON object. */
  fields: z.array(z.string().min(1)).default([]),
});

/** The test `form`: the staged text has the length and the fields that its consumers read. It calls nobody. */
export function createPresenceVerifier(): Verifier {
  return {
    kind: 'form',
    settings,
    documentation: 'functions/rotation/README.md',
    run({ value, settings: given }) {
      const { least, fields } = settings.parse(given);
      const reason = problemOf(value.reveal(), least, fields);
      return Promise.resolve({
        answer: reason === undefined ? { outcome: 'passed' } : { outcome: 'failed', reason },
        calls: [],
      });
    },
  };
}

function problemOf(text: string, least: number, fields: readonly string[]): string | undefined {
  if (text.length < least) return `it has fewer than ${least} characters`;
  if (fields.length === 0) return undefined;
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    read = undefined;
  }
  if (typeof read !== 'object' || read === null) return 'it is no JSON object';
  const missing = fields.filter((field) => !Object.hasOwn(read, field));
  return missing.length === 0 ? undefined : `it lacks ${missing.join(', ')}`;
}
