-- Publishes every change of a table, whoever makes it, without any code in an app. The topic is the table's name and the row's key, the type is the kind of the change, the data is the row as JSON.
CREATE OR REPLACE FUNCTION publish_change() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
BEGIN
    PERFORM tidings.publish(format('%s/%s', TG_TABLE_NAME, changed ->> TG_ARGV[0]), changed::text, type => lower(TG_OP));
    RETURN NULL;
END
$$;

CREATE TABLE IF NOT EXISTS product (id integer PRIMARY KEY, name text NOT NULL, price numeric NOT NULL);

-- The argument names the key.
CREATE OR REPLACE TRIGGER publish_change AFTER INSERT OR UPDATE OR DELETE ON product
    FOR EACH ROW EXECUTE FUNCTION publish_change('id');
