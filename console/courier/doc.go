// Package courier brings messages to people who work in the console: codes that prove an
// address, invitations, links that reset a password, notices about a shop.
//
// A Courier sends. SMTP sends mail, over TLS unless the server is on this machine; Desk is
// the one for development, which keeps messages in memory and shows them on a local page;
// None sends nothing. SMS has no driver: an installation that has a contract adds one. A
// courier does not know what the messages are for, and what it was given appears in no
// log: a code or a link in it is a secret.
package courier
