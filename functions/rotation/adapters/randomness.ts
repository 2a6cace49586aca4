import { randomBytes, randomInt } from 'node:crypto';

/** An even random whole number from 0 up to and without `limit`, from the system's generator. */
export const randomBelow = (limit: number): number => randomInt(limit);

/** 32 hex digits that nobody can foresee. */
export const newRotationId = (): string => randomBytes(16).toString('hex');
