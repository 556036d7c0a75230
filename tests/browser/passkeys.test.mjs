// Passkeys, with Chromium's virtual authenticator: adding one, logging in with it, and what else
// opens the door when it is lost.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { ADA, GRACE } from './lib/browser.mjs';
import { device, enrol } from './lib/passkeys.mjs';
import { scenario } from './lib/scenario.mjs';

const REFUSED = /status of 4\d\d/;
// Passkeys belong to the name of a host.
const HOST = { host: 'localhost' };
const CODE = /^[2-9A-HJKMNP-TV-Z]{4}(-[2-9A-HJKMNP-TV-Z]{4}){2}$/;
const button = (page, name) => page.getByRole('button', { name, exact: true });
const heading = (page, name) => page.getByRole('heading', { name }).waitFor();

async function enterPassword(page, { email, password } = ADA) {
  await page.goto('/login');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await button(page, 'Log in').click();
}

async function leaveAlone(page) {
  await page.getByRole('link', { name: 'I have saved the codes' }).click();
  await heading(page, 'Your account');
}

scenario('a passkey is added, logs in alone, and is asked for after the password', HOST, async (stage) => {
  const { page, server, admin } = stage;
  admin.expect(REFUSED);
  await device(page);
  await page.goto('/admin/account');
  await audit(page);
  const codes = await enrol(page, 'Work laptop');
  assert.equal(codes.length, 8);
  codes.forEach((code) => assert.match(code, CODE));
  await audit(page);
  await leaveAlone(page);
  for (const text of ['Work laptop', '8 of 8 left', 'Not used yet', 'with a password']) {
    await page.getByText(text).first().waitFor();
  }
  await audit(page);

  await button(page, 'Log out').click();
  await audit(page);
  await button(page, 'Log in with a passkey').click();
  await heading(page, 'Authentication');
  await page.goto('/admin/account');
  await page.getByText('with the passkey “Work laptop”').waitFor();
  await page.getByText('Last used just now').first().waitFor();

  await button(page, 'Log out').click();
  await enterPassword(page);
  await heading(page, 'Now your passkey');
  await audit(page);
  await page.goto('/admin/authentication');
  await heading(page, 'Log in to Admin Settings');
  await page.goto('/login/second?next=/admin/activity');
  await button(page, 'Use your passkey').click();
  await heading(page, 'Activity');
  await page.getByText('with a password and a passkey').first().waitFor();
  assert.equal(server.sql('SELECT count(*) FROM second_steps;'), '0');
});

scenario('a recovery code works once, however it is typed', HOST, async ({ page, admin }) => {
  admin.expect(REFUSED);
  await device(page);
  const codes = await enrol(page, 'Phone');
  await leaveAlone(page);
  await button(page, 'Log out').click();
  const use = async (code) => {
    await page.getByLabel('Recovery code').fill(code);
    await button(page, 'Use this code').click();
  };

  await enterPassword(page);
  await use('2222-2222-2222');
  await page.getByText('This code is not correct or was used before.').waitFor();
  await audit(page);
  await use(codes[3].toLowerCase().replaceAll('-', ' '));
  await heading(page, 'Authentication');
  await page.goto('/admin/account');
  await page.getByText('7 of 8 left').waitFor();
  await page.getByText('with a password and a recovery code').waitFor();

  await button(page, 'Log out').click();
  await enterPassword(page);
  await use(codes[3]);
  await page.getByText('This code is not correct or was used before.').waitFor();
  await use(codes[0]);
  await heading(page, 'Authentication');
  await page.goto('/admin/account');
  await button(page, 'Make new codes').click();
  const fresh = await page.locator('.codes li').allInnerTexts();
  assert.equal(new Set([...codes, ...fresh]).size, 16);
});

scenario('a device that does not recognise its user opens nothing', HOST, async ({ page, admin, server }) => {
  admin.expect(REFUSED);
  const own = await device(page);
  await enrol(page, 'Key');
  await leaveAlone(page);
  await button(page, 'Log out').click();

  await own.verify(false);
  await button(page, 'Log in with a passkey').click();
  await page.getByText('The passkey was not used. Try again, or log in with your password.').waitFor();
  await audit(page);
  await own.verify(true);
  await button(page, 'Log in with a passkey').click();
  await heading(page, 'Authentication');
  assert.equal(server.sql("SELECT count(*) FROM activity WHERE kind = 'passkey_added';"), '1');
});

scenario('a removed passkey and a foreign one open nothing', HOST, async ({ page, admin, server }) => {
  admin.expect(REFUSED);
  const own = await device(page);
  await enrol(page, 'Old phone');
  await leaveAlone(page);
  await page.getByRole('link', { name: 'Rename the passkey Old phone' }).click();
  await audit(page);
  await page.getByRole('textbox', { name: 'Name' }).fill('Older phone');
  await button(page, 'Save').click();
  await page.getByText('The passkey was renamed.').waitFor();
  await page.getByRole('link', { name: 'Remove the passkey Older phone' }).click();
  await page.getByText('Your password alone will log you in again').waitFor();
  await audit(page);
  await button(page, 'Remove').click();
  await page.getByText('The passkey “Older phone” was removed.').waitFor();
  assert.equal(server.sql('SELECT count(*) FROM recovery_codes;'), '0');

  await button(page, 'Log out').click();
  assert.equal((await own.keys()).length, 1);
  await button(page, 'Log in with a passkey').click();
  await page.getByText('This passkey does not belong to a Server Admin.').waitFor();
  await enterPassword(page);
  await heading(page, 'Authentication');
});

