// Every answer that a generation can get, produced for real, and what the dialog makes of it.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { button, focusIsOn, generateButton, reaches, settled, shownToken, step } from './lib/dialog.mjs';
import { scenario } from './lib/scenario.mjs';

const REFUSED = /Failed to load resource: the server responded with a status of (4|5)\d\d/;
const BROKEN = /Failed to load resource: net::ERR_/;
const tokens = (server) => Number(server.sql('SELECT count(*) FROM tokens;'));
const text = (page) => page.locator('#token-dialog [data-step]:not([hidden])').innerText();

/** Asks for a token on a page where none is in use, so that nothing needs to be confirmed. */
async function ask(page, outcome) {
  await generateButton(page).click();
  await reaches(page, outcome);
  await audit(page);
  return text(page);
}

scenario('a session that was ended elsewhere: nothing is generated', {
  token: 'unused',
}, async ({ admin, page, server, token }) => {
  admin.expect(REFUSED);
  await admin.open();
  const other = await admin.context.newPage();
  await admin.open('/admin/authentication', other);
  await other.getByRole('button', { name: 'Log out' }).click();
  await other.waitForURL('**/login');

  const said = await ask(page, 'ended');

  assert.match(said, /Your session has ended\n+No token was generated\. Nothing has changed\./);
  await focusIsOn(page, '[data-step=ended] [data-first]');
  assert.equal(tokens(server), 1);
  assert.equal(await server.present(token), 200);
  await page.getByRole('dialog').getByRole('link', { name: 'Log in' }).click();
  await page.waitForURL((url) => url.pathname === '/login');
  assert.equal(new URL(page.url()).searchParams.get('next'), '/admin/authentication');
});

scenario('a session that timed out: nothing is generated', {
  at: '2026-11-22 10:00:00',
}, async ({ admin, page, server }) => {
  admin.expect(REFUSED);
  await admin.open();
  server.setClock('2026-11-22 10:30:00');

  await ask(page, 'ended');

  assert.equal(tokens(server), 0);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Log in to Admin Settings' }).waitFor();
});

scenario('two admins: the second one is told, not served', { token: 'used' }, async (stage) => {
  const { admin, page, server, token } = stage;
  const grace = await stage.colleague();
  grace.expect(REFUSED);
  await admin.open();
  await grace.open();
  await generateButton(page).click();
  await button(page, 'Revoke and generate').click();
  const next = await shownToken(admin);

  await generateButton(grace.page).click();
  await button(grace.page, 'Revoke and generate').click();
  await reaches(grace.page, 'changed');

  const said = await text(grace.page);
  assert.match(said, /Ada Lovelace generated a new token at \d\d:\d\d UTC, just now\. No second token was generated\./);
  assert.equal(tokens(server), 2);
  assert.deepEqual([await server.present(token), await server.present(next)], [401, 200]);
  await button(grace.page, 'Show the current state').click();
  await grace.page.locator('.facts').filter({ hasText: next.slice(6, 14) }).waitFor();
});

scenario('two tabs: the second one is told, not served', { token: 'unused' }, async ({ admin, page, server }) => {
  admin.expect(REFUSED);
  const other = await admin.context.newPage();
  await admin.open();
  await admin.open('/admin/authentication', other);
  await generateButton(page).click();
  const next = await shownToken(admin);

  const said = await ask(other, 'changed-here');

  assert.match(said, /No second token was generated/);
  assert.equal(await server.present(next), 200);
  assert.equal(tokens(server), 2);
});

scenario('two tabs for the first token: the second one is told, not served', {}, async ({ admin, page, server }) => {
  admin.expect(REFUSED);
  const other = await admin.context.newPage();
  await admin.open();
  await admin.open('/admin/authentication', other);
  await generateButton(page).click();
  await shownToken(admin);

  await ask(other, 'changed-here');

  assert.equal(tokens(server), 1);
});

scenario('a token that was revoked meanwhile: nothing is generated', {
  token: 'unused',
}, async ({ admin, page, server }) => {
  admin.expect(REFUSED);
  await admin.open();
  await server.command(['token', 'revoke']);

  await generateButton(page).click();
  await reaches(page, 'revoked');

  assert.match(await text(page), /No token was generated/);
  assert.equal(tokens(server), 1);
});

scenario('the command line generated meanwhile: the page is told, not served', {
  token: 'unused',
}, async ({ admin, page, server }) => {
  admin.expect(REFUSED);
  await admin.open();
  const next = await server.command(['token', 'generate']);
  server.secrets.add(next);

  const said = await ask(page, 'changed');

  assert.match(said, /command line/i);
  assert.equal(await server.present(next), 200);
});

scenario('the answer is lost: the browser asks again by itself, and no second token is made', {
  network: true,
}, async ({ admin, page, network, server }) => {
  admin.expect(REFUSED);
  await admin.open();
  network.loseAnswers('/scim-token', 1);

  const said = await ask(page, 'used');

  assert.equal(network.posts.length, 2, 'Chromium repeats a POST when a kept connection breaks');
  assert.match(said, /A token was generated, but cannot be displayed/);
  assert.equal(tokens(server), 1);
  await focusIsOn(page, '[data-step=used] [data-first]');
  await page.keyboard.press('Enter');
  await page.locator('.facts').waitFor();
  assert.equal(tokens(server), 1);
});

