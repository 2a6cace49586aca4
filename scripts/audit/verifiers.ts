/** Verifiers that we did not write, and ours. Each says what it objects to; undefined where it has nothing to object. */
import { verifyCheckpoint } from '@sigstore/verify/dist/tlog/checkpoint.js';
import { verifyMerkleInclusion } from '@sigstore/verify/dist/tlog/merkle.js';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { z } from 'zod';
import { createDirectorySource } from '../../functions/platform/directory-log-source.ts';
import { openProof } from '../../functions/audit/domain/proof-files.ts';
import { parseNote, type NoteKey } from '../../functions/kernel/tlog/signed-note.ts';
import { verifyLog } from '../../functions/audit/domain/verify-log.ts';
import { PROJECT_ROOT } from '../support/project.ts';

const run = promisify(execFile);

export const VERIFIERS = ['shhh-audit', 'tessera-fsck', 'go-sumdb', 'sigstore', 'openssl'] as const;
export type Verifier = (typeof VERIFIERS)[number];

/** What each verifier that was asked objects to; one that does not look at such a thing is not in it. */
export type Objections = ReadonlyMap<Verifier, string | undefined>;

export interface LogKeys {
  readonly ed25519: NoteKey;
  readonly ecdsa: NoteKey;
}

/** A proof of an entry, as files. */
export interface ProofFiles {
  readonly proof: string;
  readonly entry: string;
}

export interface Strangers {
  readonly askAboutLog: (directory: string) => Promise<Objections>;
  readonly askAboutProof: (files: ProofFiles) => Promise<Objections>;
  readonly close: () => Promise<void>;
}

const GO_DIRECTORY = path.join(PROJECT_ROOT, 'scripts/audit/strangers');

/** What this machine lacks for the strangers' tools. */
export async function missingTools(): Promise<readonly string[]> {
  const missing: string[] = [];
  const answers = (command: string, ...args: string[]) =>
    run(command, args).then(
      ({ stdout }) => stdout,
      () => undefined,
    );
  if ((await answers('go', 'version')) === undefined)
    missing.push(
      "Go 1.21 or newer (https://go.dev/dl), for Tessera's fsck and golang.org/x/mod; it fetches what scripts/audit/strangers/go.mod pins from the Go module proxy",
    );
  const openssl = await answers('openssl', 'version');
  if (openssl === undefined || !/OpenSSL ([3-9]|\d\d)\./.test(openssl))
    missing.push('OpenSSL 3 or newer as `openssl`, for pkeyutl with Ed25519');
  return missing;
}

