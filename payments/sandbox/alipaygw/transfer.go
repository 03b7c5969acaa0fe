package alipaygw

import "encoding/json"

type transferAnswer struct {
	OutBizNo  string `json:"out_biz_no"`
	OrderID   string `json:"order_id"`
	FundID    string `json:"pay_fund_order_id"`
	Status    string `json:"status"`
	TransDate string `json:"trans_date,omitempty"`
	PayDate   string `json:"pay_date,omitempty"`    // of a query, once it is paid
	ErrorCode string `json:"error_code,omitempty"`  // of a query, once it has failed
	Reason    string `json:"fail_reason,omitempty"` // the same in words
}

// transfer is alipay.fund.trans.uni.transfer: to a user at once, and only for apps with
// certificates.
func (g *Gateway) transfer(c *call) (any, *refusal) {
	if c.keys.KeyMode != KeyModeCertificate {
		return nil, &refusal{code: "40006", sub: "isv.insufficient-isv-permissions", text: "资金类接口需使用公钥证书", unsigned: true}
	}
	var payee struct {
		Identity string `json:"identity"`
		Type     string `json:"identity_type"`
		Name     string `json:"name"`
	}
	if err := json.Unmarshal(c.content["payee_info"], &payee); err != nil {
		return nil, business("INVALID_PARAMETER", "参数有误")
	}
	t := Transfer{
		SellerID: c.keys.SellerID, OutBizNo: c.text("out_biz_no"), Payee: payee.Identity, Title: c.text("order_title"),
		AmountFen: fen(c.text("trans_amount")), Status: "SUCCESS", Digest: digestHex(c.params["biz_content"]), At: g.now().UTC(),
	}
	switch {
	case t.AmountFen < 10:
		return nil, business("EXCEED_LIMIT_SM_MIN_AMOUNT", "转账金额不能低于 0.1 元")
	case payee.Type == "ALIPAY_LOGON_ID" && payee.Name == "":
		return nil, business("INVALID_PARAMETER", "参数有误：收款方姓名不能为空")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.books.buyers[pair{c.keys.AppID, payee.Identity}]; !ok && payee.Type != "ALIPAY_LOGON_ID" {
		return nil, business("PAYEE_NOT_EXIST", "收款账号不存在")
	}
	if old, known := g.books.transfers[pair{t.SellerID, t.OutBizNo}]; known {
		if old.Digest != t.Digest {
			return nil, business("INVALID_PARAMETER", "参数有误：同一单号参数不一致")
		}
		return transferSaid(old), nil
	}
	day := g.now().In(beijing()).Format("20060102")
	t.OrderID, t.FundID = day+"110070"+g.digits(18), day+"110070"+g.digits(18)
	if c.fault.Is(ModeTransferDealing) {
		t.Status = "DEALING"
	}
	return transferSaid(t), g.keep(entry{Transfer: &t})
}

// EndInput ends a transfer that is DEALING; without an error code it is paid.
type EndInput struct {
	SellerID  string `json:"seller_id"`
	OutBizNo  string `json:"out_biz_no"`
	ErrorCode string `json:"error_code,omitempty"`
}

// EndTransfer ends a transfer as the receiver's bank would. Faults: a *ControlError.
func (g *Gateway) EndTransfer(in EndInput) (Transfer, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, known := g.books.transfers[pair{in.SellerID, in.OutBizNo}]
	if !known || t.Status != "DEALING" {
		return Transfer{}, badControl("no transfer %s is DEALING", in.OutBizNo)
	}
	t.Status, t.At = "SUCCESS", g.now().UTC()
	if in.ErrorCode != "" {
		t.Status, t.ErrorCode = "FAIL", in.ErrorCode
	}
	if refused := g.keep(entry{Transfer: &t}); refused != nil {
		return Transfer{}, refused.control()
	}
	return t, nil
}

func transferSaid(t Transfer) transferAnswer {
	return transferAnswer{OutBizNo: t.OutBizNo, OrderID: t.OrderID, FundID: t.FundID, Status: t.Status, TransDate: clockText(t.At)}
}

// transferTold is a transfer in the words of the query.
func transferTold(t Transfer) transferAnswer {
	said := transferAnswer{OutBizNo: t.OutBizNo, OrderID: t.OrderID, FundID: t.FundID, Status: t.Status}
	switch t.Status {
	case "SUCCESS":
		said.PayDate = clockText(t.At)
	case "FAIL":
		said.ErrorCode, said.Reason = t.ErrorCode, "转账失败"
	}
	return said
}

// queryTransfer is alipay.fund.trans.common.query.
func (g *Gateway) queryTransfer(c *call) (any, *refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, key := range g.books.transferOrder {
		t := g.books.transfers[key]
		if t.SellerID == c.keys.SellerID && (t.OutBizNo == c.text("out_biz_no") || t.OrderID == c.text("order_id") || t.FundID == c.text("pay_fund_order_id")) {
			return transferTold(t), nil
		}
	}
	return nil, business("ORDER_NOT_EXIST", "转账订单不存在")
}
