import { generateKeyPairSync, sign } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { openCheckpoint, type Checkpoint, type TreeHead } from '../../../functions/kernel/tlog/checkpoint.ts';
import type { Hash } from '../../../functions/kernel/tlog/merkle.ts';
import { createProver } from '../../../functions/kernel/tlog/prove.ts';
import { noteKey } from '../../../functions/kernel/tlog/signed-note.ts';
import { checkpointPath } from '../../../functions/kernel/tlog/tiles.ts';
import {
  addCheckpoint,
  addCheckpointRequest,
  type Witness,
} from '../../../functions/audit/domain/witness.ts';
import { anEvent } from '../support/event-builder.ts';
import { buildLog, ORIGIN, sourceOf } from '../support/log-builder.ts';
import { createLogKeys } from '../support/log-keys.ts';

const pair = generateKeyPairSync('ed25519');
const key = noteKey(
  'witness.example/w1',
  pair.publicKey.export({ format: 'der', type: 'spki' }),
  'cosignature',
);
const log = buildLog([5, 300, 40]);
const fork = buildLog([5, 300, 40], { keys: log.keys, event: (at) => anEvent({ id: `other-${at}` }) });
const SIZES = [5, 305, 345];

const noteAt = (size: number, of = log) => Buffer.from(of.files.get(checkpointPath(size)) ?? []);
const opened = (note: Uint8Array, keys = [...log.keys.keys]) => {
  const read = openCheckpoint(note, keys);
  if (!read.ok) throw new Error(read.error);
  return read.value;
};
async function proofBetween(older: number, newer: number, of = log): Promise<readonly Hash[]> {
  if (older === 0) return [];
  const prover = createProver(sourceOf(of.files), opened(noteAt(newer, of)).checkpoint);
  const proof = await prover.consistency(opened(noteAt(older, of)).checkpoint);
  if (!proof.ok) throw new Error(proof.error);
  return proof.value;
}

let heads: Map<string, TreeHead>;
let witness: Witness;
beforeEach(() => {
  heads = new Map();
  witness = {
    logs: [{ origin: ORIGIN, keys: log.keys.keys }],
    memory: {
      last: async (origin) => heads.get(origin),
      remember: async (checkpoint: Checkpoint, older) => {
        if ((heads.get(checkpoint.origin)?.size ?? 0) !== older) return false;
        heads.set(checkpoint.origin, checkpoint);
        return true;
      },
    },
    signer: { key, sign: async (text) => sign(null, Buffer.from(text), pair.privateKey) },
    now: () => 1_700_000_000,
  };
});

const ask = async (older: number, newer: number, of = log) =>
  addCheckpoint(
    addCheckpointRequest(older, await proofBetween(older, newer, of), noteAt(newer, of)),
    witness,
  );

describe('a witness', () => {
  test('cosigns a log as it grows, and its line makes the checkpoint one that both have signed', async () => {
    for (const [at, size] of SIZES.entries()) {
      const answer = await ask(SIZES[at - 1] ?? 0, size);
      expect(answer.status).toBe(200);
      const cosigned = Buffer.concat([noteAt(size), Buffer.from(answer.body)]);
      expect(opened(cosigned, [...log.keys.keys, key]).signers).toEqual([...log.keys.keys, key]);
    }
  });

  test('cosigns the same checkpoint again', async () => {
    await ask(0, 305);
    expect((await ask(305, 305)).status).toBe(200);
  });

  test('says with 409 what it cosigned last, to who does not know', async () => {
    await ask(0, 305);
    expect(await ask(0, 345)).toEqual({ status: 409, contentType: 'text/x.tlog.size', body: '305\n' });
    expect((await ask(5, 345)).body).toBe('305\n');
  });

  test('cosigns no other history, whatever proof comes with it', async () => {
    await ask(0, 305);
    const signed = noteAt(345, fork);
    const theirs = addCheckpointRequest(305, await proofBetween(305, 345, fork), signed);
    expect((await addCheckpoint(theirs, witness)).status).toBe(422);
    const ours = addCheckpointRequest(305, await proofBetween(305, 345), signed);
    expect((await addCheckpoint(ours, witness)).status).toBe(422);
    const same = addCheckpointRequest(305, [], noteAt(305, fork));
    expect((await addCheckpoint(same, witness)).status).toBe(409);
    expect(heads.get(ORIGIN)?.size).toBe(305);
  });

  test('cosigns no smaller log than it saw', async () => {
    await ask(0, 305);
    expect((await addCheckpoint(addCheckpointRequest(305, [], noteAt(5)), witness)).status).toBe(400);
    expect((await ask(0, 5)).body).toBe('305\n');
  });

  test('of two who ask at once with different sizes, cosigns one', async () => {
    await ask(0, 5);
    const answers = await Promise.all([ask(5, 305), ask(5, 345)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  });

  test('knows its logs by name and key', async () => {
    const stranger = buildLog([5], { keys: createLogKeys('other.example/log') });
    expect((await addCheckpoint(addCheckpointRequest(0, [], noteAt(5, stranger)), witness)).status).toBe(404);
    const impostor = buildLog([5], { keys: createLogKeys(ORIGIN) });
    expect((await addCheckpoint(addCheckpointRequest(0, [], noteAt(5, impostor)), witness)).status).toBe(403);
  });

  test.each([
    ['no empty line', 'old 0\n'],
    ['no old size', 'new 0\n\ntext\n'],
    ['an old size with a zero before it', 'old 05\n\ntext\n'],
    ['a line that is no hash', 'old 0\nAAAA\n\ntext\n'],
    ['too many lines', `old 0\n${`${Buffer.alloc(32).toString('base64')}\n`.repeat(64)}\ntext\n`],
    ['no checkpoint', 'old 0\n\ntext\n'],
  ])('refuses a request with %s', async (_, body) => {
    expect((await addCheckpoint(Buffer.from(body), witness)).status).toBe(400);
  });
});
