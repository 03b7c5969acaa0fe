package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the provider's OAEP uses SHA-1
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
)

var cardPattern = regexp.MustCompile(`^[0-9]{12,21}$`)

// debitBanks are the banks whose debit cards take an abnormal refund.
const debitBanks = " CMB COMM ABC CCB ICBC BOC PAB SPDB CITIC CEB CMBC CIB GDB PSBC NBCB "

type redirectInput struct {
	SubMchID    string `json:"sub_mchid"`
	OutRefundNo string `json:"out_refund_no"`
	Type        string `json:"type"`
	BankType    string `json:"bank_type"`
	BankAccount string `json:"bank_account"`
	RealName    string `json:"real_name"`
}

func redirectFields() []field {
	return []field{
		{name: "sub_mchid", kind: kindString, minimum: 1, maximum: 32},
		{name: "out_refund_no", kind: kindString, required: true, pattern: outRefundNoPattern},
		{name: "type", kind: kindString, required: true, enum: []string{"USER_BANK_CARD", "MERCHANT_BANK_CARD"}},
		{name: "bank_type", kind: kindString, minimum: 1, maximum: 16},
		{name: "bank_account", kind: kindString, minimum: 1, maximum: 1024},
		{name: "real_name", kind: kindString, minimum: 1, maximum: 1024},
	}
}

// redirectRefund is POST …/apply-abnormal-refund: the money of an abnormal refund goes to a
// bank card, or back to the merchant's bank.
func (s *Server) redirectRefund(call *payCall) (int, any, error) {
	if refusal := checkBody(call.body, redirectFields()); refusal != nil {
		return 0, nil, refusal
	}
	var in redirectInput
	if err := json.Unmarshal(call.body, &in); err != nil {
		return 0, nil, badField("body", "/", "", err.Error())
	}
	who, refusal := s.either(call, "body", in.SubMchID)
	if refusal != nil {
		return 0, nil, refusal
	}
	receivedBy := textMerchantBank
	if in.Type == "USER_BANK_CARD" {
		if receivedBy, refusal = call.cardOf(in); refusal != nil {
			return 0, nil, refusal
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.books.refunds[pair{who.mchid, in.OutRefundNo}]
	if !ok || !who.owns(r.SpMchID, r.MchID) || r.RefundID != call.r.PathValue("refund_id") {
		return 0, nil, payError("RESOURCE_NOT_EXISTS", textNoSuchRefund)
	}
	if r.Status != refundAbnormal {
		return 0, nil, payError("INVALID_REQUEST", textNotAbnormal)
	}
	r.Status, r.EndsWith, r.ReceivedBy, r.DueAt = refundProcessing, refundSuccess, receivedBy, s.now().UTC().Add(s.refundDelay)
	switch {
	case call.fault.Is(ModeRefundAbnormal):
		r.EndsWith = refundAbnormal
	case call.fault.Is(ModeRefundClosed):
		r.EndsWith = refundClosed
	}
	if err := s.commit(entry{Refund: &r}); err != nil {
		return 0, nil, err
	}
	s.Nudge()
	return http.StatusOK, refundViewOf(r), nil
}

// cardOf opens the card and its holder with the key that Wechatpay-Serial names, and says how
// the provider speaks of the card.
func (call *payCall) cardOf(in redirectInput) (string, *Refusal) {
	if !strings.Contains(debitBanks, " "+strings.TrimSuffix(in.BankType, "_DEBIT")+" ") || !strings.HasSuffix(in.BankType, "_DEBIT") {
		return "", payError("INVALID_REQUEST", textBankUnknown)
	}
	if call.r.Header.Get("Wechatpay-Serial") == "" {
		return "", payError("PARAM_ERROR", textAnswerSerial)
	}
	card, ok := call.unseal(in.BankAccount)
	if !ok || !cardPattern.MatchString(card) {
		return "", badField("body", "/bank_account", "", "cannot be decrypted, or is no card")
	}
	if holder, ok := call.unseal(in.RealName); !ok || holder == "" {
		return "", badField("body", "/real_name", "", "cannot be decrypted")
	}
	return in.BankType + card[len(card)-4:], nil
}

// unseal opens a field that the merchant sealed for the provider.
func (call *payCall) unseal(text string) (string, bool) {
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", false
	}
	plain, err := rsa.DecryptOAEP(sha1.New(), rand.Reader, call.signer.key, sealed, nil) //nolint:gosec // as above
	return string(plain), err == nil
}
