/// Queries of the catalog whose rows are what a dump creates: key, rank, name, statements, and the keys
/// of what it needs beside what pg_depend says.
///
/// They run with an empty search_path, so that the server writes every name with its schema. What
/// belongs to an extension comes with the extension.
enum PostgreSQLDumpSQL {
  /// Where things stand in a dump; what something needs comes earlier all the same.
  enum Rank {
    static let schema = 0
    static let `extension` = 1
    static let collation = 2
    static let type = 10
    static let function = 20
    static let sequence = 30
    static let table = 40
    static let columnDefault = 45
    static let sequenceOwner = 46
    /// Rows come before what has this rank or a higher one.
    static let afterRows = 50
    static let key = 60
    static let check = 61
    static let index = 62
    static let indexPart = 63
    static let foreignKey = 64
    static let tableSetting = 66
    static let view = 70
    static let rule = 71
    static let trigger = 72
    static let policy = 73
    static let comment = 80
  }

  /// The number by which a dump knows an object of a catalog.
  static func key(_ catalog: String, _ oid: String) -> String {
    "('\(catalog)'::regclass::oid::int8 << 32) + \(oid)::int8"
  }

  /// A condition on a namespace: not the server's own.
  static func isOfUser(_ namespace: String = "n") -> String {
    "\(namespace).nspname <> 'information_schema' AND \(namespace).nspname !~ '^pg_'"
  }

  /// A condition on an object: made neither by an extension nor with another object, as the functions
  /// of a range are. A sequence of a column's counts all the same, for it has a value.
  static func isNoMember(_ catalog: String, _ oid: String) -> String {
    """
    NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '\(catalog)'::regclass
      AND e.objid = \(oid) AND e.deptype IN ('e'\(catalog == "pg_class" ? "" : ", 'i'")))
    """
  }

  /// `FROM pg_class c …` with the condition that a relation is the user's and of one of these kinds.
  static func relations(_ kinds: String, _ joins: String = "") -> String {
    """
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \(joins)
    WHERE c.relkind IN (\(kinds)) AND \(isOfUser()) AND \(isNoMember("pg_class", "c.oid"))
    """
  }

  /// Storage parameters, as `(fillfactor='70')`.
  static func options(_ array: String) -> String {
    """
    (SELECT '(' || string_agg(split_part(o, '=', 1) || '='
      || quote_literal(substr(o, strpos(o, '=') + 1)), ', ') || ')' FROM unnest(\(array)) o)
    """
  }

  static let objects: [String] = [
    schemas, extensions, collations, types, functions, aggregates, sequences, sequenceOwners,
    tables, columnDefaults, constraints, indexes, indexParts, statistics, tableSettings, views,
    rules, triggers, rowSecurity, policies, comments,
  ]

  // MARK: What tables need

  private static let schemas = """
    SELECT \(key("pg_namespace", "n.oid")), \(Rank.schema), nspname::text,
      format('CREATE SCHEMA IF NOT EXISTS %I', nspname), NULL
    FROM pg_namespace n WHERE \(isOfUser()) AND \(isNoMember("pg_namespace", "n.oid"))
    """

  private static let extensions = """
    SELECT \(key("pg_extension", "x.oid")), \(Rank.extension), extname::text,
      format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %I', extname, nspname), NULL
    FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace WHERE extname <> 'plpgsql'
    """

  private static let collations = """
    SELECT \(key("pg_collation", "l.oid")), \(Rank.collation), l.oid::regcollation::text,
      format('CREATE COLLATION %s (provider = %s, %s%s)', l.oid::regcollation,
        CASE l.collprovider WHEN 'i' THEN 'icu' ELSE 'libc' END,
        CASE l.collprovider WHEN 'i' THEN 'locale = ' || quote_literal(coalesce(
            to_jsonb(l) ->> 'colllocale', to_jsonb(l) ->> 'colliculocale', l.collcollate))
          ELSE format('lc_collate = %L, lc_ctype = %L', l.collcollate, l.collctype) END,
        CASE WHEN l.collisdeterministic THEN '' ELSE ', deterministic = false' END), NULL
    FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
    WHERE \(isOfUser()) AND \(isNoMember("pg_collation", "l.oid"))
    """

