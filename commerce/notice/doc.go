// Package notice decides which messages reach a buyer, and remembers what became of
// each. It owns subscribe_template (which template of a Mini Program tells of which
// event), subscribe_consent (how many messages the buyer still allows: each "accept"
// in wx.requestSubscribeMessage allows one) and message_log. It sends nothing: the job
// that calls it talks to the provider between Begin and Finish.
//
// A buyer who did not subscribe is skipped, which is an outcome and not an error. A
// message whose sending was interrupted is not sent again: the provider offers no key
// that would make a second sending harmless, and a consent was spent.
package notice
