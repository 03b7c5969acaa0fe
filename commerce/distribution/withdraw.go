package distribution

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"galleria/commerce/distribution/internal/distributiondb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// Way is how a withdrawal is paid.
type Way string

// The ways to be paid.
const (
	WayWeChat Way = "wechat" // to the member's own account in the app; confirmed there
	WayAlipay Way = "alipay" // to an account that the member names
	WayManual Way = "manual" // by the shop's people, by bank
)

// Ways lists every way.
func Ways() []Way { return []Way{WayWeChat, WayAlipay, WayManual} }

// NameFrom is the sum from which on WeChat Pay must be told the receiver's real name, of what arrives.
const NameFrom money.Fen = 2_000 * 100

// leastPay is the smallest sum that both providers send.
const leastPay money.Fen = 10

// Withdrawal is money on its way to a distributor.
type Withdrawal struct {
	ID             int64
	No             string
	DistributorID  int64
	Distributor    string // nickname
	Status         WithdrawalStatus
	Way            Way
	AppID          string
	Receiver       string // masked
	AmountFen      money.Fen
	FeeFen, TaxFen money.Fen
	PayFen         money.Fen // AmountFen less both
	Reason         string    // why it failed or was refused; the bank's reference of one paid by hand
	Actor          string
	CreatedAt      time.Time
	MovedAt        time.Time
	FinishedAt     time.Time // zero: it is under way
	Twice          bool      // it takes two people
	FirstBy        string    // who was the first; "": nobody
}

func withdrawalOf(w distributiondb.Withdrawal, nickname string) Withdrawal {
	out := Withdrawal{
		ID: w.ID, No: w.WithdrawalNo, DistributorID: w.DistributorID, Distributor: nickname, Status: WithdrawalStatus(w.Status), Way: Way(w.Way), AppID: w.AppID,
		Receiver: w.ReceiverHint, AmountFen: w.AmountFen, FeeFen: w.FeeFen, TaxFen: w.TaxFen, PayFen: w.PayFen, Reason: w.Reason, Actor: w.Actor,
		CreatedAt: w.CreatedAt, MovedAt: w.MovedAt, Twice: w.Twice,
	}
	if w.FirstBy != nil {
		out.FirstBy = *w.FirstBy
	}
	if w.FinishedAt != nil {
		out.FinishedAt = *w.FinishedAt
	}
	return out
}

// receiver is whom to pay, as it is sealed.
type receiver struct {
	Account string `json:"account"`
	Name    string `json:"name"`
}

// RequestInput asks for money.
type RequestInput struct {
	MemberID  int64
	AppID     string
	Key       string // one withdrawal for a member and key
	Way       Way
	AmountFen money.Fen
	Account   string // WayAlipay: its name; WayManual: bank and number; WayWeChat: none
	Name      string // real name; WayWeChat asks for it from 2,000 yuan on
}

