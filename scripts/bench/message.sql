\set session random(1, 200)
with advanced as (
  update chat_session set seq = seq + 1, last_message_at = clock_timestamp(), updated = clock_timestamp()
  where id = :session returning id, seq, store_id, admin_id
)
insert into chat_message (session_id, seq, sender_type, sender_id, holder_id, content, attachment_url, attachment_type, created)
select id, seq, 'store', store_id, admin_id, 'Where is my parcel?', '', '', clock_timestamp() from advanced
returning id, seq;
