import { advanceRotationEnv } from './advance-rotation.env.ts';

/** It asks no provider. */
export const askRotationEnv = advanceRotationEnv.omit({ STS_ADDRESS: true });