  /// Enumerations, domains, ranges, and composite types, which the catalog keeps as relations.
  private static let types = #"""
    SELECT \#(key("pg_type", "t.oid")), \#(Rank.type), t.oid::regtype::text,
      CASE t.typtype
      WHEN 'e' THEN format('CREATE TYPE %s AS ENUM (%s)', t.oid::regtype,
        (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
         FROM pg_enum WHERE enumtypid = t.oid))
      WHEN 'r' THEN (SELECT format('CREATE TYPE %s AS RANGE (SUBTYPE = %s, SUBTYPE_OPCLASS = %s%s%s%s)',
          t.oid::regtype, format_type(r.rngsubtype, NULL),
          (SELECT format('%I.%I', s.nspname, o.opcname) FROM pg_opclass o
           JOIN pg_namespace s ON s.oid = o.opcnamespace WHERE o.oid = r.rngsubopc),
          CASE WHEN r.rngcollation <> 0 THEN ', COLLATION = ' || r.rngcollation::regcollation ELSE '' END,
          CASE WHEN r.rngsubdiff <> 0 THEN ', SUBTYPE_DIFF = ' || r.rngsubdiff::regproc ELSE '' END,
          (SELECT ', MULTIRANGE_TYPE_NAME = ' || oid::regtype FROM pg_type
           WHERE oid = (to_jsonb(r) ->> 'rngmultitypid')::oid))
        FROM pg_range r WHERE r.rngtypid = t.oid)
      WHEN 'd' THEN format('CREATE DOMAIN %s AS %s', t.oid::regtype,
          format_type(t.typbasetype, t.typtypmod))
        || CASE WHEN t.typcollation <> b.typcollation
           THEN ' COLLATE ' || t.typcollation::regcollation ELSE '' END
        || coalesce(' DEFAULT ' || pg_get_expr(t.typdefaultbin, 0), '')
        || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
        || coalesce((SELECT string_agg(format(' CONSTRAINT %I %s', conname,
             pg_get_constraintdef(oid)), '' ORDER BY conname)
           FROM pg_constraint WHERE contypid = t.oid AND contype = 'c' AND convalidated), '')
        || coalesce((SELECT string_agg(format(E';\nALTER DOMAIN %s ADD CONSTRAINT %I %s',
             t.oid::regtype, conname, pg_get_constraintdef(oid)), '' ORDER BY conname)
           FROM pg_constraint WHERE contypid = t.oid AND contype = 'c' AND NOT convalidated), '')
      END, NULL
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_type b ON b.oid = t.typbasetype
    WHERE t.typtype IN ('e', 'd', 'r') AND \#(isOfUser()) AND \#(isNoMember("pg_type", "t.oid"))
    UNION ALL
    SELECT \#(key("pg_class", "c.oid")), \#(Rank.type), c.oid::regclass::text,
      format(E'CREATE TYPE %s AS (%s\n)', c.oid::regclass,
        (SELECT string_agg(E'\n  ' || quote_ident(a.attname) || ' '
           || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation <> t.typcollation
           THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END, ',' ORDER BY a.attnum)
         FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)), NULL
    \#(relations("'c'"))
    """#

  private static let functions = """
    SELECT \(key("pg_proc", "p.oid")), \(Rank.function), p.oid::regprocedure::text,
      pg_get_functiondef(p.oid), NULL
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prokind <> 'a' AND \(isOfUser()) AND \(isNoMember("pg_proc", "p.oid"))
    """

  private static let aggregates = #"""
    SELECT \#(key("pg_proc", "p.oid")), \#(Rank.function) + 1, p.oid::regprocedure::text,
      format(E'CREATE AGGREGATE %s(%s) (\n  SFUNC = %s,\n  STYPE = %s%s\n)', p.oid::regproc,
        CASE WHEN a.aggkind = 'n' AND p.pronargs = 0 THEN '*'
          ELSE pg_get_function_arguments(p.oid) END,
        a.aggtransfn, format_type(a.aggtranstype, NULL),
        concat(E',\n  SSPACE = ' || nullif(a.aggtransspace, 0),
          E',\n  FINALFUNC = ' || nullif(a.aggfinalfn, 0::regproc),
          CASE WHEN a.aggfinalextra THEN E',\n  FINALFUNC_EXTRA' END,
          CASE a.aggfinalmodify WHEN 's' THEN E',\n  FINALFUNC_MODIFY = SHAREABLE'
            WHEN 'w' THEN E',\n  FINALFUNC_MODIFY = READ_WRITE' END,
          E',\n  COMBINEFUNC = ' || nullif(a.aggcombinefn, 0::regproc),
          E',\n  SERIALFUNC = ' || nullif(a.aggserialfn, 0::regproc),
          E',\n  DESERIALFUNC = ' || nullif(a.aggdeserialfn, 0::regproc),
          E',\n  INITCOND = ' || quote_literal(a.agginitval),
          E',\n  MSFUNC = ' || nullif(a.aggmtransfn, 0::regproc),
          E',\n  MINVFUNC = ' || nullif(a.aggminvtransfn, 0::regproc),
          E',\n  MSTYPE = ' || format_type(nullif(a.aggmtranstype, 0), NULL),
          E',\n  MSSPACE = ' || nullif(a.aggmtransspace, 0),
          E',\n  MFINALFUNC = ' || nullif(a.aggmfinalfn, 0::regproc),
          CASE WHEN a.aggmfinalextra THEN E',\n  MFINALFUNC_EXTRA' END,
          E',\n  MINITCOND = ' || quote_literal(a.aggminitval),
          (SELECT format(E',\n  SORTOP = OPERATOR(%I.%s)', s.nspname, o.oprname)
           FROM pg_operator o JOIN pg_namespace s ON s.oid = o.oprnamespace
           WHERE o.oid = a.aggsortop),
          CASE p.proparallel WHEN 's' THEN E',\n  PARALLEL = SAFE'
            WHEN 'r' THEN E',\n  PARALLEL = RESTRICTED' END,
          CASE a.aggkind WHEN 'h' THEN E',\n  HYPOTHETICAL' END)), NULL
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_aggregate a ON a.aggfnoid = p.oid
    WHERE \#(isOfUser()) AND \#(isNoMember("pg_proc", "p.oid"))
    """#

  // MARK: Sequences

  /// What follows AS or the name of a sequence `q` (pg_sequence).
  static let sequenceOptions = """
    format('START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s', q.seqstart,
      q.seqincrement, q.seqmin, q.seqmax, q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' END)
    """

  private static let sequences = """
    SELECT \(key("pg_class", "c.oid")), \(Rank.sequence), c.oid::regclass::text,
      format('CREATE %sSEQUENCE %s AS %s %s',
        CASE WHEN c.relpersistence = 'u' THEN 'UNLOGGED ' END,
        c.oid::regclass, format_type(q.seqtypid, NULL), \(sequenceOptions)), NULL
    \(relations("'S'", "JOIN pg_sequence q ON q.seqrelid = c.oid"))
      AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass
        AND i.objid = c.oid AND i.deptype = 'i')
    """

  private static let sequenceOwners = """
    SELECT (1::int8 << 32) + c.oid::int8, \(Rank.sequenceOwner), c.oid::regclass::text,
      format('ALTER SEQUENCE %s OWNED BY %s.%I', c.oid::regclass, a.attrelid::regclass, a.attname),
      concat(\(key("pg_class", "c.oid")), ',', \(key("pg_class", "a.attrelid")))
    \(relations("'S'",
      """
      JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a'
        AND d.refclassid = 'pg_class'::regclass
      JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
      """))
    """
}
