import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

test('a paste of 60,000 characters of three bytes each comes back whole', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  const lines = Array.from({ length: 60 }, () => '—'.repeat(1000));
  await lab.paste('alice', `${lines.join('\n')}\n`);
  await lab.press('alice', 'Control+d');
  const bytes = 60 * (3 * 1000 + 1);
  const end = `${bytes} bytes sent, ${bytes} received`;
  await expect.poll(async () => (await lab.text('alice')).includes(end)).toBe(true);
  const text = await lab.text('alice');
  expect(text.match(/\ufffd/g)?.length ?? 0).toBe(0);
  // What was typed is shown too, among what came back.
  expect(text.match(/—/g)?.length ?? 0).toBe(2 * 60_000);
});