// notInNames are what no real name has, in Chinese or another script.
func notInNames(r rune) bool {
	return unicode.IsControl(r) || unicode.IsDigit(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar || strings.ContainsRune("<>\"&;=%@#", r)
}

func (in RequestInput) check() error {
	var fields []fault.Field
	bad := func(wrong bool, path, format string) {
		if wrong {
			fields = append(fields, fault.Invalidf(path, "%s", format).Fields()...)
		}
	}
	bad(in.Way != WayWeChat && in.Way != WayAlipay && in.Way != WayManual, "way", "is unknown")
	bad(in.AmountFen <= 0, "amount_fen", "must be above zero")
	bad(in.Key == "" || len(in.Key) > 255, "key", "must have 1 to 255 bytes")
	account, name := utf8.RuneCountInString(in.Account), utf8.RuneCountInString(in.Name)
	bad((in.Way != WayWeChat && account == 0) || account > 100, "account", "must have 1 to 100 characters")
	bad((in.Way != WayWeChat && name == 0) || name > 50, "name", "must have 1 to 50 characters")
	bad(strings.ContainsFunc(in.Name, notInNames), "name", "is not a name")
	bad(strings.ContainsFunc(in.Account, unicode.IsControl), "account", "has characters that no account has")
	if fields != nil {
		return fault.ErrValidation.With(fields...)
	}
	return nil
}

// Request locks what a member wants to draw and, unless staff review it, sends it. Repeating a
// key gives the withdrawal that there is. Opens a transaction. Faults: VALIDATION,
// DISTRIBUTION_OFF, DISTRIBUTION_NOT_DISTRIBUTOR, WITHDRAWAL_BALANCE, WITHDRAWAL_LIMIT,
// WITHDRAWAL_WAY, WITHDRAWAL_DIFFERS, WITHDRAWAL_NAME.
func (s *Service) Request(ctx context.Context, id tenant.ID, in RequestInput) (w Withdrawal, err error) {
	in.Account, in.Name = strings.TrimSpace(in.Account), strings.TrimSpace(in.Name)
	if err := in.check(); err != nil {
		return Withdrawal{}, fmt.Errorf("request withdrawal: %w", err)
	}
	no := "W" + s.d.Now().UTC().Format("060102") + rand.Text()[:12]
	whom, err := json.Marshal(receiver{Account: in.Account, Name: in.Name})
	if err != nil {
		return Withdrawal{}, fmt.Errorf("request withdrawal: %w", err)
	}
	sealed, err := s.d.Vault.Seal(ctx, place(id, no), vault.NewSecret(whom))
	if err != nil {
		return Withdrawal{}, fmt.Errorf("request withdrawal: %w", err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		w, err = s.request(ctx, tx, no, in, sealed)
		return err
	})
	if err != nil {
		return Withdrawal{}, fmt.Errorf("request withdrawal: %w", err)
	}
	return w, nil
}

func (s *Service) request(ctx context.Context, tx tenantdb.Tx, no string, in RequestInput, sealed []byte) (Withdrawal, error) {
	d, err := s.q.LockDistributor(ctx, tx, in.MemberID) // requests of one member wait for each other
	if tenantdb.NoRows(err) {
		return Withdrawal{}, ErrNotDistributor
	}
	if err != nil {
		return Withdrawal{}, err
	}
	was, err := s.q.ByKey(ctx, tx, in.MemberID, in.Key)
	switch {
	case err == nil && (was.AmountFen != in.AmountFen || was.Way != string(in.Way)):
		return Withdrawal{}, ErrWithdrawalDiffers
	case err == nil:
		return withdrawalOf(was, ""), nil
	case !tenantdb.NoRows(err):
		return Withdrawal{}, err
	case Status(d.Status) != Active:
		return Withdrawal{}, ErrNotDistributor
	}
	w, err := s.draft(ctx, tx, no, in)
	if err != nil {
		return Withdrawal{}, err
	}
	w.ReceiverSealed, w.Now = sealed, tx.Now()
	return s.write(ctx, tx, w, d)
}

// write locks the money and writes the withdrawal, with what it leads to.
func (s *Service) write(ctx context.Context, tx tenantdb.Tx, w distributiondb.AddWithdrawalParams, d distributiondb.Distributor) (Withdrawal, error) {
	n, err := s.q.Draw(ctx, tx, int64(w.AmountFen), w.DistributorID)
	if err == nil && n == 0 {
		err = ErrBalance.WithData(map[string]any{"available_fen": int64(d.AvailableFen)})
	}
	if err == nil {
		err = s.q.AddWithdrawal(ctx, tx, w)
	}
	switch {
	case err != nil:
	case WithdrawalStatus(w.Status) == Approved:
		err = s.announce(ctx, tx, w.WithdrawalNo, Way(w.Way))
	default:
		err = s.moved(ctx, tx, MovedEvent{WithdrawalNo: w.WithdrawalNo, MemberID: w.DistributorID, AppID: w.AppID, AmountFen: w.AmountFen, Status: Requested})
	}
	if err != nil {
		return Withdrawal{}, err
	}
	err = s.tell(ctx, tx, w.WithdrawalNo, "requested", w.Actor, map[string]any{"amount_fen": int64(w.AmountFen), "way": w.Way, "pay_fen": int64(w.PayFen)})
	if err != nil {
		return Withdrawal{}, err
	}
	row, err := s.q.Withdrawal(ctx, tx, w.WithdrawalNo)
	return withdrawalOf(row, ""), err
}

// draft is a withdrawal within the plan's bounds, before anything is written.
func (s *Service) draft(ctx context.Context, tx tenantdb.Tx, no string, in RequestInput) (w distributiondb.AddWithdrawalParams, err error) {
	p, err := s.plan(ctx, tx)
	if err != nil {
		return w, err
	}
	if in.AmountFen < p.WithdrawFromFen {
		return w, fault.Invalidf("amount_fen", "must be at least %d", p.WithdrawFromFen)
	}
	today, err := s.q.Today(ctx, tx, in.MemberID, midnight(tenant.BusinessDay(tx.Now())))
	if err != nil {
		return w, err
	}
	if today.N >= int64(p.DayCount) || money.Fen(today.Fen)+in.AmountFen > p.DayFen {
		return w, ErrWithdrawalLimit
	}
	hint := mask(in.Account, in.Name)
	if in.Way == WayWeChat {
		openID, err := s.d.OpenID(ctx, tx, in.MemberID, in.AppID)
		if fault.KindOf(err) == fault.NotFound {
			return w, ErrWay
		}
		if err != nil {
			return w, err
		}
		hint = mask(openID, in.Name)
	}
	fee, tax, err := p.keeps(in)
	if err != nil {
		return w, err
	}
	status := Approved
	twice := p.takesTwo(in.AmountFen)
	held, err := s.held(ctx, tx, p, in.MemberID)
	if err != nil {
		return w, err
	}
	if p.Review || twice || held || in.Way == WayManual {
		status = Requested
	}
	return distributiondb.AddWithdrawalParams{
		WithdrawalNo: no, DistributorID: in.MemberID, RequestKey: in.Key, Status: string(status), Way: string(in.Way), AppID: in.AppID, ReceiverHint: hint,
		AmountFen: in.AmountFen, FeeFen: fee, TaxFen: tax, PayFen: in.AmountFen - fee - tax, Actor: actorOf(in.MemberID), Twice: twice,
	}, nil
}

// keeps is what of a withdrawal the shop keeps and withholds. Faults: VALIDATION, WITHDRAWAL_NAME.
func (p Plan) keeps(in RequestInput) (fee, tax money.Fen, err error) {
	if fee, err = p.FeeBps.Of(in.AmountFen); err != nil {
		return 0, 0, err
	}
	if tax, err = p.TaxBps.Of(in.AmountFen - fee); err != nil {
		return 0, 0, err
	}
	switch pay := in.AmountFen - fee - tax; {
	case in.Way == WayWeChat && pay >= NameFrom && in.Name == "":
		return 0, 0, ErrName.With(ErrName.At("name"))
	case pay < leastPay:
		return 0, 0, fault.Invalidf("amount_fen", "leaves less than %d after fee and tax", leastPay)
	}
	return fee, tax, nil
}

// midnight is when a business day begins.
func midnight(day time.Time) time.Time { return day.Add(-8 * time.Hour) }

// mask is what of an account and a name people see.
func mask(account, name string) string {
	out := "***"
	if r := []rune(account); len(r) > 7 {
		out = string(r[:3]) + "***" + string(r[len(r)-4:])
	}
	if r := []rune(name); len(r) > 0 {
		out += " " + string(r[:1]) + "**"
	}
	return out
}

// place is what a withdrawal's sealed receiver is bound to.
func place(id tenant.ID, no string) vault.Field {
	return vault.Field{Tenant: id, Owner: "withdrawal:" + no, Name: "receiver"}
}

func (s *Service) announce(ctx context.Context, tx tenantdb.Tx, no string, way Way) error {
	if way == WayManual {
		return nil
	}
	return s.d.Outbox.Append(ctx, tx, TopicApproved, no, map[string]string{"withdrawal_no": no})
}

func (s *Service) tell(ctx context.Context, tx tenantdb.Tx, no, what, actor string, detail map[string]any) error {
	return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "withdrawal." + what, Object: "withdrawal:" + no, Detail: detail})
}

