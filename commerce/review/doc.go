// Package review keeps what buyers say of what they got: one review for each line of an
// order, at most one follow-up to it, and the shop's one reply.
//
// It owns review, review_summary, review_report, review_picture, the terms of reviewing among the shop's
// settings, and the table of transitions (Transitions; its chart is
// testdata/transitions.golden.md). It knows neither orders nor providers: InviteTx is told what
// arrived, and JudgeTx what a provider's content check found.
//
// Invariants: a line is reviewed once (a constraint), and a follow-up is written once; neither is
// ever edited. Nobody but its author sees a text before it passed the check, or a person let it
// pass. A product's summary counts exactly what is shown: it changes by the difference that one
// review makes, in the transaction that makes it, with the review's row locked first and the
// summary's after it. Whoever changes reviews of several products does so in the order of the
// products. An anonymous review keeps a masked name and no other. What staff hide or show again
// has a reason and an entry in the audit log; a member's report counts once, and as many as the
// shop says hide a review until staff decide, after which they count no more; they cannot delete, and cannot write a review.
//
// Decisions. The right to review is a row of its own from the day the goods arrived, so that
// what is left to be reviewed is an index and no other room is asked. The replies of a shop are
// shown at once: the provider's check judges texts of people who used the Mini Program within
// two hours, which staff do not, and they answer for theirs by name in the audit log. What cannot
// be checked waits for a person: no provider of the app checks texts, it does not know the writer
// any more, or there are pictures and its messages do not reach us. WeChat judges pictures only by
// a later message, one for each; the text waits until the last of them, or the first that doubts,
// and after 40 minutes without one for a person. What could not be checked yet waits for the
// check, and is listed so long. A member who leaves takes texts,
// pictures and name along; the score stays without a person. Test orders are not reviewed.
package review
