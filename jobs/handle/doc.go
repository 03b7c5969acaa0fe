// Package handle says what each event leads to. Orders and payments do not know each
// other; here they meet: a payment that succeeded pays its order, an order that closes
// closes its payments, money that an order cannot use goes back.
//
// Every handler is safe to repeat. Those whose effect is in Postgres write the event's
// receipt in the effect's transaction; those that talk to a provider use the stable
// number the event names, and the room they call looks at the state before it acts.
package handle