scenario('a copy of a passkey is refused, and everybody is told', HOST, async (stage) => {
  const { page, admin, server } = stage;
  admin.expect(REFUSED);
  const own = await device(page);
  await enrol(page, 'Key');
  await leaveAlone(page);
  const [copied] = await own.keys();
  const logIn = async () => {
    await page.goto('/admin/authentication');
    await button(page, 'Log out').click();
    await button(page, 'Log in with a passkey').click();
  };
  await logIn();
  await heading(page, 'Authentication');
  await logIn();
  await heading(page, 'Authentication');
  await button(page, 'Log out').click();

  await own.forget(copied.credentialId);
  await own.take({ ...copied, signCount: 1 });
  await button(page, 'Log in with a passkey').click();
  await page.getByText('The passkey was not used.').waitFor();
  assert.equal(server.sql("SELECT detail FROM activity WHERE kind = 'passkey_copied';"), '“Key”');
});

scenario('cancelling changes nothing and says what to do', HOST, async ({ page, admin, server }) => {
  admin.expect(REFUSED);
  await device(page);
  await page.goto('/admin/account');
  const refuse = () => page.evaluate(() => {
    const cancelled = () => Promise.reject(new DOMException('cancelled', 'NotAllowedError'));
    navigator.credentials.create = cancelled;
    navigator.credentials.get = cancelled;
  });
  await refuse();
  await button(page, 'Add a passkey').click();
  await page.getByText('No passkey was added. Try again.').waitFor();
  await audit(page);
  assert.equal(server.sql('SELECT count(*) FROM passkeys;'), '0');
  await button(page, 'Log out').click();
  await refuse();
  await button(page, 'Log in with a passkey').click();
  await page.getByText('The passkey was not used. Try again, or log in with your password.').waitFor();
});

scenario('where a passkey is required, nothing opens without one', {
  ...HOST, settings: { SCIMWARD_REQUIRE_PASSKEY: 'true' },
}, async (stage) => {
  const { page, admin, server } = stage;
  admin.expect(REFUSED);
  const own = await device(page);
  for (const path of ['/admin/authentication', '/admin/account', '/admin/activity/export.csv', '/login']) {
    await page.goto(path);
    await heading(page, 'Add a passkey to go on');
  }
  await audit(page);
  await button(page, 'Add a passkey').click();
  await heading(page, 'Your new recovery codes');
  await page.getByRole('link', { name: 'I have saved the codes' }).click();
  await heading(page, 'Authentication');
  await page.goto('/admin/account');
  await page.getByText('The last passkey cannot be removed').waitFor();
  assert.equal(await page.getByRole('link', { name: /^Remove the passkey/ }).count(), 0);

  const grace = await stage.colleague(GRACE);
  await grace.page.goto('/admin/authentication');
  await heading(grace.page, 'Add a passkey to go on');
  await button(grace.page, 'Log out').click();
  await heading(grace.page, 'Log in to Admin Settings');

  await own.forget((await own.keys())[0].credentialId);
  await server.command(['admin', 'reset-passkeys', ADA.email]);
  await page.goto('/admin/authentication');
  await heading(page, 'Log in to Admin Settings');
  await enterPassword(page);
  await heading(page, 'Add a passkey to go on');
});

scenario('under an address there are no passkeys, and the page says why', {}, async ({ page, server }) => {
  await page.goto('/admin/account');
  await page.getByText('Passkeys need an https address with a host name').waitFor();
  await page.getByText(`This server is reached at ${server.url}.`).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Add a passkey' }).count(), 0);
  await audit(page);
  await button(page, 'Log out').click();
  assert.equal(await page.locator('[data-needs-passkeys]').count(), 0);
});

scenario('codes can be copied, downloaded and printed', {
  ...HOST, as: { permissions: ['clipboard-read', 'clipboard-write'] },
}, async ({ page }) => {
  await device(page);
  const codes = await enrol(page, 'Key');
  await page.getByText('Not saved yet').waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Download').click()]);
  assert.equal(download.suggestedFilename(), 'scimward-recovery-codes.txt');
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  const file = Buffer.concat(chunks).toString();
  assert.deepEqual(file.trim().split('\n').slice(2), codes);
  assert.match(file, /^Recovery codes of ada@example\.com for localhost:\d+, made on /);
  await page.getByText('Downloaded').waitFor();
  await button(page, 'Copy').click();
  await page.getByText('Copied', { exact: true }).waitFor();
  await page.emulateMedia({ media: 'print' });
  assert.ok(await page.locator('.codes').isVisible());
  assert.ok(!(await page.getByRole('button', { name: 'Copy' }).isVisible()));
});

