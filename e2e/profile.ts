/** Chromium as readers set it up who allow pages less than usual. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type BrowserContextOptions } from '@playwright/test';
import playwrightConfig from '../playwright.config.ts';

/** What a reader may forbid, as Chromium’s own preferences name it. */
export type Forbidden = 'javascript' | 'cookies';

/** Chromium’s number for “block”. */
const BLOCK = 2;

/** A browser with a profile of its own, in which something is forbidden on every site. */
export class StrictBrowser implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly #folder: string;

  private constructor(context: BrowserContext, folder: string) {
    this.context = context;
    this.#folder = folder;
  }

  /** Starts one. Blocked cookies take every kind of storage along. */
  static async start(
    forbidden: Forbidden,
    options: BrowserContextOptions = {},
  ): Promise<StrictBrowser> {
    const folder = mkdtempSync(join(tmpdir(), 'readable-profile-'));
    mkdirSync(join(folder, 'Default'));
    writeFileSync(
      join(folder, 'Default', 'Preferences'),
      JSON.stringify({ profile: { default_content_setting_values: { [forbidden]: BLOCK } } }),
    );
    const launch = playwrightConfig.use?.launchOptions;
    const context = await chromium.launchPersistentContext(folder, { ...launch, ...options });
    return new StrictBrowser(context, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
