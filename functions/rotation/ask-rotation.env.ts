export { advanceRotationEnv as askRotationEnv } from './advance-rotation.env.ts';
