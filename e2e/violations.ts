/** What a page’s Content-Security-Policy forbids while a test looks on. */
import type { Page } from '@playwright/test';

const MARK = 'forbidden: ';

/** Collects what is forbidden in every document that the page opens from now on. */
export async function watchViolations(page: Page): Promise<string[]> {
  const violations: string[] = [];
  page.on('console', (message) => {
    const text = message.text();
    if (text.startsWith(MARK)) violations.push(text.slice(MARK.length));
  });
  await page.addInitScript((mark) => {
    addEventListener('securitypolicyviolation', (event) => {
      const { effectiveDirective, blockedURI, sourceFile, lineNumber, sample } = event;
      const where = `${location.pathname} (${sourceFile}:${lineNumber})`;
      console.debug(`${mark}${effectiveDirective} forbids ${blockedURI} ${sample} at ${where}`);
    });
  }, MARK);
  return violations;
}
