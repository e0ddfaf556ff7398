/** A lab on a page, as a reader uses it. */
import { expect, type Locator, type Page } from '@playwright/test';

/** One lab. */
export class LabPage {
  readonly page: Page;
  readonly id: string;
  readonly section: Locator;
  readonly status: Locator;

  constructor(page: Page, id: string) {
    this.page = page;
    this.id = id;
    this.section = page.locator(`[data-lab="${id}"]`);
    this.status = this.section.getByRole('status');
  }

  /** Opens a chapter, its scenarios without pauses for reading, and waits until its lab is ready for clicks. */
  static async open(page: Page, chapter: string, id: string): Promise<LabPage> {
    await page.goto(`/${chapter}/?pace=0`);
    const lab = new LabPage(page, id);
    await expect(lab.section).toHaveAttribute('data-ready');
    return lab;
  }

  button(name: string | RegExp): Locator {
    return this.section.getByRole('button', { name, exact: typeof name === 'string' });
  }

  terminal(name: string): Locator {
    return this.section.locator(`[data-terminal="${name}"]`);
  }

  async text(name: string): Promise<string> {
    return this.terminal(name).evaluate((element) =>
      'text' in element && typeof element.text === 'string' ? element.text : 'no text property',
    );
  }

  async expectText(name: string, text: string | RegExp): Promise<void> {
    const matcher = expect.poll(() => this.text(name), { message: `the terminal of ${name}` });
    await (typeof text === 'string' ? matcher.toContain(text) : matcher.toMatch(text));
  }

  async expectState(state: string): Promise<void> {
    await expect(this.section).toHaveAttribute('data-state', state);
  }

  /** Waits for the end of a scenario that plays; returns what the page says of it. */
  async scenarioResult(): Promise<string> {
    // A long one on a busy computer takes minutes, with every step in time.
    await expect(this.section).toHaveAttribute('data-scenario', /./, { timeout: 200_000 });
    const said = await this.section
      .locator('[data-scenario-result], .scenario-step .scenario-difference, [role="status"]')
      .allTextContents();
    return said.join(' ').trim();
  }

  /** Waits until the scenario is at this step, counted from 1. */
  async expectStep(step: number): Promise<void> {
    await expect(this.section).toHaveAttribute('data-step', String(step));
  }

  /** Chooses a way to run the lab, by its name in the definition. */
  async choose(way: string): Promise<void> {
    await this.section.getByLabel('Way to run').selectOption(way);
  }

  /** Has the code of a program shown, where it is not beside what the program prints. */
  async showProgram(file = 'server.ts'): Promise<void> {
    const view = this.section.locator(`[data-view="code"][data-shows="${file}"]`);
    if (await view.isVisible()) await view.click();
  }

  /** Brings a terminal forward on a phone, by its tab. */
  async bringForward(name: string): Promise<void> {
    await this.section.locator(`.lab-tabs [data-tab="${name}"]`).tap();
  }

  /** Clicks Run and waits until the server listens and the clients are connected. */
  async run(...clients: string[]): Promise<void> {
    await this.button('Run').click();
    await this.expectState('running');
    for (const client of clients) await this.expectText(client, 'Connected to 127.0.0.1');
  }

  /** Types into a terminal with the keyboard. */
  async type(name: string, text: string): Promise<void> {
    await this.focus(name);
    for (const [index, part] of text.split('\n').entries()) {
      if (index > 0) await this.page.keyboard.press('Enter');
      await this.page.keyboard.type(part);
    }
  }

  /** Pastes into a terminal. */
  async paste(name: string, text: string): Promise<void> {
    await this.terminal(name)
      .getByRole('textbox')
      .evaluate((element, pasted) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData('text/plain', pasted);
        element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
      }, text);
  }

  /** Presses keys in a terminal, as `Control+c`. */
  async press(name: string, keys: string): Promise<void> {
    await this.focus(name);
    await this.page.keyboard.press(keys);
  }

  private async focus(name: string): Promise<void> {
    await this.terminal(name).getByRole('textbox').focus();
  }
}
