// The card of the webhooks on Notifications: how each fares, and trying it.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { scenario } from './lib/scenario.mjs';
import { until } from './lib/server.mjs';

const PATH = '/admin/notifications';
const HIDDEN = 'T0SECRET1';
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
// Nobody is there, and no line breaks in it by itself.
const LONG = '[fd00:1111:2222:3333:4444:5555:6666:7777]:65535';
const FORMATS = ['json', 'slack', 'teams', 'json', 'slack'];

/** The setting for receivers with these hosts. */
function setting(hosts) {
  const lines = hosts.map((host, at) => {
    const secret = FORMATS[at] === 'json' ? ` ${SECRET}` : '';
    return `${FORMATS[at]} http://${host}/hooks/${HIDDEN}${secret}`;
  });
  const long = `teams https://${LONG}/hooks/${HIDDEN}`;
  return { SCIMWARD_WEBHOOKS: [...lines, long].join('\n') };
}

scenario('each webhook shows how it fares, and is tried', {
  mail: true, receivers: FORMATS.length, settings: setting,
}, async ({ admin, page, receivers }) => {
  const [well, wrong, gone, busy, away] = receivers;
  const card = page.getByRole('region', { name: 'Webhooks' });
  const row = (receiver) => card.getByRole('row').filter({ hasText: receiver.host });
  const test = (receiver) => card.getByRole('button', { name: `Send test to ${receiver.host}` });
  const status = page.getByRole('status');
  await admin.open(PATH);
  assert.equal(await card.getByText('Nothing sent yet').count(), FORMATS.length + 1);
  await audit(page);

  wrong.answer = [404, 'no_service: there is no such workflow, or it was removed by its owner' + '.x'.repeat(60)];
  gone.answer = [410, ''];
  busy.answer = [503, ''];
  away.stop();
  await admin.generate(3);
  for (const [receiver, format, text] of [
    [well, 'JSON, signed', /200 OK$/],
    [wrong, 'Slack', /404 Not Found, given up\s+404 Not Found: no_service: there is no such workflow/],
    [gone, 'Teams', /410 Gone, stopped until the next start/],
    [busy, 'JSON, signed', /503 Service Unavailable, trying again\s+Next try at /],
    [away, 'Slack', /No answer, trying again[^]*cannot be reached/],
  ]) {
    const shown = await until(`${receiver.host} was called`, async () => {
      await admin.open(PATH);
      const cells = await row(receiver).locator('td').allInnerTexts();
      return cells[3] !== 'None' && cells;
    });
    assert.equal(shown[1], format);
    assert.match(shown[2], /Token generated$/);
    assert.match(shown[3], text);
  }
  await audit(page);
  assert.equal(well.told[0].type, 'scim_token.generated');

  await test(wrong).click();
  await status.filter({ hasText: `The test was not delivered to ${wrong.host}.` }).waitFor();
  await audit(page);
  // What was gone is there again, which starts it before the next start.
  gone.answer = [202, ''];
  for (const receiver of [well, gone]) {
    await test(receiver).click();
    await status.filter({ hasText: `Test sent to ${receiver.host}.` }).waitFor();
  }
  assert.match(await row(gone).innerText(), /Test\s+202 Accepted/);
  await audit(page);
  const html = await page.content();
  for (const secret of [HIDDEN, SECRET, '/hooks/']) assert.ok(!html.includes(secret), secret);
});