// step moves a withdrawal by an event, with its effect on the account. Joins the transaction.
func (s *Service) step(ctx context.Context, tx tenantdb.Tx, w distributiondb.Withdrawal, event WithdrawalEvent, reason, actor string) error {
	to, err := nextWithdrawal(WithdrawalStatus(w.Status), event)
	if err != nil {
		return err
	}
	n, err := s.q.MoveWithdrawal(ctx, tx, distributiondb.MoveWithdrawalParams{
		ToStatus: string(to), Reason: reason, Actor: actor, Now: tx.Now(), Final: to.Final(), ID: w.ID, FromStatus: w.Status,
	})
	if err == nil && n == 0 {
		err = ErrState
	}
	if err != nil {
		return err
	}
	switch {
	case to == Succeeded:
		err = s.arrived(ctx, tx, w)
	case to.Final():
		_, err = s.q.Unlock(ctx, tx, int64(w.AmountFen), w.DistributorID)
	}
	if err != nil {
		return err
	}
	if to == Sending || to == Succeeded || to == Failed || to == Rejected {
		if err := s.moved(ctx, tx, MovedEvent{WithdrawalNo: w.WithdrawalNo, MemberID: w.DistributorID, AppID: w.AppID, AmountFen: w.AmountFen, Status: to}); err != nil {
			return err
		}
	}
	return s.tell(ctx, tx, w.WithdrawalNo, string(to), actor, map[string]any{"reason": reason})
}

