// Package envelope is the one shape of every failure that leaves over HTTP, and the
// one table from fault kinds to status codes.
//
//	{"code":"OUT_OF_STOCK","message":"库存不足","request_id":"…","fields":[…],"data":{…}}
//
// It owns the table, the choice of language, the Retry-After header and the Record in
// which a request collects what the access log tells about it. It does not own codes:
// those are declared by the rooms that raise them.
//
// Invariants: an error nobody classified is 500 INTERNAL without any of its text; its
// cause reaches the log once, on the request's own line. A refusal of the HTTP server
// itself (unknown route, body over the limit) has the same shape.
package envelope
