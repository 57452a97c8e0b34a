import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  chromium,
  type Browser,
  type BrowserContextOptions,
  type LaunchOptions,
  type Page,
} from 'playwright-core';
import { runToExit } from '../../../scripts/support/pm2.ts';
import { root } from '../../local/stack/paths.ts';

export interface TestPage {
  readonly page: Page;
  /** What the page complained of so far: refused by its policy, thrown, or written to its console as an error. */
  readonly faults: readonly string[];
  /** Forgets those that were provoked. */
  forgive(): void;
}

export interface TestBrowser {
  /** A page of its own: nothing is shared with another but the browser. */
  open(options?: BrowserContextOptions): Promise<TestPage>;
  close(): Promise<void>;
}

const patienceMs = 15_000;

/** A real Chromium from npm, without a window. */
export async function startBrowser(): Promise<TestBrowser> {
  const browser = await chromium.launch({
    ...(await whichBrowser()),
    args: ['--no-sandbox', '--no-zygote', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  return {
    open: (options) => openPage(browser, options),
    close: () => browser.close(),
  };
}

async function openPage(browser: Browser, options?: BrowserContextOptions): Promise<TestPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 860 },
    // Without one Chromium takes the machine's, which may be none that it understands.
    locale: 'en-GB',
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  let faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  return {
    page,
    get faults() {
      return faults;
    },
    forgive() {
      faults = [];
    },
  };
}

/** The package has one for Linux on x64; elsewhere the Chrome that is installed serves. */
async function whichBrowser(): Promise<LaunchOptions> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { channel: 'chrome' };
  const folder = await unpacked();
  return {
    executablePath: join(folder, 'chromium'),
    // A machine without windows may have neither the libraries nor a font.
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_PATH: join(folder, 'fonts'),
    },
  };
}

/**
 * What @sparticuz/chromium carries, laid out once a version: the program, libraries and fonts. It appears by one rename, since several test files
 * may ask at once and any of them may be killed.
 */
async function unpacked(): Promise<string> {
  const require = createRequire(import.meta.url);
  const packageFile = join(
    require.resolve('@sparticuz/chromium').replace(/build[/\\].*$/, ''),
    'package.json',
  );
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  const folder = join(root, '.local', `chromium-${version}`);
  if (!existsSync(folder)) {
    mkdirSync(join(root, '.local'), { recursive: true });
    const partial = mkdtempSync(`${folder}.`);
    try {
      await unpackTo(partial);
      tellOfFonts(partial, folder);
      renameSync(partial, folder);
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      if (!existsSync(folder)) throw error; // else another was faster
    }
  }
  return folder;
}

/** The package unpacks to the temporary folder of its process, so that is told another one. */
async function unpackTo(folder: string): Promise<void> {
  const { code, output } = await runToExit(['--input-type=module', '--eval', unpackProgram], {
    cwd: root,
    env: { ...process.env, TMPDIR: folder },
  });
  if (code !== 0) throw new Error(`Chromium was not unpacked:\n${output}`);
}

/** The package's own file looks for them in the temporary folder; without any font Chromium ends itself. */
function tellOfFonts(partial: string, folder: string): void {
  const file = join(partial, 'fonts', 'fonts.conf');
  const own = readFileSync(file, 'utf8').replaceAll('/tmp/fonts', join(folder, 'fonts'));
  writeFileSync(file, own);
}

const unpackProgram = `
  import { createRequire } from 'node:module';
  import { dirname, join } from 'node:path';
  import chromium, { inflate } from '@sparticuz/chromium';
  const main = createRequire(process.cwd() + '/').resolve('@sparticuz/chromium');
  await chromium.executablePath();
  await inflate(join(dirname(dirname(main)), 'bin', 'al2023.tar.br'));`;
