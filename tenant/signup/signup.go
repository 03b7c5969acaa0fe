package signup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/provision"
	"galleria/tenant/registry"
	"galleria/tenant/signup/internal/signupdb"
	"galleria/tenant/tenantdb"
)

// Mode is whether the installation takes applications.
type Mode string

// The modes.
const (
	ModeOpen   Mode = "open"   // everybody may open a shop at once
	ModeReview Mode = "review" // platform staff approve
	ModeClosed Mode = "closed" // no sign-up
)

// Topic is an application that was approved: its shop is to be provisioned.
const Topic outbox.Topic = "signup.approved"

// TopicNews is something that an applicant wants to know; its payload is NewsV1.
const TopicNews outbox.Topic = "signup.news"

// News is what became of an application.
type News string

// The news.
const (
	NewsApproved News = "approved" // platform staff let it go on
	NewsRejected News = "rejected" // with Application.Reason
	NewsReady    News = "ready"    // the shop stands
)

// NewsV1 is the payload of TopicNews.
type NewsV1 struct {
	News News `json:"news"`
}

// defaultLocale is the language of an applicant who chose none.
const defaultLocale = "zh-CN"

// TermsVersion is the version of the terms that applicants accept. Raise it with the text.
const TermsVersion = "2026-11"

const (
	draftLife = 24 * time.Hour
	window    = 24 * time.Hour
	// perNetwork and perPerson are how many applications may be begun within the window.
	perNetwork = 10
	perPerson  = 5
)

// Deps are what the service works with.
type Deps struct {
	DB        *tenantdb.DB
	Provision *provision.Service
	Registry  *registry.Service
	Audit     *audit.Log
	Outbox    *outbox.Outbox
	// Owner makes a person the owner of a shop; safe to repeat.
	Owner func(ctx context.Context, shop tenant.ID, staffID int64) error
	Mode  Mode
}

// Service takes applications. Safe for concurrent use.
type Service struct {
	Deps
	q *signupdb.Queries
	// atStep is set by tests that die in the middle.
	atStep func(step Step, done bool) error
}

// New returns the service.
func New(d Deps) *Service { return &Service{Deps: d, q: signupdb.New()} }

// Application is one application.
type Application struct {
	ID           tenant.ID // of the application; the shop has another
	StaffID      int64
	Status       Status
	Name, Handle string
	Step         Step
	StepFailed   bool // the step failed and is tried again
	TenantID     tenant.ID
	Reason       string // of a rejection
	Locale       string // in which the applicant is told, "zh-CN" or "en"
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Live reports whether the application is under way.
func (a Application) Live() bool {
	return a.Status == Draft || a.Status == Applied || a.Status == Provisioning
}

// requestKey is the key under which the application holds its handle and opens its shop.
func requestKey(id tenant.ID) string { return "signup:" + id.String() }

// Of returns the newest application of a person. Faults: NOT_FOUND.
func (s *Service) Of(ctx context.Context, staffID int64) (a Application, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		a, err = s.newest(ctx, tx, staffID)
		return err
	})
	return a, err
}

func (s *Service) newest(ctx context.Context, tx tenantdb.Tx, staffID int64) (Application, error) {
	row, err := s.q.NewestOf(ctx, tx, staffID)
	if tenantdb.NoRows(err) {
		return Application{}, fault.ErrNotFound
	}
	if err != nil {
		return Application{}, fmt.Errorf("find application: %w", err)
	}
	return applicationFromRow(row)
}

// Check tells whether a person could have a handle, and names others if not.
func (s *Service) Check(ctx context.Context, staffID int64, handle string) (provision.HandleState, []string, error) {
	key := ""
	a, err := s.Of(ctx, staffID)
	switch {
	case err == nil:
		key = requestKey(a.ID)
	case !errors.Is(err, fault.ErrNotFound):
		return "", nil, err
	}
	return s.Provision.Check(ctx, handle, key)
}

// DraftInput is which shop somebody wants.
type DraftInput struct {
	StaffID      int64
	Network      string // address or /64 of the client
	Name, Handle string
	Locale       string // of the letters to the applicant, "zh-CN" or "en"; "" is "zh-CN"
}

