-- Our ledger against what a channel (gateway, bank, terminal) says of the same movements.
--
-- In:   ledger_side  (line_id, ref, amount)   what we booked
--       channel_side (line_id, ref, amount)   what the channel tells
--       tolerance    (amount)                 one row: đồng that may differ
--       ref names a movement alike on both sides; a line without one is nobody's pair.
-- Out:  verdict, ref, ledger_line, ledger_amount, channel_line, channel_amount; every row of both
--       sides stands in exactly one row of the answer.
--
-- Equal lines meet first, true twins one by one; what is left of a ref meets in order of amount.
-- Common subset of SQLite, DuckDB, PostgreSQL and Spark SQL: the same text runs on all four.
WITH ledger_numbered AS (
    SELECT line_id, ref, amount,
           ROW_NUMBER() OVER (PARTITION BY ref, amount ORDER BY line_id) AS twin
    FROM ledger_side
    WHERE ref IS NOT NULL
),
channel_numbered AS (
    SELECT line_id, ref, amount,
           ROW_NUMBER() OVER (PARTITION BY ref, amount ORDER BY line_id) AS twin
    FROM channel_side
    WHERE ref IS NOT NULL
),
equal_pairs AS (
    SELECT COALESCE(l.ref, c.ref) AS ref,
           l.line_id AS ledger_line, l.amount AS ledger_amount,
           c.line_id AS channel_line, c.amount AS channel_amount
    FROM ledger_numbered l
    FULL JOIN channel_numbered c ON l.ref = c.ref AND l.amount = c.amount AND l.twin = c.twin
),
ledger_left AS (
    SELECT ref, ledger_line, ledger_amount,
           ROW_NUMBER() OVER (PARTITION BY ref ORDER BY ledger_amount, ledger_line) AS turn
    FROM equal_pairs
    WHERE channel_line IS NULL
),
channel_left AS (
    SELECT ref, channel_line, channel_amount,
           ROW_NUMBER() OVER (PARTITION BY ref ORDER BY channel_amount, channel_line) AS turn
    FROM equal_pairs
    WHERE ledger_line IS NULL
),
unequal_pairs AS (
    SELECT COALESCE(l.ref, c.ref) AS ref,
           COALESCE(l.turn, c.turn) AS turn,
           l.ledger_line, l.ledger_amount, c.channel_line, c.channel_amount
    FROM ledger_left l
    FULL JOIN channel_left c ON l.ref = c.ref AND l.turn = c.turn
),
alone_refs AS (
    SELECT ref AS alone_ref
    FROM unequal_pairs
    WHERE ledger_line IS NULL OR channel_line IS NULL
    GROUP BY ref
),
paired_refs AS (
    -- Both sides know this ref: what is left over of it was told once too often.
    SELECT p.ref AS paired_ref
    FROM equal_pairs p
    JOIN alone_refs a ON p.ref = a.alone_ref
    WHERE p.ledger_line IS NOT NULL AND p.channel_line IS NOT NULL
    GROUP BY p.ref
)
SELECT 'matched' AS verdict, ref, ledger_line, ledger_amount, channel_line, channel_amount
FROM equal_pairs
WHERE ledger_line IS NOT NULL AND channel_line IS NOT NULL
UNION ALL
SELECT CASE
           WHEN u.ledger_line IS NOT NULL AND u.channel_line IS NOT NULL THEN
               CASE WHEN ABS(u.ledger_amount - u.channel_amount) <= t.amount
                    THEN 'within_tolerance' ELSE 'amount_differs' END
           WHEN u.ledger_line IS NOT NULL THEN
               CASE WHEN k.paired_ref IS NOT NULL OR u.turn > 1
                    THEN 'duplicate_here' ELSE 'missing_there' END
           ELSE
               CASE WHEN k.paired_ref IS NOT NULL OR u.turn > 1
                    THEN 'duplicate_there' ELSE 'missing_here' END
       END AS verdict,
       u.ref, u.ledger_line, u.ledger_amount, u.channel_line, u.channel_amount
FROM unequal_pairs u
CROSS JOIN tolerance t
LEFT JOIN paired_refs k ON u.ref = k.paired_ref
UNION ALL
SELECT 'missing_there' AS verdict, ref, line_id AS ledger_line, amount AS ledger_amount,
       CAST(NULL AS VARCHAR(300)) AS channel_line, CAST(NULL AS BIGINT) AS channel_amount
FROM ledger_side
WHERE ref IS NULL
UNION ALL
SELECT 'missing_here' AS verdict, ref, CAST(NULL AS VARCHAR(300)) AS ledger_line,
       CAST(NULL AS BIGINT) AS ledger_amount, line_id AS channel_line, amount AS channel_amount
FROM channel_side
WHERE ref IS NULL
