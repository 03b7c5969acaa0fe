package review

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/commerce/review/internal/reviewdb"
	"galleria/tenant/fault"
)

// Part is which text of a review is meant.
type Part string

// The parts.
const (
	First    Part = "first"
	FollowUp Part = "follow_up"
)

// Bounds of what a person writes.
const (
	MaxBody     = 500 // characters
	MaxPictures = 9
	maxAuthor   = 40
)

// Text is what was written once.
type Text struct {
	Status   Status
	Body     string
	Pictures []string
	Doubt    string // why a person has to look, or why it is hidden; not for buyers
	AppID    string // where it was written
	At       *time.Time
}

// Review is a line of an order with what was said of it.
type Review struct {
	ID         int64
	LineID     int64
	OrderNo    string
	MemberID   int64
	SPUID      int64
	SKUID      int64
	Title      string
	Spec       string
	Picture    string
	ReceivedAt time.Time
	Until      time.Time // it may be written before
	Score      int       // 1 to 5; 0 before it is written
	Auto       bool      // nobody wrote it: the time was over
	Anonymous  bool
	Author     string // as others see it; empty for somebody without a name, or who has left
	First      Text
	FollowUp   Text // of status open unless there is one
	Reply      string
	ReplyBy    string
	RepliedAt  *time.Time
	Reports    int64 // of members, since a person last decided
	pictured   bool
	followed   bool
}

// TextOf is one of the review's texts.
func (r Review) TextOf(part Part) Text {
	if part == FollowUp {
		return r.FollowUp
	}
	return r.First
}

// Summary is what is shown of a product's reviews, added up.
type Summary struct {
	SPUID    int64
	Total    int64
	Scores   [5]int64 // how many gave 1 to 5
	Pictured int64
	Followed int64
}

// Least and most scores of a kind of review.
const (
	worst, badMost, middling, goodLeast, best = 1, 2, 3, 4, 5
)

// AverageHundredths is the mean score in hundredths, rounded half up; 0 without reviews.
func (s Summary) AverageHundredths() int64 {
	if s.Total == 0 {
		return 0
	}
	var sum int64
	for i, n := range s.Scores {
		sum += int64(i+1) * n
	}
	const hundred = 100
	return (sum*hundred*2 + s.Total) / (s.Total * 2)
}

// GoodBPS is the share of reviews of 4 and 5, in hundredths of a percent; 0 without reviews.
func (s Summary) GoodBPS() int64 {
	if s.Total == 0 {
		return 0
	}
	const whole = 10000
	return (s.Scores[goodLeast-1] + s.Scores[best-1]) * whole / s.Total
}

// Terms are a shop's rules of reviewing.
type Terms struct {
	ReviewDays   int64 // after receipt a review may be written; 1 to 180
	FollowUpDays int64 // after the review a follow-up may be written; 1 to 365
	Auto         bool  // who says nothing in time gives five points
	Checks       bool  // what buyers write is checked before others see it
	ReportLimit  int64 // so many reports hide a review until a person decides; 1 to 50
}

func days(n int64) time.Duration { return time.Duration(n) * 24 * time.Hour }

func fromRow(r reviewdb.Review) Review {
	return Review{
		ID: r.ID, LineID: r.LineID, OrderNo: r.OrderNo, MemberID: r.MemberID, SPUID: r.SpuID, SKUID: r.SkuID, Title: r.Title, Spec: r.Spec,
		Picture: r.Picture, ReceivedAt: r.ReceivedAt, Until: r.Until, Score: int(r.Score.Int16), Auto: r.Auto, Anonymous: r.Anonymous, Author: r.Author,
		First:    Text{Status: Status(r.Status), Body: r.Body, Pictures: r.Pictures, Doubt: r.Doubt, AppID: r.AppID, At: r.WrittenAt},
		FollowUp: Text{Status: Status(r.FollowStatus), Body: r.FollowBody, Pictures: r.FollowPictures, Doubt: r.FollowDoubt, AppID: r.FollowAppID, At: r.FollowedAt},
		Reply:    r.Reply, ReplyBy: r.ReplyBy, RepliedAt: r.RepliedAt, Reports: int64(r.Reports), pictured: r.Pictured, followed: r.Followed,
	}
}

// checkText is what may stand in a review. It returns the text without blanks around it.
func checkText(body string, pictures []string) (string, error) {
	body = strings.TrimSpace(body)
	switch {
	case !utf8.ValidString(body) || strings.ContainsRune(body, 0) || utf8.RuneCountInString(body) > MaxBody:
		return "", fault.Invalidf("body", "must have at most %d characters", MaxBody)
	case len(pictures) > MaxPictures:
		return "", fault.Invalidf("pictures", "must be at most %d", MaxPictures)
	}
	for i, p := range pictures {
		if slices.Contains(pictures[:i], p) {
			return "", fault.Invalidf("pictures", "must name each picture once")
		}
	}
	return body, nil
}

// authorOf is the name under which others see a review.
func authorOf(nickname string, anonymous bool) string {
	name := []rune(strings.TrimSpace(nickname))
	if !anonymous {
		return string(name[:min(len(name), maxAuthor)])
	}
	const stars = "***"
	switch {
	case len(name) == 0:
		return stars
	case len(name) < 3:
		return string(name[:1]) + stars
	}
	return string(name[:1]) + stars + string(name[len(name)-1:])
}
