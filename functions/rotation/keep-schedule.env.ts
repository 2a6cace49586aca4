export { advanceRotationEnv as keepScheduleEnv } from './advance-rotation.env.ts';
