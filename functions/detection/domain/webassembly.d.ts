/** The part of WebAssembly's JavaScript interface that is used here; Node has it, TypeScript knows it only of browsers. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { readonly initial: number; readonly maximum: number });
    readonly buffer: ArrayBuffer;
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, Memory>>>>);
    /** What the prefilter's module exports: the only one here. */
    readonly exports: { readonly scan: (from: number, end: number, count: number) => number };
  }
}
