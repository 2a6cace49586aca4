/** What an agent in Node uses of the guard. */
export { createGuard, type CheckResult, type Guard, type GuardOptions } from './guard.ts';
export { guardCore } from './hypercore.ts';
export { filePackSource, httpPackSource, keepCurrent } from './pack-source.ts';
export { createRecorder } from './recorder.ts';
export { guardSend, jsonEncoding, MessageBlocked, textEncoding } from './send.ts';
export { guardByteStream, guardObjectStream } from './stream.ts';
