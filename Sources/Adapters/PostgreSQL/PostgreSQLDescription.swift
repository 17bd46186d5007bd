import AdapterCore
import CPostgreSQL

/// What the server says of a statement: the types of its parameters and its columns.
struct PostgreSQLDescription {
  private(set) var parameterTypes: [Oid] = []
  private(set) var columns: [Column]
  private(set) var cells: [PostgreSQLType.Cell]

  /// The columns of a result or of a description (PQfname, PQftype, PQfmod).
  init(columnsOf result: OpaquePointer) {
    let indexes = 0..<PQnfields(result)
    columns = indexes.map { index in
      let type = PQftype(result, index)
      return Column(
        name: PQfname(result, index).map { String(cString: $0) } ?? "",
        kind: PostgreSQLType.kind(type),
        declaredType: PostgreSQLType.declaration(type, modifier: PQfmod(result, index)),
        dialect: SQLDialect.postgresql.name)
    }
    cells = indexes.map { PostgreSQLType.cell(PQftype(result, $0)) }
  }

  /// Has the server parse and describe the statement, in one round trip and one sync, so that a pooler
  /// cannot part the two.
  ///
  /// - Parameter commands: what is run before it, in the same round trip.
  init(
    _ sent: SentText, types: [Oid], hasValues: Bool, behind commands: [String] = [],
    on database: PostgreSQLDatabase
  ) throws(AdapterError) {
    let connection = database.connection
    PQenterPipelineMode(connection.handle)
    defer { PQexitPipelineMode(connection.handle) }
    for command in commands {
      try connection.check(
        sent: PQsendQueryParams(connection.handle, command, 0, nil, nil, nil, nil, 0))
    }
    try connection.check(
      sent: PQsendPrepare(
        connection.handle, "", sent.placeholders.text, Int32(types.count), types))
    try connection.check(sent: PQsendDescribePrepared(connection.handle, ""))
    try connection.check(sent: PQpipelineSync(connection.handle))
    var failure: AdapterError?
    var found: PostgreSQLDescription?
    try connection.finishPipeline { result in
      switch PQresultStatus(result) {
      case PGRES_FATAL_ERROR:
        failure = failure ?? database.error(result, in: sent, hasValues: hasValues)
      case PGRES_COMMAND_OK where PQnparams(result) > 0 || PQnfields(result) > 0:
        found = PostgreSQLDescription(describing: result)
      default: break
      }
    }
    if let failure { throw failure }
    self = found ?? PostgreSQLDescription()
  }

  private init(describing result: OpaquePointer) {
    self.init(columnsOf: result)
    parameterTypes = (0..<PQnparams(result)).map { PQparamtype(result, $0) }
  }

  private init() {
    columns = []
    cells = []
  }
}
