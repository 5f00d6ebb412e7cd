-- Lines that the fund was asked for against what its assessment says of them, line by line.
--
-- In:   claim_side      (ma_lk, table_name, stt, asked, level, month)
--       assessment_side (ma_lk, table_name, stt, accepted, refused, reason, level, month)
--       tolerance       (amount)   one row: hundredths of a đồng that are rounding
--       silence         (amount)   one row: 1 where the assessment lists only what it refuses
--       assessed_until  (amount)   one row: the last month (202609) that was assessed
--       asked_from      (amount)   one row: the first month that the claims hold
--       Amounts are whole hundredths of a đồng. A line may be answered in parts, whose sum counts;
--       a part with neither amount is not decided yet. level is MUC_HUONG, month the settlement's.
-- Out:  verdict, ma_lk, table_name, stt, asked, accepted, refused, level_asked, level_given,
--       reason, parts; every claimed line and every part of an answer stands in one row.
--
-- Here is the hospital, there the fund (claims section 9).
-- Common subset of SQLite, DuckDB, PostgreSQL and Spark SQL: the same text runs on all four.
WITH claims_numbered AS (
    SELECT ma_lk, table_name, stt, asked, level, month,
           ROW_NUMBER() OVER (
               PARTITION BY ma_lk, table_name, stt
               ORDER BY asked, COALESCE(level, -1), COALESCE(month, -1)
           ) AS telling
    FROM claim_side
),
parts_numbered AS (
    SELECT ma_lk, table_name, stt, accepted, refused, reason, level, month,
           ROW_NUMBER() OVER (
               PARTITION BY ma_lk, table_name, stt, accepted, refused, reason
               ORDER BY COALESCE(level, -1), COALESCE(month, -1)
           ) AS telling
    FROM assessment_side
),
answers AS (
    SELECT ma_lk, table_name, stt,
           CAST(SUM(accepted) AS BIGINT) AS accepted,
           CAST(SUM(refused) AS BIGINT) AS refused,
           MIN(reason) AS reason, MIN(level) AS level, MAX(month) AS month,
           COUNT(*) AS parts,
           CAST(SUM(CASE WHEN accepted IS NULL AND refused IS NULL THEN 1 ELSE 0 END) AS BIGINT)
               AS undecided
    FROM parts_numbered
    WHERE telling = 1
    GROUP BY ma_lk, table_name, stt
),
pairs AS (
    SELECT COALESCE(c.ma_lk, a.ma_lk) AS ma_lk,
           COALESCE(c.table_name, a.table_name) AS table_name,
           COALESCE(c.stt, a.stt) AS stt,
           c.asked, c.level AS level_asked, c.month AS month_asked,
           CASE WHEN a.ma_lk IS NULL THEN CASE WHEN s.amount = 1 THEN c.asked END
                WHEN a.undecided > 0 THEN NULL
                ELSE COALESCE(a.accepted, c.asked - a.refused) END AS accepted,
           a.refused, a.reason, a.level AS level_given, a.month AS month_given,
           COALESCE(a.parts, 0) AS parts
    FROM (
        SELECT ma_lk, table_name, stt, asked, level, month
        FROM claims_numbered
        WHERE telling = 1
    ) c
    FULL JOIN answers a
        ON c.ma_lk = a.ma_lk AND c.table_name = a.table_name AND c.stt = a.stt
    CROSS JOIN silence s
)
SELECT CASE
           WHEN p.asked IS NULL THEN
               CASE WHEN p.month_given < f.amount THEN 'timing' ELSE 'orphan_there' END
           WHEN p.parts = 0 AND p.month_asked > u.amount THEN 'timing'
           WHEN p.accepted IS NULL THEN
               CASE WHEN p.parts > 0 THEN 'timing' ELSE 'orphan_here' END
           WHEN p.asked = p.accepted THEN 'matched'
           WHEN ABS(p.asked - p.accepted) <= t.amount THEN 'rounding'
           WHEN p.level_asked <> p.level_given THEN 'level_changed'
           WHEN p.accepted > p.asked THEN 'over_paid'
           WHEN p.reason IS NULL THEN 'short_paid_no_reason'
           ELSE 'short_paid'
       END AS verdict,
       p.ma_lk, p.table_name, p.stt, p.asked,
       CASE WHEN p.parts = 0 AND p.month_asked > u.amount THEN NULL ELSE p.accepted END AS accepted,
       CASE WHEN p.parts = 0 AND p.month_asked > u.amount THEN NULL
            ELSE COALESCE(p.asked - p.accepted, p.refused) END AS refused,
       p.level_asked, p.level_given, p.reason, p.parts
FROM pairs p
CROSS JOIN tolerance t
CROSS JOIN assessed_until u
CROSS JOIN asked_from f
UNION ALL
SELECT 'duplicate_here' AS verdict, ma_lk, table_name, stt, asked,
       CAST(NULL AS BIGINT) AS accepted, CAST(NULL AS BIGINT) AS refused,
       level AS level_asked, CAST(NULL AS BIGINT) AS level_given,
       CAST(NULL AS VARCHAR(300)) AS reason, 0 AS parts
FROM claims_numbered
WHERE telling > 1
UNION ALL
SELECT 'duplicate_there' AS verdict, ma_lk, table_name, stt,
       CAST(NULL AS BIGINT) AS asked, accepted, refused,
       CAST(NULL AS BIGINT) AS level_asked, level AS level_given, reason, 1 AS parts
FROM parts_numbered
WHERE telling > 1
