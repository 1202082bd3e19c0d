-- The passwords of the roles, from the files that those who use them read theirs from: the last of the five fields.
\set owner `cut -d: -f5 /run/secrets/owner.pgpass`
\set hub `cut -d: -f5 /run/secrets/hub.pgpass`
\set app `cut -d: -f5 /run/secrets/app.pgpass`
ALTER ROLE tidings_owner PASSWORD :'owner';
ALTER ROLE tidings_hub PASSWORD :'hub';
ALTER ROLE tidings_app PASSWORD :'app';
