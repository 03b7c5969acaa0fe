package console

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
	"galleria/tenant/audit"
)

// verifyTime bounds how long a page looks at the chain; the command line has no bound.
const verifyTime = 20 * time.Second

// platformAuditList shows the platform's own log and what is known about its chain.
func (s *Console) platformAuditList(c *fiber.Ctx, v *visit) error {
	state, err := s.chainState(c.UserContext())
	if err != nil {
		return err
	}
	return s.showAudit(c, v, &state)
}

// chainState is the newest anchor of the audit chains.
func (s *Console) chainState(ctx context.Context) (view.AuditState, error) {
	day, found, err := s.Audit.NewestAnchor(ctx)
	if err != nil || !found {
		return view.AuditState{}, err
	}
	return view.AuditState{AnchorDay: day.Day, AnchorChains: int64(day.Chains), AnchorDigest: day.Digest}, nil
}

// platformAuditVerify reads the platform's whole chain, says what it found, and records
// that somebody looked.
func (s *Console) platformAuditVerify(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	state, err := s.chainState(ctx)
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, verifyTime)
	defer cancel()
	report, err := s.Audit.Verify(within, audit.Platform)
	check := view.AuditCheck{Rows: report.Rows, Anchors: report.Anchors, Head: report.Head}
	detail := map[string]any{"rows": report.Rows, "whole": err == nil && report.Problem == nil}
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		check.Late = true
	case err != nil:
		return err
	case report.Problem != nil:
		check.Seq, check.Kind, check.Note = report.Problem.Seq, strings.ReplaceAll(string(report.Problem.Kind), " ", "_"), report.Problem.Note
		detail["seq"], detail["problem"] = check.Seq, check.Kind
	}
	if err := s.Audit.Record(ctx, audit.Entry{Action: "audit.verified", Detail: detail}); err != nil {
		return err
	}
	state.Checked = &check
	return s.showAudit(c, v, &state)
}
