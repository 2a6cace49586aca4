export { askRotationEnv as keepScheduleEnv } from './ask-rotation.env.ts';
