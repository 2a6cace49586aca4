/** A line that is redrawn in place while work goes on, and lines that stay. Without a terminal, lines only. */
let drawn = false;

export function draw(line: string): void {
  process.stdout.write(process.stdout.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
  drawn = process.stdout.isTTY;
}

export function say(line: string): void {
  if (drawn) process.stdout.write('\n');
  drawn = false;
  process.stdout.write(`${line}\n`);
}
