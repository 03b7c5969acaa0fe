-- What a campaign may give away. Counted with the order that gets it, given back with the order
-- that closes.
CREATE TABLE campaign_budget (
  campaign_id bigint PRIMARY KEY REFERENCES campaign (id),
  budget_fen  bigint CHECK (budget_fen > 0),              -- NULL: no limit any more
  least_fen   bigint NOT NULL CHECK (least_fen > 0),      -- the least it gives: with less than that left, it is used up
  spent_fen   bigint NOT NULL DEFAULT 0 CHECK (spent_fen >= 0),
  told_at     timestamptz,                                -- when staff were told that it is used up
  CONSTRAINT campaign_budget_spent CHECK (spent_fen <= budget_fen)
) WITH (fillfactor = 50); -- changed with every order that it pays for
REVOKE DELETE ON campaign_budget FROM galleria_tenant;

CREATE TABLE campaign_spend (
  order_no    text NOT NULL REFERENCES orders (order_no),
  campaign_id bigint NOT NULL REFERENCES campaign_budget (campaign_id),
  fen         platform.fen NOT NULL CHECK (fen > 0),
  back_at     timestamptz,
  PRIMARY KEY (order_no, campaign_id)
);
CREATE INDEX campaign_spend_campaign ON campaign_spend (campaign_id) WHERE back_at IS NULL;
REVOKE DELETE ON campaign_spend FROM galleria_tenant;
