// A device that holds passkeys: Chromium's virtual authenticator.

/**
 * A device of the browser of `page`; `verifies` says whether it knows its user, `isOffered` whether the
 * browser offers its passkeys on the login page: with nobody there to choose one, it takes the first at once.
 */
export async function device(page, { verifies = true, holdsKeys = true, isOffered = false } = {}) {
  if (!isOffered) {
    await page.addInitScript(() => { PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false); });
  }
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: holdsKeys,
      hasUserVerification: true, isUserVerified: verifies, automaticPresenceSimulation: true,
    },
  });
  const send = (method, more = {}) => session.send(`WebAuthn.${method}`, { authenticatorId, ...more });
  return {
    /** The passkeys that it holds. */
    keys: async () => (await send('getCredentials')).credentials,
    /** Takes a passkey of another device. */
    take: (credential) => send('addCredential', { credential }),
    /** Forgets a passkey. */
    forget: (credentialId) => send('removeCredential', { credentialId }),
    /** Whether it recognises its user from now on. */
    verify: (isUserVerified) => send('setUserVerified', { isUserVerified }),
    /** Whether somebody is there to touch it. */
    touch: (enabled) => send('setAutomaticPresenceSimulation', { enabled }),
  };
}

/** Adds a passkey on the account page; returns the recovery codes that come with the first. */
export async function enrol(page, name) {
  await page.goto('/admin/account');
  await page.getByLabel(/^Name of (the|another) passkey$/).fill(name);
  await page.getByRole('button', { name: 'Add a passkey', exact: true }).click();
  await page.getByText(/Your new recovery codes|The passkey was added/).first().waitFor();
  return page.locator('.codes li').allInnerTexts();
}
