package card

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"galleria/commerce/card/internal/carddb"
	"galleria/commerce/inventory"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// Stock is the part of inventory that cards change; *inventory.Service is one.
type Stock interface {
	CorrectTx(ctx context.Context, tx tenantdb.Tx, in inventory.Correction) error
}

// Deps is what the service needs; all of it is required.
type Deps struct {
	DB    *tenantdb.DB
	Stock Stock
	Vault *vault.Vault
	Audit *audit.Log
	Rand  io.Reader
}

// Service takes cards in, sells them and shows them. Safe for concurrent use.
type Service struct {
	d Deps
	q *carddb.Queries
}

// New returns the service.
func New(d Deps) *Service { return &Service{d: d, q: carddb.New()} }

// AddInput are cards of one SKU.
type AddInput struct {
	SKUID int64
	Cards []Card // 1 to MaxLines, each once; see Parse
	Actor string
}

// Added is what became of AddInput.
type Added struct {
	Added int
	Known []int // places in AddInput.Cards of those that the shop has or had already
}

// Add takes cards in, and as many pieces onto the SKU's stock. What the shop knows already is
// left out, so a repeat adds nothing. Opens a transaction. Faults: VALIDATION, CARD_STOCK for a
// SKU that is not sold as cards, SKU_NOT_FOUND.
func (s *Service) Add(ctx context.Context, id tenant.ID, in AddInput) (out Added, err error) {
	if len(in.Cards) == 0 || len(in.Cards) > MaxLines {
		return out, fault.Invalidf("cards", "must be 1 to %d", MaxLines)
	}
	row, at, err := s.rowOf(ctx, id, in)
	if err != nil {
		return out, fmt.Errorf("add cards: %w", err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		row.At = tx.Now()
		fresh, err := s.q.AddCards(ctx, tx, row)
		if tenantdb.Violates(err, "virtual_card_sku_id_fkey") {
			return inventory.ErrUnknownSKU
		}
		if err != nil || len(fresh) == 0 {
			return err
		}
		out.Added = len(fresh)
		for _, digest := range fresh {
			delete(at, string(digest))
		}
		return s.stock(ctx, tx, change{sku: in.SKUID, batch: row.Batch, document: row.Batch, delta: int64(out.Added), reason: inventory.Purchase, actor: in.Actor, action: "card.add"})
	})
	if err != nil {
		return Added{}, fmt.Errorf("add cards: %w", err)
	}
	out.Known = slices.Sorted(maps.Values(at))
	return out, nil
}

// rowOf seals cards for their statement, and says by digest which of them is where in the list.
func (s *Service) rowOf(ctx context.Context, id tenant.ID, in AddInput) (row carddb.AddCardsParams, at map[string]int, err error) {
	key, err := s.key(ctx, id)
	if err != nil {
		return row, nil, err
	}
	row = carddb.AddCardsParams{SkuID: in.SKUID, Batch: "KM-" + rand.Text(), AddedBy: in.Actor}
	at = map[string]int{}
	for i, c := range in.Cards {
		if c.Number == "" || !plain(c.Number) || !plain(c.Secret) {
			return row, nil, fault.Invalidf(fmt.Sprintf("cards[%d]", i), "must be 1 to %d characters", maxField)
		}
		digest := digestOf(key, c)
		if _, twice := at[string(digest)]; twice {
			return row, nil, fault.Invalidf(fmt.Sprintf("cards[%d]", i), "is named twice")
		}
		at[string(digest)] = i
		ref := rand.Text()
		sealed, err := s.seal(ctx, id, ref, c)
		if err != nil {
			return row, nil, err
		}
		row.Refs, row.Digests = append(row.Refs, ref), append(row.Digests, digest)
		row.Hints, row.Sealeds = append(row.Hints, c.hint()), append(row.Sealeds, sealed)
	}
	return row, at, nil
}

