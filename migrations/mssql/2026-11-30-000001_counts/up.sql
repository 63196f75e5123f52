-- Counts of stored facts, never of what depends on the time: by the year and the day of ordering alone (`order`), with the
-- store or with the product; and by those of shipping and of delivery. How many have a status is told from them and from
-- the few dates to come.
--
-- A count is the sum of its rows: each session counts in rows of its own. So no two transactions ever wait for each other
-- here, though each holds its rows from its first statement to its end, and no two begin the same row.
CREATE TABLE kept_counts (
    kind       NVARCHAR(10) COLLATE Latin1_General_BIN2 NOT NULL
               CHECK (kind IN ('order', 'store', 'product', 'shipping', 'delivery')),
    -- Of the store or product; empty for the other kinds.
    code       NVARCHAR(12) COLLATE Latin1_General_BIN2 NOT NULL,
    -- A year or a day: 2026, 20260304.
    period     INT          NOT NULL,
    -- Zero for what was counted at once.
    session_id INT          NOT NULL CONSTRAINT kept_counts_session DEFAULT 0,
    orders     BIGINT       NOT NULL,
    units      BIGINT       NOT NULL,
    cancelled  BIGINT       NOT NULL,
    -- Those not cancelled that have a date of shipping or delivery, past or to come.
    dated      BIGINT       NOT NULL,
    -- Those not cancelled that have a date of delivery, past or to come.
    delivered  BIGINT       NOT NULL,
    CONSTRAINT kept_counts_pk PRIMARY KEY (kind, code, period, session_id)
);

-- The triggers write it, as their owner; a desk only reads. Where it has a user of its own, that was made before this table.
IF DATABASE_PRINCIPAL_ID('orders_desk') IS NOT NULL
    GRANT SELECT ON kept_counts TO orders_desk;
GO
-- Until the migration ends nobody writes an order that neither this counts nor the trigger.
INSERT INTO kept_counts (kind, code, period, orders, units, cancelled, dated, delivered)
    SELECT one.kind, one.code, periods.period, COUNT_BIG(*),
           SUM(CAST(facts.units AS BIGINT)), SUM(CAST(facts.cancelled AS BIGINT)), SUM(CAST(facts.dated AS BIGINT)),
           SUM(CAST(facts.delivered AS BIGINT))
    FROM orders WITH (TABLOCKX, HOLDLOCK)
    CROSS APPLY (VALUES (
        product_quantity,
        CASE WHEN cancelled_at IS NULL THEN 0 ELSE 1 END,
        CASE WHEN cancelled_at IS NULL AND (shipping_date IS NOT NULL OR delivery_date IS NOT NULL) THEN 1 ELSE 0 END,
        CASE WHEN cancelled_at IS NULL AND delivery_date IS NOT NULL THEN 1 ELSE 0 END
    )) AS facts (units, cancelled, dated, delivered)
    CROSS APPLY (VALUES
        (N'order', N'', order_date),
        (N'store', store_code, order_date),
        (N'product', product_code, order_date),
        (N'shipping', N'', shipping_date),
        (N'delivery', N'', delivery_date)
    ) AS one (kind, code, at)
    CROSS APPLY (VALUES (YEAR(one.at)), (YEAR(one.at) * 10000 + MONTH(one.at) * 100 + DAY(one.at))) AS periods (period)
    WHERE one.at IS NOT NULL
    GROUP BY one.kind, one.code, periods.period;

