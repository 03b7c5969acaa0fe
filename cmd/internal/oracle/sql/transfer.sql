-- Money that a shop pays to people: told, posted, and what the providers say (truth).

-- W1 a transfer that reached its receiver is in the books, with its amount, from the account that paid
SELECT x.out_bill_no FROM transfer x LEFT JOIN ledger_journal j ON j.kind = 'payout' AND j.ref = x.out_bill_no LEFT JOIN ledger_transfer t ON t.journal_no = j.no
WHERE x.status = 'succeeded' AND (t.amount_fen IS DISTINCT FROM x.amount_fen OR t.debit IS DISTINCT FROM CASE x.source_kind WHEN 'commission' THEN 'payable:' ELSE 'payouts:' END || x.source_kind
  OR t.credit IS DISTINCT FROM 'receivable:' || x.channel || ':' || x.account_id);

-- W2 every end of a transfer is told of once
SELECT x.out_bill_no FROM transfer x WHERE x.created_at > now() - interval '7 days'
  AND (SELECT count(*) FROM platform.outbox e WHERE e.tenant_id = current_schema() AND e.topic = 'transfer.ended' AND e.key = x.out_bill_no)
   <> (SELECT count(*) FROM transfer_event v WHERE v.transfer_id = x.id AND v.to_status IN ('succeeded', 'failed', 'cancelled'))
UNION ALL
SELECT e.key FROM platform.outbox e WHERE e.tenant_id = current_schema() AND e.topic = 'transfer.ended' AND NOT EXISTS (SELECT FROM transfer x WHERE x.out_bill_no = e.key);

-- W3 a transfer that has not ended is gone on with
SELECT x.out_bill_no FROM transfer x WHERE x.finished_at IS NULL AND x.updated_at < (SELECT rest FROM given)
  AND NOT EXISTS (SELECT FROM platform.timer t WHERE t.tenant_id = current_schema() AND t.topic = 'transfer.due' AND t.key = x.out_bill_no)
  AND NOT EXISTS (SELECT FROM platform.outbox e WHERE e.tenant_id = current_schema() AND e.topic = 'transfer.due' AND e.key = x.out_bill_no AND e.done_at IS NULL AND e.dead_at IS NULL);

-- W4 a transfer's timeline ends where the transfer stands
SELECT x.out_bill_no FROM transfer x
WHERE x.status IS DISTINCT FROM (SELECT v.to_status FROM transfer_event v WHERE v.transfer_id = x.id ORDER BY v.id DESC LIMIT 1);

-- W5 truth what a provider paid out is a transfer of ours that ended so, with its amount, and nothing else ended so
SELECT p.number FROM payout p LEFT JOIN transfer x ON x.out_bill_no = p.number
WHERE x.id IS NULL OR p.fen <> x.amount_fen OR (p.done AND x.status <> 'succeeded' AND x.updated_at < (SELECT rest FROM given))
UNION ALL
SELECT x.out_bill_no FROM transfer x LEFT JOIN payout p ON p.number = x.out_bill_no WHERE x.status = 'succeeded' AND p.done IS NOT TRUE;

-- W6 one source is paid once
SELECT source_kind || ':' || source_no FROM transfer GROUP BY source_kind, source_no HAVING count(*) > 1;
