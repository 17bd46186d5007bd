/// Tables and what is added to them after their rows.
extension PostgreSQLDumpSQL {
  /// Whether a column's default `d` stands in CREATE TABLE: a function that it calls may need the table
  /// in turn.
  private static let isInlineDefault = """
    (d.adbin IS NOT NULL AND NOT EXISTS (SELECT FROM pg_depend f
      WHERE f.classid = 'pg_attrdef'::regclass AND f.objid = d.oid
        AND f.refclassid = 'pg_proc'::regclass AND f.refobjid >= 16384))
    """

  private static let columnText = """
    quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
      || CASE WHEN a.attcollation <> t.typcollation
         THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END
      || CASE
         WHEN a.attidentity <> '' THEN coalesce(
           (SELECT format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %s %s)',
              CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END,
              q.seqrelid::regclass, \(sequenceOptions))
            FROM pg_depend i JOIN pg_sequence q ON q.seqrelid = i.objid
            WHERE i.classid = 'pg_class'::regclass AND i.refclassid = 'pg_class'::regclass
              AND i.refobjid = a.attrelid AND i.refobjsubid = a.attnum AND i.deptype = 'i'), '')
         WHEN a.attgenerated <> '' THEN format(' GENERATED ALWAYS AS (%s) %s',
           pg_get_expr(d.adbin, d.adrelid),
           CASE a.attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END)
         WHEN \(isInlineDefault) THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
         ELSE '' END
      || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
    """