scenario('every answer is lost: check first', { network: true }, async ({ admin, page, network, server }) => {
  admin.expect(BROKEN);
  await admin.open();
  network.loseAnswers('/scim-token', Infinity);

  const said = await ask(page, 'unknown');

  assert.match(said, /A new token may have been generated/);
  network.mend();
  await button(page, 'Check the current state').click();
  await page.locator('.facts').waitFor();
  assert.equal(tokens(server), 1);
});

scenario('the connection breaks before the server has seen anything: check first', {
  network: true,
}, async ({ admin, page, network, server }) => {
  admin.expect(BROKEN);
  await admin.open();
  network.cut('/scim-token');

  const said = await ask(page, 'unknown');

  assert.match(said, /The answer did not arrive/);
  await focusIsOn(page, '[data-step=unknown] [data-first]');
  network.mend();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'No SCIM token yet' }).waitFor();
  assert.equal(tokens(server), 0);
});

scenario('an answer that takes too long: check first', { network: true }, async ({ admin, page, network }) => {
  admin.expect(BROKEN);
  await page.clock.install();
  await admin.open();
  const release = network.hold('/scim-token');
  await generateButton(page).click();
  await reaches(page, 'working');

  await page.clock.fastForward(20_000);

  await reaches(page, 'unknown');
  release();
});

scenario('the server fails: nothing has changed, and trying again works', {
  token: 'used',
}, async ({ admin, page, server, token }) => {
  admin.expect(REFUSED);
  await admin.open();
  server.sql('ALTER TABLE used_requests RENAME TO broken;');

  await generateButton(page).click();
  await reaches(page, 'confirm');
  await button(page, 'Revoke and generate').click();
  await reaches(page, 'failed');
  await audit(page);
  const said = await text(page);

  assert.match(said, /No token was generated/);
  assert.match(said, /Nothing has changed: the current token, if there is one, still works\./);
  assert.match(said, /Reference \S+/);
  const reference = await page.textContent('[data-el=ref]');
  assert.ok(server.output.includes(reference), 'the log names the reference');
  await focusIsOn(page, '[data-act=retry]');
  assert.equal(await server.present(token), 200);

  server.sql('ALTER TABLE broken RENAME TO used_requests;');
  await button(page, 'Try again').click();
  await shownToken(admin);
  assert.equal(tokens(server), 2);
});

scenario('twenty tokens in an hour are enough', {
  at: '2026-11-22 10:00:00',
}, async ({ admin, page, server }) => {
  admin.expect(REFUSED);
  for (let times = 0; times < 20; times += 1) await admin.generate();
  await admin.open();

  const said = await ask(page, 'limited');

  assert.match(said, /No token was generated\. Twenty tokens were generated in the last hour\./);
  await focusIsOn(page, '[data-step=limited] [data-first]');
  await page.keyboard.press('Enter');
  assert.equal(await step(page), null);
  assert.equal(tokens(server), 20);
});

scenario('reloading while the server works: one token at most, and the page tells of it', {
  network: true,
}, async ({ admin, page, network, server }) => {
  await admin.open();
  const release = network.hold('/scim-token');
  await generateButton(page).click();
  await reaches(page, 'working');

  const reloaded = page.reload();
  release();
  await reloaded;
  await settled(page);

  assert.equal(await step(page), null);
  // The server may still be at work on the request that the browser has given up.
  const before = tokens(server);
  await page.reload();
  const shown = await page.locator('.facts').count();
  const after = tokens(server);
  assert.ok(before <= shown && shown <= after && after <= 1, `${before}, ${shown}, ${after}`);
});

scenario('a slow network: the page says that it works, and impatience changes nothing', {
  network: true, token: 'used',
}, async ({ admin, page, network, server }) => {
  const session = await admin.context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline: false, latency: 300, downloadThroughput: 50_000, uploadThroughput: 20_000,
  });
  await admin.open();

  await generateButton(page).click();
  await button(page, 'Revoke and generate').click();
  await reaches(page, 'working');
  for (const key of ['Enter', 'Escape', 'Space', 'Enter']) await page.keyboard.press(key);

  await shownToken(admin);
  assert.equal(network.posts.length, 1);
  assert.equal(tokens(server), 2);
});

scenario('before the script has arrived the form still works, and shows one token', {
  network: true,
}, async ({ admin, page, network, server }) => {
  const release = network.hold('/app.js');
  await page.goto('/admin/authentication', { waitUntil: 'commit' });
  await generateButton(page).click();
  release();

  await page.getByRole('heading', { name: 'New SCIM token' }).waitFor();
  const token = await page.getByRole('textbox', { name: 'SCIM token' }).inputValue();
  server.secrets.add(token);
  assert.equal(await server.present(token), 200);
  assert.equal(tokens(server), 1);
});
