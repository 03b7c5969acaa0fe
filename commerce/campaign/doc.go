// Package campaign makes goods cheaper for a time: prices of SKUs between two moments (timed
// discounts), and reductions of orders in tiers, by amount or by pieces, free delivery included.
//
// It owns campaign (the registry), campaign_sku (the prices, and where and when they are
// promised) and campaign_version (every wording, as orders name it). What a campaign does to an
// order pricing says: Rules hands it over. What it took off stands in order_adjustment, and its
// cost is the sum of that: there is no counter that could disagree.
//
// Invariants: at any moment and in any channel a SKU's price is promised by one campaign at most
// (campaign_sku_alone, an exclusion constraint; drafts and stopped ones promise nothing); a
// version that an order names was kept word for word. Reductions may overlap: pricing takes the
// one that takes most off and uses each line once, and tells the others why not.
//
// Decisions. A campaign begins and ends by the clock of the statement that asks: no job turns it
// on, so none can be late. Answers that are kept in memory end at the next of its Windows. The
// exclusion needs no extension: a SKU is the range of itself, the channels of a campaign are a
// multirange of hashes of AppIDs, and both have GiST operators of their own; two AppIDs with one
// hash would only refuse a little more. A campaign names the SKUs that its products have when it
// is saved; one that is added later costs what it says. Lists are sorted and filtered by the
// regular price. A fixed price that is not below the regular one any more does nothing.
// Who placed an order at a price keeps it, also when the campaign ends before the payment.
package campaign
