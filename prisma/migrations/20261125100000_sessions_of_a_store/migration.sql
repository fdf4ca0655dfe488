-- The sessions of a store. Neither column changes after the insert, so that the updates of a message stay HOT.
-- CREATE INDEX CONCURRENTLY would wait for the statements of nodes that wait for this migration, and they for it. Writers
-- to chat_session wait while the index is built, which has one entry for each session.
-- The lock is asked for with a short timeout, again and again, so that nobody waits behind a lock that waits.
DO $$
BEGIN
    PERFORM set_config('lock_timeout', '500ms', true);
    LOOP
        BEGIN
            LOCK TABLE "chat_session" IN SHARE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.5);
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', '0', true);
END
$$;

create index chat_session_store on chat_session (store_id, id);
