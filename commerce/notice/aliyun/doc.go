// Package aliyun sends text messages by Aliyun's Short Message Service: dysmsapi, version
// 2017-05-25, SendSms and QuerySendDetails.
//
// Requests are signed as Aliyun's RPC APIs want it: HMAC-SHA1, keyed by the AccessKey's secret
// and "&", over method, path and the parameters, sorted and encoded twice. Tests hold it
// against the examples that Aliyun published, and against a vendor that verifies by itself.
// Neither a phone number nor a text ever stands in an error.
package aliyun
