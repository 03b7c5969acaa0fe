package readmodel

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
)

// ReviewRow is a review in the console's list.
type ReviewRow struct {
	ID           int64
	SPUID        int64
	Title        string
	Spec         string
	Picture      string
	Score        int
	Auto         bool
	Author       string
	Body         string
	Pictures     int
	Status       string
	FollowStatus string // open: there is none
	Replied      bool
	Reports      int64 // of members, since a person last decided
	WrittenAt    time.Time
}

// ReviewFilter narrows the list.
type ReviewFilter struct {
	Tab     string // of ReviewTabs, empty for all
	Product int64  // SPU; 0 for any
	Score   int    // 1 to 5; 0 for any
	Offset  int64
}

// ReviewTabs are the tabs of the list, besides all, and what stands behind them.
func ReviewTabs() []ReviewTab {
	return []ReviewTab{
		{"unanswered", unansweredReview},
		{"flagged", "'flagged' IN (r.status, r.follow_status)"},
		{"reported", "r.reports > 0"},
		{"waiting", "'waiting' IN (r.status, r.follow_status)"},
		{"published", "r.status = 'published'"},
		{"hidden", "'hidden' IN (r.status, r.follow_status)"},
	}
}

// unansweredReview is a bad review that the shop has not replied to.
const unansweredReview = "r.status = 'published' AND r.score <= 2 AND r.reply = ''"

// ReviewTab is one of them.
type ReviewTab struct {
	Name  string
	where string
}

const reviewColumns = `SELECT r.id, r.spu_id, r.title, r.spec, r.picture, r.score, r.auto, r.author, CASE WHEN r.body = '' THEN r.follow_body ELSE r.body END,
       cardinality(r.pictures) + cardinality(r.follow_pictures), r.status, r.follow_status, r.reply <> '', r.reports, r.written_at
  FROM review r`

func reviewRow(row pgx.CollectableRow) (r ReviewRow, err error) {
	err = row.Scan(&r.ID, &r.SPUID, &r.Title, &r.Spec, &r.Picture, &r.Score, &r.Auto, &r.Author, &r.Body, &r.Pictures, &r.Status, &r.FollowStatus, &r.Replied, &r.Reports, &r.WrittenAt)
	return r, err
}

// pageReviews is how many reviews a page shows.
const pageReviews = 30

// Reviews returns a page of what was written and not taken back, the newest first, with how
// many each tab has, capped at CountCap.
func (s *Store) Reviews(ctx context.Context, shop tenant.ID, f ReviewFilter) (page MoneyPage[ReviewRow], err error) {
	page.Counts = map[string]int64{}
	var w filter
	w.is("r.status NOT IN ('open', 'deleted')")
	for _, t := range ReviewTabs() {
		if t.Name == f.Tab {
			w.is(t.where)
		}
	}
	if f.Product > 0 {
		w.add("r.spu_id = ?", f.Product)
	}
	if f.Score > 0 {
		w.add("r.score = ?", f.Score)
	}
	w.args = append(w.args, f.Offset)
	order := " ORDER BY r.written_at DESC, r.id DESC OFFSET " + lastArg(w.args)
	w.args = append(w.args, pageReviews+1)
	err = s.read(ctx, shop, "reviews", func(b *pgx.Batch) {
		collect(b, &page.Rows, reviewRow, reviewColumns+w.where()+order+" LIMIT "+lastArg(w.args), w.args...)
		for _, t := range append(ReviewTabs(), ReviewTab{"", "true"}) {
			b.Queue(`SELECT count(*) FROM (SELECT 1 FROM review r WHERE r.status NOT IN ('open', 'deleted') AND `+t.where+` LIMIT $1) x`, CountCap).
				QueryRow(func(row pgx.Row) error {
					var n int64
					err := row.Scan(&n)
					page.Counts[t.Name] = n
					return err
				})
		}
	})
	if len(page.Rows) > pageReviews {
		page.Rows, page.Next = page.Rows[:pageReviews], f.Offset+pageReviews
	}
	return page, err
}
