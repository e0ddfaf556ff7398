/** The book by a name that is none of this computer’s own: a browser that is offline knows no such name. */
import type { Page } from '@playwright/test';

/** Where that is. */
export const NAMED = 'http://book.example/';

/**
 * Has a page read the book of a server there.
 * @param url the server’s own address
 */
export async function serveByName(page: Page, url: string): Promise<void> {
  await page.route(`${NAMED}**`, async (route) => {
    const request = route.request();
    // On a connection of its own: one that is kept may be closed in the moment in which it is used again.
    const headers = { ...(await request.allHeaders()), connection: 'close' };
    const asked = new URL(new URL(request.url()).pathname.slice(1), url).href;
    await route.fulfill({ response: await route.fetch({ url: asked, headers }) });
  });
}

/** Takes the network away; what is on its way arrives. */
export async function goOffline(page: Page): Promise<void> {
  await page.context().setOffline(true);
  await page.unrouteAll({ behavior: 'wait' });
}
