// Package contracttest drives the sandbox with clients that other people wrote.
//
// It is a module of its own so that those clients never enter the product's build.
// payments/wechat, payments/alipay and the sandbox were written in one house and could
// share a misreading of the protocols; gopay (Go), wechatpay-axios-plugin and alipay-sdk
// (JavaScript) could not. Run it with
//
//	cd payments/sandbox/contracttest && go test ./...
//
// The JavaScript half needs node and `npm ci` in this folder and is skipped without.
package contracttest
