// Package expressgw plays Kuaidi100 on the wire: couriers' words about parcels, asked for and
// pushed. It is no payment provider; it lives on the sandbox's listener because it is there
// for the same reason, shares no code with our own client, and is unknown to the product.
//
// It owns the books of a pretended service: accounts, what couriers scanned, subscriptions,
// and every attempt to deliver a push. They are kept in an append-only journal of their own.
//
//	POST /poll           schema=json&param={company,number,key,from?,to?,parameters{callbackurl,salt?,phone?,resultv2?,autoCom?}}
//	POST /poll/query.do  customer, sign = MD5(param+key+customer) in capitals, param={com,num,phone?,from?,to?,resultv2?,show?,order?}
//	pushes to callbackurl          param={status,message,autoCheck,comOld,comNew,lastResult}&sign = MD5(param+salt) in capitals
//
// A push is accepted by 200 and {"result":true,"returnCode":"200"}; anything else is sent
// again, by the service's schedule three times half an hour apart.
//
// Stricter than the real thing, on purpose: unknown fields of a form or of param are refused
// (400, 702), so is a callback address that is no absolute http or https address, and SF's
// numbers want a phone in both calls. Not played: maps, recognising couriers by numbers,
// credit.
//
// Controls, JSON over HTTP:
//
//	POST   /_control/kuaidi100/accounts  {"customer","key"}; repeatable
//	POST   /_control/kuaidi100/scans     {"company","number","code","text","place"?,"at"?} → what the courier said is pushed
//	POST   /_control/kuaidi100/abort     {"company","number","message"} → the service gives up
//	GET    /_control/kuaidi100/books     everything, without keys
//	POST   /_control/kuaidi100/faults    {"target":"subscribe|query|notify","mode","count"?,"value"?}
//	DELETE /_control/kuaidi100/faults    disarm all
//
// Modes: http_500; code (the return code in value); garbage; drop (cut without an answer; a
// push is lost); cut_after_doing; corrupt_signature, duplicate (notify only).
package expressgw
