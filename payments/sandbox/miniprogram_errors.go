package sandbox

import "fmt"

// miniError is an errcode of api.weixin.qq.com; it travels with HTTP 200.
type miniError struct {
	Code    int
	Message string
}

// Error implements error.
func (e *miniError) Error() string { return fmt.Sprintf("errcode %d: %s", e.Code, e.Message) }

func miniRefusal(code int, text ...string) *miniError {
	message := miniCodes()[code]
	if len(text) > 0 {
		message = text[0]
	}
	return &miniError{Code: code, Message: message}
}

// miniCodes is the documented table of errcodes that the played endpoints answer.
func miniCodes() map[int]string {
	return map[int]string{
		-1:        "system error",
		40001:     "invalid credential, access_token is invalid or not latest",
		40002:     "invalid grant_type",
		40003:     "invalid openid",
		40013:     "invalid appid",
		40029:     "invalid code",
		40037:     "invalid template_id",
		40097:     "invalid args",
		40125:     "invalid appsecret",
		40163:     "code been used",
		40164:     "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist",
		40226:     "code blocked",
		40243:     "appsecret is frozen",
		40129:     "invalid scene",
		40169:     "invalid length for scene, or the data is not json string",
		41001:     "access_token missing",
		41002:     "appid missing",
		41004:     "appsecret missing",
		41008:     "missing code",
		41030:     "invalid page",
		42001:     "access_token expired",
		43001:     "require GET method",
		43002:     "require POST method",
		43101:     "user refuse to accept the msg",
		44002:     "empty post data",
		45009:     "reach max api daily quota limit",
		45011:     "api minute-quota reach limit, must slower, retry next minute",
		47001:     "data format error",
		47003:     "argument invalid!",
		48001:     "api unauthorized",
		61010:     "user has not used the mini program recently",
		10060001:  "payment order does not exist",
		10060003:  "re-ship chance used",
		10060004:  "payment order is not in a state to be shipped",
		10060005:  "logistics_type invalid",
		10060006:  "split delivery needs express",
		10060007:  "is_all_delivered missing",
		10060008:  "item_desc missing",
		10060009:  "item_desc too long",
		10060014:  "invalid argument",
		10060023:  "shipping information not changed",
		10060024:  "too many parcels",
		10060025:  "express_company too long",
		10060026:  "tracking_no too long",
		10060031:  "openid is not the payer",
		268485194: "order_number_type invalid",
		268485195: "transaction_id missing",
		268485196: "mchid missing",
		268485197: "out_trade_no missing",
		268485216: "upload_time is not RFC 3339 with milliseconds",
		268485224: "delivery_mode invalid",
		268485226: "tracking_no missing",
		268485227: "express_company missing",
		268485228: "unified delivery needs exactly one parcel",
	}
}
