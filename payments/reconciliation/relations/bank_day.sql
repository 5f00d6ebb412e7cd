-- One account, one hospital day: our ledger against the bank, line by line.
--
-- In:   ledger_side (line_id, ref, amount)   one row per ledger transaction
--       bank_side   (line_id, ref, amount)   one row per line of the bank
--       tolerance   (amount)                 one row: đồng that may differ
--       ref names the movement alike on both sides and is never NULL.
-- Out:  verdict, ref, ledger_line, ledger_amount, bank_line, bank_amount; every row of both sides
--       stands in exactly one row of the answer.
--
-- Common subset of SQLite, DuckDB, PostgreSQL and Spark SQL: the same text runs on all four.
WITH ledger_numbered AS (
    SELECT line_id, ref, amount,
           ROW_NUMBER() OVER (PARTITION BY ref, amount ORDER BY line_id) AS twin
    FROM ledger_side
),
bank_numbered AS (
    SELECT line_id, ref, amount,
           ROW_NUMBER() OVER (PARTITION BY ref, amount ORDER BY line_id) AS twin
    FROM bank_side
),
equal_pairs AS (
    SELECT COALESCE(l.ref, b.ref) AS ref,
           l.line_id AS ledger_line, l.amount AS ledger_amount,
           b.line_id AS bank_line, b.amount AS bank_amount
    FROM ledger_numbered l
    FULL JOIN bank_numbered b ON l.ref = b.ref AND l.amount = b.amount AND l.twin = b.twin
),
ledger_left AS (
    SELECT ref, ledger_line, ledger_amount,
           ROW_NUMBER() OVER (PARTITION BY ref ORDER BY ledger_amount, ledger_line) AS turn
    FROM equal_pairs
    WHERE bank_line IS NULL
),
bank_left AS (
    SELECT ref, bank_line, bank_amount,
           ROW_NUMBER() OVER (PARTITION BY ref ORDER BY bank_amount, bank_line) AS turn
    FROM equal_pairs
    WHERE ledger_line IS NULL
),
ledger_refs AS (
    SELECT ref AS known_ref, MIN(line_id) AS first_line FROM ledger_side GROUP BY ref
),
bank_refs AS (
    SELECT ref AS known_ref, MIN(line_id) AS first_line FROM bank_side GROUP BY ref
),
unequal_pairs AS (
    SELECT COALESCE(l.ref, b.ref) AS ref,
           COALESCE(l.turn, b.turn) AS turn,
           l.ledger_line, l.ledger_amount, b.bank_line, b.bank_amount
    FROM ledger_left l
    FULL JOIN bank_left b ON l.ref = b.ref AND l.turn = b.turn
)
SELECT 'matched' AS verdict, ref, ledger_line, ledger_amount, bank_line, bank_amount
FROM equal_pairs
WHERE ledger_line IS NOT NULL AND bank_line IS NOT NULL
UNION ALL
SELECT CASE
           WHEN u.ledger_line IS NOT NULL AND u.bank_line IS NOT NULL THEN
               CASE WHEN ABS(u.ledger_amount - u.bank_amount) <= t.amount
                    THEN 'within_tolerance' ELSE 'amount_differs' END
           WHEN u.ledger_line IS NOT NULL THEN
               CASE WHEN b.first_line IS NOT NULL OR u.turn > 1
                    THEN 'duplicate_here' ELSE 'missing_there' END
           ELSE
               CASE WHEN l.first_line IS NOT NULL OR u.turn > 1
                    THEN 'duplicate_there' ELSE 'missing_here' END
       END AS verdict,
       u.ref, u.ledger_line, u.ledger_amount, u.bank_line, u.bank_amount
FROM unequal_pairs u
CROSS JOIN tolerance t
LEFT JOIN ledger_refs l ON u.ref = l.known_ref
LEFT JOIN bank_refs b ON u.ref = b.known_ref
