package alipaygw

// method is one API of the gateway.
type method struct {
	target    string // of faults
	fields    []field
	top       bool // the fields are parameters of their own instead of biz_content
	page      bool // a browser or the provider's app brings it
	bare      bool // the answer has no code and msg
	errorNode bool // errors come as error_response
	do        func(c *call) (any, *refusal)
}

// tradeFields are what every way of paying takes.
func tradeFields(own ...field) []field {
	goods := []field{
		{name: "goods_id", kind: kindText, required: true, maximum: 64},
		{name: "goods_name", kind: kindText, required: true, maximum: 256},
		{name: "quantity", kind: kindScalar, required: true},
		{name: "price", kind: kindYuan, required: true},
		{name: "goods_category", kind: kindText, maximum: 24},
		{name: "show_url", kind: kindText, maximum: 400},
	}
	return append([]field{
		{name: "out_trade_no", kind: kindText, required: true, maximum: 64, pattern: numberPattern},
		{name: "total_amount", kind: kindYuan, required: true},
		{name: "subject", kind: kindText, required: true, maximum: 256, without: "/=&"},
		{name: "body", kind: kindText, maximum: 128},
		{name: "product_code", kind: kindText, maximum: 64},
		{name: "timeout_express", kind: kindText, pattern: durationPattern},
		{name: "time_expire", kind: kindTime},
		{name: "passback_params", kind: kindText, maximum: 512},
		{name: "seller_id", kind: kindText, pattern: sellerPattern},
		{name: "goods_detail", kind: kindList, fields: goods},
		{name: "extend_params", kind: kindObject},
		{name: "enable_pay_channels", kind: kindText, maximum: 128},
		{name: "disable_pay_channels", kind: kindText, maximum: 128},
		{name: "store_id", kind: kindText, maximum: 32},
		{name: "terminal_id", kind: kindText, maximum: 32},
		{name: "operator_id", kind: kindText, maximum: 28},
		{name: "query_options", kind: kindTexts},
	}, own...)
}

// numberFields name a trade: one of the two is needed, and trade_no wins.
func numberFields(own ...field) []field {
	return append([]field{
		{name: "out_trade_no", kind: kindText, maximum: 64},
		{name: "trade_no", kind: kindText, maximum: 64},
	}, own...)
}

// methods lists what the gateway serves.
func (g *Gateway) methods() map[string]method {
	texts := field{name: "query_options", kind: kindTexts}
	return map[string]method{
		"alipay.trade.create": {target: TargetPrepay, do: g.create, fields: tradeFields(
			field{name: "op_app_id", kind: kindText, pattern: appIDPattern},
			field{name: "buyer_open_id", kind: kindText, maximum: 128},
			field{name: "op_buyer_open_id", kind: kindText, maximum: 128},
			field{name: "buyer_id", kind: kindText, maximum: 28},
		)},
		"alipay.trade.precreate": {target: TargetPrepay, do: g.precreate, fields: tradeFields()},
		"alipay.trade.wap.pay":   {page: true, fields: tradeFields(field{name: "quit_url", kind: kindText, maximum: 400})},
		"alipay.trade.app.pay":   {page: true, fields: tradeFields()},
		"alipay.trade.page.pay": {page: true, fields: tradeFields(
			field{name: "qr_pay_mode", kind: kindText, enum: []string{"0", "1", "2", "3", "4"}},
			field{name: "qrcode_width", kind: kindScalar}, field{name: "integration_type", kind: kindText, enum: []string{"ALIAPP", "PCWEB"}},
			field{name: "request_from_url", kind: kindText, maximum: 256},
		)},
		"alipay.trade.query":  {target: TargetQuery, do: g.query, fields: numberFields(texts)},
		"alipay.trade.close":  {target: TargetClose, do: g.closeTrade, fields: numberFields(field{name: "operator_id", kind: kindText, maximum: 28})},
		"alipay.trade.cancel": {target: TargetClose, do: g.cancelTrade, fields: numberFields()},
		"alipay.trade.refund": {target: TargetRefund, do: g.refund, fields: numberFields(
			field{name: "refund_amount", kind: kindYuan, required: true},
			field{name: "refund_reason", kind: kindText, maximum: 256},
			field{name: "out_request_no", kind: kindText, maximum: 64, pattern: numberPattern}, texts,
		)},
		"alipay.trade.fastpay.refund.query": {target: TargetRefundQuery, do: g.queryRefund, fields: numberFields(
			field{name: "out_request_no", kind: kindText, required: true, maximum: 64}, texts,
		)},
		"alipay.data.dataservice.bill.downloadurl.query": {target: TargetBill, do: g.bill, fields: []field{
			{name: "bill_type", kind: kindText, required: true}, {name: "bill_date", kind: kindText, required: true}, {name: "smid", kind: kindText},
		}},
		"alipay.fund.trans.uni.transfer": {target: TargetTransfer, do: g.transfer, fields: []field{
			{name: "out_biz_no", kind: kindText, required: true, maximum: 64},
			{name: "trans_amount", kind: kindYuan, required: true},
			{name: "product_code", kind: kindText, required: true, enum: []string{"TRANS_ACCOUNT_NO_PWD"}},
			{name: "biz_scene", kind: kindText, required: true, enum: []string{"DIRECT_TRANSFER"}},
			{name: "order_title", kind: kindText, maximum: 128},
			{name: "remark", kind: kindText, maximum: 200},
			{name: "payee_info", kind: kindObject, required: true, fields: []field{
				{name: "identity", kind: kindText, required: true, maximum: 64},
				{name: "identity_type", kind: kindText, required: true, enum: []string{"ALIPAY_USER_ID", "ALIPAY_LOGON_ID", "ALIPAY_OPEN_ID"}},
				{name: "name", kind: kindText, maximum: 128},
			}},
		}},
		"alipay.fund.trans.common.query": {target: TargetTransfer, do: g.queryTransfer, fields: []field{
			{name: "out_biz_no", kind: kindText},
			{name: "order_id", kind: kindText},
			{name: "pay_fund_order_id", kind: kindText},
			{name: "product_code", kind: kindText},
			{name: "biz_scene", kind: kindText},
		}},
		"alipay.system.oauth.token": {target: TargetLogin, top: true, bare: true, errorNode: true, do: g.oauthToken, fields: []field{
			{name: "grant_type", kind: kindText, required: true, enum: []string{"authorization_code", "refresh_token"}},
			{name: "code", kind: kindText, maximum: 64},
			{name: "refresh_token", kind: kindText, maximum: 64},
		}},
		"alipay.open.app.mini.templatemessage.send": {target: TargetMessage, do: g.sendMessage, fields: []field{
			{name: "to_user_id", kind: kindText},
			{name: "to_open_id", kind: kindText},
			{name: "form_id", kind: kindText},
			{name: "user_template_id", kind: kindText, required: true},
			{name: "page", kind: kindText, required: true},
			{name: "data", kind: kindText, required: true},
		}},
		"alipay.open.app.qrcode.create": {target: TargetCode, do: g.makeCode, fields: []field{
			{name: "url_param", kind: kindText, required: true, maximum: 256, pattern: codePage},
			{name: "query_param", kind: kindText, required: true, maximum: 256, pattern: codeQuery},
			{name: "describe", kind: kindText, required: true, maximum: 32},
		}},
		methodCert: {target: TargetCertificate, do: g.certificate, fields: []field{
			{name: "alipay_cert_sn", kind: kindText, required: true},
		}},
	}
}

const methodCert = "alipay.open.app.alipaycert.download"
