/// Statements whose data follow them in a script, as those of `COPY … FROM stdin;` do.
public protocol ScriptData: AnyObject {
  /// Runs the statement with its data; throws the server's error with the line of the script that it
  /// is about.
  ///
  /// - Parameter dataLine: the line on which the data begin.
  func run(
    _ statement: SQLText, data: any ByteSource, dataLine: Int
  ) throws(AdapterError) -> StatementResult
}
