-- What nodes tell each other of themselves. A crash of the database takes all of it at once; each node notices that its own row is gone, and begins anew.

-- taker: the node that takes what this one left behind; from then on this one has ended for good.
CREATE UNLOGGED TABLE {schema}.node (
    node        uuid        PRIMARY KEY,
    lease_until timestamptz NOT NULL,
    taker       uuid,
    taken_until timestamptz
);

CREATE UNLOGGED TABLE {schema}.node_entry (
    place     bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node      uuid    NOT NULL,
    key       bigint  NOT NULL,
    has_ended boolean NOT NULL DEFAULT false, -- told to have ended, or about to be: on no list any more
    value     bytea   NOT NULL,
    UNIQUE (node, key)
);
