// Package campaign makes goods cheaper for a time: prices of SKUs between two moments (timed
// discounts), in sessions and of so many pieces (flash sales) or for who comes with others (group
// buying), and reductions of orders in tiers, by amount or by pieces, free delivery and gifts included.
//
// It owns campaign (the registry), campaign_sku (the prices, and where and when they are
// promised), campaign_version (every wording, as orders name it), and of flash sales
// campaign_session, flash_bucket (the units of a SKU in a session), flash_take (what orders took
// of them) and flash_reminder (who is told before a session), of budgets campaign_budget and
// campaign_spend, and of groups buy_group and group_seat, with the table of their transitions
// (GroupTransitions). What a campaign does to an
// order pricing says: Rules hands it over. What it took off stands in order_adjustment, and its
// cost is the sum of that: there is no counter that could disagree.
//
// Invariants: at any moment and in any channel a SKU's price is promised by one campaign at most
// (campaign_sku_alone, an exclusion constraint; drafts and stopped ones promise nothing); a
// version that an order names was kept word for word. Reductions may overlap: pricing takes the
// one that takes most off and uses each line once, and tells the others why not; of a session no
// more is sold than it has units (flash_bucket_taken), whoever comes at once.
//
// Decisions. A campaign begins and ends by the clock of the statement that asks: no job turns it
// on, so none can be late. Answers that are kept in memory end at the next of its Windows. The
// exclusion needs no extension: a SKU is the range of itself, the channels of a campaign are a
// multirange of hashes of AppIDs, and both have GiST operators of their own; two AppIDs with one
// hash would only refuse a little more. A campaign names the SKUs that its products have when it
// is saved; one that is added later costs what it says. Lists are sorted and filtered by the
// regular price. A fixed price that is not below the regular one any more does nothing.
// Who placed an order at a price keeps it, also when the campaign ends before the payment.
//
// A flash sale's units are a ceiling on what is sold at its price, not stock: an order takes units
// and, as any order, stock, so that nothing is left over that would have to go back, and what the
// shop sells elsewhere meanwhile cannot be short of it. Units are taken by one conditional update
// in the transaction that places the order, right before the stock, and come back when the order
// closes: unpaid, or with its whole money gone back. A part that goes back returns nothing. While
// the session runs, what came back can be had again. Limits count pieces of a SKU: of one order,
// and of a member in one session. A line of more pieces than are left, or than the buyer may have,
// costs what it costs without the sale; the quote says so, and an order that confirmed another
// price is refused with PRICE_CHANGED. FLASH_SOLD_OUT is for whoever loses the race between the
// two. A sale promises its prices' SKUs from its first session to its last, so that no other
// campaign takes the time between them. A session that has begun keeps its times; units can be
// changed, but not below what was taken.
//
// A budget is a ceiling on what a campaign gives away, gifts at cost. It is taken by one conditional
// update with the order, after units and before stock, and comes back as units do. What it does not
// hold whole is not given. A campaign is used up when less is left than the least it gives; when an
// order closes it may give again. A budget that is set later counts from then on.
//
// Which gift comes, the campaign says: the first of two that is in stock. That a tier's gift goes
// back with its goods is a rule of the order (order.Gift). Only what can be sent is a gift.
//
// A group's seat is taken when the order is placed, not when it is paid: who pays has one, and the
// price is that nobody else has it until the order closes. A group begins with its first order, can
// be joined once that is paid, and its time runs from then to at most the campaign's end. It is of one
// product. Complete is complete: a member who gets money back later leaves no empty seat. A group that
// does not fill in time, or whose campaign is stopped, asks each paid seat back once (asked_at, and
// one refund of a payment for that reason); a payment that comes after that goes back in the same way. Who
// has not paid by then cannot any more: the order closes.
package campaign
