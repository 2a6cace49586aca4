import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseEnv } from '../../functions/platform/env.ts';

const schema = z.object({ QUEUE_URL: z.url(), RUN_SECONDS: z.coerce.number<string>().int().positive() });

it('reads numbers out of strings and ignores what it was not asked for', () => {
  const env = { QUEUE_URL: 'https://queue.invalid/1', RUN_SECONDS: '65', HOME: '/root' };
  expect(parseEnv(schema, env)).toEqual({ QUEUE_URL: 'https://queue.invalid/1', RUN_SECONDS: 65 });
});

it('names every variable that is missing or malformed, the next step, and no value', () => {
  const read = () => parseEnv(schema, { RUN_SECONDS: 'hunter2' });
  expect(read).toThrow(/QUEUE_URL: /);
  expect(read).toThrow(/RUN_SECONDS: /);
  expect(read).toThrow(/Deploy the stack again/);
  expect(read).not.toThrow(/hunter2/);
});
