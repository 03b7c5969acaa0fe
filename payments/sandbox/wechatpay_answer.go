package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// payHandler carries out one authorized call. A nil body with 204 is an empty answer.
type payHandler func(call *payCall) (status int, body any, err error)

func (s *Server) routePay(mux *http.ServeMux) {
	for _, p := range products() {
		mux.HandleFunc("POST /v3/pay/transactions/"+p.path, s.pay(TargetPrepay, s.prepay(p, false)))
		mux.HandleFunc("POST /v3/pay/partner/transactions/"+p.path, s.pay(TargetPrepay, s.prepay(p, true)))
	}
	for path, isPartner := range map[string]bool{"/v3/pay/transactions": false, "/v3/pay/partner/transactions": true} {
		mux.HandleFunc("GET "+path+"/out-trade-no/{out_trade_no}", s.pay(TargetQuery, s.queryByOutTradeNo(isPartner)))
		mux.HandleFunc("GET "+path+"/id/{transaction_id}", s.pay(TargetQuery, s.queryByTransactionID(isPartner)))
		mux.HandleFunc("POST "+path+"/out-trade-no/{out_trade_no}/close", s.pay(TargetClose, s.closeCharge(isPartner)))
	}
	mux.HandleFunc("POST /v3/refund/domestic/refunds", s.pay(TargetRefund, s.refund))
	mux.HandleFunc("GET /v3/refund/domestic/refunds/{out_refund_no}", s.pay(TargetRefundQuery, s.queryRefund))
	mux.HandleFunc("POST /v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund", s.pay(TargetAbnormalRefund, s.redirectRefund))
	s.routeTransfers(mux)
	mux.HandleFunc("GET /v3/certificates", s.pay(TargetCertificates, s.certificates))
	mux.HandleFunc("GET /v3/bill/tradebill", s.pay(TargetBill, s.bill("bill_type")))
	mux.HandleFunc("GET /v3/bill/fundflowbill", s.pay(TargetFundBill, s.bill("account_type")))
	mux.HandleFunc("GET /v3/bill/sub-merchant-fundflowbill", s.pay(TargetFundBill, s.bill("account_type", "algorithm")))
	mux.HandleFunc("GET /v3/billdownload/file", s.downloadBill)
	mux.HandleFunc("/v3/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, payError("RESOURCE_NOT_EXISTS", textNoSuchPath))
	})
}

// pay wraps a handler with authorization, armed faults and the signed answer.
func (s *Server) pay(target string, handle payHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		call, refusal := s.authorize(r)
		if refusal != nil {
			s.refuse(w, r, refusal)
			return
		}
		call.fault = s.faults.Take(target, call.keys.MchID, r.PathValue("out_trade_no"))
		if refusal := s.faultBefore(r.Context(), call.fault, payError); refusal != nil {
			s.refuse(w, r, refusal)
			return
		}
		status, body, err := handle(&call)
		if err == nil && call.fault.Is(ModeOtherAnswer) {
			status, body, err = s.otherAnswer(&call)
		}
		if err != nil {
			s.refuse(w, r, s.asRefusal(err))
			return
		}
		var raw []byte
		if body != nil {
			if raw, err = json.Marshal(tamper(call.fault, body)); err != nil {
				s.refuse(w, r, s.asRefusal(err))
				return
			}
		}
		s.answer(w, &call, status, raw)
	}
}

// asRefusal keeps a refusal and turns anything else, such as a full disk, into the
// provider's SYSTEM_ERROR.
func (s *Server) asRefusal(err error) *Refusal {
	if r, ok := err.(*Refusal); ok { //nolint:errorlint // handlers return it bare
		return r
	}
	s.log.Error("sandbox failed", "error", err)
	return payError("SYSTEM_ERROR")
}

// refuse writes an unsigned error, as the provider does.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, refusal *Refusal) {
	if refusal.Code == codeDropped {
		panic(http.ErrAbortHandler) // the connection is cut without an answer
	}
	s.log.InfoContext(r.Context(), "sandbox refused a call", "method", r.Method, "path", r.URL.Path, "status", refusal.Status,
		"code", refusal.Code, "reason", refusal.Error())
	w.Header().Set("Request-ID", s.requestID())
	if refusal.RetryAfter != "" {
		w.Header().Set("Retry-After", refusal.RetryAfter)
	}
	writeJSON(w, refusal.Status, refusal)
}

func (s *Server) answer(w http.ResponseWriter, call *payCall, status int, raw []byte) {
	out, err := s.signAnswer(call, raw)
	if err != nil {
		s.refuse(w, call.r, s.asRefusal(err))
		return
	}
	if call.fault.Is(ModeCutAfterDoing) {
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	h.Set("Request-ID", s.requestID())
	h.Set("Wechatpay-Timestamp", out.timestamp)
	h.Set("Wechatpay-Nonce", out.nonce)
	h.Set("Wechatpay-Signature", out.signature)
	h.Set("Wechatpay-Serial", out.serial)
	h.Set("Wechatpay-Signature-Type", authScheme)
	if len(out.body) > 0 {
		h.Set("Content-Type", "application/json; charset=utf-8")
		if call.fault.Is(ModeGzipBomb) {
			h.Set("Content-Encoding", "gzip")
		}
		h.Set("Content-Length", strconv.Itoa(len(out.body)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(out.body)
}

func (s *Server) signAnswer(call *payCall, raw []byte) (signed, error) {
	plan := signPlan{signer: call.signer, body: raw, at: s.now(), nonce: s.letters(32)}
	return s.sign(s.bend(call.fault, plan))
}

func (s *Server) requestID() string {
	return "08" + s.hexUpper(30) + "-0"
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
