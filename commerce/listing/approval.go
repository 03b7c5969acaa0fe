package listing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"galleria/commerce/catalog"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Editor is who changes a product.
type Editor struct {
	Actor    string // "staff:7"
	Approves bool   // may put products on sale alone
}

// waits tells people that what they did was taken, and waits.
func waits(awaits bool) error {
	if awaits {
		return catalog.ErrAwaitsApproval
	}
	return nil
}

// gate is what stands between a product and its buyers for somebody.
type gate struct{ catalog.Gate }

// gate locks the product of somebody who cannot approve; for others nothing stands in the way,
// and nothing is read. Faults: NOT_FOUND.
func (s *Service) gate(ctx context.Context, tx tenantdb.Tx, productID int64, approves bool) (g gate, err error) {
	if approves {
		return gate{catalog.Gate{Approved: true}}, nil
	}
	g.Gate, err = s.Catalog.GateTx(ctx, tx, productID)
	return g, err
}

// keeps reports that the product is on sale and stays as it is until a change is approved.
func (g gate) keeps() bool { return g.Needed && g.Status == catalog.OnShelf }

// gated does a change, or lets it wait.
func (s *Service) gated(ctx context.Context, tx tenantdb.Tx, productID int64, by Editor, do func(tx tenantdb.Tx) error) (awaits bool, err error) {
	g, err := s.gate(ctx, tx, productID, by.Approves)
	if err != nil {
		return false, err
	}
	if g.keeps() {
		return true, s.propose(ctx, tx, g, productID, by.Actor, func(tx tenantdb.Tx) (SaveInput, error) {
			if err := do(tx); err != nil {
				return SaveInput{}, err
			}
			after, err := s.entered(ctx, tx, productID)
			return SaveInput{ProductInput: after.ProductInput, Stock: make([]Stock, len(after.SKUs))}, err
		})
	}
	if err := do(tx); err != nil {
		return false, err
	}
	return false, s.changed(ctx, tx, g, productID, false, by.Actor)
}

// changed notes a change of a product off the shelf by somebody who cannot approve.
func (s *Service) changed(ctx context.Context, tx tenantdb.Tx, g gate, productID int64, ask bool, actor string) error {
	if !g.Needed {
		return nil
	}
	if err := s.Catalog.UnapproveTx(ctx, tx, productID); err != nil {
		return err
	}
	if !ask {
		return nil
	}
	return s.askFor(ctx, tx, catalog.Request{SPUID: productID, AskedBy: actor})
}

// propose tries a change of a product on the shelf, undoes it, and lets it wait. What could not be
// done now is refused now. Faults: CHANGE_WAITS, those of the change.
func (s *Service) propose(ctx context.Context, tx tenantdb.Tx, g gate, productID int64, actor string, change func(tx tenantdb.Tx) (SaveInput, error)) error {
	if g.Waiting {
		return catalog.ErrChangeWaits
	}
	before, err := s.entered(ctx, tx, productID)
	if err != nil {
		return err
	}
	base, err := before.Hash()
	if err != nil {
		return err
	}
	var in SaveInput
	err = tx.Rehearse(ctx, func(tx tenantdb.Tx) (err error) {
		in, err = change(tx)
		return err
	})
	if err != nil {
		return err
	}
	in.Key, in.Actor, in.OnShelf = "", "", false // who approves it makes it
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return s.ask(ctx, tx, catalog.Request{SPUID: productID, Change: body, Base: base, AskedBy: actor}, before.Title)
}

// askToPutUp lets a product wait to come on the shelf. What has nothing to sell is refused now.
func (s *Service) askToPutUp(ctx context.Context, tx tenantdb.Tx, productID int64, by Editor) error {
	err := tx.Rehearse(ctx, func(tx tenantdb.Tx) error {
		_, err := s.Catalog.SetShelfTx(ctx, tx, productID, catalog.OnShelf)
		return err
	})
	if err != nil {
		return err
	}
	return s.askFor(ctx, tx, catalog.Request{SPUID: productID, PutUp: true, AskedBy: by.Actor})
}

func (s *Service) askFor(ctx context.Context, tx tenantdb.Tx, r catalog.Request) error {
	e, err := s.entered(ctx, tx, r.SPUID)
	if err != nil {
		return err
	}
	return s.ask(ctx, tx, r, e.Title)
}

func (s *Service) ask(ctx context.Context, tx tenantdb.Tx, r catalog.Request, title string) error {
	if err := s.Catalog.AskTx(ctx, tx, r); err != nil {
		return err
	}
	return s.submitted(ctx, tx, r, title)
}

// submitted writes down who asked for what.
func (s *Service) submitted(ctx context.Context, tx tenantdb.Tx, r catalog.Request, title string) error {
	return s.Audit.RecordTx(ctx, tx, audit.Entry{
		Actor: r.AskedBy, Action: "product.submitted", Object: object(r.SPUID), Detail: map[string]any{"title": title, "change": r.Change != nil, "put_up": r.PutUp},
	})
}

// entered is a product as its merchant would enter it. Faults: NOT_FOUND.
func (s *Service) entered(ctx context.Context, q tenantdb.Querier, productID int64) (catalog.Entered, error) {
	list, err := s.Catalog.Drafts(ctx, q, []int64{productID}, nil, nil)
	if err == nil && len(list) == 0 {
		err = fault.ErrNotFound
	}
	if err != nil {
		return catalog.Entered{}, err
	}
	return list[0], nil
}

// Pending is what waits of a product or was refused, with what would change.
type Pending struct {
	catalog.Request
	Changes []Difference // of a product on the shelf
	Stale   bool         // the product is not any more what the change was made of
}

