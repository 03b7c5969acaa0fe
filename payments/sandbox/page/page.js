'use strict';

const said = document.getElementById('said');

const say = (text, bad) => {
  said.textContent = text;
  said.classList.toggle('bad', Boolean(bad));
};

// refresh swaps the live part only, so that the form below keeps what was typed.
const refresh = async () => {
  const answer = await fetch(location.href);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  document.getElementById('live').replaceWith(page.getElementById('live'));
};

const press = async (method, path, body) => {
  try {
    const answer = await fetch(`/_control/${path}`, {
      method, headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
    });
    const out = await answer.json();
    if (answer.ok) say(`${document.body.dataset.done}: ${path}`);
    else say(`${out.code}: ${out.message}`, true);
    await refresh();
  } catch (err) {
    say(String(err), true);
  }
};

document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-post], button[data-delete]');
  if (!button) return;
  const { post, delete: remove, ...body } = button.dataset;
  press(remove ? 'DELETE' : 'POST', remove || post, remove ? undefined : body);
});

document.addEventListener('submit', (event) => {
  event.preventDefault();
  const body = {};
  for (const [name, value] of new FormData(event.target)) {
    if (value !== '') body[name] = name === 'count' || name === 'delay_ms' ? Number(value) : value;
  }
  press('POST', event.target.dataset.post, body);
});

// A focused button inside the live part must not vanish under the finger.
setInterval(() => {
  const live = document.getElementById('live');
  if (!document.hidden && !live.contains(document.activeElement)) refresh().catch(() => {});
}, 3000);
