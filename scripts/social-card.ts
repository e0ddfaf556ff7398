/**
 * Draws the pictures that the site shows elsewhere: the card that is shown with a link to it, and the
 * icon for a phone’s home screen. Run it when the look changes: node scripts/social-card.ts
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { ROOT } from '../project.ts';

const PUBLIC = join(ROOT, 'site', 'public');
const DEBIAN_CHROMIUM = '/usr/bin/chromium';
const icon = readFileSync(join(PUBLIC, 'favicon.svg'), 'utf8');

const card = `
<style>
  * { margin: 0; box-sizing: border-box; }
  body {
    width: 1200px; height: 630px; padding: 72px 80px; background: #fefdf9; color: #15222a;
    font-family: Charter, 'Noto Serif', Georgia, 'Liberation Serif', serif;
    display: grid; grid-template-columns: 1fr 440px; gap: 56px; align-content: space-between;
  }
  header { grid-column: 1 / -1; display: flex; gap: 20px; align-items: center; }
  header svg { width: 64px; height: 64px; }
  header b { font-size: 40px; letter-spacing: -0.01em; }
  h1 { font-size: 66px; line-height: 1.1; letter-spacing: -0.02em; align-self: end; }
  h1 em { font-style: normal; color: #0d6066; }
  .terminals { display: grid; gap: 16px; align-self: end; }
  .terminal {
    border: 2px solid #d8d3c6; border-radius: 12px; background: #fffefb; overflow: hidden;
    font: 22px/1.5 'DejaVu Sans Mono', monospace;
  }
  .terminal h2 {
    font: 600 18px/1 'DejaVu Sans', sans-serif; padding: 12px 18px; background: #f5f2ea;
    border-bottom: 2px solid #d8d3c6; display: flex; justify-content: space-between;
  }
  .terminal h2 span { font-weight: 400; color: #94500a; }
  .terminal h2 span.ready { color: #0d6066; }
  .terminal p { padding: 12px 18px; min-height: 58px; }
  .in { color: #0d6066; }
  footer { grid-column: 1 / -1; font: 24px 'DejaVu Sans', sans-serif; color: #55646b; }
</style>
<header>${icon}<b>Readable</b></header>
<h1>Asynchronous I/O, <em>one click at a time.</em></h1>
<div class="terminals">
  <div class="terminal"><h2>bob <span>waiting</span></h2><p>hello?</p></div>
  <div class="terminal"><h2>alice <span class="ready">readable</span></h2>
    <p>hello<br><span class="in">uryyb</span></p></div>
</div>
<footer>A book whose every program runs: real system calls, real clients.</footer>`;

const touchIcon = `<style>* { margin: 0; } svg { display: block; width: 180px; height: 180px; }</style>
${icon.replace('rx="7"', 'rx="0"')}`;

const browser = await chromium.launch({
  ...(existsSync(DEBIAN_CHROMIUM) ? { executablePath: DEBIAN_CHROMIUM } : {}),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
for (const { file, html, width, height } of [
  { file: 'og.png', html: card, width: 1200, height: 630 },
  { file: 'apple-touch-icon.png', html: touchIcon, width: 180, height: 180 },
]) {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.setContent(html);
  await page.screenshot({ path: join(PUBLIC, file) });
  await page.close();
}
await browser.close();
