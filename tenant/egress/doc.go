// Package egress calls addresses that others give us: merchants (webhooks, pictures to import)
// and providers in their answers (pictures of codes). It is the only way to them.
//
// It owns what such an address may look like (Check, when it is saved) and whom a
// connection may reach (Client, when it is used). It owns no provider's address: those
// are constants of their rooms, and what a test account may talk to instead is Only the
// sandbox that the installation configured.
//
// Invariants: https to port 443 of a public address, and nothing else. The address is
// looked at after the name was resolved, on the connection that is being dialled, so a
// name that changes its mind in between gains nothing. No redirect is followed, no proxy
// asked, no cookie kept; time and size are bounded.
//
// Decision: own code instead of a library. The rule fits into one list of networks and
// one hook of net.Dialer; a library would bring its own idea of redirects and ports.
package egress