func (s *Service) moved(ctx context.Context, tx tenantdb.Tx, ev MovedEvent) error {
	return s.d.Outbox.Append(ctx, tx, TopicMoved, ev.WithdrawalNo, ev)
}

// arrived takes what was paid off the account, and tells the books.
func (s *Service) arrived(ctx context.Context, tx tenantdb.Tx, w distributiondb.Withdrawal) error {
	spend := s.q.Spend
	if WithdrawalStatus(w.Status) == Failed { // it was unlocked then
		spend = s.q.SpendLate
	}
	if _, err := spend(ctx, tx, int64(w.AmountFen), w.DistributorID); err != nil {
		return err
	}
	if err := s.q.MarkWithdrawn(ctx, tx, tx.Now(), w.DistributorID); err != nil {
		return err
	}
	d := Drawn{WithdrawalNo: w.WithdrawalNo, FeeFen: w.FeeFen, TaxFen: w.TaxFen, At: tx.Now()}
	if Way(w.Way) == WayManual {
		d.ByHand = w.PayFen
	}
	return s.d.Books.DrawnTx(ctx, tx, d)
}

// change locks a withdrawal and does something with it in a transaction of its own.
func (s *Service) change(ctx context.Context, id tenant.ID, no string, do func(tx tenantdb.Tx, w distributiondb.Withdrawal) error) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		w, err := s.q.LockWithdrawal(ctx, tx, no)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		return do(tx, w)
	})
	if err != nil {
		return fmt.Errorf("withdrawal %s: %w", no, err)
	}
	return nil
}

// Approve lets a withdrawal go; one by hand waits to be marked as paid, and one that takes two
// people for another one. Opens a transaction. Faults: NOT_FOUND, DISTRIBUTION_STATE,
// WITHDRAWAL_SECOND.
func (s *Service) Approve(ctx context.Context, id tenant.ID, no, actor string) error {
	return s.change(ctx, id, no, func(tx tenantdb.Tx, w distributiondb.Withdrawal) error {
		if goes, err := s.another(ctx, tx, w, actor); err != nil || !goes {
			return err
		}
		if err := s.step(ctx, tx, w, EventApprove, "", actor); err != nil {
			return err
		}
		return s.announce(ctx, tx, no, Way(w.Way))
	})
}

// another writes down who approves a withdrawal that takes two people; false for the first.
func (s *Service) another(ctx context.Context, tx tenantdb.Tx, w distributiondb.Withdrawal, actor string) (goes bool, err error) {
	switch {
	case !w.Twice || WithdrawalStatus(w.Status) != Requested:
		return true, nil
	case w.FirstBy != nil && *w.FirstBy == actor:
		return false, ErrSecondPerson
	}
	n, err := s.q.ApproveWithdrawal(ctx, tx, actor, w.ID)
	if err == nil && n == 0 {
		err = ErrState
	}
	if err != nil || w.FirstBy != nil {
		return err == nil, err
	}
	return false, s.tell(ctx, tx, w.WithdrawalNo, "first_approved", actor, map[string]any{})
}

