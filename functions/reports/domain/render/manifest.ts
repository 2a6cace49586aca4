/**
 * What a report consists of, file by file, as a signed note (https://c2sp.org/signed-note): its text is one line of
 * canonical JSON. It is written last: what has no manifest is no report.
 */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { toIso } from '../../../kernel/clock.ts';
import { err, ok, type Result } from '../../../kernel/result.ts';
import type { Report } from '../report.ts';
import type { ReportFile } from './forms.ts';

export const MANIFEST_PATH = 'manifest.note';
const FORMAT = 'shhh.report-manifest/1';

const count = z.int().nonnegative();

const manifest = z.strictObject({
  format: z.literal(FORMAT),
  /** The report's id. */
  report: z.uuid(),
  framework: z.strictObject({ id: z.string(), version: z.string() }),
  deployment: z.string(),
  /** From, inclusive, until, exclusive. */
  period: z.strictObject({ from: z.iso.datetime(), until: z.iso.datetime(), time_zone: z.string() }),
  made_at: z.iso.datetime(),
  /** Controls by verdict. */
  verdicts: z.strictObject({
    passed: count,
    failed: count,
    incomplete: count,
    not_applicable: count,
    not_covered: count,
  }),
  /** The checkpoint that the evidence is proved against; the root hash in base64. */
  log: z.strictObject({ origin: z.string(), size: count, root_hash: z.string() }),
  files: z
    .array(
      z.strictObject({
        path: z.string().min(1),
        media_type: z.string(),
        bytes: count,
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1),
});
export type Manifest = z.infer<typeof manifest>;

/** Port: a note of this text, with the signatures below it. */
export type SignNote = (text: string) => Promise<Uint8Array>;

/** Port: a note's text and the names of those whose signatures hold, or why it is to be refused. */
export type OpenNote = (
  note: Uint8Array,
) => Result<{ readonly text: string; readonly signers: readonly string[] }, string>;

export async function manifestOf(
  { id, framework, deployment, period, generatedAt, verdicts, log }: Report,
  files: readonly ReportFile[],
  sign: SignNote,
): Promise<ReportFile> {
  const content: Manifest = {
    format: FORMAT,
    report: id,
    framework: { id: framework.id, version: framework.version },
    deployment,
    period: { from: toIso(period.from), until: toIso(period.until), time_zone: period.timeZone },
    made_at: toIso(generatedAt),
    verdicts,
    log: { origin: log.origin, size: log.size, root_hash: log.rootHash },
    files: files.map(({ path, mediaType, bytes }) => ({
      path,
      media_type: mediaType,
      bytes: bytes.byteLength,
      sha256: hash('sha256', bytes, 'hex'),
    })),
  };
  return {
    path: MANIFEST_PATH,
    mediaType: 'text/plain; charset=utf-8',
    bytes: await sign(`${canonicalJson(content)}\n`),
  };
}

export interface OpenedManifest {
  readonly manifest: Manifest;
  /** Names of the keys that signed it, of those that the reader knows. */
  readonly signers: readonly string[];
}

/** A manifest from its note. @returns why it is none */
export function openManifest(note: Uint8Array, open: OpenNote): Result<OpenedManifest, string> {
  const opened = open(note);
  if (!opened.ok) return err(`${MANIFEST_PATH}: ${opened.error}`);
  const { text, signers } = opened.value;
  const parsed = manifest.safeParse(jsonOf(text));
  if (!parsed.success || `${canonicalJson(parsed.data)}\n` !== text)
    return err(`${MANIFEST_PATH}: is no manifest of a report in canonical JSON`);
  return ok({ manifest: parsed.data, signers });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A file that is not as the manifest says. */
export interface Deviation {
  readonly path: string;
  readonly what: string;
}

/**
 * Compares files with their manifest.
 * @param files all that lies beside the manifest
 * @returns what deviates, by name; or why the manifest itself is to be refused
 */
export function verifyManifest(
  note: Uint8Array,
  files: ReadonlyMap<string, Uint8Array>,
  open: OpenNote,
): Result<OpenedManifest & { readonly deviations: readonly Deviation[] }, string> {
  const opened = openManifest(note, open);
  if (!opened.ok) return opened;
  const named = new Set(opened.value.manifest.files.map(({ path }) => path));
  const deviations = [
    ...opened.value.manifest.files.flatMap(({ path, bytes, sha256 }) => {
      const file = files.get(path);
      if (file === undefined) return { path, what: 'is missing' };
      if (file.byteLength !== bytes)
        return { path, what: `has ${file.byteLength} bytes where the manifest says ${bytes}` };
      return hash('sha256', file, 'hex') === sha256
        ? []
        : { path, what: 'has another SHA-256 than the manifest says' };
    }),
    ...[...files.keys()]
      .filter((path) => path !== MANIFEST_PATH && !named.has(path))
      .sort()
      .map((path) => ({ path, what: 'is not named by the manifest' })),
  ];
  return ok({ ...opened.value, deviations });
}
