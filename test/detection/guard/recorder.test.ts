import { describe, expect, it } from 'vitest';
import { blockedReport, type BlockedReport } from '../../../functions/detection/domain/guard-api.ts';
import { createGuard } from '../../../functions/detection/guard/guard.ts';
import { createRecorder } from '../../../functions/detection/guard/recorder.ts';
import { createLeak } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';

const random = createRandom(12);

/** A cloud that answers with these statuses in turn, then with 200. */
function cloud(...statuses: (number | 'unreachable')[]) {
  const reports: BlockedReport[] = [];
  const bodies: string[] = [];
  const answer: typeof fetch = async (_url, init) => {
    const status = statuses.shift() ?? 200;
    if (status === 'unreachable') throw new TypeError('fetch failed');
    const body = init?.body as string;
    bodies.push(body);
    if (status === 200) reports.push(blockedReport.parse(JSON.parse(body)));
    return new Response('{}', { status });
  };
  return { fetch: answer, reports, bodies };
}

const recorderTo = (to: ReturnType<typeof cloud>, capacity?: number) =>
  createRecorder({
    url: 'https://guard.example/v1/blocked',
    apiKey: 'a key',
    fetch: to.fetch,
    backoffMs: [1, 5],
    random: () => 0.5,
    ...(capacity !== undefined && { capacity }),
  });
const guardOf = (recorder: ReturnType<typeof recorderTo>) =>
  createGuard({ onStopped: (each) => recorder.record(each) });

describe('a recorder', () => {
  it('tells the cloud what was stopped, without the secret and without the message', async () => {
    const to = cloud();
    const recorder = recorderTo(to);
    const { text } = createLeak('github-pat', random);
    guardOf(recorder).check(`token ${text}`, { agent: 'a', messageId: 'm' });
    expect(await recorder.drain(5_000)).toBe(true);
    expect(to.reports).toHaveLength(1);
    expect(to.reports[0]).toMatchObject({ agent: 'a', messageId: 'm' });
    expect(to.bodies.join()).not.toContain(text);
    expect(recorder.counts()).toEqual({ recorded: 1, waiting: 0, dropped: 0, refused: 0 });
  });

  it('tries again while the cloud is away, and goes on in order', async () => {
    const to = cloud('unreachable', 503, 429, 'unreachable');
    const recorder = recorderTo(to);
    const guard = guardOf(recorder);
    for (const messageId of ['1', '2', '3']) guard.check(createLeak('npm-token', random).text, { messageId });
    expect(await recorder.drain(5_000)).toBe(true);
    expect(to.reports.map(({ messageId }) => messageId)).toEqual(['1', '2', '3']);
  });

  it('gives up what the cloud will never take, and counts it', async () => {
    const to = cloud(422);
    const recorder = recorderTo(to);
    guardOf(recorder).check(createLeak('npm-token', random).text);
    await recorder.drain(5_000);
    expect(recorder.counts()).toMatchObject({ recorded: 0, refused: 1, waiting: 0 });
  });

  it('holds no more than it may, and lets no verdict wait', async () => {
    const never: typeof fetch = (_url, init) =>
      new Promise((_resolve, reject) =>
        init?.signal?.addEventListener('abort', () => reject(new Error('stopped'))),
      );
    const recorder = recorderTo({ ...cloud(), fetch: never }, 10);
    const guard = guardOf(recorder);
    const started = performance.now();
    for (let sent = 0; sent < 50; sent += 1)
      expect(guard.check(createLeak('npm-token', random).text, { messageId: `${sent}` }).verdict).toBe(
        'block',
      );
    expect(performance.now() - started).toBeLessThan(2_000);
    // One on its way, ten waiting.
    expect(recorder.counts()).toEqual({ recorded: 0, waiting: 11, dropped: 39, refused: 0 });
    expect(await recorder.drain(10)).toBe(false);
    recorder.stop();
    expect(await recorder.drain(5_000)).toBe(true);
  });

  it('sends its key to no address that is neither HTTPS nor this machine', () => {
    expect(() => createRecorder({ url: 'http://guard.example/v1/blocked', apiKey: 'a key' })).toThrow(
      /https:/,
    );
  });
});
