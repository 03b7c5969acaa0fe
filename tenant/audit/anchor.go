package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"time"

	"galleria/tenant/tenantdb"
)

// Anchored is what one day's anchoring covered.
type Anchored struct {
	Day    string // of Shanghai, "2026-11-21"
	Chains int    // whose heads had moved
	Digest string // hex; over these heads and the digest before
}

// shanghai is the zone of business days; China has no summer time.
func shanghai() *time.Location { return time.FixedZone("CST", 8*60*60) }

// Anchor keeps the heads of all chains that moved since they were anchored last. It does
// so once a day: done is false when today's are kept already, by whichever process.
func (l *Log) Anchor(ctx context.Context) (a Anchored, done bool, err error) {
	err = l.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		a, done = Anchored{Day: tx.Now().In(shanghai()).Format(time.DateOnly), Chains: 0, Digest: ""}, false
		kept, err := l.q.Anchored(ctx, tx, a.Day)
		if err != nil || kept {
			return err
		}
		row, err := l.q.Anchor(ctx, tx, a.Day, tx.Now())
		if err != nil {
			return err
		}
		a.Chains, a.Digest, done = int(row.Chains), hex.EncodeToString(row.Digest), true
		return nil
	})
	if tenantdb.Violates(err, "audit_anchor") { // another process was first
		return Anchored{}, false, nil
	}
	if err != nil {
		return Anchored{}, false, fmt.Errorf("anchor audit chains: %w", err)
	}
	return a, done, nil
}

// NewestAnchor is the last day whose heads were kept; found is false before the first.
func (l *Log) NewestAnchor(ctx context.Context) (a Anchored, found bool, err error) {
	row, err := l.q.NewestAnchorDay(ctx, l.db.Platform())
	if tenantdb.NoRows(err) {
		return Anchored{}, false, nil
	}
	if err != nil {
		return Anchored{}, false, fmt.Errorf("read audit anchors: %w", err)
	}
	return Anchored{Day: row.DayText, Chains: int(row.Chains), Digest: hex.EncodeToString(row.Digest)}, true, nil
}

// DayReport is what VerifyDays found about one day's anchors.
type DayReport struct {
	Anchored
	Problem string // empty if they are as they were kept
}

// VerifyDays recomputes the digest of every day's anchors and compares it with the stored
// one, and with those in known, by day, which were kept elsewhere. It calls fn in the
// order of the days, and at the end for days of known that the database has lost.
func (l *Log) VerifyDays(ctx context.Context, known map[string]string, fn func(DayReport) error) error {
	const page = 100
	after, before := "0001-01-01", ""
	seen := map[string]bool{}
	for {
		days, err := l.q.AnchorDays(ctx, l.db.Platform(), after, page)
		if err != nil {
			return fmt.Errorf("verify audit anchors: %w", err)
		}
		for _, d := range days {
			report := DayReport{Anchored: Anchored{Day: d.DayText, Chains: int(d.Chains), Digest: hex.EncodeToString(d.Digest)}, Problem: ""}
			digest, err := l.digest(ctx, d.DayText, before)
			switch {
			case err != nil:
				return fmt.Errorf("verify audit anchors: %w", err)
			case !bytes.Equal(digest, d.Digest):
				report.Problem = "the anchors of this day do not have its digest"
			case known[d.DayText] != "" && known[d.DayText] != report.Digest:
				report.Problem = "the digest kept elsewhere is " + known[d.DayText]
			}
			if err := fn(report); err != nil {
				return err
			}
			seen[d.DayText] = true
			after, before = d.DayText, report.Digest
		}
		if len(days) < page {
			break
		}
	}
	for day, digest := range known {
		if !seen[day] {
			if err := fn(DayReport{Anchored: Anchored{Day: day, Chains: 0, Digest: digest}, Problem: "kept elsewhere, gone from the database"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// digest is what the statement Anchor computes, in Go.
func (l *Log) digest(ctx context.Context, day, before string) ([]byte, error) {
	h := sha256.New()
	write(h, "galleria.anchor.1\n"+day+"\n"+before)
	const page = 500
	after := ""
	for {
		anchors, err := l.q.AnchorsOf(ctx, l.db.Platform(), day, after, page)
		if err != nil {
			return nil, err
		}
		for _, a := range anchors {
			write(h, fmt.Sprintf("\n%s %d %x", a.Chain, a.Seq, a.Hash))
			after = a.Chain
		}
		if len(anchors) < page {
			return h.Sum(nil), nil
		}
	}
}

func write(h hash.Hash, s string) { _, _ = io.WriteString(h, s) } // never fails
