// What matters asks for the passkey of somebody who has one, with Chromium's virtual authenticator.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { ADA, GRACE } from './lib/browser.mjs';
import { button, focusIsOn, generateButton, reaches, shownToken, step } from './lib/dialog.mjs';
import { device, enrol } from './lib/passkeys.mjs';
import { scenario } from './lib/scenario.mjs';

const LOGIN = '2026-11-22 10:00:00';
const LATER = '2026-11-22 10:16:00';
const HOST = { at: LOGIN, host: 'localhost' };
const REFUSED = /status of 4\d\d/;
const UNUSED = 'The passkey was not used. Try again, or use your password and a recovery code.';
const BEGIN = '**/admin/confirm/begin';
const own = (page) => button(page, 'Use your passkey');
const saved = (page) => page.getByRole('link', { name: 'I have saved the codes' }).click();

/** Ada's passkey and recovery codes; her login is 16 minutes ago. */
async function enrolled({ page, admin, server }, name = 'Phone') {
  admin.expect(REFUSED);
  const phone = await device(page);
  const codes = await enrol(page, name);
  await saved(page);
  server.setClock(LATER);
  return { phone, codes };
}

async function askForToken(page) {
  await page.goto('/admin/authentication');
  await page.getByLabel('Token lifespan').selectOption('2');
  await generateButton(page).click();
  await reaches(page, 'proof');
}

/** Lets the browser answer with any key that the device holds. */
const askForAnyKey = (page) => page.route(BEGIN, async (route) => {
  const answer = await route.fetch(), json = await answer.json();
  json.options.publicKey.allowCredentials = [];
  await route.fulfill({ response: answer, json });
});

const tokens = (server) => server.sql('SELECT count(*) FROM tokens;');

scenario('the dialog asks for the passkey, and the same request goes on', HOST, async (stage) => {
  const { page, server, admin } = stage;
  await enrolled(stage);
  await askForToken(page);
  await page.getByText('You logged in 16 minutes ago. Generating a token asks for a proof').waitFor();
  await focusIsOn(page, '[data-act=passkey]');
  await audit(page);
  await page.keyboard.press('Escape');
  assert.equal(await step(page), null, 'nothing has changed: it can be left');
  assert.equal(tokens(server), '0');

  await generateButton(page).click();
  await reaches(page, 'proof');
  await page.keyboard.press('Enter');
  const token = await shownToken(admin);
  assert.equal(await server.present(token), 200);
  assert.equal(tokens(server), '1');
  assert.match(await server.command(['token', 'show']), /Lifespan: +2 months/);
  assert.equal(server.sql('SELECT proven_by FROM sessions;'), 'passkey');
});

scenario('a cancelled passkey loses nothing, and password and recovery code stand in', HOST, async (stage) => {
  const { page, server, admin } = stage;
  const { codes } = await enrolled(stage);
  await askForToken(page);
  await page.evaluate(() => {
    navigator.credentials.get = () => Promise.reject(new DOMException('cancelled', 'NotAllowedError'));
  });
  await own(page).click();
  await page.getByText(UNUSED).waitFor();
  await focusIsOn(page, '[data-act=passkey]');
  await audit(page);
  const password = page.locator('#proof-password'), code = page.locator('#proof-code');
  await password.fill(ADA.password);
  await button(page, 'Confirm and generate').click();
  await focusIsOn(page, '#proof-code');
  assert.equal(tokens(server), '0', 'the password alone is not even sent');
  await code.fill('2222-2222-2222');
  await page.keyboard.press('Enter');
  await page.getByText('This code is not correct or was used before.').waitFor();
  await password.fill(ADA.password);
  await code.fill(codes[0]);
  await page.keyboard.press('Enter');
  await shownToken(admin);
  assert.equal(await password.inputValue() + await code.inputValue(), '', 'nothing typed stays on the page');
  assert.match(await server.command(['token', 'show']), /Lifespan: +2 months/);
});

scenario('a passkey that is asked for can be given up', HOST, async (stage) => {
  const { page, server } = stage;
  await enrolled(stage);
  await askForToken(page);
  await page.evaluate(() => {
    navigator.credentials.get = ({ signal }) => new Promise((_, reject) => {
      document.body.dataset.asked = 'true';
      signal.addEventListener('abort', () => { document.body.dataset.asked = 'aborted'; reject(signal.reason); });
    });
  });
  await own(page).click();
  await page.locator('[data-asked=true]').waitFor();
  await button(page, 'Cancel').click();
  await page.locator('[data-asked=aborted]').waitFor();
  assert.equal(await step(page), null);
  assert.equal(tokens(server), '0');
});

