package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/transfer/internal/transferdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// Bounds of a transfer.
const (
	Least     money.Fen = 10            // the smallest that both providers take
	Most      money.Fen = 200_000 * 100 // of one transfer
	NameFrom  money.Fen = 2_000 * 100   // WeChat Pay wants the receiver's name from here on
	MostTitle           = 32            // characters
)

// CreateInput asks for a transfer.
type CreateInput struct {
	SourceKind   string // what it is for: "staff", "commission"
	SourceNo     string // the source's own number; one source is one transfer
	Channel      payments.Code
	AppID        string // whose account pays, and whose buyer the receiver is
	MemberID     int64  // 0: nobody of ours
	ReceiverKind payments.ReceiverKind
	Receiver     string
	Name         string // real name; may be empty where the provider does not ask for it
	AmountFen    money.Fen
	Title        string // the receiver reads it
	Terms        payments.TransferTerms
	Actor        string // for the log; "" is the caller
}

// receiver is who is paid, as it is sealed.
type receiver struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Prepared is a transfer that is ready to be written.
type Prepared struct {
	in     CreateInput
	acc    payments.Account
	no     string
	sealed []byte
	terms  []byte
}

// Create writes a transfer, once per source: repeating it returns the one there is. It is
// sent by a job. Opens transactions. Faults: VALIDATION, PAYMENT_NOT_CONFIGURED,
// TRANSFER_NOT_SERVED, TRANSFER_PARTNER, TRANSFER_DIFFERS.
func (s *Service) Create(ctx context.Context, id tenant.ID, in CreateInput) (t Transfer, err error) {
	p, err := s.Prepare(ctx, id, in)
	if err != nil {
		return Transfer{}, err
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		t, err = s.CreateTx(ctx, tx, p)
		return err
	})
	if err != nil {
		return Transfer{}, fmt.Errorf("create transfer: %w", err)
	}
	return t, nil
}

// Prepare checks an input, finds the account that pays and seals who is paid, outside of any
// transaction. Faults: VALIDATION, PAYMENT_NOT_CONFIGURED, TRANSFER_NOT_SERVED, TRANSFER_PARTNER.
func (s *Service) Prepare(ctx context.Context, id tenant.ID, in CreateInput) (Prepared, error) {
	in.Receiver, in.Name, in.Title = strings.TrimSpace(in.Receiver), strings.TrimSpace(in.Name), strings.TrimSpace(in.Title)
	if err := in.check(); err != nil {
		return Prepared{}, err
	}
	if _, err := s.side(in.Channel); err != nil {
		return Prepared{}, err
	}
	acc, err := s.d.Accounts.ForApp(ctx, id, in.Channel, in.AppID)
	if errors.Is(err, fault.ErrNotFound) {
		return Prepared{}, payments.ErrNoAccount
	}
	if err != nil {
		return Prepared{}, fmt.Errorf("account that pays: %w", err)
	}
	if acc.Config.Partner() {
		return Prepared{}, ErrPartner
	}
	p := Prepared{in: in, acc: acc}
	if p.no, err = payments.NewNumber(s.d.Now(), s.d.Rand); err != nil {
		return Prepared{}, err
	}
	who, err := json.Marshal(receiver{ID: in.Receiver, Name: in.Name})
	if err == nil {
		p.terms, err = json.Marshal(in.Terms)
	}
	if err == nil {
		p.sealed, err = s.d.Vault.Seal(ctx, place(id, p.no), vault.NewSecret(who))
	}
	if err != nil {
		return Prepared{}, fmt.Errorf("seal receiver: %w", err)
	}
	return p, nil
}

func (in CreateInput) check() error {
	var fields []fault.Field
	if in.AmountFen < Least || in.AmountFen > Most {
		fields = append(fields, ErrAmount.At("amount", Least.Yuan(), Most.Yuan()))
	}
	if in.Receiver == "" || len(in.Receiver) > 128 {
		fields = append(fields, ErrReceiver.At("receiver"))
	}
	if n := utf8.RuneCountInString(in.Title); n == 0 || n > MostTitle {
		fields = append(fields, ErrTitle.At("title", MostTitle))
	}
	needsName := in.ReceiverKind == payments.ReceiverLogonID || (in.Channel == payments.WeChat && in.AmountFen >= NameFrom)
	if n := utf8.RuneCountInString(in.Name); n > 50 || (needsName && n == 0) {
		fields = append(fields, ErrName.At("name"))
	}
	if fields != nil {
		return fault.ErrValidation.With(fields...)
	}
	return nil
}

