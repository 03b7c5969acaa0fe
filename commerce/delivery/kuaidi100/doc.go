// Package kuaidi100 asks Kuaidi100 where parcels are, and reads what it tells by itself.
//
// It owns the wire: the form of poll (subscribe) and poll/query.do (ask), their signature,
// their return codes, the callback's signature, and what their codes of states mean here. It
// owns no tables and no keys: those are delivery's.
//
// The service signs with MD5 and there is nothing better to choose. What it tells is therefore
// believed only as far as the salt is secret: the salt is ours, random, one for each shop, and
// goes to the service in a request over TLS and nowhere else.
//
// Return codes: 200 done; 501 of a subscription "already subscribed", which is as good; 500,
// 502 come again later; 600, 601, 503 the key; 700, 701, 702 the number or its courier; 408
// the phone number that some couriers want; 500 of a question "nothing known yet".
package kuaidi100