// Void takes what is free of a batch out of sale, for good, and off the stock, and says how many
// cards that were. Opens a transaction. Faults: CARDS_GONE, STOCK_RESERVED if unpaid orders hold
// some of them.
func (s *Service) Void(ctx context.Context, id tenant.ID, skuID int64, batch, actor string) (n int64, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if n, err = s.q.CountFree(ctx, tx, skuID, batch); err != nil {
			return err
		}
		if n == 0 {
			return ErrNoneFree
		}
		// The level first, as a payment does: cards are claimed under its lock.
		if err := s.stock(ctx, tx, change{sku: skuID, batch: batch, document: batch + "-VOID-" + rand.Text(), delta: -n, reason: inventory.Loss, actor: actor, action: "card.void"}); err != nil {
			return err
		}
		voided, err := s.q.VoidFree(ctx, tx, tx.Now(), skuID, batch)
		if err == nil && voided != n {
			err = fault.ErrConflict // some were sold meanwhile
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("void cards: %w", err)
	}
	return n, nil
}

// change is cards that come or go.
type change struct {
	sku                            int64
	batch, document, actor, action string
	delta                          int64
	reason                         inventory.Reason
}

func (s *Service) stock(ctx context.Context, tx tenantdb.Tx, c change) error {
	err := s.d.Stock.CorrectTx(ctx, tx, inventory.Correction{
		Document: c.document, Reason: c.reason, Cards: true, Changes: []inventory.Change{{SKUID: c.sku, Delta: c.delta}}, Actor: c.actor,
	})
	if err != nil {
		return err
	}
	return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
		Actor: c.actor, Action: c.action, Object: fmt.Sprintf("sku:%d", c.sku), Detail: map[string]any{"batch": c.batch, "cards": c.delta},
	})
}

// Want is how many cards an order line is due.
type Want struct{ LineID, SKUID, Qty int64 }

// ClaimTx sells an order its cards: exactly as many as its lines say, or none, and then it says
// so. The caller sees to it that an order asks once. Two statements.
func (s *Service) ClaimTx(ctx context.Context, tx tenantdb.Tx, orderNo string, lines []Want) (enough bool, err error) {
	var lineIDs, skuIDs, qtys []int64
	var total int64
	for _, l := range lines {
		lineIDs, skuIDs, qtys, total = append(lineIDs, l.LineID), append(skuIDs, l.SKUID), append(qtys, l.Qty), total+l.Qty
	}
	free, err := s.q.LockFree(ctx, tx, lineIDs, skuIDs, qtys)
	if err != nil {
		return false, fmt.Errorf("claim cards: %w", err)
	}
	if int64(len(free)) < total {
		return false, nil
	}
	ids, of := make([]int64, len(free)), make([]int64, len(free))
	for i, f := range free {
		ids[i], of[i] = f.ID, f.LineID
	}
	n, err := s.q.Sell(ctx, tx, orderNo, tx.Now(), ids, of)
	if err == nil && n != total {
		err = fault.ErrConflict
	}
	if err != nil {
		return false, fmt.Errorf("claim cards: %w", err)
	}
	return true, nil
}

// Batch is cards of a SKU that came together.
type Batch struct {
	SKUID                   int64
	Batch                   string
	AddedAt                 time.Time
	AddedBy                 string
	Cards, Free, Sold, Void int64
}

const maxBatches = 100

// Batches lists what came of some SKUs, newest first, at most 100.
func (s *Service) Batches(ctx context.Context, id tenant.ID, skuIDs []int64) (list []Batch, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Batches(ctx, r, skuIDs, maxBatches)
		list = make([]Batch, len(rows))
		for i, b := range rows {
			list[i] = Batch{SKUID: b.SkuID, Batch: b.Batch, AddedAt: b.AddedAt, AddedBy: b.AddedBy, Cards: b.Cards, Free: b.Free, Sold: b.Sold, Void: b.Void}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list batches of cards: %w", err)
	}
	return list, nil
}

// digestOf is what a card is known by without being read.
func digestOf(key vault.Secret, c Card) []byte {
	mac := hmac.New(sha256.New, key.Reveal())
	mac.Write(fmt.Appendf(nil, "%d:%s:%s", len(c.Number), c.Number, c.Secret))
	return mac.Sum(nil)
}

func (s *Service) seal(ctx context.Context, id tenant.ID, ref string, c Card) ([]byte, error) {
	text, err := json.Marshal([]string{c.Number, c.Secret})
	if err != nil {
		return nil, err
	}
	return s.d.Vault.Seal(ctx, fieldOf(id, ref), vault.NewSecret(text))
}