// CreateTx writes what was prepared, in the caller's transaction: the transfer, the event
// that sends it and the entry of the log. Faults: TRANSFER_DIFFERS.
func (s *Service) CreateTx(ctx context.Context, tx tenantdb.Tx, p Prepared) (Transfer, error) {
	in := p.in
	actor := who(ctx, in.Actor)
	var memberID *int64
	if in.MemberID != 0 {
		memberID = &in.MemberID
	}
	n, err := s.q.Insert(ctx, tx, transferdb.InsertParams{
		OutBillNo: p.no, SourceKind: in.SourceKind, SourceNo: in.SourceNo, AccountID: p.acc.ID, Channel: string(in.Channel), AppID: in.AppID, MemberID: memberID,
		ReceiverKind: string(in.ReceiverKind), ReceiverSealed: p.sealed, ReceiverHint: hint(in), AmountFen: in.AmountFen, Title: in.Title, Terms: p.terms,
		CreatedBy: actor, Now: tx.Now(),
	})
	if err != nil {
		return Transfer{}, fmt.Errorf("insert transfer: %w", err)
	}
	row, err := s.q.BySource(ctx, tx, in.SourceKind, in.SourceNo)
	if err != nil {
		return Transfer{}, fmt.Errorf("read transfer: %w", err)
	}
	t, err := fromRow(row)
	if err != nil {
		return Transfer{}, err
	}
	if n == 0 {
		if t.AmountFen != in.AmountFen || t.Channel != in.Channel || t.AppID != in.AppID || t.ReceiverHint != hint(in) {
			return Transfer{}, ErrDiffers
		}
		return t, nil
	}
	if err := s.tell(ctx, tx, t, "create", actor, ""); err != nil {
		return Transfer{}, err
	}
	if err := s.d.Outbox.Append(ctx, tx, TopicDue, t.OutBillNo, t.v1()); err != nil {
		return Transfer{}, fmt.Errorf("announce transfer: %w", err)
	}
	return t, s.record(ctx, tx, in.Actor, "transfer.created", t, "")
}

// who is the actor, or else the caller.
func who(ctx context.Context, actor string) string {
	if actor == "" {
		return audit.Actor(ctx)
	}
	return actor
}

func (s *Service) record(ctx context.Context, tx tenantdb.Tx, actor, action string, t Transfer, reason string) error {
	detail := map[string]any{
		"amount_fen": int64(t.AmountFen), "channel": string(t.Channel), "source": t.SourceKind + ":" + t.SourceNo, "receiver": t.ReceiverHint,
	}
	if reason != "" {
		detail["reason"] = reason
	}
	return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: "transfer:" + t.OutBillNo, Detail: detail})
}

func (t Transfer) v1() V1 {
	return V1{OutBillNo: t.OutBillNo, SourceKind: t.SourceKind, SourceNo: t.SourceNo, AmountFen: t.AmountFen, Status: t.Status, Reason: t.FailReason}
}

// hint is what of a receiver people may see.
func hint(in CreateInput) string {
	mask := func(text string, head, tail int) string {
		r := []rune(text)
		if len(r) <= head+tail {
			return "***"
		}
		return string(r[:head]) + "***" + string(r[len(r)-tail:])
	}
	out := mask(in.Receiver, 3, 4)
	if r := []rune(in.Name); len(r) > 0 {
		out += " " + string(r[:1]) + "**"
	}
	return out
}

// place is what a receiver's sealed row is bound to.
func place(id tenant.ID, outBillNo string) vault.Field {
	return vault.Field{Tenant: id, Owner: "transfer:" + outBillNo, Name: "receiver"}
}

// side is the channel as one that pays people. Faults: TRANSFER_NOT_SERVED.
func (s *Service) side(code payments.Code) (payments.Transferrer, error) {
	for _, c := range s.d.Channels {
		if t, ok := c.(payments.Transferrer); ok && c.Code() == code {
			return t, nil
		}
	}
	return nil, ErrChannel
}