/**
 * Stands in for the browser's list of passkeys: `choose()` takes one from it, `asked` tells what was
 * asked of the browser and what became of it.
 */
async function listOfPasskeys(page) {
  await page.addInitScript(() => {
    const real = navigator.credentials.get.bind(navigator.credentials);
    const asked = [];
    Object.assign(globalThis, { asked, cancels: false });
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(true);
    navigator.credentials.get = ({ mediation, signal, publicKey }) => {
      asked.push(mediation ?? 'at once');
      if (mediation !== 'conditional') {
        return globalThis.cancels ? Promise.reject(new DOMException('cancelled', 'NotAllowedError')) : real({ publicKey });
      }
      return new Promise((resolve, reject) => {
        globalThis.choose = () => resolve(real({ publicKey }));
        signal.addEventListener('abort', () => { asked.push('aborted'); reject(signal.reason); });
      });
    };
  });
  return {
    asked: () => page.evaluate(() => globalThis.asked.join(', ')),
    choose: async () => {
      await page.waitForFunction(() => globalThis.choose);
      await page.evaluate(() => { globalThis.choose(); });
    },
    until: (words) => page.waitForFunction((wanted) => globalThis.asked.join(', ') === wanted, words),
  };
}

scenario('a browser offers passkeys where the address is typed', HOST, async ({ page, admin }) => {
  admin.expect(REFUSED);
  await device(page);
  await enrol(page, 'Phone');
  await leaveAlone(page);
  const list = await listOfPasskeys(page);
  await button(page, 'Log out').click();
  await list.choose();
  await heading(page, 'Authentication');
  await page.goto('/admin/account');
  await page.getByText('with the passkey “Phone”').first().waitFor();

  await button(page, 'Log out').click();
  await list.until('conditional');
  await page.evaluate(() => { globalThis.cancels = true; });
  await button(page, 'Log in with a passkey').click();
  await page.getByText('The passkey was not used. Try again, or log in with your password.').waitFor();
  await list.until('conditional, aborted, at once, conditional');
  await page.evaluate(() => { globalThis.cancels = false; });
  await button(page, 'Log in with a passkey').click();
  await heading(page, 'Authentication');

  await button(page, 'Log out').click();
  await list.until('conditional');
  await enterPassword(page);
  await heading(page, 'Now your passkey');
  assert.equal(await list.asked(), '', 'it is for the login alone');
});

scenario('the passkey that Chromium takes from its list logs in', HOST, async ({ page, admin }) => {
  admin.expect(REFUSED);
  await device(page, { isOffered: true });
  await enrol(page, 'Phone');
  await leaveAlone(page);
  await button(page, 'Log out').click();
  await heading(page, 'Authentication');
  await page.goto('/admin/account');
  await page.getByText('with the passkey “Phone”').first().waitFor();
});

scenario('a browser that cannot offer passkeys shows the same login', HOST, async ({ page, admin }) => {
  admin.expect(REFUSED);
  await device(page);
  await enrol(page, 'Phone');
  await leaveAlone(page);
  for (const missing of ['undefined', '() => Promise.resolve(false)', '() => Promise.reject(new Error("no"))']) {
    await page.addInitScript(`PublicKeyCredential.isConditionalMediationAvailable = ${missing};
      const real = navigator.credentials.get.bind(navigator.credentials);
      navigator.credentials.get = (how) => { if (how.mediation) throw new Error('not offered'); return real(how); };`);
    await page.goto('/admin/authentication');
    await button(page, 'Log out').click();
    await heading(page, 'Log in to Admin Settings');
    await button(page, 'Log in with a passkey').click();
    await heading(page, 'Authentication');
  }
});

scenario('a device that does not recognise its user and keys of other hosts add and open nothing', HOST, async (stage) => {
  const { page, admin, server } = stage;
  admin.expect(REFUSED);
  const own = await device(page, { verifies: false });
  await page.goto('/admin/account');
  await page.getByLabel('Name of the passkey').fill('Phone');
  await button(page, 'Add a passkey').click();
  await page.getByText('No passkey was added. Try again.').waitFor();
  assert.equal(server.sql('SELECT count(*) FROM passkeys;'), '0');
  await own.verify(true);
  const begin = '**/admin/account/passkeys/begin';
  await page.route(begin, async (route) => {
    const answer = await route.fetch(), json = await answer.json();
    json.options.publicKey.rp.id = 'example.com';
    await route.fulfill({ response: answer, json });
  });
  await button(page, 'Add a passkey').click();
  await page.getByText('No passkey was added. Try again.').waitFor();
  assert.equal((await own.keys()).length, 0, 'the browser asks no device for another host');
  await page.unroute(begin);
  await enrol(page, 'Phone');
  await leaveAlone(page);

  const [phone] = await own.keys();
  await own.forget(phone.credentialId);
  await own.take({ ...phone, rpId: 'example.com' });
  await button(page, 'Log out').click();
  await button(page, 'Log in with a passkey').click();
  await page.getByText('The passkey was not used. Try again, or log in with your password.').waitFor();
});
