/** Those whom reports are shown to, none of them written by us: each says what it objects to, file by file. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { BUILD_DIR, PROJECT_ROOT, type Log } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';

/** What a stranger objects to in a file; undefined where it has nothing to object. */
export type Judge = (file: string) => Promise<string | undefined>;

const SOURCE = path.join(PROJECT_ROOT, 'scripts/reports');
const TOOLS = path.join(BUILD_DIR, 'verify-reports');
const PYTHON = path.join(TOOLS, 'oscal/bin/python');
const TRESTLE = path.join(TOOLS, 'oscal/bin/trestle');
const JARS = path.join(TOOLS, 'verapdf');
const CHROMIUMS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

const answers = (command: string, ...args: string[]): Promise<boolean> =>
  runCommand(command, args).then(
    () => true,
    () => false,
  );

async function findChromium(): Promise<string | undefined> {
  for (const name of CHROMIUMS) if (await answers(name, '--version')) return name;
  return undefined;
}

/** What this machine lacks, and how to get it on Debian or Ubuntu. */
export async function missingTools(): Promise<readonly string[]> {
  const wanted: readonly (readonly [isThere: boolean, what: string])[] = [
    [await answers('qpdf', '--version'), 'qpdf (apt-get install qpdf)'],
    [
      await answers('java', '-version'),
      'Java 11 or newer, for veraPDF (apt-get install default-jre-headless)',
    ],
    [await answers('mvn', '--version'), 'Maven, which fetches veraPDF (apt-get install maven)'],
    [(await findChromium()) !== undefined, 'Chromium, for axe (apt-get install chromium)'],
    [
      await answers('python3', '-c', 'import venv, ensurepip'),
      'Python 3.11 or newer with venv, for trestle (apt-get install python3-venv)',
    ],
  ];
  return wanted.flatMap(([isThere, what]) => (isThere ? [] : what));
}

/** Runs what makes a directory, unless it was made from the same source already. */
async function once(directory: string, source: string, make: () => Promise<void>): Promise<void> {
  const stampFile = path.join(directory, 'stamp');
  const stamp = createHash('sha256')
    .update(await readFile(source))
    .digest('hex');
  if (existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === stamp) return;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await make();
  await writeFile(stampFile, stamp);
}

/** Fetches what is not there yet into `.build/verify-reports`, by name and version. */
export async function prepareStrangers(log: Log): Promise<void> {
  const pom = path.join(SOURCE, 'pom.xml');
  await once(JARS, pom, async () => {
    log('verify:reports: fetching veraPDF with Maven');
    await runCommand('mvn', [
      ...['--quiet', '--batch-mode', '--file', pom],
      ...['dependency:copy-dependencies', `-DoutputDirectory=${JARS}`],
    ]);
  });
  const requirements = path.join(SOURCE, 'requirements.txt');
  await once(path.dirname(path.dirname(PYTHON)), requirements, async () => {
    log('verify:reports: installing trestle from PyPI');
    await runCommand('python3', ['-m', 'venv', path.dirname(path.dirname(PYTHON))]);
    await runCommand(PYTHON, [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'],
      ...['--require-hashes', '--requirement', requirements],
    ]);
  });
}

const objection = (error: unknown): string =>
  error instanceof Error
    ? error.message.split('\n').slice(1, 4).join(' ') || error.message
    : 'an unknown objection';

const objectionOf = (run: () => Promise<string | undefined>): Promise<string | undefined> =>
  run().catch(objection);

/** qpdf: the file's own structure. */
export const askQpdf: Judge = (file) =>
  objectionOf(async () => {
    await runCommand('qpdf', ['--check', file]);
    return undefined;
  });

/** veraPDF: whether it is the PDF/A that it claims to be, each rule of ISO 19005-2 that a machine can check. */
export const askVeraPdf: Judge = (file) =>
  objectionOf(async () => {
    const said = await runCommand('java', [
      ...['-cp', path.join(JARS, '*'), 'org.verapdf.apps.GreenfieldCliWrapper'],
      ...['--flavour', '2a', '--format', 'text', file],
    ]);
    return said.startsWith('PASS ') ? undefined : said;
  });

/** trestle, the OSCAL Compass project's: its own model of OSCAL, and that names lead to what is there. */
export const askTrestle: Judge = (file) =>
  objectionOf(async () => {
    const workspace = await mkdtemp(path.join(tmpdir(), 'shhh-trestle-'));
    try {
      const own = path.join(workspace, 'report.json');
      await cp(file, own);
      const root = path.join(workspace, 'workspace');
      await mkdir(root);
      await runCommand(TRESTLE, ['init', '--trestle-root', root]);
      await runCommand(TRESTLE, ['import', '--trestle-root', root, '--file', own, '--output', 'report']);
      await runCommand(TRESTLE, [
        'validate',
        '--trestle-root',
        root,
        '--type',
        'assessment-results',
        '--name',
        'report',
      ]);
      return undefined;
    } finally {
      await rm(workspace, { recursive: true, force: true });
    }
  });

const axeAnswer = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.string()) })),
  passes: z.number().int().positive(),
});

/** axe in headless Chromium: every rule that it has, over the whole page. */
export async function createAxe(): Promise<Judge> {
  const chromium = (await findChromium()) ?? 'chromium';
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // The page allows no script: what looks at it is put into a copy that does.
  const script = `<script>${axe.replaceAll('</script', '<\\/script')}</script><script>
axe.run().then(({ violations, passes }) => {
  const said = { violations: violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html.slice(0, 200)) })), passes: passes.length };
  document.documentElement.dataset.axe = encodeURIComponent(JSON.stringify(said));
});</script>`;
  return (file) =>
    objectionOf(async () => {
      const directory = await mkdtemp(path.join(tmpdir(), 'shhh-axe-'));
      try {
        const page = path.join(directory, 'page.html');
        const html = await readFile(file, 'utf8');
        const policy = /<meta\s[^>]*Content-Security-Policy[^>]*>/;
        if (!policy.test(html) || !html.includes('</body>')) return 'is no page of ours: it has no policy';
        await writeFile(
          page,
          html.replace(policy, '').replace('</body>', () => `${script}</body>`),
        );
        const dom = await runCommand(chromium, [
          ...[
            '--headless',
            '--disable-gpu',
            '--no-first-run',
            `--user-data-dir=${path.join(directory, 'profile')}`,
          ],
          // Chromium's sandbox does not start as root, as in most containers; the page is ours.
          ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
          ...['--virtual-time-budget=120000', '--dump-dom', pathToFileURL(page).href],
        ]);
        const said = / data-axe="([^"]+)"/.exec(dom)?.[1];
        if (said === undefined) return 'axe did not come to an end';
        const { violations } = axeAnswer.parse(JSON.parse(decodeURIComponent(said)));
        return violations.length === 0
          ? undefined
          : violations.map(({ id, nodes }) => `${id}: ${nodes[0] ?? ''}`).join('; ');
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    });
}
