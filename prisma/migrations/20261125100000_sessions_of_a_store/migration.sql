-- The sessions of a store. Neither column changes after the insert, so that the updates of a message stay HOT.
-- CREATE INDEX CONCURRENTLY would wait for the statements of nodes that wait for this migration, and they for it. Writers
-- to chat_session wait while the index is built, which has one entry for each session.
create index chat_session_store on chat_session (store_id, id);
