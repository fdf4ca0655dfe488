-- Turns chat_message into 16 partitions by hash of the session. docs/scaling.md says when that helps and what it costs.
-- Run it as the owner of the tables, with search_path on their schema, while no node runs: it copies all messages.
-- A role that is not the owner needs its rights on the new table again.
begin;
lock table chat_message, chat_message_file in access exclusive mode;

-- A foreign key needs a unique index on exactly its columns. A partitioned table can only have one that holds session_id.
alter table chat_message_file drop constraint chat_message_file_message_id_fkey;
alter sequence chat_message_id_seq owned by none;
alter table chat_message rename to chat_message_plain;
alter table chat_message_plain rename constraint chat_message_pkey to chat_message_plain_pkey;
alter index chat_message_order rename to chat_message_plain_order;
alter index chat_message_once rename to chat_message_plain_once;
alter index chat_message_concern rename to chat_message_plain_concern;

create table chat_message (like chat_message_plain including defaults) partition by hash (session_id);
do $$
begin
    for part in 0..15 loop
        execute format(
            'create table chat_message_%s partition of chat_message for values with (modulus 16, remainder %s)', part, part);
    end loop;
end
$$;
insert into chat_message select * from chat_message_plain;
alter sequence chat_message_id_seq owned by chat_message.id;

-- Ids stay unique by their sequence.
alter table chat_message add constraint chat_message_pkey primary key (id, session_id);
create unique index chat_message_order on chat_message (session_id, seq);
create unique index chat_message_once on chat_message (sender_type, sender_id, client_message_id, session_id)
    where client_message_id is not null;
create index chat_message_concern on chat_message (holder_id, id, session_id) where sender_type = 'store';
alter table chat_message add constraint chat_message_session_id_fkey
    foreign key (session_id) references chat_session (id) on delete restrict on update restrict;

create trigger chat_message_deleted after delete on chat_message referencing old table as gone
    for each statement execute function forget_message_text();
-- In place of the foreign key.
create function forget_message_files() returns trigger language plpgsql as $$
begin
    delete from chat_message_file where message_id in (select id from gone);
    return null;
end
$$;
create trigger chat_message_files_deleted after delete on chat_message referencing old table as gone
    for each statement execute function forget_message_files();

drop table chat_message_plain;
commit;
analyze chat_message;
