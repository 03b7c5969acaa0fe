// Package smtp hands shops' mails to the mail servers that the shops name.
//
// A server is reached by its public name on a port of submission, at an address that
// tenant/egress allows, and only over TLS with a certificate for its name; a connection that
// cannot be secured carries neither password nor mail. What the server answers is sorted by
// its reply class (RFC 5321, 4.2.1): 4 may be tried again, 5 may not. A connection that
// breaks after the mail's last line says nothing about it, and it is not sent again.
//
// On a development installation a shop may use the desk: a server of the installation's own
// on loopback, without TLS, whose mails are read on a page. Neither an address nor a text
// ever stands in an error.
package smtp
