// Whether sync works: what the page says, and how it keeps itself up to date after a generation.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { button, generate } from './lib/dialog.mjs';
import { scenario } from './lib/scenario.mjs';

const PROXIED = { SCIMWARD_TRUSTED_PROXIES: '127.0.0.1' };
const OKTA = { 'X-Forwarded-For': '203.0.113.24', 'User-Agent': 'Okta SCIM Client 1.0.0' };
const card = (page) => page.getByRole('region', { name: 'SCIM Token' });
const word = (page) => card(page).locator('.sync-word').innerText();
const steps = (page) => card(page).locator('.way .what').allInnerTexts();

/** A used token is replaced, and the window is closed after copying. */
async function rotate(stage) {
  const { admin, page } = stage;
  await admin.open();
  const token = await generate(admin);
  await button(page, 'Copy').click();
  await button(page, 'Close').click();
  await page.getByRole('status').filter({ hasText: 'New SCIM token generated.' }).waitFor();
  return token;
}

scenario('a rotation is watched live', {
  token: 'used', settings: PROXIED, as: { permissions: ['clipboard-read', 'clipboard-write'] },
}, async (stage) => {
  const { page, server, token } = stage;
  const next = await rotate(stage);
  assert.equal(await word(page), 'Waiting');
  assert.equal((await steps(page))[1], 'Waiting for the first request with the new token…');
  await card(page).getByText(/^This page checks by itself until \d\d:\d\d UTC\.$/).waitFor();
  assert.equal(await card(page).getByRole('link', { name: /Refresh/ }).isVisible(), false);
  await audit(page);
  // Every change of the live region is an announcement.
  await page.evaluate(() => {
    globalThis.announced = [];
    const region = document.querySelector('.way [role=status]');
    new MutationObserver(() => globalThis.announced.push(region.textContent))
      .observe(region, { childList: true, characterData: true, subtree: true });
  });

  assert.equal(await server.present(token, OKTA), 401);
  await card(page).getByText('Old token presented once').waitFor();
  assert.equal(await server.present(next, OKTA), 200);
  await card(page).getByText(/^In use since \d\d:\d\d UTC$/).waitFor();

  assert.equal(await word(page), 'Working');
  assert.equal(await card(page).locator('.card-head .badge-success').innerText(), 'Active');
  await page.locator('.notice-success').filter({ hasText: 'Done: your identity provider uses the new token' }).waitFor();
  await page.getByText(/1 request was refused in between/).waitFor();
  await card(page).getByText('from 203.0.113.24 (Okta)').first().waitFor();
  const announced = await page.evaluate(() => globalThis.announced);
  assert.equal(announced.length, 1, announced.join());
  await audit(page);
});

scenario('a hidden page does not ask, and asks at once when it is seen again', {
  token: 'used', as: { permissions: ['clipboard-read', 'clipboard-write'] },
}, async (stage) => {
  const { page, server } = stage;
  const next = await rotate(stage);
  const asked = [];
  page.on('request', (request) => { if (request.url().endsWith('/state')) asked.push(request.url()); });
  const show = (visible) => page.evaluate((now) => {
    Object.defineProperty(document, 'hidden', { value: !now, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, visible);

  await show(false);
  assert.equal(await server.present(next), 200);
  assert.equal(asked.length, 0);
  await show(true);

  await card(page).getByText(/^In use since/).waitFor();
});

scenario('a page whose session has ended says so and asks no more', {
  token: 'used', as: { permissions: ['clipboard-read', 'clipboard-write'] },
}, async (stage) => {
  const { admin, page, server } = stage;
  admin.expect(/401 \(Unauthorized\)/);
  await rotate(stage);
  await server.command(['admin', 'end-sessions']);

  await card(page).getByText('Your session has ended. Log in to see the state.').waitFor();
  await card(page).getByRole('link', { name: /Refresh/ }).waitFor();
});

scenario('no JS: the page is refreshed by a link', {
  as: { javaScriptEnabled: false }, settings: PROXIED,
}, async ({ admin, page, server }) => {
  const token = await admin.generate();
  await admin.open();
  const refresh = card(page).getByRole('link', { name: 'Refresh to see whether it is used' });
  await refresh.waitFor();
  assert.equal(await server.present('scimw_mistyped_or_cut_off', OKTA), 401);
  await server.restart();
  await refresh.click();
  await card(page).getByText('1 request refused: the token is mistyped or cut off').waitFor();

  await server.use(token, OKTA);
  await refresh.click();
  await card(page).getByText(/^In use since/).waitFor();
  await page.getByText('Done: your identity provider uses the new token').waitFor();
});

scenario('what is refused stands under the token and on every page', {
  token: 'used', settings: PROXIED, at: '2026-11-25 09:00:00',
}, async ({ admin, page, server }) => {
  const from = { 'X-Forwarded-For': '192.0.2.61', 'User-Agent': 'Go-http-client/2.0' };
  server.setClock('2026-11-25 09:12:00');
  for (let times = 0; times < 4; times += 1) assert.equal(await server.present('scimw_mistyped_or_cut_off', OKTA), 401);
  assert.equal(await server.present('not-one-of-our-tokens', from), 401);
  await server.restart();
  server.setClock('2026-11-25 09:20:00');
  await admin.open();

  const refused = page.getByRole('region', { name: 'Refused requests' });
  await refused.getByText('5 since 09:12 UTC').waitFor();
  await refused.getByText('The token is mistyped, cut off or not one of ours, 4 times').waitFor();
  await refused.getByText('203.0.113.24 (Okta)').waitFor();
  await refused.getByText('From a source that has never been accepted.').waitFor();
  assert.match(await page.title(), /^Sync refused · /);
  await audit(page);
  await admin.open('/admin/activity');
  await page.getByText('SCIM requests are refused: the token is mistyped or cut off').waitFor();
  await page.getByText(/^4 requests refused since 09:12 UTC/).waitFor();
});
