package member

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// What the shop may keep of its members.
const (
	MaxNote   = 500 // characters of a note
	MaxReason = 200 // characters of why somebody is blocked
	MaxTags   = 20  // of one member
	maxTag    = 20  // characters of one
	maxWords  = 200 // different tags of a shop
)

// SetNote keeps what the shop's people tell each other of a member, who never sees it; an
// empty note is none. Opens a transaction. Faults: VALIDATION, NOT_FOUND.
func (s *Service) SetNote(ctx context.Context, id tenant.ID, memberID int64, note, actor string) error {
	note = strings.TrimSpace(note)
	if !plain(note, 0, MaxNote) {
		return fault.Invalidf("note", "at most %d characters", MaxNote)
	}
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.SetNote(ctx, tx, note, memberID)
		if err == nil && n == 0 {
			err = fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		// What the note says is not repeated: it may be about a person.
		return s.audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "member.note", Object: object(memberID), Detail: map[string]any{"empty": note == ""}})
	})
	if err != nil {
		return fmt.Errorf("set note: %w", err)
	}
	return nil
}

// SetTags replaces the tags of a member. Opens a transaction. Faults: VALIDATION, NOT_FOUND.
func (s *Service) SetTags(ctx context.Context, id tenant.ID, memberID int64, tags []string, actor string) error {
	wanted, err := checkedTags(tags)
	if err != nil {
		return err
	}
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if row, err := s.q.NoteOf(ctx, tx, memberID); tenantdb.NoRows(err) || (err == nil && !Status(row.Status).present()) {
			return fault.ErrNotFound
		} else if err != nil {
			return err
		}
		before, err := s.q.TagsOf(ctx, tx, memberID)
		if err != nil || slices.Equal(before, wanted) {
			return err
		}
		if err := s.q.SetTags(ctx, tx, orEmpty(wanted), memberID, tx.Now()); err != nil {
			return err
		}
		if n, err := s.q.CountTags(ctx, tx); err != nil || n > maxWords {
			if err == nil {
				err = fault.Invalidf("tags", "the shop has %d different tags already", maxWords)
			}
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: "member.tags", Object: object(memberID), Before: map[string]any{"tags": orEmpty(before)}, After: map[string]any{"tags": orEmpty(wanted)},
		})
	})
	if err != nil {
		return fmt.Errorf("set tags: %w", err)
	}
	return nil
}

// checkedTags are the tags as they are stored: each once, in order. Faults: VALIDATION.
func checkedTags(tags []string) ([]string, error) {
	var wanted []string
	for _, t := range tags {
		if t = strings.Join(strings.Fields(t), " "); t == "" || slices.Contains(wanted, t) {
			continue
		}
		if !plain(t, 1, maxTag) {
			return nil, fault.Invalidf("tags", "each has at most %d characters", maxTag)
		}
		wanted = append(wanted, t)
	}
	if len(wanted) > MaxTags {
		return nil, fault.Invalidf("tags", "at most %d", MaxTags)
	}
	slices.Sort(wanted)
	return wanted, nil
}

// Block keeps a member from logging in and ordering; open orders go on. Blocking who is
// blocked changes nothing. Opens a transaction. Faults: VALIDATION without a reason,
// NOT_FOUND.
func (s *Service) Block(ctx context.Context, id tenant.ID, memberID int64, reason, actor string) error {
	reason = strings.TrimSpace(reason)
	if !plain(reason, 1, MaxReason) {
		return fault.Invalidf("reason", "must be 1 to %d characters", MaxReason)
	}
	return s.setBlocked(ctx, id, memberID, Active, Blocked, reason, actor)
}

// Unblock lets a blocked member in again. Opens a transaction. Faults: NOT_FOUND.
func (s *Service) Unblock(ctx context.Context, id tenant.ID, memberID int64, actor string) error {
	return s.setBlocked(ctx, id, memberID, Blocked, Active, "", actor)
}

func (s *Service) setBlocked(ctx context.Context, id tenant.ID, memberID int64, from, to Status, reason, actor string) error {
	var felt [][]byte
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		row, err := s.q.NoteOf(ctx, tx, memberID)
		switch {
		case tenantdb.NoRows(err) || (err == nil && !Status(row.Status).present()):
			return fault.ErrNotFound
		case err != nil || Status(row.Status) == to:
			return err
		}
		if n, err := s.q.SetBlocked(ctx, tx, string(to), reason, memberID, string(from)); err != nil || n != 1 {
			return err
		}
		if felt, err = s.q.SessionHashes(ctx, tx, memberID); err != nil {
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: "member." + map[Status]string{Active: "unblocked", Blocked: "blocked"}[to], Object: object(memberID),
			Before: map[string]any{"status": string(from)}, After: map[string]any{"status": string(to)}, Detail: map[string]any{"reason": reason},
		})
	})
	if err != nil {
		return fmt.Errorf("block member: %w", err)
	}
	s.forgetAll(felt)
	return nil
}

// RevealPhone opens a member's number for somebody of the shop, who says why; that somebody
// did is recorded before the number is given. Opens a transaction. Faults: VALIDATION
// without a reason, NOT_FOUND.
func (s *Service) RevealPhone(ctx context.Context, id tenant.ID, memberID int64, reason, actor string) (string, error) {
	reason = strings.TrimSpace(reason)
	if !plain(reason, 2, MaxReason) {
		return "", fault.Invalidf("reason", "must be 2 to %d characters", MaxReason)
	}
	number, err := s.Phone(ctx, id, memberID)
	if err != nil {
		return "", err
	}
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: "member.phone_revealed", Object: object(memberID), Detail: map[string]any{"reason": reason},
		})
	})
	if err != nil {
		return "", fmt.Errorf("record reveal: %w", err)
	}
	return string(number.Reveal()), nil
}

// PhoneIndex is what a whole number is found by, nil for what is none.
func (s *Service) PhoneIndex(ctx context.Context, id tenant.ID, typed string) ([]byte, error) {
	number := strings.NewReplacer(" ", "", "-", "").Replace(typed)
	if !phoneForm.MatchString(number) {
		return nil, nil
	}
	key, err := s.indexKey(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("phone index: %w", err)
	}
	return blind(key, number), nil
}

// plain reports printable text of a bounded length; line breaks are fine.
func plain(text string, least, most int) bool {
	n := utf8.RuneCountInString(text)
	return n >= least && n <= most && utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\r'
	}) < 0
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
