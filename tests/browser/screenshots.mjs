// Pictures of the demo, with the same time and the same words in every run.

import { join } from 'node:path';

import { Visitor, launch } from './lib/browser.mjs';
import { button, generateButton, reaches } from './lib/dialog.mjs';
import { Server } from './lib/server.mjs';

const folder = process.argv[2];
const WIDE = { width: 1200, height: 900 };
const PHONE = { width: 360, height: 740 };

const server = await Server.demo({ at: '2026-11-22 09:41:00' });
const [, current] = server.output.match(/Bearer scimw_(\w{8})/);
const browser = await launch();
const ada = await Visitor.arrive(browser, server);
const { page } = ada;
await ada.logIn();

/** Puts the same words wherever a run has words of its own: the address, and the ids of tokens. */
function steady() {
  return page.evaluate(([host, id]) => {
    for (const code of document.querySelectorAll('code')) {
      if (/^\w{8}$/.test(code.textContent) && code.textContent !== id) code.textContent = 'K4W9PA12';
    }
    const texts = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      texts.currentNode.data = texts.currentNode.data
        .replaceAll(`http://${host}`, 'https://catalog.example.com')
        .replaceAll(host, 'catalog.example.com')
        .replaceAll(id, '7F3K2M9d');
    }
  }, [new URL(server.url).host, current]);
}

/** The page from its top to the height of the window; the whole of it if there is less. */
async function picture(name) {
  const { width, height } = page.viewportSize();
  await steady();
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.min(height, whole) });
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

async function pictureOf(path, name, { size = WIDE, colorScheme = 'light' } = {}) {
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme });
  await ada.open(path);
  await picture(name);
}

await pictureOf('/admin/authentication', 'authentication');
await pictureOf('/admin/authentication', 'authentication-dark', { colorScheme: 'dark' });
await pictureOf('/admin/authentication', 'authentication-phone', { size: PHONE });
await pictureOf('/admin/server-admins', 'server-admins');
await pictureOf('/admin/notifications', 'notifications');
await pictureOf('/admin/activity', 'activity');

await page.setViewportSize(WIDE);
await ada.open();
await generateButton(page).click();
await button(page, 'Revoke and generate').click();
await reaches(page, 'token');
// A picture must not hold what works anywhere, and must not change with every run.
await page.evaluate(() => {
  document.querySelector('[data-el=secret]').value = `scimw_K4W9PA12${'ExampleOnly'.repeat(4)}0000A`;
});
await picture('token-dialog');

await browser.close();
await server.stop();
