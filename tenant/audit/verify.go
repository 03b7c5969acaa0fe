package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"galleria/tenant"
	"galleria/tenant/audit/internal/auditdb"
	"galleria/tenant/tenantdb"
)

// Kind is what is wrong with a row of a chain.
type Kind string

// The kinds of damage.
const (
	Changed   Kind = "changed"       // the row is not what was written
	Missing   Kind = "missing"       // there is no row with this number
	Reordered Kind = "reordered"     // the row stood somewhere else
	BadHead   Kind = "head mismatch" // the chain's head knows another end
	BadAnchor Kind = "anchor"        // a day's anchor knows another row, or one that is gone
)

// Problem is the first thing wrong with a chain.
type Problem struct {
	Seq  int64 // of the row that is wrong or missing
	Kind Kind
	Note string
}

// Report is what Verify found about a chain.
type Report struct {
	Chain   string // a tenant's id, or "platform"
	Rows    int64  // that are as they were written
	Anchors int64  // of these, how many an anchor confirmed
	Head    string // hash of the last row, hex; empty for an empty chain
	Problem *Problem
}

// verifyPage is how many rows Verify holds at a time.
const verifyPage = 200

// Chains calls fn with the name of every chain that left a trace, in order.
func (l *Log) Chains(ctx context.Context, fn func(chain string) error) error {
	after := ""
	for {
		chain, err := l.q.NextChain(ctx, l.db.Platform(), after)
		if err != nil {
			return fmt.Errorf("list audit chains: %w", err)
		}
		if chain == "" {
			return nil
		}
		if err := fn(chain); err != nil {
			return err
		}
		after = chain
	}
}

// Chain is the name of a shop's chain.
func Chain(id tenant.ID) string { return chainOf(id) }

// Verify reads a chain from its beginning, page by page, and reports its first problem.
// Acts that are added meanwhile do no harm.
func (l *Log) Verify(ctx context.Context, chain string) (Report, error) {
	v := verifier{l: l, r: Report{Chain: chain, Rows: 0, Anchors: 0, Head: "", Problem: nil}, prev: make([]byte, sha256.Size)}
	// Read first: an anchor made while we walk may be of a row behind us.
	anchored, err := l.q.LastAnchor(ctx, l.db.Platform(), chain)
	if err == nil {
		err = v.walk(ctx)
	}
	if err != nil {
		return Report{}, fmt.Errorf("verify audit chain %s: %w", chain, err)
	}
	if v.r.Problem == nil && anchored > v.last {
		v.wrong(v.last+1, BadAnchor, fmt.Sprintf("rows up to %d were anchored and are gone", anchored))
	}
	if v.last > 0 {
		v.r.Head = hex.EncodeToString(v.prev)
	}
	return v.r, nil
}

type verifier struct {
	l    *Log
	r    Report
	last int64  // number of the last good row
	prev []byte // its hash
}

func (v *verifier) wrong(seq int64, kind Kind, note string) {
	v.r.Problem = &Problem{Seq: seq, Kind: kind, Note: note}
}

func (v *verifier) walk(ctx context.Context) error {
	for {
		rows, err := v.l.q.Links(ctx, v.l.db.Platform(), v.r.Chain, v.last, verifyPage)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := v.link(ctx, row); err != nil || v.r.Problem != nil {
				return err
			}
		}
		if len(rows) > 0 {
			continue
		}
		if more, err := v.end(ctx); err != nil || !more {
			return err
		}
	}
}

// link checks one row against the one before it.
func (v *verifier) link(ctx context.Context, row auditdb.LinksRow) error {
	switch {
	case row.Seq != v.last+1:
		v.wrong(v.last+1, Missing, fmt.Sprintf("the next row is %d", row.Seq))
	case !bytes.Equal(row.PrevHash, v.prev):
		elsewhere, err := v.l.q.Follows(ctx, v.l.db.Platform(), v.r.Chain, row.PrevHash)
		if err != nil {
			return err
		}
		if elsewhere {
			v.wrong(row.Seq, Reordered, "it follows another row than the one before it")
		} else {
			v.wrong(row.Seq, Changed, "it does not follow the row before it")
		}
	case !bytes.Equal(row.Hash, rowHash(v.r.Chain, row)):
		v.wrong(row.Seq, Changed, "its content does not have its hash")
	case row.Anchored != nil && !bytes.Equal(row.Anchored, row.Hash):
		v.wrong(row.Seq, BadAnchor, "it was anchored with another hash")
	default:
		v.last, v.prev = row.Seq, row.Hash
		v.r.Rows++
		if row.Anchored != nil {
			v.r.Anchors++
		}
	}
	return nil
}

// end compares the end of the rows with the head. more says that rows were added since
// the last page was read.
func (v *verifier) end(ctx context.Context) (more bool, err error) {
	head, err := v.l.q.Head(ctx, v.l.db.Platform(), v.r.Chain)
	switch {
	case tenantdb.NoRows(err):
		if v.last > 0 {
			v.wrong(v.last, BadHead, "the chain has no head")
		}
		return false, nil
	case err != nil:
		return false, err
	case head.Seq > v.last:
		rows, err := v.l.q.Links(ctx, v.l.db.Platform(), v.r.Chain, v.last, 1)
		if err == nil && len(rows) == 0 {
			v.wrong(v.last+1, Missing, fmt.Sprintf("the head is at %d", head.Seq))
		}
		return len(rows) > 0, err
	case head.Seq < v.last:
		v.wrong(head.Seq+1, BadHead, fmt.Sprintf("the head ends at %d", head.Seq))
	case !bytes.Equal(head.Hash, v.prev):
		v.wrong(head.Seq, BadHead, "the head has another hash")
	}
	return false, nil
}

// rowHash is platform.audit_hash in Go.
func rowHash(chain string, r auditdb.LinksRow) []byte {
	values := []string{
		"galleria.audit.1", chain, strconv.FormatInt(r.Seq, 10), strconv.FormatInt(r.At.UnixMicro(), 10),
		r.Actor, r.ActorName, r.ActorRole, r.Action, r.Object, r.RequestID, r.ClientIp, r.Agent,
		string(r.Changes), string(r.Detail), hex.EncodeToString(r.PrevHash),
	}
	var b strings.Builder
	for i, value := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(len(value)))
		b.WriteByte(':')
		b.WriteString(value)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return sum[:]
}
