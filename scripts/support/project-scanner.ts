import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createRe2Regex } from '../../functions/detection/adapters/re2-regex.ts';
import { compiledPack, type CompiledPack } from '../../functions/detection/domain/pack.ts';
import { createDetector, type Detector } from '../../functions/detection/domain/detector.ts';

const PACK = path.resolve(import.meta.dirname, '../../functions/detection/patterns.json');

/** The pack that the function carries. */
export async function readProjectPack(): Promise<CompiledPack> {
  return compiledPack.parse(JSON.parse(await readFile(PACK, 'utf8')));
}

/** The scanner that the function runs, over the project's own rules. */
export async function createProjectScanner(): Promise<Detector> {
  return createDetector(await readProjectPack(), createRe2Regex);
}
