import { generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { err, ok } from '../../../../functions/kernel/result.ts';
import { renderForms } from '../../../../functions/reports/domain/render/forms.ts';
import {
  MANIFEST_PATH,
  manifestOf,
  openManifest,
  verifyManifest,
  type OpenNote,
} from '../../../../functions/reports/domain/render/manifest.ts';
import { aReport } from '../../../support/reports/report-builder.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const END = '\n\n';
const signNote = async (text: string) =>
  Buffer.from(`${text}${END.slice(1)}${sign(null, Buffer.from(text), privateKey).toString('base64')}\n`);
const openNote: OpenNote = (note) => {
  const written = Buffer.from(note).toString();
  const end = written.indexOf(END);
  const text = written.slice(0, end + 1);
  const signature = written.slice(end + 2, -1);
  const bytes = Buffer.from(signature, 'base64');
  return bytes.toString('base64') === signature &&
    written.endsWith('\n') &&
    Buffer.from(written).equals(note) &&
    verify(null, Buffer.from(text), publicKey, bytes)
    ? ok({ text, signers: ['shhh.example/reports'] })
    : err('the signature is wrong');
};

const report = aReport();
const files = renderForms(report, () => Buffer.from('%PDF-1.7'));
const { bytes: note } = await manifestOf(report, files, signNote);
const beside = () => new Map(files.map(({ path, bytes }) => [path, bytes]));

describe('the manifest of a report', () => {
  it('names the report, its verdicts, its checkpoint and each file, and is found whole', () => {
    const verified = verifyManifest(note, beside().set(MANIFEST_PATH, note), openNote);
    expect(verified).toMatchObject({
      ok: true,
      value: {
        deviations: [],
        signers: ['shhh.example/reports'],
        manifest: {
          report: report.id,
          verdicts: report.verdicts,
          log: { size: 1_000_000, root_hash: report.log.rootHash },
          period: { from: '2026-06-30T22:00:00.000Z', time_zone: 'Europe/Berlin' },
        },
      },
    });
    if (verified.ok)
      expect(verified.value.manifest.files.map(({ path }) => path)).toEqual(files.map(({ path }) => path));
  });

  it('finds one changed byte in any file, by its name', () => {
    fc.assert(
      fc.property(fc.nat(files.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), (at, place, flip) => {
        const file = files[at];
        if (file === undefined) throw new Error('No such file.');
        const bytes = Buffer.from(file.bytes);
        const offset = place % bytes.length;
        bytes[offset] = (bytes[offset] ?? 0) ^ flip;
        const verified = verifyManifest(note, beside().set(file.path, bytes), openNote);
        expect(verified).toMatchObject({
          ok: true,
          value: { deviations: [{ path: file.path, what: 'has another SHA-256 than the manifest says' }] },
        });
      }),
    );
  });

  it('is refused when one byte of itself has changed', () => {
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(note);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(verifyManifest(changed, beside(), openNote).ok).toBe(false);
      }),
    );
  });

  it('finds a file that is missing, cut short, or that it does not name', () => {
    const missing = beside();
    missing.delete('oscal.json');
    missing.set('controls.csv', Buffer.from('short'));
    missing.set('notes.txt', Buffer.from('who put this here'));
    const verified = verifyManifest(note, missing, openNote);
    expect(verified.ok && verified.value.deviations).toEqual([
      { path: 'oscal.json', what: 'is missing' },
      {
        path: 'controls.csv',
        what: `has 5 bytes where the manifest says ${beside().get('controls.csv')?.length ?? 0}`,
      },
      { path: 'notes.txt', what: 'is not named by the manifest' },
    ]);
  });

  it.each([
    ['no JSON', 'shhh.example/audit\n1000000\nroot\n'],
    ['JSON that is no manifest', '{}\n'],
    ['a manifest with white space in it', undefined],
  ])('refuses %s, signed though it be', (_, text) => {
    const opened = openManifest(note, (bytes) => {
      const whole = openNote(bytes);
      return whole.ok
        ? ok({ text: text ?? whole.value.text.replace('{', '{ '), signers: ['shhh.example/reports'] })
        : whole;
    });
    expect(opened).toEqual(err('manifest.note: is no manifest of a report in canonical JSON'));
  });

  it('tells who signed it: nobody, where the note says so', async () => {
    const unsigned = await manifestOf(report, files, async (text) => Buffer.from(text));
    const opened = openManifest(unsigned.bytes, (bytes) =>
      ok({ text: Buffer.from(bytes).toString(), signers: [] }),
    );
    expect(opened).toMatchObject({ ok: true, value: { signers: [] } });
  });
});
