import { App, Stack } from 'aws-cdk-lib';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { problemsOfAddon, refusalOf } from '../../../lib/platform/layer-check.ts';
import { layerDirectory } from '../../../lib/platform/layer-paths.ts';
import { HypercoreLayer, Re2Layer } from '../../../lib/platform/layers.ts';

const host = process.arch === 'arm64' ? 'arm64' : 'x64';
const other = host === 'x64' ? 'arm64' : 'x64';
const RE2 = 'nodejs/node_modules/re2/build/Release/re2.node';
const built = readFileSync(path.join(layerDirectory('re2', host), RE2));

/** The real file with one word of it exchanged for another of the same length, wherever it stands. */
function patched(from: string, to: string): Buffer {
  expect(to).toHaveLength(from.length);
  const changed = Buffer.from(built.toString('latin1').replaceAll(from, to), 'latin1');
  expect(changed.equals(built)).toBe(false);
  return changed;
}

/** Offset of `e_machine` in an ELF header. */
const MACHINE_AT = 18;
function withMachine(machine: number): Buffer {
  const changed = Buffer.from(built);
  changed.writeUInt16LE(machine, MACHINE_AT);
  return changed;
}

describe('a native file', () => {
  test('that setup built has no problems', () => {
    expect(problemsOfAddon(built, host)).toEqual([]);
  });

  test('for the other architecture is named as such', () => {
    expect(problemsOfAddon(built, other)).toEqual([
      host === 'x64'
        ? 'it is built for x86_64, and the function runs on arm64'
        : 'it is built for arm64, and the function runs on x86_64',
    ]);
  });

  test('for a processor that Lambda does not have is refused', () => {
    const RISCV = 243;
    expect(problemsOfAddon(withMachine(RISCV), host)[0]).toContain('ELF machine 243');
  });

  test('for another Node is refused by its ABI', () => {
    expect(problemsOfAddon(patched('node_register_module_v137', 'node_register_module_v127'), host)).toEqual([
      "it is built for Node ABI 127, and Lambda's Node 24 has ABI 137",
    ]);
  });

  test('that is no Node addon is refused', () => {
    expect(problemsOfAddon(patched('node_register_module_v137', 'some_registered_module_v1'), host)).toEqual([
      'it registers no Node addon',
    ]);
  });

  test.each([
    ['GLIBC_2.34', 'GLIBC_2.38', 'GLIBC 2.38, and Amazon Linux 2023 offers 2.34'],
    ['GLIBCXX_3.4.21', 'GLIBCXX_3.4.32', 'GLIBCXX 3.4.32, and Amazon Linux 2023 offers 3.4.29'],
    ['GLIBC_2.34', 'GLIBC_2.4\0', undefined],
  ])('that needs %s turned into %j is judged by number, not by text', (from, to, problem) => {
    const problems = problemsOfAddon(patched(from, to), host);
    if (problem === undefined) expect(problems).toEqual([]);
    else expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  test.each([
    ['built for a Mac', Buffer.from('cffaedfe0c000001', 'hex'), 'it is no ELF file'],
    ['of 32 bits', Buffer.concat([Buffer.from('7f454c460101', 'hex'), Buffer.alloc(64)]), 'of another kind'],
    ['cut off', built.subarray(0, 100), 'cut off or damaged'],
    ['empty', Buffer.alloc(0), 'it is no ELF file'],
  ])('%s is refused', (_, bytes, problem) => {
    expect(problemsOfAddon(bytes, host)).toEqual([expect.stringContaining(problem)]);
  });

  test('cut off anywhere never passes and never throws', () => {
    for (let length = 0; length < built.length; length += 9_973) {
      expect(problemsOfAddon(built.subarray(0, length), host)).not.toEqual([]);
    }
  });
});

describe('synthesis', () => {
  const layers = mkdtempSync(path.join(tmpdir(), 'shhh-layers-'));
  afterAll(() => rmSync(layers, { recursive: true }));

  /** A layer directory of its own, with the re2 file given. */
  function layerWith(name: string, bytes: Buffer): string {
    const directory = path.join(layers, name);
    cpSync(layerDirectory('re2', host), directory, { recursive: true });
    writeFileSync(path.join(directory, RE2), bytes);
    return directory;
  }

  const stack = () => new Stack(new App(), 'Stack');
  const architecture = host === 'x64' ? 'x86_64' : 'arm64';

  test('takes the layers that setup built', () => {
    expect(() => new Re2Layer(stack(), 'Re2', { architecture })).not.toThrow();
    expect(() => new HypercoreLayer(stack(), 'Hypercore', { architecture })).not.toThrow();
  });

  test('refuses a layer that would not load and says what to do', () => {
    const directory = layerWith(
      'old-node',
      patched('node_register_module_v137', 'node_register_module_v127'),
    );
    const create = () => new Re2Layer(stack(), 'Re2', { architecture, directoryOf: () => directory });
    expect(create).toThrow('would not load on Lambda');
    expect(create).toThrow(`${RE2}: it is built for Node ABI 127`);
    expect(create).toThrow(`npm run setup -- --arch ${host}`);
  });

  test('refuses a layer that is missing and says how to build it', () => {
    const missing = path.join(layers, 'missing');
    expect(() => new Re2Layer(stack(), 'Re2', { architecture, directoryOf: () => missing })).toThrow(
      `npm run setup -- --arch ${host}`,
    );
  });

  test('offers the architecture whose layer is there', () => {
    const directories = { [other]: path.join(layers, 'missing'), [host]: layerDirectory('re2', host) };
    const refusal = refusalOf('re2', other, (_, asked) => directories[asked] ?? '');
    expect(refusal).toContain(`-c architecture=${architecture}`);
  });
});
