-- All sessions of a store. Neither column ever changes, so that the updates of a message stay HOT.
-- Not CONCURRENTLY: it would wait for the nodes that wait for this migration. Writers wait while it is built, about half a
-- second for a million sessions.
create index chat_session_store on chat_session (store_id, id);
