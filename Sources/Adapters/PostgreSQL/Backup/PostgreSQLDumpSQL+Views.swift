/// Views, and what stands on tables and views.
extension PostgreSQLDumpSQL {
  /// A materialized view is filled at the end, by the sixth column.
  static let views = """
    SELECT \(key("pg_class", "c.oid")), \(Rank.view), c.oid::regclass::text,
      format(E'CREATE %sVIEW %s%s AS\\n%s%s',
        CASE c.relkind WHEN 'm' THEN 'MATERIALIZED ' END, c.oid::regclass,
        ' WITH ' || \(options("c.reloptions")), rtrim(pg_get_viewdef(c.oid), E'; \\n'),
        CASE c.relkind WHEN 'm' THEN E'\\nWITH NO DATA' END), NULL,
      CASE WHEN c.relkind = 'm' AND c.relispopulated
        THEN format('REFRESH MATERIALIZED VIEW %s', c.oid::regclass) END
    \(relations("'v', 'm'"))
    """

  static let rules = #"""
    SELECT \#(key("pg_rewrite", "r.oid")), \#(Rank.rule), concat(c.oid::regclass, '.', r.rulename),
      rtrim(pg_get_ruledef(r.oid), ';') || CASE WHEN r.ev_enabled <> 'O' THEN format(
        E';\nALTER TABLE %s %s RULE %I', c.oid::regclass, \#(enabling("r.ev_enabled")), r.rulename)
        ELSE '' END, NULL
    \#(relations("'r', 'p', 'v'", "JOIN pg_rewrite r ON r.ev_class = c.oid"))
      AND r.rulename <> '_RETURN'
    """#

  private static func enabling(_ letter: String) -> String {
    "CASE \(letter) WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END"
  }

  /// Those of partitions come with the table's.
  static let triggers = #"""
    SELECT \#(key("pg_trigger", "g.oid")), \#(Rank.trigger), concat(c.oid::regclass, '.', g.tgname),
      pg_get_triggerdef(g.oid) || CASE WHEN g.tgenabled <> 'O' THEN format(
        E';\nALTER TABLE %s %s TRIGGER %I', c.oid::regclass, \#(enabling("g.tgenabled")), g.tgname)
        ELSE '' END, NULL
    \#(relations("'r', 'p', 'v'", "JOIN pg_trigger g ON g.tgrelid = c.oid"))
      AND NOT g.tgisinternal AND coalesce(to_jsonb(g) ->> 'tgparentid', '0') = '0'
    """#

  static let rowSecurity = #"""
    SELECT (4::int8 << 32) + c.oid::int8, \#(Rank.policy), c.oid::regclass::text,
      format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', c.oid::regclass)
        || CASE WHEN c.relforcerowsecurity
           THEN format(E';\nALTER TABLE %s FORCE ROW LEVEL SECURITY', c.oid::regclass) ELSE '' END,
      NULL
    \#(relations("'r', 'p'")) AND c.relrowsecurity
    """#

  static let comments = """
    SELECT (5::int8 << 32) + row_number() OVER (
        ORDER BY i.type, i.identity COLLATE "C", d.objsubid), \(Rank.comment), '', format('COMMENT ON %s %s IS %L',
        CASE i.type
          WHEN 'composite type' THEN 'TYPE' WHEN 'table constraint' THEN 'CONSTRAINT'
          WHEN 'domain constraint' THEN 'CONSTRAINT' WHEN 'statistics object' THEN 'STATISTICS'
          ELSE CASE WHEN d.objsubid > 0 THEN 'COLUMN' ELSE upper(i.type) END END,
        CASE i.type WHEN 'domain constraint' THEN replace(i.identity, ' on ', ' ON DOMAIN ')
          ELSE i.identity END, d.description), NULL
    FROM pg_description d
    CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) i
    WHERE d.objoid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classoid
        AND e.objid = d.objoid AND e.deptype = 'e')
      AND (d.objsubid > 0 AND d.classoid = 'pg_class'::regclass OR i.type IN (
        'schema', 'collation', 'type', 'composite type', 'function', 'procedure', 'aggregate',
        'sequence', 'table', 'view', 'materialized view', 'index', 'table constraint',
        'domain constraint', 'statistics object', 'trigger', 'rule', 'policy'))
      AND i.identity NOT LIKE 'pg\\_%' AND i.type NOT LIKE 'foreign table%'
    """

  // MARK: Dependencies

  /// What stands for what in a dump: pairs of keys. The default of a column is part of the table, a
  /// view's query of the view, an array's type of the elements'.
  static let aliases = """
    SELECT \(key("pg_attrdef", "oid")), \(key("pg_class", "adrelid")) FROM pg_attrdef
    UNION ALL
    SELECT \(key("pg_rewrite", "oid")), \(key("pg_class", "ev_class")) FROM pg_rewrite
    WHERE rulename = '_RETURN' AND oid >= 16384
    UNION ALL
    SELECT \(key("pg_type", "oid")), \(key("pg_class", "typrelid")) FROM pg_type
    WHERE typrelid <> 0 AND oid >= 16384
    UNION ALL
    SELECT \(key("pg_type", "oid")), \(key("pg_type", "typelem")) FROM pg_type
    WHERE typrelid = 0 AND typelem <> 0 AND oid >= 16384
    UNION ALL
    SELECT \(key("pg_type", "(to_jsonb(r) ->> 'rngmultitypid')::oid")),
      \(key("pg_type", "rngtypid")) FROM pg_range r WHERE rngtypid >= 16384
    UNION ALL
    SELECT \(key("pg_class", "conindid")), \(key("pg_constraint", "oid")) FROM pg_constraint
    WHERE contype IN ('p', 'u', 'x')
    UNION ALL
    SELECT \(key("pg_constraint", "oid")), \(key("pg_type", "contypid")) FROM pg_constraint
    WHERE contypid <> 0
    """

  /// What needs what: pairs of keys. That a sequence belongs to a column is no need: the column's
  /// default needs the sequence.
  static let dependencies = """
    SELECT DISTINCT (d.classid::int8 << 32) + d.objid::int8,
      (d.refclassid::int8 << 32) + d.refobjid::int8
    FROM pg_depend d
    WHERE d.objid >= 16384 AND d.refobjid >= 16384 AND d.deptype <> 'e'
      AND NOT (d.deptype IN ('a', 'i') AND d.classid = 'pg_class'::regclass
        AND EXISTS (SELECT FROM pg_class s WHERE s.oid = d.objid AND s.relkind = 'S'))
    ORDER BY 1, 2
    """
}
