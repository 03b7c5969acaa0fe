// Package notice decides what buyers and staff are told, and remembers what became of it.
//
// Catalogue lists the events, whom each is for, and its words in both languages. A shop
// changes by message_rule which of the ways are used, and by message_hours when messages
// that can wait do wait. An event becomes, each once and in one statement:
//   - a row of inbox_message, the buyer's list in the Mini Program,
//   - a row of staff_notice, which every member of staff who may see such things finds in
//     the console (staff_notice_seen says up to where one has looked),
//   - a message that the buyer subscribed to. subscribe_template is the template of a Mini
//     Program that tells of an event (Alipay's of three kinds), subscribe_consent how many messages the buyer still
//     allows (each "accept" in wx.requestSubscribeMessage allows one), message_log what
//     became of it, and message_receipt what the provider later said of it: the receipt may
//     come before its sender has written that the message is sent, so whichever is second
//     finds the other.
//
// Alipay's templates for trades and forms go under a number instead of a consent (form_id):
// message_form keeps those of a buyer's payments, and of forms that the Mini Program hands in;
// message_form_use which message used which of a number's three. Of several the one that ends
// first is taken, and one that Alipay refuses is void.
//
// News of a member that no order stands behind (points and coupons that end, levels) comes by that of the
// member's Mini Programs which may send it (AppFor), by text message, and by mail to the address of the
// newest invoice. Of these only the inbox is on until the shop says otherwise.
//
// Where the shop has an account for text messages (sms_account, its secret sealed), an event
// is told by one, too, a minute later: to the phone that the member gave, within what one
// phone may get (sms_count, by the phone's blind index). Texter is the vendor's side.
// What a month may cost is counted before each (sms_spend).
//
// Where the shop has a mail server (mail_account, its password sealed), who of the staff chose
// so (mail_reader) gets the board's notices by mail, too, and buyers hear of their invoice at
// the address that stands on it; in the shop's own words (mail_template) or the catalogue's.
// Mailer is the server's side.
//
// Inbox and board keep facts; words are made when they are read, in the reader's language.
// The package sends nothing but tests, for whose answer somebody waits: the job that calls it
// talks to the provider between BeginTx and FinishTx. A buyer who did not subscribe is skipped, which is an outcome and not an error.
// A message whose sending was interrupted is not sent again: the provider offers no key
// that would make a second sending harmless, and a consent was spent.
package notice
