/// Owners and grants, and what no dump carries.
extension PostgreSQLDumpSQL {
  /// Statements that name roles, which the server that restores may not have: owners, grants, policies
  /// for some roles.
  static let rights = """
    WITH things (kind, name, owner, acl, catalog, oid) AS (
      SELECT 'SCHEMA', quote_ident(n.nspname), n.nspowner, n.nspacl, 'pg_namespace'::regclass, n.oid
      FROM pg_namespace n WHERE \(isOfUser()) AND \(isNoMember("pg_namespace", "n.oid"))
      UNION ALL
      SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW'
          WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END,
        c.oid::regclass::text,
        -- A sequence of a column's has the owner that its table has.
        CASE WHEN c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d
          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i'))
          THEN NULL ELSE c.relowner END,
        c.relacl, 'pg_class'::regclass, c.oid
      \(relations("'r', 'p', 'S', 'v', 'm', 'c'"))
      UNION ALL
      SELECT CASE p.prokind WHEN 'a' THEN 'AGGREGATE' WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
        p.oid::regprocedure::text, p.proowner, p.proacl, 'pg_proc'::regclass, p.oid
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE \(isOfUser()) AND \(isNoMember("pg_proc", "p.oid"))
      UNION ALL
      SELECT CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, t.oid::regtype::text,
        t.typowner, t.typacl, 'pg_type'::regclass, t.oid
      FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
      WHERE t.typtype IN ('e', 'd', 'r') AND \(isOfUser()) AND \(isNoMember("pg_type", "t.oid"))
    ), granted (kind, name, owner, acl, columns) AS (
      SELECT CASE WHEN kind IN ('VIEW', 'MATERIALIZED VIEW') THEN 'TABLE'
          WHEN kind = 'AGGREGATE' THEN 'FUNCTION' ELSE kind END, name,
        coalesce(owner, (SELECT relowner FROM pg_class c WHERE c.oid = things.oid)), acl, ''
      FROM things WHERE acl IS NOT NULL AND acl IS DISTINCT FROM (
        SELECT initprivs FROM pg_init_privs i
        WHERE i.classoid = things.catalog AND i.objoid = things.oid AND i.objsubid = 0)
      UNION ALL
      SELECT 'TABLE', c.oid::regclass::text, c.relowner, a.attacl,
        format(' (%I)', a.attname)
      \(relations("'r', 'p', 'v', 'm'", "JOIN pg_attribute a ON a.attrelid = c.oid"))
        AND a.attacl IS NOT NULL AND NOT a.attisdropped
    )
    SELECT 1, name, format('ALTER %s %s OWNER TO %I', kind, name, pg_get_userbyid(owner))
    FROM things WHERE owner IS NOT NULL AND pg_get_userbyid(owner) <> 'pg_database_owner'
    UNION ALL
    SELECT 2, name, format('REVOKE ALL ON %s %s FROM PUBLIC, %I', kind, name,
      pg_get_userbyid(owner)) FROM granted WHERE columns = ''
    UNION ALL
    SELECT 3, name, format('GRANT %s ON %s %s TO %s%s',
      string_agg(x.privilege_type || columns, ', ' ORDER BY x.privilege_type), kind, name,
      CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
      CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' END)
    FROM granted CROSS JOIN LATERAL aclexplode(acl) x
    GROUP BY kind, name, columns, x.grantee, x.is_grantable
    UNION ALL
    SELECT 4, c.oid::regclass::text, \(policy)
    \(relations("'r', 'p'", "JOIN pg_policy y ON y.polrelid = c.oid")) AND y.polroles <> '{0}'
    ORDER BY 1, 2, 3
    """

  private static let policy = """
    format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', y.polname, c.oid::regclass,
      CASE WHEN y.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
      CASE y.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
        WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
      (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ')
       FROM unnest(y.polroles) r),
      ' USING (' || pg_get_expr(y.polqual, y.polrelid) || ')',
      ' WITH CHECK (' || pg_get_expr(y.polwithcheck, y.polrelid) || ')')
    """

  static let policies = """
    SELECT \(key("pg_policy", "y.oid")), \(Rank.policy), concat(c.oid::regclass, '.', y.polname),
      \(policy), NULL
    \(relations("'r', 'p'", "JOIN pg_policy y ON y.polrelid = c.oid")) AND y.polroles = '{0}'
    """

