package trial

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"galleria/commerce/trial/internal/trialdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Topic runs a purchase; its key is the purchase's id.
const Topic outbox.Topic = "trial.purchase"

// Event is the payload of Topic.
type Event struct {
	PurchaseID int64 `json:"purchase_id"`
}

// Step is what a purchase does next.
type Step string

// The steps in their order. At Confirm there is nothing more to do: the provider's word
// and the order tell the rest.
const (
	SignIn  Step = "sign_in"
	Cart    Step = "cart"
	Order   Step = "order"
	Pay     Step = "pay"
	Confirm Step = "confirm"
)

// Steps lists the steps in their order.
func Steps() []Step { return []Step{SignIn, Cart, Order, Pay, Confirm} }

// After is the step that follows.
func (s Step) After() Step {
	steps := Steps()
	return steps[min(slices.Index(steps, s)+1, len(steps)-1)]
}

// patience is how long a run may say nothing before a person may start it again.
const patience = time.Minute

// Purchase is one run.
type Purchase struct {
	ID        int64
	AppID     string
	Step      Step
	OrderNo   string // once it is placed
	Fault     string // code of what stopped it; empty: it goes on
	Message   string // what the answering side said
	StartedAt time.Time
	UpdatedAt time.Time
}

// Deps are what the service works with.
type Deps struct {
	DB     *tenantdb.DB
	Outbox *outbox.Outbox
	Audit  *audit.Log
}

// Service keeps test purchases. Safe for concurrent use.
type Service struct {
	Deps
	q *trialdb.Queries
}

// New returns the service.
func New(d Deps) *Service { return &Service{Deps: d, q: trialdb.New()} }

// BeginInput asks for a purchase.
type BeginInput struct {
	AppID string // of the Mini Program to buy in
	Anew  bool   // from the beginning, even if one was stopped on its way
	Actor string // "staff:7"
}

// Begin starts a purchase, or takes up the one that was stopped; one that runs is left
// alone. Opens a transaction. Faults: TRIAL_RUNNING (anew).
func (s *Service) Begin(ctx context.Context, id tenant.ID, in BeginInput) error {
	err := s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		last, err := s.q.LockLatest(ctx, tx)
		if tenantdb.NoRows(err) || (err == nil && Step(last.Step) == Confirm) {
			return s.fresh(ctx, tx, in)
		}
		if err != nil {
			return err
		}
		return s.again(ctx, tx, last, in)
	})
	if tenantdb.Violates(err, "test_purchase_unfinished") {
		return nil // somebody else has just begun
	}
	if err != nil {
		return fmt.Errorf("begin test purchase: %w", err)
	}
	return nil
}

// again deals with a purchase that is not finished.
func (s *Service) again(ctx context.Context, tx tenantdb.Tx, last trialdb.LockLatestRow, in BeginInput) error {
	if last.Fault == "" && tx.Now().Sub(last.UpdatedAt) < patience {
		if in.Anew {
			return ErrRunning
		}
		return nil
	}
	if in.Anew || last.AppID != in.AppID {
		if err := s.q.GiveUp(ctx, tx, last.ID); err != nil {
			return err
		}
		return s.fresh(ctx, tx, in)
	}
	if err := s.q.Resume(ctx, tx, tx.Now(), last.ID); err != nil {
		return err
	}
	return s.run(ctx, tx, last.ID)
}

func (s *Service) fresh(ctx context.Context, tx tenantdb.Tx, in BeginInput) error {
	purchaseID, err := s.q.Insert(ctx, tx, in.AppID, string(SignIn), in.Actor, tx.Now())
	if err != nil {
		return err
	}
	if err := s.run(ctx, tx, purchaseID); err != nil {
		return err
	}
	return s.Audit.RecordTx(ctx, tx, audit.Entry{
		Actor: in.Actor, Action: "shop.test_purchase", Object: "app:" + in.AppID, Detail: map[string]any{"purchase": purchaseID},
	})
}

func (s *Service) run(ctx context.Context, tx tenantdb.Tx, purchaseID int64) error {
	return s.Outbox.Append(ctx, tx, Topic, strconv.FormatInt(purchaseID, 10), Event{PurchaseID: purchaseID})
}

// Find returns a purchase. Faults: NOT_FOUND.
func (s *Service) Find(ctx context.Context, id tenant.ID, purchaseID int64) (p Purchase, err error) {
	err = s.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		row, err := s.q.Find(ctx, r, purchaseID)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		p = Purchase{
			ID: row.ID, AppID: row.AppID, Step: Step(row.Step), OrderNo: row.OrderNo, Fault: row.Fault, Message: row.Message,
			StartedAt: row.StartedAt, UpdatedAt: row.UpdatedAt,
		}
		return err
	})
	if err != nil {
		return Purchase{}, fmt.Errorf("find test purchase: %w", err)
	}
	return p, nil
}

// Reached writes down that a step is done, with the order's number once there is one.
// Another run that was faster has done so. Opens a transaction.
func (s *Service) Reached(ctx context.Context, id tenant.ID, p Purchase) error {
	return s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		_, err := s.q.Reached(ctx, tx, string(p.Step.After()), p.OrderNo, tx.Now(), p.ID, string(p.Step))
		return err
	})
}

// Stopped writes down why a step could not be done. Opens a transaction.
func (s *Service) Stopped(ctx context.Context, id tenant.ID, p Purchase, code, message string) error {
	const most = 300 // characters
	if utf8.RuneCountInString(message) > most {
		message = string([]rune(message)[:most])
	}
	return s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		return s.q.Stopped(ctx, tx, code, message, tx.Now(), p.ID, string(p.Step))
	})
}
