// Logs in, buys in a Mini Program and in a browser, refunds and closes through alipay-sdk.
// Reads its settings as JSON from stdin and prints what it saw as JSON; the Go test judges.
'use strict';

const http = require('node:http');
const querystring = require('node:querystring');
const { AlipaySdk } = require('alipay-sdk');
// Not part of the package's front, hence by its file.
const { aesDecryptText } = require('./node_modules/alipay-sdk/dist/commonjs/util.js');

const read = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

// A notification endpoint that verifies as the SDK's documentation shows.
const listen = (client) => new Promise((ready) => {
  const waiting = [];
  const arrived = [];
  const server = http.createServer(async (req, res) => {
    const posted = { ...querystring.parse(await read(req)) };
    delete posted.alipay_cert_sn; // no part of what is signed, which the SDK leaves to its caller
    const forged = { ...posted, total_amount: '88.81' };
    const notice = { verified: client.checkNotifySignV2({ ...posted }), forged: client.checkNotifySignV2(forged), content: posted };
    res.writeHead(200).end(notice.verified ? 'success' : 'fail');
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

(async () => {
  const { baseURL, app } = JSON.parse(await read(process.stdin));
  const control = async (path, body) => {
    const answer = await fetch(`${baseURL}/_control/alipay/${path}`, { method: 'POST', body: JSON.stringify(body) });
    const out = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(out)}`);
    return out;
  };
  const certificates = app.key_mode === 'certificate' ? {
    appCertContent: app.app_cert_pem, alipayPublicCertContent: app.alipay_cert_pem, alipayRootCertContent: app.alipay_root_cert_pem,
  } : { alipayPublicKey: app.alipay_public_key_pem };
  const client = new AlipaySdk({
    appId: app.app_id, privateKey: app.private_key, keyType: 'PKCS8', gateway: `${baseURL}/alipay/gateway.do`, ...certificates,
  });
  const notices = await listen(client);
  // Every call below also verifies the answer's signature.
  const call = (method, bizContent, more) => client.exec(method, { bizContent, ...more }, { validateSign: true });

  const { code } = await control('my-auth', { app_id: app.app_id, buyer: '小李' });
  const session = await client.exec('alipay.system.oauth.token', { grantType: 'authorization_code', code }, { validateSign: true });
  const order = (no, productCode) => ({
    out_trade_no: no, total_amount: '88.80', subject: '龙井茶 250g', product_code: productCode, passback_params: 'a%3D1%26b%3D%2B',
  });
  const create = await call('alipay.trade.create', { ...order('NODE0001', 'JSAPI_PAY'), buyer_open_id: session.openId }, { notifyUrl: notices.url });
  const before = await call('alipay.trade.query', { out_trade_no: 'NODE0001' });
  const receipt = await control('pay', { trade_no: create.tradeNo, buyer: '小李' });
  const payment = await notices.next();
  const after = await call('alipay.trade.query', { out_trade_no: 'NODE0001' });
  const refund = await call('alipay.trade.refund', { out_trade_no: 'NODE0001', out_request_no: 'NODER0001', refund_amount: '8.80' });
  const refunded = await notices.next();
  const refundQuery = await call('alipay.trade.fastpay.refund.query', { out_trade_no: 'NODE0001', out_request_no: 'NODER0001' });

  const page = client.pageExecute('alipay.trade.wap.pay', 'GET', {
    bizContent: order('NODE0002', 'QUICK_WAP_WAY'), notify_url: notices.url, return_url: 'http://127.0.0.1/back',
  });
  const unopened = await call('alipay.trade.query', { out_trade_no: 'NODE0002' });
  const paidPage = await control('pay', { order_string: page });
  const string = client.sdkExecute('alipay.trade.app.pay', { bizContent: order('NODE0003', 'QUICK_MSECURITY_PAY') });
  const paidString = await control('pay', { order_string: string });
  const code2 = await call('alipay.trade.precreate', order('NODE0004', 'QR_CODE_OFFLINE'));
  await control('pay', { qr_code: code2.qrCode, open_only: true });
  const closed = await call('alipay.trade.close', { out_trade_no: 'NODE0004' });

  const { response } = await control('phone', { app_id: app.app_id, phone: '13800138000' });
  const phone = JSON.parse(aesDecryptText(JSON.parse(response).response, app.aes_key));
  notices.close();
  const report = JSON.stringify({
    session, create, before, receipt, payment, after, refund, refunded, refundQuery, unopened, paidPage, paidString, closed, phone,
    sn: { app: client.config.appCertSn, alipay: client.config.alipayCertSn, root: client.config.alipayRootCertSn },
  });
  process.stdout.write(report, () => process.exit(0)); // kept connections would hold it up
})().catch((err) => {
  process.stderr.write(`${err.stack}\n${JSON.stringify(err.responseDataRaw || '')}\n`);
  process.exit(1);
});