// Pending returns it; nil for nothing. Four statements at most, one for a product of which nothing
// waits. Faults: NOT_FOUND.
func (s *Service) Pending(ctx context.Context, id tenant.ID, productID int64) (out *Pending, err error) {
	err = s.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		out = nil
		request, err := s.Catalog.RequestOf(ctx, r, productID)
		if err != nil || request == nil {
			return err
		}
		out = &Pending{Request: *request}
		if request.Change == nil {
			return nil
		}
		now, err := s.entered(ctx, r, productID)
		if err != nil {
			return err
		}
		in, err := changeOf(*request)
		if err != nil {
			return err
		}
		names, err := s.Catalog.NamesOf(ctx, r, now.ProductInput, in.ProductInput)
		if err != nil {
			return err
		}
		return out.compare(now, in, names)
	})
	if err != nil {
		return nil, fmt.Errorf("what waits of product %d: %w", productID, err)
	}
	return out, nil
}

func (p *Pending) compare(now catalog.Entered, in SaveInput, names catalog.Names) error {
	base, err := now.Hash()
	if err != nil {
		return err
	}
	p.Stale, p.Changes = base != p.Base, differences(now, in, names)
	return nil
}

func changeOf(r catalog.Request) (in SaveInput, err error) {
	if err = json.Unmarshal(r.Change, &in); err != nil {
		return in, fmt.Errorf("change of product %d: %w", r.SPUID, err)
	}
	return in, nil
}

// Approve does what waits, as it was seen, in the name of who approves it. Opens a transaction.
// Faults: NOT_FOUND, APPROVAL_CHANGED, PRODUCT_CHANGED (the product is not any more what the change
// was made of), those of Save and SetShelf.
func (s *Service) Approve(ctx context.Context, id tenant.ID, productID int64, rev int32, actor string) error {
	err := s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		g, r, err := s.Catalog.DecideTx(ctx, tx, productID, rev)
		if err != nil {
			return err
		}
		now, err := s.entered(ctx, tx, productID)
		if err != nil {
			return err
		}
		if err := s.Catalog.SettleTx(ctx, tx, productID); err != nil {
			return err
		}
		if r.Change != nil {
			if err := s.make(ctx, tx, r, now, actor); err != nil {
				return err
			}
		}
		if err := s.Catalog.ApproveTx(ctx, tx, productID); err != nil {
			return err
		}
		err = s.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "product.approved", Object: object(productID), Detail: map[string]any{"title": now.Title, "asked_by": r.AskedBy}})
		if err != nil || !r.PutUp || g.Status == catalog.OnShelf {
			return err
		}
		_, err = s.SetShelfTx(ctx, tx, productID, catalog.OnShelf, Editor{Actor: actor, Approves: true})
		return err
	})
	if err != nil {
		return fmt.Errorf("approve product: %w", err)
	}
	return nil
}

// make does a change that waited.
func (s *Service) make(ctx context.Context, tx tenantdb.Tx, r catalog.Request, now catalog.Entered, actor string) error {
	base, err := now.Hash()
	if err != nil {
		return err
	}
	if base != r.Base {
		return catalog.ErrStale
	}
	in, err := changeOf(r)
	if err != nil {
		return err
	}
	in.ID, in.Version, in.Actor, in.Approves = now.ID, now.Version, actor, true
	_, _, err = s.SaveTx(ctx, tx, in)
	return err
}

// Reject refuses what waits, as it was seen. Opens a transaction. Faults: NOT_FOUND,
// APPROVAL_CHANGED, VALIDATION on reason.
func (s *Service) Reject(ctx context.Context, id tenant.ID, productID int64, rev int32, reason, actor string) error {
	return s.decide(ctx, id, productID, rev, audit.Entry{Actor: actor, Action: "product.rejected", Detail: map[string]any{"reason": reason}}, func(tx tenantdb.Tx) error {
		return s.Catalog.RejectTx(ctx, tx, productID, reason, actor)
	})
}

// Withdraw takes back what waits. Opens a transaction. Faults: NOT_FOUND, APPROVAL_CHANGED.
func (s *Service) Withdraw(ctx context.Context, id tenant.ID, productID int64, rev int32, actor string) error {
	return s.decide(ctx, id, productID, rev, audit.Entry{Actor: actor, Action: "product.withdrawn", Detail: map[string]any{}}, func(tx tenantdb.Tx) error {
		return s.Catalog.SettleTx(ctx, tx, productID)
	})
}

func (s *Service) decide(ctx context.Context, id tenant.ID, productID int64, rev int32, e audit.Entry, do func(tx tenantdb.Tx) error) error {
	err := s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		_, r, err := s.Catalog.DecideTx(ctx, tx, productID, rev)
		if err != nil {
			return err
		}
		if err := do(tx); err != nil {
			return err
		}
		e.Object, e.Detail["asked_by"] = object(productID), r.AskedBy
		return s.Audit.RecordTx(ctx, tx, e)
	})
	if err != nil {
		return fmt.Errorf("decide about product: %w", err)
	}
	return nil
}

// NeedApproval changes whether products must be approved before they are on sale. Opens a
// transaction.
func (s *Service) NeedApproval(ctx context.Context, id tenant.ID, needed bool, actor string) error {
	err := s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		changed, err := s.Catalog.NeedApprovalTx(ctx, tx, needed)
		if err != nil || !changed {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: "product.approval_set", Object: "shop", Before: map[string]any{"needed": !needed}, After: map[string]any{"needed": needed},
		})
	})
	if err != nil {
		return fmt.Errorf("need approval: %w", err)
	}
	return nil
}

// Awaits reports that what was done was taken and waits to be approved.
func Awaits(err error) bool { return errors.Is(err, catalog.ErrAwaitsApproval) }
