// Buys, receives the callback, refunds and closes through wechatpay-axios-plugin.
// Reads its settings as JSON from stdin and prints what it saw as JSON; the Go test judges.
'use strict';

const http = require('node:http');
const { Wechatpay, Formatter, Rsa, Aes } = require('wechatpay-axios-plugin');

const read = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

// A callback endpoint that verifies and decrypts as the plugin's documentation shows.
const listen = (settings) => new Promise((ready) => {
  const waiting = [];
  const arrived = [];
  const server = http.createServer(async (req, res) => {
    const body = await read(req);
    const h = req.headers;
    const key = settings.certs[h['wechatpay-serial']];
    const verified = Boolean(key) && Rsa.verify(
      Formatter.response(h['wechatpay-timestamp'], h['wechatpay-nonce'], body),
      h['wechatpay-signature'], Rsa.from(key, Rsa.KEY_TYPE_PUBLIC),
    );
    const { event_type: event, resource } = JSON.parse(body);
    const plain = Aes.AesGcm.decrypt(resource.ciphertext, settings.apiv3, resource.nonce, resource.associated_data);
    res.writeHead(verified ? 204 : 401).end();
    const notice = { event, verified, content: JSON.parse(plain) };
    const next = waiting.shift();
    if (next) next(notice); else arrived.push(notice);
  });
  server.listen(0, '127.0.0.1', () => ready({
    url: `http://127.0.0.1:${server.address().port}/notify`,
    next: () => new Promise((done) => {
      if (arrived.length) done(arrived.shift()); else waiting.push(done);
    }),
    close: () => server.close(),
  }));
});

const clientParameters = (settings, prepayId) => {
  const timeStamp = `${Formatter.timestamp()}`;
  const nonceStr = Formatter.nonce();
  const pkg = `prepay_id=${prepayId}`;
  const text = Formatter.joinedByLineFeed(settings.appid, timeStamp, nonceStr, pkg);
  return { timeStamp, nonceStr, package: pkg, signType: 'RSA', paySign: Rsa.sign(text, Rsa.from(settings.privateKey, Rsa.KEY_TYPE_PRIVATE)) };
};

(async () => {
  const settings = JSON.parse(await read(process.stdin));
  const callbacks = await listen(settings);
  const client = new Wechatpay({
    baseURL: settings.baseURL, mchid: settings.mchid, serial: settings.serial,
    privateKey: settings.privateKey, certs: settings.certs,
  });
  const order = (no) => ({
    appid: settings.appid, mchid: settings.mchid, description: '龙井茶 250g', out_trade_no: no, notify_url: callbacks.url,
    amount: { total: 8880, currency: 'CNY' }, payer: { openid: settings.openid },
  });
  const byNumber = (no) => client.chain('/v3/pay/transactions/out-trade-no/{out_trade_no}')
    .get({ params: { mchid: settings.mchid }, out_trade_no: no });
  const jsapi = client.chain('/v3/pay/transactions/jsapi');

  const { data: { prepay_id: prepayId } } = await jsapi.post(order('AXIOS0001'));
  const before = (await byNumber('AXIOS0001')).data.trade_state;
  const paid = await fetch(`${settings.baseURL}_control/pay`, { method: 'POST', body: JSON.stringify(clientParameters(settings, prepayId)) });
  const receipt = await paid.json();
  const payment = await callbacks.next();
  const after = (await byNumber('AXIOS0001')).data.trade_state;
  const { data: refund } = await client.chain('/v3/refund/domestic/refunds').post({
    out_trade_no: 'AXIOS0001', out_refund_no: 'AXIOSR0001', notify_url: callbacks.url, amount: { refund: 880, total: 8880, currency: 'CNY' },
  });
  const refunded = await callbacks.next();
  await jsapi.post(order('AXIOS0002'));
  const closed = await client.chain('/v3/pay/transactions/out-trade-no/{out_trade_no}/close')
    .post({ mchid: settings.mchid }, { out_trade_no: 'AXIOS0002' });
  const missing = await byNumber('AXIOS0003').catch(({ response }) => ({ status: response.status, code: response.data.code }));
  callbacks.close();
  process.stdout.write(JSON.stringify({
    before, after, receipt, payment, refund: refund.status, refunded, closed: closed.status, missing,
  }));
})().catch((err) => {
  process.stderr.write(`${err.stack}\n${JSON.stringify(err.response && err.response.data)}\n`);
  process.exit(1);
});
