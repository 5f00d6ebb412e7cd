-- Settlements: the payments that a channel put into a batch against the credits of our bank.
--
-- In:   channel_side (line_id, ref, amount, fee, tax)   payments; ref names their settlement batch
--       bank_side    (line_id, ref, amount)             credits; ref names the batch they are of
--       tolerance    (amount)                           one row: đồng that may differ
--       A batch is what its payments come to less fee and tax; the bank may credit it in parts.
-- Out:  verdict, ref, line, lines_here, amount_here, fee, tax, net_here, lines_there, amount_there.
--       One row a batch, line NULL; and one row for each line that is too much or has no batch.
--       lines_here and lines_there add up to the lines of the files.
--
-- Here is the channel, there the bank. A payment (line_id) told twice within its batch counts once.
-- Common subset of SQLite, DuckDB, PostgreSQL and Spark SQL: the same text runs on all four.
WITH payments AS (
    SELECT line_id, ref, amount, fee, tax,
           ROW_NUMBER() OVER (PARTITION BY ref, line_id ORDER BY amount, fee, tax) AS telling
    FROM channel_side
    WHERE ref IS NOT NULL
),
batches AS (
    SELECT ref, COUNT(*) AS lines_here,
           CAST(SUM(amount) AS BIGINT) AS amount_here,
           CAST(SUM(fee) AS BIGINT) AS fee,
           CAST(SUM(tax) AS BIGINT) AS tax,
           CAST(SUM(amount - fee - tax) AS BIGINT) AS net_here
    FROM payments
    WHERE telling = 1
    GROUP BY ref
),
credits AS (
    SELECT ref, COUNT(*) AS lines_there, CAST(SUM(amount) AS BIGINT) AS amount_there
    FROM bank_side
    WHERE ref IS NOT NULL
    GROUP BY ref
),
-- The bank credits a batch once, or once too often: one credit alone is the whole net.
whole_credits AS (
    SELECT s.line_id, s.ref, s.amount,
           ROW_NUMBER() OVER (PARTITION BY s.ref ORDER BY s.line_id) AS turn
    FROM bank_side s
    JOIN batches b ON s.ref = b.ref AND s.amount = b.net_here
),
whole_batches AS (
    SELECT w.ref AS whole_ref
    FROM whole_credits w
    JOIN credits c ON w.ref = c.ref
    WHERE w.turn = 1 AND c.amount_there <> w.amount
),
-- Of two credits with one line_id only the first is the whole: they are numbered, not named.
bank_numbered AS (
    SELECT s.line_id, s.ref, s.amount,
           ROW_NUMBER() OVER (
               PARTITION BY s.ref
               ORDER BY CASE WHEN s.amount = b.net_here THEN 0 ELSE 1 END, s.line_id, s.amount
           ) AS turn
    FROM bank_side s
    JOIN whole_batches w ON s.ref = w.whole_ref
    JOIN batches b ON s.ref = b.ref
)
SELECT CASE
           WHEN b.ref IS NULL THEN 'missing_here'
           WHEN c.ref IS NULL THEN 'missing_there'
           WHEN b.net_here = c.amount_there OR w.whole_ref IS NOT NULL THEN 'matched'
           WHEN ABS(b.net_here - c.amount_there) <= t.amount THEN 'within_tolerance'
           ELSE 'amount_differs'
       END AS verdict,
       COALESCE(b.ref, c.ref) AS ref,
       CAST(NULL AS VARCHAR(300)) AS line,
       COALESCE(b.lines_here, 0) AS lines_here,
       b.amount_here, b.fee, b.tax, b.net_here,
       CASE WHEN w.whole_ref IS NOT NULL THEN 1 ELSE COALESCE(c.lines_there, 0) END AS lines_there,
       CASE WHEN w.whole_ref IS NOT NULL THEN b.net_here ELSE c.amount_there END AS amount_there
FROM batches b
FULL JOIN credits c ON b.ref = c.ref
CROSS JOIN tolerance t
LEFT JOIN whole_batches w ON COALESCE(b.ref, c.ref) = w.whole_ref
UNION ALL
SELECT 'duplicate_here' AS verdict, ref, line_id AS line, 1 AS lines_here,
       amount AS amount_here, fee, tax, amount - fee - tax AS net_here,
       0 AS lines_there, CAST(NULL AS BIGINT) AS amount_there
FROM payments
WHERE telling > 1
UNION ALL
SELECT 'duplicate_there' AS verdict, ref, line_id AS line, 0 AS lines_here,
       CAST(NULL AS BIGINT) AS amount_here, CAST(NULL AS BIGINT) AS fee,
       CAST(NULL AS BIGINT) AS tax, CAST(NULL AS BIGINT) AS net_here,
       1 AS lines_there, amount AS amount_there
FROM bank_numbered
WHERE turn > 1
UNION ALL
SELECT 'missing_there' AS verdict, ref, line_id AS line, 1 AS lines_here,
       amount AS amount_here, fee, tax, amount - fee - tax AS net_here,
       0 AS lines_there, CAST(NULL AS BIGINT) AS amount_there
FROM channel_side
WHERE ref IS NULL
UNION ALL
SELECT 'missing_here' AS verdict, ref, line_id AS line, 0 AS lines_here,
       CAST(NULL AS BIGINT) AS amount_here, CAST(NULL AS BIGINT) AS fee,
       CAST(NULL AS BIGINT) AS tax, CAST(NULL AS BIGINT) AS net_here,
       1 AS lines_there, amount AS amount_there
FROM bank_side
WHERE ref IS NULL
