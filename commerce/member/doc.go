// Package member owns the buyers of a shop: who they are to each Mini Program, their
// sessions, their address book, what they like, and what the shop notes of them.
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
//     process is therefore felt within that time; in this process at once. Placing an order
//     asks anew (MayOrder).
//   - Members are joined by a provider's word only: a unionid among the apps of one provider,
//     or the proof of a phone number that is not older than proofDays (carriers give numbers
//     to somebody else). Two accounts of one app are two people and are never joined. The
//     older member stays; what other rooms keep moves in the same transaction (Belongings),
//     and a test walks every table that names members. The row of the other one stays, empty,
//     because logs name it.
//   - Who leaves has LeaveAfter to think better of it and cannot order meanwhile. Then name,
//     phone, addresses, log-ins and the receivers of orders are erased; amounts, goods and
//     dates stay for the books under the member's number.
//   - Who lives where lies sealed by the shop's data key: name, phone and the lines below the
//     district of an address, in one piece bound to a key of the row, because rows change their
//     members. Division and default stay open: freight and lists need them. A blind index finds
//     whole phone numbers; names and streets are not searched any more. Rows from before are
//     read as they are until SealAddresses, in the shop's upkeep, has had them.
//   - What a member looked at is told in reports of its own: showing a product writes nothing.
package member
