/** The scanner that the function runs, over the project's own rules. */
import { createRe2Regex } from '../../../functions/detection/adapters/re2-regex.ts';
import { compiledPack, type CompiledPack } from '../../../functions/detection/domain/pack.ts';
import { createDetector, type Detector } from '../../../functions/detection/domain/detector.ts';
import patterns from '../../../functions/detection/patterns.json' with { type: 'json' };

export const projectPack = (): CompiledPack => compiledPack.parse(patterns);
export const projectScanner = (): Detector => createDetector(projectPack(), createRe2Regex);
