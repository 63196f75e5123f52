-- Counts by the day of cancellation, too (`cancelled`): the day in UTC, as that moment is stored.
-- Later releases may count by more: only the length of a kind is bounded from now on, by its column.
DECLARE @drop NVARCHAR(400) = (
    SELECT N'ALTER TABLE kept_counts DROP CONSTRAINT ' + QUOTENAME(name) FROM sys.check_constraints
    WHERE parent_object_id = OBJECT_ID(N'kept_counts'));
EXEC sp_executesql @drop;
GO
-- Until the migration ends nobody cancels an order that neither this counts nor the trigger.
INSERT INTO kept_counts (kind, code, period, orders, units, cancelled, dated, delivered)
    SELECT N'cancelled', N'', periods.period, COUNT_BIG(*), SUM(CAST(product_quantity AS BIGINT)), COUNT_BIG(*), 0, 0
    FROM orders WITH (TABLOCKX, HOLDLOCK)
    CROSS APPLY (VALUES (YEAR(cancelled_at)), (YEAR(cancelled_at) * 10000 + MONTH(cancelled_at) * 100 + DAY(cancelled_at)))
        AS periods (period)
    WHERE cancelled_at IS NOT NULL
    GROUP BY periods.period;

-- An older program goes on: the trigger counts what it writes.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000011, 20261123000001);
GO
DROP TRIGGER orders_counted;
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
            (N'delivery', N'', delivery_date),
            (N'cancelled', N'', cancelled_at)
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
