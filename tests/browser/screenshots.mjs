// Pictures of the real pages, with data that is the same every time.

import { join } from 'node:path';

import { launch, Visitor } from './lib/browser.mjs';
import { button, generateButton, reaches } from './lib/dialog.mjs';
import { Mailbox } from './lib/mailbox.mjs';
import { Server } from './lib/server.mjs';

const folder = process.argv[2];
const OKTA = { 'X-Forwarded-For': '203.0.113.24', 'User-Agent': 'Okta SCIM Client 1.0.0' };
const OFFICE = { extraHTTPHeaders: { 'X-Forwarded-For': '198.51.100.7' } };
const COLLEAGUES = [['Grace Hopper', 'grace@example.com'], ['Katherine Johnson', 'katherine@example.com']];
const PASSWORD = 'meadow copper violin harbor';

const mailbox = await Mailbox.start();
const server = await Server.start({
  at: '2026-06-04 13:58:00',
  settings: {
    SCIMWARD_PRODUCT_NAME: 'Acme Catalog', SCIMWARD_TRUSTED_PROXIES: '127.0.0.1',
    SCIMWARD_SMTP_URL: mailbox.url, SCIMWARD_MAIL_FROM: 'scim@catalog.example.com',
  },
});
const browser = await launch();
const ada = await Visitor.arrive(browser, server, OFFICE);
const { page } = ada;

/** Goes on to an instant and is signed in there. */
async function at(instant, visitor = ada, person = undefined) {
  server.setClock(instant);
  await visitor.logIn(person);
}

/** Puts the same words wherever a run has words of its own: the address, and the ids of tokens. */
function steady(on, words) {
  return on.evaluate((pairs) => {
    const texts = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      for (const [own, same] of pairs) {
        texts.currentNode.data = texts.currentNode.data.replaceAll(own, same);
      }
    }
  }, words);
}

/** The page from its top to this height; the whole of it if there is less. */
async function picture(name, height, on = page) {
  const { width } = on.viewportSize();
  await steady(on, [
    [new URL(server.url).host, 'catalog.example.com'], ['http:', 'https:'],
    [first.slice(6, 14), 'K4W9PA12'], [second.slice(6, 14), '7F3K2M9d'],
  ]);
  const whole = await on.evaluate(() => document.documentElement.scrollHeight);
  await on.setViewportSize({ width, height: Math.min(height, whole) });
  await on.evaluate(() => document.fonts.ready);
  await on.screenshot({ path: join(folder, `${name}.png`) });
}

// Half a year: a first token, colleagues, a replacement, and an identity provider that is late.
await ada.setUp();
for (const [name, email] of COLLEAGUES) {
  const options = ['admin', 'add', '--email', email, '--name', name, '--password-stdin'];
  await server.command(options, `${PASSWORD}\n`);
}
server.setClock('2026-06-04 14:03:00');
const first = await ada.generate(6);
await at('2026-06-04 14:21:00');
await server.use(first, OKTA);
const grace = await Visitor.arrive(browser, server, {
  extraHTTPHeaders: { 'X-Forwarded-For': '198.51.100.12' },
});
await at('2026-09-22 09:12:00', grace, { email: COLLEAGUES[0][1], password: PASSWORD });
await grace.open();
server.setClock('2026-09-22 09:14:00');
const second = await grace.generate(6);
server.setClock('2026-09-22 09:24:00');
for (let times = 0; times < 14; times += 1) await server.present(first, OKTA);
server.setClock('2026-09-22 09:31:00');
await server.use(second, OKTA);
await server.command(['notify']);
await server.restart();
server.setClock('2026-11-22 09:37:00');
await server.present(second, OKTA);
await server.restart();
await at('2026-11-22 09:41:00');

await page.setViewportSize({ width: 1200, height: 900 });
await ada.open();
await picture('authentication', 900);
await ada.open('/admin/server-admins');
await picture('server-admins', 900);
await ada.open('/admin/notifications');
await picture('notifications', 900);
await ada.open('/admin/activity');
await picture('activity', 900);
await page.emulateMedia({ colorScheme: 'dark' });
await page.setViewportSize({ width: 1200, height: 900 });
await ada.open();
await picture('authentication-dark', 900);
await page.emulateMedia({ colorScheme: 'light' });
await page.setViewportSize({ width: 360, height: 740 });
await ada.open();
await picture('authentication-phone', 740);

await page.setViewportSize({ width: 1200, height: 900 });
await ada.open();
await generateButton(page).click();
await button(page, 'Revoke and generate').click();
await reaches(page, 'token');
// A picture must not hold what works anywhere, and must not change with every run.
await page.evaluate(() => {
  document.querySelector('[data-el=secret]').value = `scimw_Q9T4XB12${'ExampleOnly'.repeat(4)}0000A`;
  document.querySelector('[data-el=token-id]').textContent = 'Q9T4XB12';
});
await picture('token-dialog', 900);

await browser.close();
await server.stop();
mailbox.stop();
