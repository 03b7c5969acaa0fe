// Package courier brings messages to people who work in the console: codes that prove an
// address, invitations, links that reset a password, notices about a shop.
//
// A Courier sends. SMTP sends mail, over TLS unless the server is on this machine;
// TemplateSMS has a vendor send text messages, for the kinds that have a registered template;
// Ways joins couriers, and without any sends nothing; Desk is the one for development, which
// keeps messages in memory and shows them on a local page. What a courier was given appears in
// no log: a code or a link in it is a secret.
package courier
