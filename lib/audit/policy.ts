import { readFileSync } from 'node:fs';
import path from 'node:path';
import { auditPolicy } from '../../functions/contracts/audit-policy.ts';

const COMPILED = path.resolve(import.meta.dirname, '../../functions/audit/policy.json');

/** The policy of `patterns/audit.yaml`, as the functions read it too. */
export const AUDIT_POLICY = auditPolicy.parse(JSON.parse(readFileSync(COMPILED, 'utf8')));

export const daysOf = (seconds: number): number => Math.ceil(seconds / 86_400);