  /// What the database holds and a dump does not: how many, one, more of them.
  static let notCarried: String = {
    func count(_ catalog: String, _ condition: String, _ one: String, _ many: String) -> String {
      "SELECT count(*), '\(one)', '\(many)' FROM \(catalog) o WHERE \(condition)"
    }
    func ofUser(_ catalog: String, _ namespace: String, _ one: String, _ many: String) -> String {
      count(
        "\(catalog)",
        """
        o.oid >= 16384 AND \(isNoMember(catalog, "o.oid")) AND EXISTS (
          SELECT FROM pg_namespace n WHERE n.oid = o.\(namespace) AND \(isOfUser()))
        """, one, many)
    }
    func ofDatabase(_ catalog: String, _ one: String, _ many: String) -> String {
      count(catalog, "o.oid >= 16384 AND \(isNoMember(catalog, "o.oid"))", one, many)
    }
    return [
      count("pg_largeobject_metadata", "true", "large object", "large objects"),
      ofUser("pg_class", "relnamespace", "foreign table", "foreign tables")
        + " AND o.relkind = 'f'",
      ofDatabase("pg_foreign_server", "foreign server", "foreign servers"),
      ofDatabase("pg_publication", "publication", "publications"),
      count(
        "pg_subscription",
        "o.subdbid = (SELECT oid FROM pg_database "
          + "WHERE datname = current_database())", "subscription", "subscriptions"),
      ofDatabase("pg_event_trigger", "event trigger", "event triggers"),
      ofDatabase("pg_default_acl", "default privilege", "default privileges"),
      ofDatabase("pg_cast", "cast", "casts"),
      ofDatabase("pg_transform", "transform", "transforms"),
      ofDatabase("pg_language", "language", "languages"),
      ofDatabase("pg_am", "access method", "access methods"),
      ofUser("pg_operator", "oprnamespace", "operator", "operators"),
      ofUser("pg_opclass", "opcnamespace", "operator class", "operator classes"),
      ofUser("pg_conversion", "connamespace", "conversion", "conversions"),
      ofUser("pg_type", "typnamespace", "base type", "base types")
        + " AND o.typtype = 'b' AND o.typelem = 0",
      ofUser(
        "pg_ts_config", "cfgnamespace", "text search configuration", "text search configurations"),
      ofUser(
        "pg_ts_dict", "dictnamespace", "text search dictionary", "text search dictionaries"),
      ofUser("pg_class", "relnamespace", "type of a typed table", "types of typed tables")
        + " AND o.reloftype <> 0",
      ofUser("pg_class", "relnamespace", "place in a tablespace", "places in tablespaces")
        + " AND o.reltablespace <> 0",
      count(
        "pg_index",
        "NOT o.indisvalid AND o.indrelid >= 16384 AND EXISTS (SELECT FROM pg_class c "
          + "WHERE c.oid = o.indexrelid AND c.relkind = 'i')", "invalid index", "invalid indexes"),
      count(
        "pg_seclabel", "o.objoid >= 16384", "security label", "security labels"),
      count(
        "pg_db_role_setting",
        "o.setdatabase = (SELECT oid FROM pg_database "
          + "WHERE datname = current_database())", "role with settings for this database",
        "roles with settings for this database"),
      count(
        "pg_extension", "o.extconfig IS NOT NULL", "extension with tables of settings",
        "extensions with tables of settings"),
      count(
        "pg_range", "o.rngtypid >= 16384 AND o.rngcanonical <> 0",
        "canonical function of a range", "canonical functions of ranges"),
    ].joined(separator: "\nUNION ALL\n")
  }()

  // MARK: Restoring

  /// Statements that empty the database: schemas with all that is in them; one by one where the schema
  /// itself or an extension's objects stay.
  static let removals = """
    WITH kept AS (
      SELECT n.oid, n.nspname FROM pg_namespace n
      WHERE \(isOfUser()) AND (n.nspname = 'public'
        OR NOT \(isNoMember("pg_namespace", "n.oid"))
        OR EXISTS (SELECT FROM pg_extension x WHERE x.extnamespace = n.oid))
    )
    SELECT 1, format('DROP SCHEMA IF EXISTS %I CASCADE', n.nspname) FROM pg_namespace n
    WHERE \(isOfUser()) AND n.oid NOT IN (SELECT oid FROM kept)
    UNION ALL
    SELECT 2, format('DROP %s IF EXISTS %s CASCADE', CASE c.relkind WHEN 'v' THEN 'VIEW'
      WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE'
      WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, c.oid::regclass)
    FROM pg_class c JOIN kept k ON k.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND NOT c.relispartition
      AND \(isNoMember("pg_class", "c.oid"))
      AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend i
        WHERE i.classid = 'pg_class'::regclass AND i.objid = c.oid AND i.deptype = 'i'))
    UNION ALL
    SELECT 3, format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure)
    FROM pg_proc p JOIN kept k ON k.oid = p.pronamespace
    WHERE \(isNoMember("pg_proc", "p.oid"))
    UNION ALL
    SELECT 4, format('DROP TYPE IF EXISTS %s CASCADE', t.oid::regtype)
    FROM pg_type t JOIN kept k ON k.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r') AND \(isNoMember("pg_type", "t.oid"))
    UNION ALL
    SELECT 5, format('DROP COLLATION IF EXISTS %s CASCADE', l.oid::regcollation)
    FROM pg_collation l JOIN kept k ON k.oid = l.collnamespace
    WHERE \(isNoMember("pg_collation", "l.oid"))
    ORDER BY 1, 2
    """
}