-- An older program goes on: the trigger counts what it writes.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000001, 20261123000001);
GO
-- Kept in the transaction of every order, whichever release writes it; of many orders in a statement, too.
CREATE TRIGGER orders_counted ON orders AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    IF NOT EXISTS (SELECT 1 FROM inserted) AND NOT EXISTS (SELECT 1 FROM deleted)
        RETURN;
    IF EXISTS (SELECT 1 FROM inserted) AND EXISTS (SELECT 1 FROM deleted)
        AND NOT (UPDATE(store_code) OR UPDATE(product_code) OR UPDATE(product_quantity) OR UPDATE(order_date)
                 OR UPDATE(shipping_date) OR UPDATE(delivery_date) OR UPDATE(cancelled_at))
        RETURN;

    DECLARE @changes TABLE (
        kind      NVARCHAR(10) COLLATE Latin1_General_BIN2 NOT NULL,
        code      NVARCHAR(12) COLLATE Latin1_General_BIN2 NOT NULL,
        period    INT          NOT NULL,
        orders    BIGINT       NOT NULL,
        units     BIGINT       NOT NULL,
        cancelled BIGINT       NOT NULL,
        dated     BIGINT       NOT NULL,
        delivered BIGINT       NOT NULL,
        PRIMARY KEY (kind, code, period)
    );
    INSERT INTO @changes (kind, code, period, orders, units, cancelled, dated, delivered)
        SELECT one.kind, one.code, periods.period, SUM(facts.orders),
               SUM(facts.orders * facts.units), SUM(facts.orders * facts.cancelled),
               SUM(facts.orders * facts.dated), SUM(facts.orders * facts.delivered)
        FROM (
            SELECT CAST(1 AS BIGINT) AS sign, store_code, product_code, product_quantity, order_date, shipping_date,
                   delivery_date, cancelled_at FROM inserted
            UNION ALL
            SELECT CAST(-1 AS BIGINT), store_code, product_code, product_quantity, order_date, shipping_date,
                   delivery_date, cancelled_at FROM deleted
        ) AS changed
        CROSS APPLY (VALUES (
            sign,
            product_quantity,
            CASE WHEN cancelled_at IS NULL THEN 0 ELSE 1 END,
            CASE WHEN cancelled_at IS NULL AND (shipping_date IS NOT NULL OR delivery_date IS NOT NULL) THEN 1 ELSE 0 END,
            CASE WHEN cancelled_at IS NULL AND delivery_date IS NOT NULL THEN 1 ELSE 0 END
        )) AS facts (orders, units, cancelled, dated, delivered)
        CROSS APPLY (VALUES
            (N'order', N'', order_date),
            (N'store', store_code, order_date),
            (N'product', product_code, order_date),
            (N'shipping', N'', shipping_date),
            (N'delivery', N'', delivery_date)
        ) AS one (kind, code, at)
        CROSS APPLY (VALUES (YEAR(one.at)), (YEAR(one.at) * 10000 + MONTH(one.at) * 100 + DAY(one.at))) AS periods (period)
        WHERE one.at IS NOT NULL
        GROUP BY one.kind, one.code, periods.period;
    DELETE FROM @changes WHERE orders = 0 AND units = 0 AND cancelled = 0 AND dated = 0 AND delivered = 0;

    -- Each row is sought by its whole key: a scan would wait for the rows of other sessions.
    UPDATE kept
        SET orders = kept.orders + changes.orders, units = kept.units + changes.units,
            cancelled = kept.cancelled + changes.cancelled, dated = kept.dated + changes.dated,
            delivered = kept.delivered + changes.delivered
        FROM @changes AS changes
        JOIN kept_counts AS kept WITH (FORCESEEK, ROWLOCK)
            ON kept.kind = changes.kind AND kept.code = changes.code AND kept.period = changes.period
            AND kept.session_id = @@SPID
        OPTION (LOOP JOIN);
    INSERT INTO kept_counts (kind, code, period, session_id, orders, units, cancelled, dated, delivered)
        SELECT changes.kind, changes.code, changes.period, @@SPID, changes.orders, changes.units, changes.cancelled,
               changes.dated, changes.delivered
        FROM @changes AS changes
        WHERE NOT EXISTS (SELECT 1 FROM kept_counts AS kept WITH (FORCESEEK)
                          WHERE kept.kind = changes.kind AND kept.code = changes.code AND kept.period = changes.period
                          AND kept.session_id = @@SPID)
        OPTION (LOOP JOIN);
END;
