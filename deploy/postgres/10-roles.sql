-- The roles of a log: one owns its tables and migrates them, hubs read and write, apps publish and nothing else. For a superuser, in the log's database, before "tidings log migrate".
-- They can log in, and have no password yet.
CREATE ROLE tidings_owner LOGIN;
CREATE ROLE tidings_hub LOGIN;
CREATE ROLE tidings_app LOGIN;

CREATE SCHEMA tidings AUTHORIZATION tidings_owner;
GRANT USAGE ON SCHEMA tidings TO tidings_hub, tidings_app;

-- Also of what later migrations make.
ALTER DEFAULT PRIVILEGES FOR ROLE tidings_owner IN SCHEMA tidings GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tidings_hub;
ALTER DEFAULT PRIVILEGES FOR ROLE tidings_owner IN SCHEMA tidings GRANT EXECUTE ON FUNCTIONS TO tidings_hub;
