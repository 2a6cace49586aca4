/**
 * Reads of an ELF file what decides whether a dynamic loader accepts it. Only what Lambda runs is understood:
 * 64 bits, little endian. Source of the layouts: the System V ABI (gABI) and, for symbol versions, the Linux
 * Standard Base Core specification, "Symbol Versioning".
 */

export interface NeededVersion {
  /** E.g. `GLIBC_2.34`. */
  readonly version: string;
  /** Where its entry (`Elf64_Vernaux`) lies in the file, in bytes. */
  readonly at: number;
  /** Names of the dynamic symbols that ask for it. */
  readonly symbols: readonly string[];
}

export interface ElfFacts {
  /** `e_machine`: 62 is x86-64, 183 is AArch64. */
  readonly machine: number;
  /** Symbol versions that the libraries of the system must offer. */
  readonly needed: readonly NeededVersion[];
  /** Names of dynamic symbols that the file brings. */
  readonly defines: ReadonlySet<string>;
  /** Names of dynamic symbols that the process must bring. */
  readonly imports: ReadonlySet<string>;
}

const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
const SECTION = { dynamicSymbols: 11, neededVersions: 0x6ffffffe, versionOfSymbol: 0x6fffffff } as const;
/** The highest bit of a symbol's version index only says that the version is not the default one. */
const VERSION_INDEX_MASK = 0x7fff;

/** Offsets in an `Elf64_Vernaux`, in bytes. */
const VERNAUX = { hash: 0, index: 6, name: 8, next: 12 } as const;

interface Section {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/** @returns the facts, or why the bytes are no ELF file that could be read */
export function readElf(bytes: Buffer): ElfFacts | { readonly unreadable: string } {
  if (!bytes.subarray(0, 4).equals(MAGIC))
    return { unreadable: 'it is no ELF file, so it was not built for Linux' };
  if (bytes[4] !== CLASS_64 || bytes[5] !== LITTLE_ENDIAN) {
    return { unreadable: 'it is an ELF file of another kind than 64 bits, little endian' };
  }
  try {
    return read(bytes);
  } catch (error) {
    // Buffer refuses to read beyond its end.
    if (error instanceof RangeError) return { unreadable: 'it is cut off or damaged' };
    throw error;
  }
}

function read(bytes: Buffer): ElfFacts {
  const sections = sectionsOf(bytes);
  const symbols = symbolsOf(bytes, sections);
  const needed = sections
    .filter(({ type }) => type === SECTION.neededVersions)
    .flatMap((section) => [...versionsIn(bytes, section, sections[section.link])])
    .map(({ version, at, index }) => ({
      version,
      at,
      symbols: symbols.filter((symbol) => symbol.version === index).map(({ name }) => name),
    }));
  return {
    machine: bytes.readUInt16LE(18),
    needed,
    defines: new Set(symbols.filter(({ defined }) => defined).map(({ name }) => name)),
    imports: new Set(symbols.filter(({ defined }) => !defined).map(({ name }) => name)),
  };
}

interface DynamicSymbol {
  readonly name: string;
  readonly defined: boolean;
  /** Index of the version it asks for or has; absent if the file gives its symbols no versions. */
  readonly version: number | undefined;
}

function symbolsOf(bytes: Buffer, sections: readonly Section[]): DynamicSymbol[] {
  const table = sections.find(({ type }) => type === SECTION.dynamicSymbols);
  const versions = sections.find(({ type }) => type === SECTION.versionOfSymbol);
  const strings = table && sections[table.link];
  if (!strings) return [];
  return Array.from({ length: Math.floor(table.size / SYMBOL_BYTES) }, (_, index) => {
    const at = table.offset + index * SYMBOL_BYTES;
    return {
      name: textAt(bytes, strings.offset + bytes.readUInt32LE(at)),
      defined: bytes.readUInt16LE(at + 6) !== 0,
      version: versions && bytes.readUInt16LE(versions.offset + index * 2) & VERSION_INDEX_MASK,
    };
  });
}

function sectionsOf(bytes: Buffer): Section[] {
  const table = Number(bytes.readBigUInt64LE(0x28));
  const count = bytes.readUInt16LE(0x3c);
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * SECTION_HEADER_BYTES;
    return {
      type: bytes.readUInt32LE(at + 4),
      offset: Number(bytes.readBigUInt64LE(at + 24)),
      size: Number(bytes.readBigUInt64LE(at + 32)),
      link: bytes.readUInt32LE(at + 40),
    };
  });
}

/** A list of libraries (Verneed), each with a list of versions (Vernaux); every link is relative, 0 ends a list. */
function* versionsIn(
  bytes: Buffer,
  section: Section,
  strings: Section | undefined,
): Generator<{ version: string; at: number; index: number }> {
  if (!strings) return;
  let library = section.offset;
  for (;;) {
    let at = library + bytes.readUInt32LE(library + 8);
    for (let left = bytes.readUInt16LE(library + 2); left > 0; left -= 1) {
      const version = textAt(bytes, strings.offset + bytes.readUInt32LE(at + VERNAUX.name));
      yield { version, at, index: bytes.readUInt16LE(at + VERNAUX.index) };
      at += bytes.readUInt32LE(at + VERNAUX.next);
    }
    const next = bytes.readUInt32LE(library + 12);
    if (next === 0) return;
    library += next;
  }
}

/**
 * Makes the symbols that ask for one version ask for another that the file already names.
 * @returns a changed copy: the hash and the name of the one entry are those of the other
 */
export function askForOtherVersion(bytes: Buffer, from: NeededVersion, to: NeededVersion): Buffer {
  const changed = Buffer.from(bytes);
  for (const field of [VERNAUX.hash, VERNAUX.name]) {
    changed.writeUInt32LE(bytes.readUInt32LE(to.at + field), from.at + field);
  }
  return changed;
}

function textAt(bytes: Buffer, offset: number): string {
  const end = bytes.indexOf(0, offset);
  if (end < 0) throw new RangeError('a string has no end');
  return bytes.toString('latin1', offset, end);
}
