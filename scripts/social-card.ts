/**
 * Draws the pictures that the site shows elsewhere: the card that is shown with a link to it, the icon
 * for a phone’s home screen, and the one for whoever doesn’t take the SVG. Run it when the look
 * changes: node scripts/social-card.ts
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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

/**
 * An icon file with one picture, a PNG: a directory, of one entry, and the picture. Its numbers are
 * little-endian.
 */
function iconFile(png: Buffer, size: number): Buffer {
  const head = Buffer.alloc(22);
  head.writeUInt16LE(1, 2); // It is an icon, not a cursor,
  head.writeUInt16LE(1, 4); // with one picture,
  head.writeUInt8(size, 6); // so wide
  head.writeUInt8(size, 7); // and so high,
  head.writeUInt16LE(1, 10); // in one plane
  head.writeUInt16LE(32, 12); // of 32 bits a pixel,
  head.writeUInt32LE(png.length, 14); // which has this many bytes
  head.writeUInt32LE(head.length, 18); // and is right behind.
  return Buffer.concat([head, png]);
}

const ICON = 32;
const smallIcon = `<style>* { margin: 0; } svg { display: block; width: ${ICON}px; height: ${ICON}px; }</style>
${icon}`;

const browser = await chromium.launch({
  ...(existsSync(DEBIAN_CHROMIUM) ? { executablePath: DEBIAN_CHROMIUM } : {}),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
for (const { file, html, width, height } of [
  { file: 'og.png', html: card, width: 1200, height: 630 },
  { file: 'apple-touch-icon.png', html: touchIcon, width: 180, height: 180 },
  { file: 'favicon.ico', html: smallIcon, width: ICON, height: ICON },
]) {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.setContent(html);
  const png = await page.screenshot({ omitBackground: true });
  writeFileSync(join(PUBLIC, file), file.endsWith('.ico') ? iconFile(png, width) : png);
  await page.close();
}
await browser.close();
