// Package member owns the buyers of a shop: who they are to each Mini Program, their
// sessions and their address book.
//
// It does not own what wx.login answers (tenant/miniprogram asks the provider) nor
// rights inside the console (members have none there). An identity is the pair of AppID
// and openid that a provider vouched for; nothing a client says joins two members.
//
// Invariants: one member per (AppID, openid), however many first logins run at once; a
// token works in one tenant and one AppID only; a refresh token works once; an address
// belongs to one member, another member's is "not found"; an address book has at most
// one default and at most MaxAddresses entries.
//
// Decisions:
//   - Tokens are 256 random bits and only their SHA-256 is stored, so a stolen database
//     logs nobody in. They carry the tenant's id in clear: a token of another shop is
//     refused without reading anything.
//   - All refresh tokens of a session share a random family part. A used one is known by
//     its family, however many rotations ago it was used, and ends the session: thief and
//     owner both lose it. There is no grace period for a repeated refresh; a Mini Program
//     logs in again silently with wx.login.
//   - Lifetimes are set and judged by the database's clock.
//   - Authenticate remembers an answer for five seconds. A logout or block in another
//     process is therefore felt within that time; in this process at once.
//   - A unionid is recorded, but members are not merged by it: merging moves orders and
//     consents and needs a flow of its own.
package member
