// Admin console behaviour. No framework, no eval, no innerHTML: runs under
// script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'.
(() => {
  'use strict';

  // ---- times: the server prints UTC; add the reader's own zone beside it ----
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'local';
  const localTime = new Intl.DateTimeFormat('en-GB', {
    day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  for (const el of document.querySelectorAll('[data-local-of]')) {
    const when = new Date(el.dataset.localOf);
    if (Number.isNaN(+when) || when.getTimezoneOffset() === 0) continue;
    el.textContent = `${localTime.format(when)} your time (${zone.replaceAll('_', ' ')})`;
    el.hidden = false;
  }

  // ---- reveal a password ----
  for (const b of document.querySelectorAll('[data-reveals]')) {
    b.hidden = false;
    b.addEventListener('click', () => {
      const input = document.getElementById(b.dataset.reveals);
      const show = input.type === 'password';
      input.type = show ? 'text' : 'password';
      b.textContent = show ? 'Hide' : 'Show';
      b.setAttribute('aria-pressed', String(show));
      input.focus();
    });
  }

  // ---- on a phone the navigation scrolls sideways: show where the reader is ----
  document.querySelector('.side [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

  // ---- after a reload, put focus on the message that explains what happened ----
  document.querySelector('[data-takes-focus]')?.focus({ preventScroll: false });

  // ---- copy buttons for values that are not secret (the SCIM base URL) ----
  for (const b of document.querySelectorAll('[data-copy-value]')) {
    if (!navigator.clipboard) continue;
    b.hidden = false;
    const label = b.querySelector('[data-label]');
    const was = label?.textContent;
    b.addEventListener('click', async () => {
      try { await navigator.clipboard.writeText(b.dataset.copyValue); label.textContent = 'Copied'; }
      catch { label.textContent = 'Copying failed'; }
      setTimeout(() => { label.textContent = was; }, 2500);
    });
  }

  // ---- buttons that open a dialog instead of the page they lead to ----
  for (const b of document.querySelectorAll('[data-opens]')) {
    const target = document.getElementById(b.dataset.opens);
    if (!target?.showModal) continue;
    b.addEventListener('click', (e) => { e.preventDefault(); target.showModal(); });
  }
  for (const b of document.querySelectorAll('[data-closes]')) {
    b.addEventListener('click', () => document.getElementById(b.dataset.closes).close());
  }

  // ---- the token dialog ----
  const form = document.querySelector('form[data-token-form]');
  const dialog = document.getElementById('token-dialog');
  if (!form || !dialog || !dialog.showModal) return;   // plain form post still works

  const $ = (name) => dialog.querySelector(`[data-el="${name}"]`);
  const fill = (name, text) => { for (const el of dialog.querySelectorAll(`[data-el="${name}"]`)) el.textContent = text; };
  const steps = [...dialog.querySelectorAll('[data-step]')];
  const live = $('live'), field = $('secret'), copyState = $('copy-state');
  let step = null, secret = null, copied = false, busy = false, opener = null, leaving = false;

  const say = (text) => { live.textContent = ''; setTimeout(() => { live.textContent = text; }, 60); };

  function show(name) {
    step = name;
    for (const s of steps) s.hidden = s.dataset.step !== name;
    const now = steps.find((s) => s.dataset.step === name);
    dialog.setAttribute('aria-labelledby', now.querySelector('h2').id);
    const described = now.querySelector('[data-described]');
    if (described) dialog.setAttribute('aria-describedby', described.id); else dialog.removeAttribute('aria-describedby');
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    (now.querySelector('[data-first]') || now.querySelector('h2')).focus();
  }

  function setSecret(value) {
    secret = value;
    field.value = value || '';
    if (value) addEventListener('beforeunload', warnOnLeave); else removeEventListener('beforeunload', warnOnLeave);
  }
  function warnOnLeave(e) { if (secret && !copied) { e.preventDefault(); e.returnValue = ''; } }

  function finish(reload) {          // the only way out of the dialog
    leaving = true;
    setSecret(null);
    dialog.close();
    if (reload) location.reload(); else { leaving = false; opener?.focus(); }
  }

  function requestClose() {          // Close button, Esc, Android back, backdrop: one rule for all
    if (busy) return;
    if (step === 'token') { if (copied) finish(true); else show('unsaved'); return; }
    if (step === 'unsaved') { show('token'); return; }      // Esc means "go back", never "discard"
    finish(step !== 'confirm');
  }

  dialog.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape') return;
    e.preventDefault(); e.stopPropagation(); requestClose();
  });
  dialog.addEventListener('cancel', (e) => { e.preventDefault(); requestClose(); });
  dialog.addEventListener('close', () => {                 // closed by something we could not veto
    if (leaving) return;
    if (secret && !copied) show('unsaved');
    else if (busy) show('working');
    else { setSecret(null); if (step !== 'confirm') location.reload(); }
  });

  // ---- copy ----
  async function copy(before) {
    const text = before + secret;
    let ok = false;
    field.value = text;                                     // what execCommand copies
    field.focus({ preventScroll: true }); field.select();
    try { await navigator.clipboard.writeText(text); ok = true; }
    catch { try { ok = document.execCommand('copy'); } catch { ok = false; } }
    if (ok && secret) field.value = secret;
    if (ok) markCopied();
    else {
      field.focus(); field.select();
      copyState.className = 'copy-state bad';
      copyState.querySelector('span').textContent = $('copy-failed').textContent;
      say($('copy-failed').textContent);
    }
  }
  function markCopied() {
    copied = true;
    copyState.className = 'copy-state done';
    copyState.querySelector('span').textContent = 'Copied';
    copyState.querySelector('use').setAttribute('href', copyState.dataset.okIcon);
    $('copy').classList.remove('btn-primary');
    const close = $('close'); close.classList.add('btn-primary');
    close.focus();
    say('Copied. Save the token in a secure location, then close this window.');
  }
  $('copy').addEventListener('click', () => copy(''));
  $('copy-header').addEventListener('click', () => copy('Bearer '));
  field.addEventListener('focus', () => field.select());
  field.addEventListener('copy', () => {                   // Ctrl+C on the whole value counts
    if (secret && field.selectionEnd - field.selectionStart === field.value.length) setTimeout(markCopied, 0);
  });

  // ---- buttons ----
  dialog.addEventListener('click', (e) => {
    const act = e.target.closest('[data-act]')?.dataset.act;
    if (!act) return;
    if (act === 'close') requestClose();
    else if (act === 'cancel') finish(false);
    else if (act === 'back') show('token');
    else if (act === 'discard') finish(true);
    else if (act === 'reload') finish(true);
    else if (act === 'retry') send();
    else if (act === 'confirm') { form.elements.confirm.value = 'replace'; send(); }
  });

  // ---- send ----
  form.addEventListener('submit', (e) => {
    e.preventDefault();
    opener = e.submitter || form.querySelector('[type=submit]');
    if (busy || dialog.open) return;
    const months = form.elements.months.selectedOptions[0];
    fill('lifespan', months.textContent.trim());
    if (form.dataset.live === 'true') show('confirm'); else send();
  });

  async function send() {
    if (busy) return;
    busy = true; copied = false; show('working');
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), 20000);
    let next = 'unknown', body = null;
    try {
      const res = await fetch(form.action, {
        method: 'POST', body: new URLSearchParams(new FormData(form)), headers: { Accept: 'application/json' },
        credentials: 'same-origin', cache: 'no-store', redirect: 'error', signal: abort.signal,
      });
      const json = (res.headers.get('content-type') || '').startsWith('application/json');
      body = json ? await res.json() : null;
      if (res.status === 201 && body?.token) next = 'token';
      else if (res.status === 401) next = 'ended';
      else if (body?.error === 'token_changed') next = { generated_by_you: 'changed-here', revoked: 'revoked' }[body.change] || 'changed';
      else if (body?.error === 'request_already_used') next = 'used';
      else if (res.status === 429) next = 'limited';
      else if (res.status >= 400 && body?.generated === false) next = 'failed';
    } catch { next = 'unknown'; } finally { clearTimeout(timer); busy = false; }
    if (next === 'token') {
      setSecret(body.token);
      $('token-id').textContent = body.token_id;
      $('expires').textContent = body.expires_text;
    }
    if (body?.by) fill('by', body.by);
    if (body?.at_text) fill('at', body.at_text);
    if (next === 'failed') {
      if (body.message) $('failed-why').textContent = body.message;
      $('ref').textContent = body.reference || '';
      $('ref-line').hidden = !body.reference;
    }
    show(next);
    if (next === 'token') say('New token generated. Copy it now. It will never be displayed again.');
  }

  // ---- history: a page that held the token never comes back with it ----
  addEventListener('pagehide', () => { setSecret(null); leaving = true; if (dialog.open) dialog.close(); });
  addEventListener('pageshow', (e) => { if (e.persisted) location.reload(); });
})();