  /// What a column has beside its declaration.
  private static let columnSettings = #"""
    concat(
      CASE WHEN a.attstorage <> t.typstorage THEN format(
        E';\nALTER TABLE ONLY %s ALTER COLUMN %I SET STORAGE %s', c.oid::regclass, a.attname,
        CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED'
          ELSE 'MAIN' END) END,
      CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN format(
        E';\nALTER TABLE ONLY %s ALTER COLUMN %I SET COMPRESSION pglz', c.oid::regclass, a.attname)
      WHEN 'l' THEN format(
        E';\nALTER TABLE ONLY %s ALTER COLUMN %I SET COMPRESSION lz4', c.oid::regclass, a.attname)
      END,
      CASE WHEN a.attstattarget >= 0 THEN format(
        E';\nALTER TABLE ONLY %s ALTER COLUMN %I SET STATISTICS %s', c.oid::regclass, a.attname,
        a.attstattarget) END,
      format(E';\nALTER TABLE ONLY %s ALTER COLUMN %I SET ', c.oid::regclass, a.attname)
        || \#(options("ARRAY(SELECT o FROM unnest(a.attoptions) o WHERE o LIKE 'n\\_distinct%')")),
      CASE WHEN NOT a.attislocal AND NOT c.relispartition AND a.attnotnull THEN format(
        E';\nALTER TABLE ONLY %s ALTER COLUMN %I SET NOT NULL', c.oid::regclass, a.attname) END)
    """#

  /// A partition is a table of its own first, for its columns may stand in another order.
  static let tables = #"""
    SELECT \#(key("pg_class", "c.oid")), \#(Rank.table), c.oid::regclass::text,
      format('CREATE %sTABLE %s (%s)%s%s%s%s',
        CASE WHEN c.relpersistence = 'u' THEN 'UNLOGGED ' END, c.oid::regclass,
        (SELECT string_agg(E'\n  ' || \#(columnText), ',' ORDER BY a.attnum) || E'\n'
         \#(columnsOfTable)
           AND (a.attislocal OR c.relispartition)),
        CASE WHEN NOT c.relispartition THEN
          (SELECT ' INHERITS (' || string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno)
             || ')' FROM pg_inherits WHERE inhrelid = c.oid) END,
        CASE WHEN c.relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(c.oid) END,
        (SELECT ' USING ' || quote_ident(amname) FROM pg_am WHERE oid = c.relam AND amname <> 'heap'),
        ' WITH ' || \#(options("""
          c.reloptions || (SELECT array_agg('toast.' || o) FROM pg_class s, unnest(s.reloptions) o
            WHERE s.oid = c.reltoastrelid)
          """)))
      || coalesce((SELECT string_agg(\#(columnSettings), '' ORDER BY a.attnum)
           \#(columnsOfTable)), '')
      || CASE WHEN c.relispartition THEN
         (SELECT format(E';\nALTER TABLE ONLY %s ATTACH PARTITION %s %s', inhparent::regclass,
            c.oid::regclass, pg_get_expr(c.relpartbound, c.oid))
          FROM pg_inherits WHERE inhrelid = c.oid) ELSE '' END, NULL
    \#(relations("'r', 'p'"))
    """#

  private static let columnsOfTable = """
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    """

  static let columnDefaults = """
    SELECT \(key("pg_attrdef", "d.oid")), \(Rank.columnDefault),
      concat(c.oid::regclass, '.', a.attname),
      format('ALTER TABLE %s%s ALTER COLUMN %I SET DEFAULT %s',
        CASE WHEN c.relkind <> 'v' THEN 'ONLY ' END, c.oid::regclass, a.attname,
        pg_get_expr(d.adbin, d.adrelid)), \(key("pg_class", "c.oid"))
    \(relations("'r', 'p', 'v'", """
      JOIN pg_attrdef d ON d.adrelid = c.oid
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum
      """))
      AND a.attgenerated = '' AND (c.relkind = 'v' OR NOT \(isInlineDefault)
        OR NOT a.attislocal AND NOT c.relispartition)
    """

  /// The keys of partitions are made one by one and then attached, for so they keep their names.
  static let constraints = """
    SELECT \(key("pg_constraint", "k.oid")),
      CASE k.contype WHEN 'c' THEN \(Rank.check) WHEN 'f' THEN \(Rank.foreignKey)
        ELSE \(Rank.key) END,
      concat(c.oid::regclass, '.', k.conname),
      format('ALTER TABLE %s%s ADD CONSTRAINT %I %s',
        CASE WHEN k.contype IN ('p', 'u', 'x') THEN 'ONLY ' END, c.oid::regclass, k.conname,
        pg_get_constraintdef(k.oid)), NULL
    \(relations("'r', 'p'", "JOIN pg_constraint k ON k.conrelid = c.oid"))
      AND (k.contype IN ('p', 'u', 'x') OR k.contype = 'f' AND k.conparentid = 0
        OR k.contype = 'c' AND k.conislocal AND NOT (c.relispartition AND k.coninhcount > 0))
    """

  static let indexes = #"""
    SELECT \#(key("pg_class", "i.indexrelid")), \#(Rank.index), i.indexrelid::regclass::text,
      pg_get_indexdef(i.indexrelid) || coalesce((SELECT string_agg(
          format(E';\nALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s',
            i.indexrelid::regclass, a.attnum, a.attstattarget), '' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0), ''), NULL
    \#(relations("'r', 'p', 'm'", "JOIN pg_index i ON i.indrelid = c.oid"))
      AND NOT EXISTS (SELECT FROM pg_constraint k
        WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
      AND (i.indisvalid OR c.relkind = 'p')
    """#

  static let indexParts = """
    SELECT (2::int8 << 32) + h.inhrelid::int8, \(Rank.indexPart), h.inhrelid::regclass::text,
      format('ALTER INDEX %s ATTACH PARTITION %s', h.inhparent::regclass, h.inhrelid::regclass),
      NULL
    \(relations("'i', 'I'", "JOIN pg_inherits h ON h.inhrelid = c.oid"))
    """

  static let statistics = """
    SELECT \(key("pg_statistic_ext", "s.oid")), \(Rank.tableSetting), s.stxname::text,
      pg_get_statisticsobjdef(s.oid), NULL
    FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE \(isOfUser())
    """

  static let tableSettings = #"""
    SELECT (3::int8 << 32) + c.oid::int8, \#(Rank.tableSetting), c.oid::regclass::text,
      substr(concat(
        (SELECT format(E';\nALTER TABLE %s CLUSTER ON %I', c.oid::regclass, x.relname)
         FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
         WHERE i.indrelid = c.oid AND i.indisclustered),
        CASE c.relreplident
        WHEN 'f' THEN format(E';\nALTER TABLE ONLY %s REPLICA IDENTITY FULL', c.oid::regclass)
        WHEN 'n' THEN format(E';\nALTER TABLE ONLY %s REPLICA IDENTITY NOTHING', c.oid::regclass)
        WHEN 'i' THEN (
          SELECT format(E';\nALTER TABLE ONLY %s REPLICA IDENTITY USING INDEX %I',
            c.oid::regclass, x.relname)
          FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
          WHERE i.indrelid = c.oid AND i.indisreplident)
        END), 3), NULL
    \#(relations("'r', 'p', 'm'"))
      AND (c.relreplident IN ('f', 'n', 'i')
        OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisclustered))
    """#

  /// Tables with rows of their own: key, name, columns that take rows.
  static let tablesWithRows = """
    SELECT c.oid::regclass::text,
      (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')
    \(relations("'r'")) ORDER BY 1
    """

  /// How many tables there are, parts not counted, and their size on the disk.
  static let extent = """
    SELECT count(*) FILTER (WHERE NOT c.relispartition),
      coalesce(sum(pg_total_relation_size(c.oid)), 0)::int8
    \(relations("'r', 'p'"))
    """

  /// The sequences, those of identity columns included.
  static let sequenceNames = "SELECT c.oid::regclass::text \(relations("'S'")) ORDER BY 1"
}