// Draft begins a person's application, or changes the one that is begun, and holds its
// handle for a day. Faults: SIGNUP_CLOSED, VALIDATION, HANDLE_TAKEN, SIGNUP_THROTTLED,
// SIGNUP_STATE.
func (s *Service) Draft(ctx context.Context, in DraftInput) (a Application, err error) {
	if s.Mode == ModeClosed {
		return Application{}, ErrClosed
	}
	in.Name = strings.TrimSpace(in.Name)
	if in.Locale == "" {
		in.Locale = defaultLocale
	}
	shop := provision.ShopInput{RequestKey: "signup", Handle: in.Handle, Name: in.Name}
	if err := shop.Validate(); err != nil {
		return Application{}, err
	}
	if strings.ContainsFunc(in.Name, func(r rune) bool { return r < 0x20 || r == utf8.RuneError }) {
		return Application{}, fault.Invalidf("name", "1–40 个字")
	}
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		a, err = s.draftTx(ctx, tx, in)
		return err
	})
	if tenantdb.Violates(err, "signup_one_live") {
		return Application{}, fault.ErrConflict
	}
	return a, err
}

func (s *Service) draftTx(ctx context.Context, tx tenantdb.Tx, in DraftInput) (Application, error) {
	a, err := s.newest(ctx, tx, in.StaffID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return Application{}, err
	}
	if a.Live() && a.Status != Draft {
		return Application{}, ErrUnderWay
	}
	if a.Status != Draft {
		if err := s.admit(ctx, tx, in); err != nil {
			return Application{}, err
		}
		a.ID = tenant.NewID()
		if err := s.q.Begin(ctx, tx, signupdb.BeginParams{
			ID: a.ID.String(), StaffID: in.StaffID, Name: in.Name, Handle: in.Handle, Network: in.Network, Locale: in.Locale,
			At: tx.Now(), ExpiresAt: tx.Now().Add(draftLife),
		}); err != nil {
			return Application{}, fmt.Errorf("begin application: %w", err)
		}
	} else if n, err := s.q.Redraft(ctx, tx, in.Name, in.Handle, in.Locale, tx.Now(), tx.Now().Add(draftLife), a.ID.String()); err != nil || n == 0 {
		return Application{}, errors.Join(err, fault.ErrConflict)
	}
	if err := s.Provision.ReleaseTx(ctx, tx, requestKey(a.ID), in.Handle); err != nil {
		return Application{}, err
	}
	if err := s.Provision.HoldTx(ctx, tx, in.Handle, requestKey(a.ID)); err != nil {
		return Application{}, err
	}
	return s.newest(ctx, tx, in.StaffID)
}

// admit refuses a new application of a person or network that has begun too many. Both
// are locked in a fixed order, so that parallel applications are counted one by one.
func (s *Service) admit(ctx context.Context, tx tenantdb.Tx, in DraftInput) error {
	if err := s.q.Lock(ctx, tx, "signup:network:"+in.Network); err != nil {
		return err
	}
	recent, err := s.q.Recent(ctx, tx, in.Network, in.StaffID, tx.Now().Add(-window))
	if err != nil {
		return err
	}
	if recent.OfNetwork >= perNetwork || recent.OfPerson >= perPerson {
		return ErrThrottled.After(max(recent.Oldest.Add(window).Sub(tx.Now()).Round(time.Second), time.Minute))
	}
	return nil
}

// Submit hands a draft in with the terms that were accepted. Where sign-up is open it is
// approved in the same transaction. Handing it in again is no error. Faults: SIGNUP_CLOSED,
// TERMS_CHANGED, SIGNUP_EXPIRED.
func (s *Service) Submit(ctx context.Context, staffID int64, termsVersion string) (a Application, err error) {
	if s.Mode == ModeClosed {
		return Application{}, ErrClosed
	}
	if termsVersion != TermsVersion {
		return Application{}, ErrTerms
	}
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		found, err := s.newest(ctx, tx, staffID)
		if err != nil || found.Status == Expired || found.Status == Rejected {
			return errors.Join(ErrExpired, notFoundIsFine(err))
		}
		from, to := way(registry.EventApply)
		now := tx.Now()
		n, err := s.q.Apply(ctx, tx, to, termsVersion, &now, found.ID.String(), from)
		if err != nil {
			return fmt.Errorf("apply: %w", err)
		}
		if n == 1 {
			if err := s.audit(ctx, tx, found, registry.EventApply, staffActor(staffID), map[string]any{"terms": termsVersion}); err != nil {
				return err
			}
			if s.Mode == ModeOpen {
				if err := s.approveTx(ctx, tx, found, "system"); err != nil {
					return err
				}
			}
		}
		a, err = s.newest(ctx, tx, staffID)
		return err
	})
	return a, err
}

// Approve lets an application go on. Approving it again is no error. Faults: NOT_FOUND,
// SIGNUP_STATE.
func (s *Service) Approve(ctx context.Context, id tenant.ID, actor string) error {
	return s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		a, err := s.find(ctx, tx, id)
		if err != nil || a.Status == Provisioning || a.Status == Opened {
			return err
		}
		if err := s.approveTx(ctx, tx, a, actor); err != nil {
			return err
		}
		return s.tell(ctx, tx, a.ID, NewsApproved)
	})
}

