import { describe, expect, it } from 'vitest';
import { azureChecksum } from '../../../functions/detection/domain/azure-checksum.ts';
import { ALPHABETS, createRandom, type Random } from '../../support/fleet/random.ts';
import { projectScanner } from '../support/scanner.ts';

/** Marks of Azure's keys, each four characters: in random base64 one of them stands somewhere once in 60,000 entries. */
const MARKS = [
  '+ASt',
  '+ABa',
  '+AMC',
  '+ACR',
  '+ASb',
  'ACDb',
  'APIM',
  'AzCa',
  'AzFu',
  'AzSe',
  'AIoT',
  'JQQJ',
];

const base64With = (random: Random, bytes: number, mark: string, at: number): string => {
  const text = random.bytes(bytes).toString('base64');
  return text.slice(0, at) + mark + text.slice(at + mark.length);
};

/** As a log signs its entries. */
const signed = (signature: string): string =>
  JSON.stringify({ type: 'task_progress', hash: 'a1'.repeat(32), signature });

/** A key as Azure makes it: 64 bytes of which the last four are the checksum of those before. */
function azureKey(random: Random, mark: string, seed: string): string {
  const marked = Buffer.from(base64With(random, 64, mark, 76), 'base64');
  const body = marked.subarray(0, 60);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(azureChecksum(body, seed));
  return Buffer.concat([body, tail]).toString('base64');
}

describe('random text that looks like a key by chance', () => {
  const scanner = projectScanner();
  const rulesIn = (text: string): readonly string[] => scanner.scan([text]).map(({ rule }) => rule);

  it('is no finding where the mark of an Azure key stands in a signature, wherever it stands', () => {
    const random = createRandom(5);
    for (const mark of MARKS)
      for (let at = 1; at < 84; at += 1) {
        const text = signed(base64With(random, 64, mark, at));
        expect(rulesIn(text), text).toEqual([]);
      }
  });

  it('is a finding where the checksum of an Azure key is right', () => {
    const random = createRandom(6);
    for (const [mark, seed] of [
      ['+ASt', 'Default0'],
      ['+ABa', 'AbAcct00'],
      ['ACDb', 'MastRW00'],
      ['APIM', 'Gatewy00'],
    ] as const) {
      const found = scanner.scan([`AZURE_KEY=${azureKey(random, mark, seed)}`]);
      expect(found.map(({ rule }) => rule)).toEqual(['AZURE_CASK_KEY']);
      expect(found[0]?.confidence).toBeGreaterThan(0.95);
    }
  });

  it('is no finding where an attachment of 36 bytes begins like a password of Artifactory', () => {
    const random = createRandom(7);
    for (let round = 0; round < 200; round += 1) {
      const attachment = `AP${random.text('0123456789ABCDEF', 1)}${random.text(ALPHABETS.alphanumeric, 45)}`;
      expect(rulesIn(JSON.stringify({ attachment })), attachment).toEqual([]);
    }
  });

  it('is no finding where a run of letters in a signature begins like a token of Facebook', () => {
    const random = createRandom(8);
    for (let round = 0; round < 100; round += 1) {
      const length = 43 + random.int(36);
      const signature = `${random.text(ALPHABETS.alphanumeric, 85 - length)}/EAA${random.text(ALPHABETS.alphanumeric, length - 3)}==`;
      expect(rulesIn(signed(signature)), signature).toEqual([]);
    }
  });

  it('is no finding where the end of a signature looks like a short key', () => {
    const random = createRandom(9);
    for (let round = 0; round < 100; round += 1) {
      const key = `BSA${random.text(ALPHABETS.alphanumeric, 28)}`;
      const signature = `${random.text(ALPHABETS.alphanumeric, 54)}/${key}==`;
      expect(rulesIn(signed(signature)), signature).toEqual([]);
      expect(rulesIn(`BRAVE_API_KEY=${key}`)).toEqual(['BRAVE_KEY']);
    }
  });
});
