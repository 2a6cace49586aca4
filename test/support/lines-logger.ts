/** A logger that keeps its lines, as far as handlers use one. */
export class LinesLogger {
  readonly lines: Record<string, unknown>[] = [];

  readonly info = (message: unknown, ...extra: unknown[]): void => this.#keep('info', message, extra);
  readonly warn = (message: unknown, ...extra: unknown[]): void => this.#keep('warn', message, extra);
  readonly error = (message: unknown, ...extra: unknown[]): void => this.#keep('error', message, extra);

  #keep(level: string, message: unknown, extra: readonly unknown[]): void {
    this.lines.push({
      level,
      message,
      ...extra.reduce<object>((all, each) => ({ ...all, ...(typeof each === 'object' && each) }), {}),
    });
  }
}