// ByID returns an application. Faults: NOT_FOUND.
func (s *Service) ByID(ctx context.Context, id tenant.ID) (a Application, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		a, err = s.find(ctx, tx, id)
		return err
	})
	return a, err
}

// tell has the applicant told, with the decision or not at all.
func (s *Service) tell(ctx context.Context, tx tenantdb.Tx, id tenant.ID, what News) error {
	return s.Outbox.AppendFor(ctx, tx, id, TopicNews, id.String(), NewsV1{News: what})
}

func (s *Service) approveTx(ctx context.Context, tx tenantdb.Tx, a Application, actor string) error {
	if err := s.decide(ctx, tx, a, registry.EventApprove, "", actor); err != nil {
		return err
	}
	return s.Outbox.AppendFor(ctx, tx, a.ID, Topic, a.ID.String(), nil)
}

// Reject refuses an application and frees its handle; the applicant reads the reason.
// Faults: VALIDATION, NOT_FOUND, SIGNUP_STATE.
func (s *Service) Reject(ctx context.Context, id tenant.ID, reason, actor string) error {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 1 || n > 200 {
		return fault.Invalidf("reason", "1–200 个字")
	}
	return s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		a, err := s.find(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.decide(ctx, tx, a, registry.EventReject, reason, actor); err != nil {
			return err
		}
		if err := s.Provision.ReleaseTx(ctx, tx, requestKey(id), ""); err != nil {
			return err
		}
		return s.tell(ctx, tx, id, NewsRejected)
	})
}

func (s *Service) decide(ctx context.Context, tx tenantdb.Tx, a Application, event registry.Event, reason, actor string) error {
	from, to := way(event)
	n, err := s.q.Decide(ctx, tx, to, reason, tx.Now(), a.ID.String(), from)
	if err != nil {
		return fmt.Errorf("%s application: %w", event, err)
	}
	if n == 0 {
		return ErrUnderWay
	}
	return s.audit(ctx, tx, a, event, actor, map[string]any{"reason": reason})
}

func (s *Service) audit(ctx context.Context, tx tenantdb.Tx, a Application, event registry.Event, actor string, detail map[string]any) error {
	detail["signup"], detail["handle"] = a.ID.String(), a.Handle
	return s.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "signup." + string(event), Object: "signup:" + a.ID.String(), Detail: detail})
}

// Waiting lists the applications that wait to be approved, the oldest first.
func (s *Service) Waiting(ctx context.Context) (list []Application, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		rows, err := s.q.Waiting(ctx, tx)
		if err != nil {
			return err
		}
		list = nil
		for _, row := range rows {
			a, err := applicationFromRow(signupdb.NewestOfRow(row))
			if err != nil {
				return err
			}
			list = append(list, a)
		}
		return nil
	})
	return list, err
}

// Sweep lets abandoned drafts expire and frees their handles; it returns how many.
func (s *Service) Sweep(ctx context.Context) (n int, err error) {
	from, to := way(eventExpire)
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		ids, err := s.q.Expire(ctx, tx, to, from)
		if err != nil {
			return fmt.Errorf("expire drafts: %w", err)
		}
		n = len(ids)
		for _, text := range ids {
			if err := s.Provision.ReleaseTx(ctx, tx, "signup:"+text, ""); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

func (s *Service) find(ctx context.Context, tx tenantdb.Tx, id tenant.ID) (Application, error) {
	row, err := s.q.Find(ctx, tx, id.String())
	if tenantdb.NoRows(err) {
		return Application{}, fault.ErrNotFound
	}
	if err != nil {
		return Application{}, fmt.Errorf("find application: %w", err)
	}
	return applicationFromRow(signupdb.NewestOfRow(row))
}

func applicationFromRow(r signupdb.NewestOfRow) (Application, error) {
	id, err := tenant.ParseID(r.ID)
	if err != nil {
		return Application{}, err
	}
	a := Application{
		ID: id, StaffID: r.StaffID, Status: Status(r.Status), Name: r.Name, Handle: r.Handle, Step: Step(r.Step),
		StepFailed: r.StepError != "", Reason: r.Reason, Locale: r.Locale, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if r.TenantID != nil {
		if a.TenantID, err = tenant.ParseID(*r.TenantID); err != nil {
			return Application{}, err
		}
	}
	return a, nil
}

func notFoundIsFine(err error) error {
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	return err
}

func staffActor(id int64) string { return fmt.Sprintf("staff:%d", id) }
