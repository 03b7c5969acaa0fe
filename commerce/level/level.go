package level

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"galleria/commerce/level/internal/leveldb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Most is how many levels a shop may have.
const Most = 20

// Level is a level as it is worded now. Levels stand in the order of their thresholds.
type Level struct {
	ID           int64
	Version      int64
	Name         string     // 1 to 20 characters
	Threshold    int64      // growth from which members have it
	OffBps       money.Rate // off each piece that has no price of its own; at most 9999
	FreeShipping bool
	PointsBps    money.Rate // of the points that orders earn: 20000 is twice as many
	ValidDays    int64      // then it is reviewed; 0: for good
	KeepGrowth   int64      // that the review takes off; the rest decides the level
	Members      int64      // who have it; of Levels
	Prices       int64      // SKUs with a price of their own; of Levels
}

func levelOf(v leveldb.LevelVersion) Level {
	return Level{
		ID: v.LevelID, Version: v.Version, Name: v.Name, Threshold: v.Threshold, OffBps: money.Rate(v.OffBps), FreeShipping: v.FreeShipping,
		PointsBps: money.Rate(v.PointsBps), ValidDays: v.ValidDays, KeepGrowth: v.KeepGrowth,
	}
}

func (l Level) check() error {
	var c checker
	if n := utf8.RuneCountInString(l.Name); n < 1 || n > 20 || strings.ContainsFunc(l.Name, unicode.IsControl) {
		c.fields = append(c.fields, fault.Invalidf("name", "must have 1 to 20 characters").Fields()...)
	}
	c.between("threshold", l.Threshold, 1, 1_000_000_000)
	c.between("off_bps", int64(l.OffBps), 0, 9_999)
	c.between("points_bps", int64(l.PointsBps), 10_000, 100_000)
	c.between("valid_days", l.ValidDays, 0, 3650)
	c.between("keep_growth", l.KeepGrowth, 0, 1_000_000_000)
	if l.ValidDays == 0 && l.KeepGrowth > 0 {
		c.fields = append(c.fields, fault.Invalidf("keep_growth", "needs days of validity").Fields()...)
	}
	return c.fault()
}

// Levels lists the levels with their numbers of members, the lowest first.
func (s *Service) Levels(ctx context.Context, id tenant.ID) (list []Level, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.LevelsWithMembers(ctx, r)
		for _, row := range rows {
			l := levelOf(row.LevelVersion)
			l.Members, l.Prices = row.Members, row.Prices
			list = append(list, l)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("levels: %w", err)
	}
	return list, nil
}

// Find returns a level that goes on. Faults: NOT_FOUND.
func (s *Service) Find(ctx context.Context, id tenant.ID, levelID int64) (Level, error) {
	list, err := s.Levels(ctx, id)
	if err != nil {
		return Level{}, err
	}
	if l, ok := find(list, levelID); ok {
		return l, nil
	}
	return Level{}, fmt.Errorf("level %d: %w", levelID, fault.ErrNotFound)
}

func find(list []Level, id int64) (Level, bool) {
	i := slices.IndexFunc(list, func(l Level) bool { return l.ID == id })
	if i < 0 {
		return Level{}, false
	}
	return list[i], true
}

func (s *Service) levels(ctx context.Context, q tenantdb.Querier) (list []Level, err error) {
	rows, err := s.q.Levels(ctx, q)
	for _, row := range rows {
		list = append(list, levelOf(row))
	}
	return list, err
}

// Save adds a level (ID 0), or words one anew; l.Version is the one that the editor saw. Members
// who have grown to it get it in the background. Opens a transaction. It returns the level's id.
// Faults: VALIDATION, NOT_FOUND, LEVEL_CHANGED, LEVEL_THRESHOLD, LEVEL_TOO_MANY.
func (s *Service) Save(ctx context.Context, id tenant.ID, l Level, actor string) (int64, error) {
	if err := l.check(); err != nil {
		return 0, fmt.Errorf("save a level: %w", err)
	}
	err := s.arranging(ctx, id, func(tx tenantdb.Tx, have []Level) error {
		var before map[string]any
		if l.ID == 0 {
			if len(have) >= Most {
				return ErrTooMany
			}
			var err error
			if l.ID, err = s.q.AddLevel(ctx, tx, tx.Now()); err != nil {
				return err
			}
			l.Version = 0
		} else {
			was, ok := find(have, l.ID)
			if !ok {
				return fault.ErrNotFound
			}
			before = was.told()
			if err := s.endVersion(ctx, tx, l.ID, l.Version); err != nil {
				return err
			}
		}
		l.Version++
		if err := s.q.AddVersion(ctx, tx, leveldb.AddVersionParams{
			LevelID: l.ID, Version: l.Version, Since: tx.Now(), Name: l.Name, Threshold: l.Threshold, OffBps: int64(l.OffBps), FreeShipping: l.FreeShipping,
			PointsBps: int64(l.PointsBps), ValidDays: l.ValidDays, KeepGrowth: l.KeepGrowth,
		}); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "level.saved", Object: objectOf(l.ID), Before: before, After: l.told()})
	})
	if err != nil {
		return 0, fmt.Errorf("save a level: %w", err)
	}
	return l.ID, nil
}

// End ends a level; its members get the one that they have grown to, in the background. Opens a
// transaction. Faults: NOT_FOUND, LEVEL_CHANGED.
func (s *Service) End(ctx context.Context, id tenant.ID, levelID, version int64, actor string) error {
	err := s.arranging(ctx, id, func(tx tenantdb.Tx, have []Level) error {
		was, ok := find(have, levelID)
		if !ok {
			return fault.ErrNotFound
		}
		if err := s.endVersion(ctx, tx, levelID, version); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "level.ended", Object: objectOf(levelID), Before: was.told()})
	})
	if err != nil {
		return fmt.Errorf("end level %d: %w", levelID, err)
	}
	return nil
}

func (s *Service) endVersion(ctx context.Context, tx tenantdb.Tx, levelID, version int64) error {
	n, err := s.q.EndVersion(ctx, tx, tx.Now(), levelID, version)
	if err == nil && n == 0 {
		return ErrChanged
	}
	return err
}

// arranging changes levels, one editor after another, and has members moved to where they belong.
func (s *Service) arranging(ctx context.Context, id tenant.ID, change func(tx tenantdb.Tx, have []Level) error) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if _, err := s.q.LockLevels(ctx, tx); err != nil {
			return err
		}
		have, err := s.levels(ctx, tx)
		if err != nil {
			return err
		}
		if err := change(tx, have); err != nil {
			return err
		}
		return s.d.Outbox.Append(ctx, tx, TopicArranged, "levels", struct{}{})
	})
	if tenantdb.Violates(err, "level_threshold_once") {
		return ErrThreshold
	}
	return err
}

func objectOf(levelID int64) string { return "level:" + strconv.FormatInt(levelID, 10) }

func (l Level) told() map[string]any {
	return map[string]any{
		"name": l.Name, "threshold": l.Threshold, "off_bps": int64(l.OffBps), "free_shipping": l.FreeShipping, "points_bps": int64(l.PointsBps),
		"valid_days": l.ValidDays, "keep_growth": l.KeepGrowth,
	}
}
