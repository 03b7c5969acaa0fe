package courier

// Kind is what a message is about. A vendor of text messages sends no free text: it fills a
// template that was registered for the kind with the message's Values.
type Kind string

// The kinds that staff and merchants are sent, with the values of their templates.
const (
	SignUpCode     Kind = "signup_code"     // code
	SignUpKnown    Kind = "signup_known"    // none: the address has an account
	AddressCode    Kind = "address_code"    // code
	AddressKnown   Kind = "address_known"   // none: the address is somebody's
	AddressChanged Kind = "address_changed" // address: the new one, masked
	PasswordReset  Kind = "password_reset"  // token: what follows /console/reset/
	Invite         Kind = "invite"          // shop, name: of who invites, token: what follows /console/invite/
	PlatformInvite Kind = "platform_invite" // name: of who invites, token: what follows /console/team/
	SignUpApproved Kind = "signup_approved" // shop
	SignUpRejected Kind = "signup_rejected" // shop
	SignUpReady    Kind = "signup_ready"    // shop, handle: what follows /console/
)

// Kinds lists them.
func Kinds() []Kind {
	return []Kind{
		SignUpCode, SignUpKnown, AddressCode, AddressKnown, AddressChanged, PasswordReset, Invite, PlatformInvite,
		SignUpApproved, SignUpRejected, SignUpReady,
	}
}

// twins are the kinds that an address with an account gets instead: who can be sent one can be
// sent the other, or the difference would tell who has an account.
func twins() map[Kind]Kind {
	return map[Kind]Kind{SignUpCode: SignUpKnown, AddressCode: AddressKnown}
}
