package oracle

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

//go:embed sql/*.sql
var statements embed.FS

// Invariant is something that must hold in a shop's tables at every moment.
type Invariant struct {
	ID      string // "R1"
	Meaning string
	Area    string // the file it stands in: "refund"
	Truth   bool   // compares with what the providers say
	sql     string
}

// Finding is an invariant that does not hold.
type Finding struct {
	Invariant
	Count  int64
	Sample string // a number or id of one of them
}

// Charge is a payment that a provider took.
type Charge struct {
	Channel    string    `json:"channel"`
	Merchant   string    `json:"merchant"`
	Number     string    `json:"number"` // our out_trade_no
	ProviderNo string    `json:"provider_no"`
	Fen        money.Fen `json:"fen"`
}

// Payback is a refund that a provider knows.
type Payback struct {
	Number string    `json:"number"` // our out_refund_no
	Fen    money.Fen `json:"fen"`
	Done   bool      `json:"done"`
}

// Payout is a transfer to a person that a provider knows.
type Payout struct {
	Number string    `json:"number"` // our out_bill_no
	Fen    money.Fen `json:"fen"`
	Done   bool      `json:"done"`
}

// Truth is what the providers say about a shop.
type Truth struct {
	Charges  []Charge  `json:"charges"`
	Paybacks []Payback `json:"paybacks"`
	Payouts  []Payout  `json:"payouts"`
}

// Input says how to look.
type Input struct {
	// Rest: what is older must have come to its end. The later it is, the more is expected.
	Rest  time.Time
	Truth *Truth // nil: nobody asked the providers
	// Only names the invariants to look at; none named is all of them.
	Only []string
}

func (in Input) wants(inv Invariant) bool {
	return (!inv.Truth || in.Truth != nil) && (len(in.Only) == 0 || slices.Contains(in.Only, inv.ID))
}

var heading = regexp.MustCompile(`(?m)^-- ([A-Z]+[0-9]+) (truth )?(.+)$`)

// Invariants lists all of them in the order of the files.
func Invariants() ([]Invariant, error) {
	files, err := fs.Glob(statements, "sql/*.sql")
	if err != nil {
		return nil, err
	}
	var list []Invariant
	for _, name := range files {
		text, err := statements.ReadFile(name)
		if err != nil {
			return nil, err
		}
		at := heading.FindAllSubmatchIndex(text, -1)
		for i, m := range at {
			end := len(text)
			if i+1 < len(at) {
				end = at[i+1][0]
			}
			sql, ok := strings.CutSuffix(strings.TrimSpace(string(text[m[1]:end])), ";")
			if !ok || strings.Contains(sql, ";") {
				return nil, fmt.Errorf("%s: %s is not one statement", name, text[m[2]:m[3]])
			}
			list = append(list, Invariant{
				ID: string(text[m[2]:m[3]]), Truth: m[4] >= 0, Meaning: string(text[m[6]:m[7]]),
				Area: strings.TrimSuffix(path.Base(name), ".sql"), sql: sql,
			})
		}
	}
	return list, nil
}

// Before and after every statement: what it is told, and what it is to answer.
const (
	given = `WITH given AS (SELECT $1::timestamptz AS rest),
charge AS (SELECT t.channel, t.merchant, t.number, t.provider_no, t.fen
           FROM jsonb_to_recordset($2::jsonb -> 'charges') AS t(channel text, merchant text, number text, provider_no text, fen bigint)),
payback AS (SELECT t.number, t.fen, t.done FROM jsonb_to_recordset($2::jsonb -> 'paybacks') AS t(number text, fen bigint, done boolean)),
payout AS (SELECT t.number, t.fen, t.done FROM jsonb_to_recordset($2::jsonb -> 'payouts') AS t(number text, fen bigint, done boolean)),
broken (key) AS (
`
	counted = `
) SELECT count(*), coalesce(min(broken.key), '') FROM broken`
)

// Check looks for everything that breaks an invariant in the tables that q reaches: those of
// one shop. One statement for each invariant.
func Check(ctx context.Context, q tenantdb.Querier, in Input) (found []Finding, err error) {
	list, err := Invariants()
	if err != nil {
		return nil, err
	}
	for _, inv := range list {
		if !in.wants(inv) {
			continue
		}
		f, err := look(ctx, q, inv, in)
		if err != nil {
			return nil, err
		}
		if f.Count > 0 {
			found = append(found, f)
		}
	}
	return found, nil
}

func look(ctx context.Context, q tenantdb.Querier, inv Invariant, in Input) (Finding, error) {
	truth := Truth{Charges: []Charge{}, Paybacks: []Payback{}, Payouts: []Payout{}}
	if in.Truth != nil {
		truth = *in.Truth
	}
	said, err := json.Marshal(truth)
	if err != nil {
		return Finding{}, err
	}
	f := Finding{Invariant: inv}
	if err := q.QueryRow(ctx, given+inv.sql+counted, in.Rest, said).Scan(&f.Count, &f.Sample); err != nil {
		return Finding{}, fmt.Errorf("%s %s: %w", inv.ID, inv.Meaning, err)
	}
	return f, nil
}

// statementLimit bounds one statement over one shop: whole tables are read.
const statementLimit = "60s"

// CheckShop looks at one shop, in transactions that cannot write, one for each invariant:
// none keeps an old snapshot alive for long.
func CheckShop(ctx context.Context, db *tenantdb.DB, id tenant.ID, in Input) (found []Finding, err error) {
	list, err := Invariants()
	if err != nil {
		return nil, err
	}
	for _, inv := range list {
		if !in.wants(inv) {
			continue
		}
		var f Finding
		err := db.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
			if _, err = tx.Exec(ctx, "SELECT set_config('transaction_read_only', 'on', true), set_config('statement_timeout', $1, true)", statementLimit); err != nil {
				return err
			}
			f, err = look(ctx, tx, inv, in)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("look at shop %s: %w", id, err)
		}
		if f.Count > 0 {
			found = append(found, f)
		}
	}
	return found, nil
}