// Reject refuses a withdrawal: the money may be drawn again. Opens a transaction. Faults:
// NOT_FOUND, DISTRIBUTION_STATE, VALIDATION without a reason.
func (s *Service) Reject(ctx context.Context, id tenant.ID, no, reason, actor string) error {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 1 || n > 200 {
		return fault.Invalidf("reason", "is what the distributor reads")
	}
	return s.change(ctx, id, no, func(tx tenantdb.Tx, w distributiondb.Withdrawal) error {
		if WithdrawalStatus(w.Status) == Approved && Way(w.Way) != WayManual { // its transfer is being made
			return ErrState.WithData(map[string]any{"status": w.Status})
		}
		return s.step(ctx, tx, w, EventReject, reason, actor)
	})
}

// Cancel takes back a withdrawal that nobody has looked at; repeating it is no error. Opens a
// transaction. Faults:
// NOT_FOUND, DISTRIBUTION_STATE.
func (s *Service) Cancel(ctx context.Context, id tenant.ID, memberID int64, no string) error {
	return s.change(ctx, id, no, func(tx tenantdb.Tx, w distributiondb.Withdrawal) error {
		if w.DistributorID != memberID {
			return fault.ErrNotFound
		}
		if WithdrawalStatus(w.Status) == Cancelled {
			return nil
		}
		return s.step(ctx, tx, w, EventCancel, "", actorOf(memberID))
	})
}

// MarkPaid says that the shop's people have paid a withdrawal by hand; reference is the bank's, files
// prove it. Opens a transaction. Faults: NOT_FOUND, DISTRIBUTION_STATE, VALIDATION without a
// reference, WITHDRAWAL_PROOF where the shop wants a proof, WITHDRAWAL_PROOF_…, QUOTA_EXCEEDED.
func (s *Service) MarkPaid(ctx context.Context, id tenant.ID, no, reference string, files []File, actor string) error {
	reference = strings.TrimSpace(reference)
	if n := utf8.RuneCountInString(reference); n < 1 || n > 200 {
		return fault.Invalidf("reference", "is the bank's number of the payment")
	}
	kept, err := s.putProofs(ctx, id, files)
	if err != nil {
		return fmt.Errorf("withdrawal %s: %w", no, err)
	}
	err = s.change(ctx, id, no, func(tx tenantdb.Tx, w distributiondb.Withdrawal) error {
		if Way(w.Way) != WayManual {
			return ErrState.WithData(map[string]any{"status": w.Status})
		}
		p, err := s.plan(ctx, tx)
		if err != nil {
			return err
		}
		if p.Proof && len(kept) == 0 {
			return ErrProof
		}
		if err := s.step(ctx, tx, w, EventArrive, reference, actor); err != nil {
			return err
		}
		return s.keepProofs(ctx, tx, w, kept, actor)
	})
	// Where it is not certain that nothing was written, files stay, and the sweep sees to them.
	if kind := fault.KindOf(err); err != nil && kind != fault.Unavailable && kind != fault.Internal {
		s.dropProofs(ctx, kept)
	}
	return err
}

// Withdrawals returns a page, the newest first; distributorID 0 and status "" are all, next is 0
// at the end.
func (s *Service) Withdrawals(ctx context.Context, id tenant.ID, distributorID int64, status WithdrawalStatus, before int64) (list []Withdrawal, next int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Withdrawals(ctx, r, distributorID, string(status), from(before), page+1)
		for _, row := range rows {
			list = append(list, withdrawalOf(row.Withdrawal, row.Nickname))
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("withdrawals: %w", err)
	}
	list, next = cut(list, func(w Withdrawal) int64 { return w.ID })
	return list, next, nil
}

// Waiting counts withdrawals by status.
func (s *Service) Waiting(ctx context.Context, id tenant.ID) (counts map[WithdrawalStatus]int64, err error) {
	counts = map[WithdrawalStatus]int64{}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.CountWithdrawals(ctx, r)
		for _, row := range rows {
			counts[WithdrawalStatus(row.Status)] = row.N
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count withdrawals: %w", err)
	}
	return counts, nil
}
