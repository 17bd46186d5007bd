extension HelpTopic {
  static let targets = HelpTopic(
    name: "targets", summary: "How to name a database or an API: paths, URLs and profiles",
    blocks: [
      .paragraph(
        "The first argument of most commands is the TARGET they work on. It has one of these "
          + "forms:"),
      .definitions([
        ("app.db, /srv/app.db", "The path of an SQLite file."),
        (":memory:", "A private SQLite database in memory, empty at the start."),
        ("sqlite:PATH?KEY=VALUE", "An SQLite file with settings; `sqlite:///srv/app.db` too."),
        (
          "postgres://USER@HOST:PORT/DATABASE?KEY=VALUE", "PostgreSQL; `postgresql://` is the same."
        ),
        (
          "mysql://USER@HOST:PORT/DATABASE?KEY=VALUE",
          "MariaDB and MySQL; `mariadb://` is the same."
        ),
        (
          "amqp://USER@HOST:PORT/VHOST?KEY=VALUE",
          "RabbitMQ, for `nb queue`; `amqps://` is the same over TLS. Without a VHOST it is `/`."
        ),
        (
          "redis://USER@HOST:PORT/NUMBER?KEY=VALUE",
          "For `nb queue`: Redis; `rediss://` over TLS, `redis+unix:///SOCKET`, "
            + "`redis+sentinel://HOST,HOST/PRIMARY`."
        ),
        ("@NAME", "A profile of the configuration; see `nb help configuration`."),
        (
          "https://HOST/PATH, @NAME/PATH",
          "For `nb api`: a URL, or a path below a profile's `base_url`."
        ),
      ]),
      .paragraph(
        "In a URL the characters `? # %` and spaces are written percent-encoded. A file whose name "
          + "looks like a URL or begins with @ is reached as `./NAME`. Settings stand behind `?` in a "
          + "URL, separated by `&`, or as keys of a profile."),
      .heading("SQLite's settings"),
      .paragraph(
        "Besides those listed, every PRAGMA of SQLite is a setting under its own name."),
      .definitions([
        (
          "busy_timeout",
          "How long to wait for a lock of another process: milliseconds, or a duration such as "
            + "5s. Default: 5s; then status 75."
        ),
        ("foreign_keys", "Whether foreign keys are enforced. Default: on."),
        ("journal_mode", "delete, truncate, persist, memory, wal or off."),
        ("synchronous", "off, normal, full or extra."),
        ("cache_size", "Pages of cache; negative: KiB."),
        ("mmap_size", "Bytes of the file to map into memory. Default: 0."),
        ("immutable", "1 says that nothing changes the file, so no lock is taken."),
        ("vfs, nolock, psow", "Parameters of SQLite's own file URIs."),
      ]),
      .paragraph(
        "Settings that change the file itself, such as journal_mode, are left alone by commands "
          + "that only read, so one profile serves all commands."),
      .heading("PostgreSQL's settings"),
      .paragraph(
        "Several hosts, separated by commas, are tried in order. What a URL leaves out comes from "
          + "where libpq takes it: PGHOST, PGUSER, PGPASSWORD and their like, `~/.pgpass`, service "
          + "files. Besides those listed, every keyword of libpq is a setting."),
      .definitions([
        (
          "sslmode",
          "disable, allow, prefer, require, verify-ca or verify-full. Default: libpq's, prefer."
        ),
        (
          "sslrootcert",
          "File of the authorities to trust, or system. verify-ca and verify-full take "
            + "`~/.postgresql/root.crt` or else the system's by default; with require, or no sslmode, it "
            + "means verify-ca."
        ),
        ("sslcert, sslkey", "Files of nb's own certificate and its key."),
        ("host", "The folder of the server's Unix socket, such as /run/postgresql."),
        ("connect_timeout", "Seconds to wait for each host. Default: libpq's, without limit."),
        ("target_session_attrs", "read-write, read-only, primary, standby, prefer-standby or any."),
        ("application_name", "What the server's activity shows. Default: nb."),
        (
          "statement_timeout, lock_timeout, idle_in_transaction_session_timeout",
          "When the server gives up a statement, the wait for a lock, an idle transaction. Default: "
            + "the server's."
        ),
        (
          "search_path, role, timezone, work_mem",
          "What the session begins with; likewise maintenance_work_mem, synchronous_commit and "
            + "session_replication_role. `options=-c%20NAME%3DVALUE` sets any other."
        ),
      ]),
      .heading("MariaDB's and MySQL's settings"),
      .paragraph(
        "Several hosts, separated by commas, are tried in order; without a host the server's Unix "
          + "socket is used. What a URL leaves out comes from the option files: `/etc/my.cnf`, "
          + "`/etc/mysql/my.cnf`, `~/.my.cnf`."),
      .definitions([
        (
          "sslmode",
          "disable; prefer, the default: TLS where the server has it; require: no word to a server "
            + "without TLS; verify-ca: also a certificate of a trusted authority; verify-full: also "
            + "for this host's name. --ssl-mode's names count too."
        ),
        (
          "sslrootcert",
          "File of the authorities to trust, or system. verify-ca and verify-full take the "
            + "system's by default; with require, or no sslmode, it means verify-ca; "
            + "sslmode=prefer verifies nothing."
        ),
        ("sslcert, sslkey, sslcrl, sslcipher, tls_version", "Further settings of TLS."),
        ("socket", "The path of the server's Unix socket."),
        (
          "target_session_attrs",
          "Of several hosts the first that is so: read-write, primary (not read_only), read-only, "
            + "standby (read_only), or any, the default."
        ),
        ("connect_timeout", "How long to wait for a connection. Default: 30s."),
        (
          "read_timeout, write_timeout",
          "How long to wait for the server's next word. Default: none."
        ),
        ("lock_timeout", "How long to wait for a lock; then status 75. Default: the server's."),
        ("collation, sql_mode, time_zone, init_command", "What the session begins with."),
        ("compress", "true compresses what is sent."),
        ("program_name", "What the server's process list shows. Default: nb."),
        (
          "default_auth, plugin_dir",
          "The plugin to authenticate with, and where libmariadb finds plugins. A server that asks "
            + "for the password itself gets it only with default_auth=mysql_clear_password."
        ),
      ]),
      .heading("Replicas of a server"),
      .paragraph(
        "A server's URL or profile may name replicas. `db query`, `db search` and the source of "
          + "`db copy` then read from one that answers, chosen at random; all else goes to the "
          + "primary, and so does reading when no replica is fit. What is left out is said on stderr."
      ),
      .definitions([
        ("write_host", "The primary, in place of the URL's own host."),
        ("read_hosts", "The replicas, separated by commas: db1,db2:5433."),
        (
          "max_lag",
          "How far a replica may be behind, such as 5s; --max-lag comes before it, and --primary "
            + "reads from the primary."
        ),
      ]),
      .heading("Redis' settings"),
      .paragraph(
        "Several hosts are tried in order; a cluster's node names the others. Status 77 is a wrong "
          + "password or a user who may not."),
      .definitions([
        ("db", "The database's number, as the URL's path gives it. Default: 0."),
        ("prefix", "What all keys begin with. Default: nb."),
        ("connect_timeout", "How long to wait for each host. Default: 10s."),
        ("read_timeout", "How long to wait for an answer. Default: 30s."),
        (
          "tls.ca, tls.cert, tls.key, tls.key_password, tls.verify",
          "Files of TLS, in PEM format, and whether the server's certificate is checked."
        ),
        ("sentinel_user, sentinel_password", "For the sentinels, where they ask for it."),
        ("client_name", "What CLIENT LIST shows. Default: nb."),
      ]),
      .heading("Settings of an HTTP API"),
      .paragraph(
        "They are keys of a profile alone, since a URL's query belongs to its server. Flags of the "
          + "same name come before them."),
      .definitions([
        ("base_url", "Where the API begins. It takes the place of `url`."),
        ("headers.NAME", "A field of every request; its own table is [profile.NAME.headers]."),
        (
          "auth.type, auth.token, auth.user, auth.password",
          "bearer, basic, digest, netrc, aws or none; without a type, what is given decides."
        ),
        (
          "auth.service, auth.region, auth.access_key_id",
          "For aws, with auth.secret_access_key and auth.session_token; AWS_REGION, "
            + "AWS_ACCESS_KEY_ID and their kin stand in for what is missing."
        ),
        (
          "auth.token_url, auth.client_id, auth.client_secret",
          "With auth.type = \"oauth2\": where a token is got for client credentials."
        ),
        (
          "auth.scope, auth.audience, auth.client_auth",
          "What the token is for; client_auth is basic or body."
        ),
        (
          "retries, retry_backoff, max_redirects",
          "How often and how soon a request is sent again; redirects to follow."
        ),
        (
          "cookies", "true: cookies are kept from one command to the next; or the file for them."
        ),
        (
          "rate_limit",
          "No more requests than this by all nb processes: 100/min; none: nor is the server's own "
            + "limit waited for."
        ),
        (
          "cache, cache_ttl, cache_max_size",
          "Whether responses are kept, how long successes count as fresh, and how much is kept "
            + "(256M)."
        ),
        (
          "timeout, connect_timeout, idle_timeout",
          "For the whole command, for a connection, for the server's next byte."
        ),
        ("paginate", "How pages follow each other, for --paginate; see nb help paging."),
        (
          "max_connections, http2, compression, user_agent, proxy, unix_socket",
          "How connections are made."
        ),
        (
          "tls.ca, tls.cert, tls.key, tls.key_password, tls.pinned_key, tls.verify",
          "Files of TLS, and whether the server's certificate is checked."
        ),
      ]),
      .heading("Settings of queues"),
      .paragraph("Flags of `nb queue` come before them."),
      .definitions([
        ("broker_url", "The same as `url`."),
        ("queue", "The queue of commands that name none."),
        (
          "max_retries, retry_delay, max_retry_delay",
          "How often a message is tried again, 4 times unless set; the bound of the first wait, 1s; "
            + "what it grows to, 5m."
        ),
        (
          "dead_letter",
          "The queue for messages that were given up, in place of being kept as dead letters."
        ),
        ("message_ttl", "When published messages expire that say nothing themselves."),
        ("prefetch", "Messages that a consumer holds at most."),
      ]),
      .heading("RabbitMQ's settings"),
      .paragraph("Their names are those of RabbitMQ's own URIs."),
      .definitions([
        (
          "heartbeat",
          "Seconds between signs of life; a connection without is dropped after two. Default: 30; 0: "
            + "none."
        ),
        ("connection_timeout", "Milliseconds to wait for a connection. Default: 10000."),
        ("connection_name", "What the management plugin shows. Default: nb."),
        (
          "cacertfile, verify",
          "A PEM file of authorities that are trusted in place of the system's; verify_none checks "
            + "nothing."
        ),
        (
          "certfile, keyfile, auth_mechanism",
          "The client's certificate and key; external logs in by it, plain (the default) by user and "
            + "password."
        ),
        (
          "management",
          "Where the management plugin is, such as http://HOST:15672: for what AMQP cannot tell, the "
            + "names of queues and what is in flight."
        ),
      ]),
      .heading("Secrets"),
      .paragraph(
        "A setting that holds a secret, such as password, takes a reference instead of the text: "
          + "`env:NAME`, `file:PATH`, `fd:N`, and in the user's own configuration file "
          + "`cmd:COMMAND`. Secrets never show in messages."),
      .code([
        "nb db query app.db 'select count(*) from users'",
        "nb db exec 'sqlite:app.db?journal_mode=wal&busy_timeout=30s' -f changes.sql",
        "nb db query 'postgres://app@db1,db2/shop?target_session_attrs=any' 'select 1'",
        "nb db query 'mysql://app@db1/shop?sslmode=verify-full' 'select 1'",
        "nb db query @prod 'select 1'",
      ]),
    ])
}
