// Package herald tells people outside the console what became of something they wait for:
// that their application was approved or refused, and that their shop is ready.
//
// It owns no table: the words are console/i18n's, the address is the account's, the way is
// console/courier's. Its caller is a job, whose event was written in the transaction of the
// decision: a letter is sent at least once, and twice only if the worker dies between the
// mail server's yes and the end of the event. An address that no courier reaches is not
// told; the page of the application says the same as the letter.
package herald