/** Builds what has to be built, and keeps it running until it is closed. */
export async function startStrangers(keys: LogKeys): Promise<Strangers> {
  const folder = await mkdtemp(path.join(tmpdir(), 'shhh-strangers-'));
  const program = path.join(folder, 'strangers');
  await run('go', ['build', '-o', program, '.'], { cwd: GO_DIRECTORY });
  const go = spawn(program, ['-key', keys.ed25519.vkey], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: go.stdout })[Symbol.asyncIterator]();
  const pem = (key: NoteKey) => key.key.export({ format: 'pem', type: 'spki' });
  const [edPem, ecPem] = [path.join(folder, 'ed25519.pem'), path.join(folder, 'ecdsa.pem')];
  await writeFile(edPem, pem(keys.ed25519));
  await writeFile(ecPem, pem(keys.ecdsa));

  async function askGo(question: object): Promise<readonly (readonly [Verifier, string | undefined])[]> {
    go.stdin.write(`${JSON.stringify(question)}\n`);
    const line = await lines.next();
    if (line.done === true) throw new Error('The Go verifiers have ended; their last words are above.');
    const { fsck, sumdb } = goAnswer.parse(JSON.parse(line.value));
    return [
      ...(fsck === undefined ? [] : [['tessera-fsck', fsck || undefined] as const]),
      ...(sumdb === undefined ? [] : [['go-sumdb', sumdb || undefined] as const]),
    ];
  }

  return {
    async askAboutLog(directory) {
      const note = await readFile(path.join(directory, 'checkpoint'));
      const [ours, theirs] = await Promise.all([askOurs(directory, keys), askGo({ dir: directory })]);
      return new Map([
        ours,
        ...theirs,
        ['sigstore', await objectionOf(() => sigstoreCheckpoint(note.toString(), keys))],
        ['openssl', await objectionOf(() => opensslCheckpoint(note, keys, { edPem, ecPem, folder }))],
      ]);
    },

    async askAboutProof({ proof, entry }) {
      const [text, bytes] = [await readFile(proof, 'utf8'), await readFile(entry)];
      const ours = openProof(text, bytes, [keys.ed25519, keys.ecdsa]);
      return new Map<Verifier, string | undefined>([
        ['shhh-audit', ours.ok ? undefined : ours.error],
        ...(await askGo({ proof, entry })),
        ['sigstore', await objectionOf(() => sigstoreProof(text, bytes, keys))],
      ]);
    },

    async close() {
      go.stdin.end();
      if (go.exitCode === null) await once(go, 'close');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const goAnswer = z.object({ fsck: z.string().optional(), sumdb: z.string().optional() });

async function askOurs(directory: string, keys: LogKeys): Promise<readonly [Verifier, string | undefined]> {
  const { problems } = await verifyLog({
    source: createDirectorySource(directory),
    keys: [keys.ed25519, keys.ecdsa],
  });
  const [first] = problems;
  return ['shhh-audit', first && `${first.where} ${first.what}`];
}

async function objectionOf(verify: () => unknown): Promise<string | undefined> {
  try {
    await verify();
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'an unknown objection';
  }
}

/** sigstore's own verification of a log's checkpoint; it trusts a log by the beginning of its id and its name. */
function sigstoreCheckpoint(envelope: string, keys: LogKeys, entry: Partial<SigstoreEntry> = {}) {
  const always = { start: new Date(0), end: new Date(8.64e15) };
  const logs = [keys.ed25519, keys.ecdsa].map(({ id, name, key }) => ({
    logID: Buffer.from(id, 'hex'),
    baseURL: `https://${name}`,
    publicKey: key,
    validFor: always,
  }));
  const asked = sigstoreEntry(envelope, entry);
  return { checkpoint: verifyCheckpoint(asked, logs), asked };
}

function sigstoreProof(text: string, entry: Buffer, keys: LogKeys): void {
  const end = text.indexOf('\n\n');
  const [, index = '', ...hashes] = text.slice(0, end).split('\n');
  const { checkpoint, asked } = sigstoreCheckpoint(text.slice(end + 2), keys, {
    index: index.replace('index ', ''),
    hashes: hashes.map((hash) => Buffer.from(hash, 'base64')),
    body: entry,
  });
  verifyMerkleInclusion(asked, checkpoint);
}

interface SigstoreEntry {
  readonly index: string;
  readonly hashes: Buffer[];
  readonly body: Buffer;
}

/** An entry as sigstore knows them; of what it has besides, nothing is looked at here. */
function sigstoreEntry(
  envelope: string,
  { index = '0', hashes = [], body = Buffer.alloc(0) }: Partial<SigstoreEntry>,
) {
  return {
    logIndex: index,
    logId: { keyId: Buffer.alloc(0) },
    kindVersion: { kind: '', version: '' },
    integratedTime: '0',
    inclusionPromise: undefined,
    inclusionProof: {
      logIndex: index,
      rootHash: Buffer.alloc(0),
      treeSize: '0',
      hashes,
      checkpoint: { envelope },
    },
    canonicalizedBody: body,
  };
}

/** OpenSSL, over what stands above the signatures: Ed25519 over the text itself, ECDSA over its SHA-256. */
async function opensslCheckpoint(
  bytes: Buffer,
  keys: LogKeys,
  { edPem, ecPem, folder }: { readonly edPem: string; readonly ecPem: string; readonly folder: string },
): Promise<void> {
  const note = parseNote(bytes);
  if (!note.ok) throw new Error(note.error);
  const [body, signature] = [path.join(folder, 'body'), path.join(folder, 'signature')];
  await writeFile(body, note.value.text);
  for (const [key, pem, digest] of [
    [keys.ed25519, edPem, []],
    [keys.ecdsa, ecPem, ['-digest', 'sha256']],
  ] as const) {
    const signed = note.value.signatures.find(({ keyId, name }) => keyId === key.id && name === key.name);
    if (signed === undefined) throw new Error(`${key.kind} has not signed`);
    await writeFile(signature, signed.signature);
    await run('openssl', [
      ...['pkeyutl', '-verify', '-pubin', '-inkey', pem, '-rawin', ...digest],
      ...['-in', body, '-sigfile', signature],
    ]);
  }
}