scenario('keys of others, removed ones and copies prove nothing', HOST, async (stage) => {
  const { page, server } = stage;
  const { phone } = await enrolled(stage);
  const [first] = await phone.keys();
  const grace = await stage.colleague(GRACE);
  grace.expect(REFUSED);
  const other = await device(grace.page);
  await enrol(grace.page, 'Key');
  await saved(grace.page);
  const [foreign] = await other.keys();

  await askForToken(page);
  await askForAnyKey(page);
  await phone.forget(first.credentialId);
  await phone.take(foreign);
  await own(page).click();
  await page.getByText('This passkey does not belong to your account.').waitFor();

  await phone.forget(foreign.credentialId);
  await own(page).click();
  await page.getByText(UNUSED).waitFor();

  await phone.take(first);
  await phone.verify(false);
  await own(page).click();
  await page.getByText(UNUSED).waitFor();
  await phone.verify(true);
  await own(page).click();
  await shownToken(stage.admin);
  await button(page, 'Close').click();
  await button(page, 'Close without copying').click();
  await page.getByText('The window was closed before the new token was copied').waitFor();
  server.setClock('2026-11-22 10:35:00');
  await page.goto('/admin/confirm');
  await phone.forget(first.credentialId);
  await phone.take({ ...first, signCount: 0 });
  await page.getByRole('button', { name: 'Use your passkey' }).click();
  await page.getByText(UNUSED).first().waitFor();
  assert.equal(server.sql("SELECT count(*) FROM activity WHERE kind = 'passkey_copied';"), '1');

  assert.equal(tokens(server), '1');
});

scenario('an answer counts once, and in the session that was asked', HOST, async (stage) => {
  const { page, server, admin } = stage;
  const { codes } = await enrolled(stage);
  await askForToken(page);
  let sent = null;
  await page.route('**/admin/confirm/passkey', (route) => { sent = route.request().postData(); return route.continue(); });
  await own(page).click();
  await shownToken(admin);
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' };
  const replayed = await page.context().request.post('/admin/confirm/passkey', { data: sent, headers });
  assert.equal(replayed.status(), 422);
  assert.equal((await replayed.json()).error, 'passkey_refused');

  // Another session of the same person.
  const other = await stage.visitor();
  await other.logIn(ADA);
  const { request } = other.context;
  await request.post('/login/second', { form: { code: codes[0] }, maxRedirects: 0 });
  const [, csrf] = (await (await request.get('/admin/account')).text()).match(/name="csrf" value="([^"]+)"/);
  const asked = await request.post('/admin/confirm/begin', { form: { csrf }, headers: { Accept: 'application/json' } });
  const body = await asked.text();
  await page.route(BEGIN, (route) => route.fulfill({ body, contentType: 'application/json' }));
  server.setClock('2026-11-22 10:33:00');
  await page.goto('/admin/confirm');
  await page.getByRole('button', { name: 'Use your passkey' }).click();
  await page.getByText(UNUSED).first().waitFor();
  assert.equal(server.sql("SELECT count(*) FROM activity WHERE kind = 'proof_failed';"), '2');
});

scenario('without the script a page asks for password and recovery code', HOST, async (stage) => {
  const { codes } = await enrolled(stage);
  const visitor = await stage.visitor({ javaScriptEnabled: false });
  visitor.expect(REFUSED);
  const { page } = visitor;
  await page.goto('/login');
  await page.getByLabel('Email').fill(ADA.email);
  await page.getByLabel('Password').fill(ADA.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByLabel('Recovery code').fill(codes[0]);
  await page.getByRole('button', { name: 'Use this code' }).click();
  await page.getByRole('heading', { name: 'Authentication' }).waitFor();
  stage.server.setClock('2026-11-22 10:33:00');
  await page.getByLabel('Token lifespan').selectOption('2');
  await page.getByRole('button', { name: 'Generate Token' }).click();
  await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor();
  await page.getByText('Passkeys need JavaScript. Use your password and a recovery code instead.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Use your passkey' }).count(), 0);
  await page.getByLabel('Password').fill(ADA.password);
  await page.getByLabel('Recovery code').fill(codes[1]);
  await page.getByRole('button', { name: 'Confirm' }).click();
  assert.equal(await page.getByLabel('Token lifespan').inputValue(), '2');
  await page.getByRole('button', { name: 'Generate Token' }).click();
  await page.getByRole('heading', { name: 'New SCIM token' }).waitFor();
});

scenario('the page asks for the passkey and leads back to what was filled in', HOST, async (stage) => {
  const { page } = stage;
  await enrolled(stage);
  await page.goto('/admin/server-admins');
  await page.getByLabel('Name').fill('Heidi Lamarr');
  await page.getByLabel('Email').fill('heidi@example.com');
  await page.getByRole('button', { name: /invit/i }).first().click();
  await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor();
  await audit(page);
  await page.getByRole('button', { name: 'Use your passkey' }).click();
  await page.getByRole('heading', { name: 'Server Admins', level: 1 }).waitFor();
  assert.equal(await page.getByLabel('Name').inputValue(), 'Heidi Lamarr');
  assert.equal(await page.getByLabel('Email').inputValue(), 'heidi@example.com');
  await page.goto('/admin/account');
  await page.getByText('confirmed just now with the passkey “Phone”').waitFor();
  await audit(page);
});
