import AdapterCore

/// What a response becomes on stdout.
protocol ResponseOutput: HTTPResponseSink {
  /// Ends what is printed, behind a response that is complete.
  func finish() throws(AdapterError)
  /// Prints what there is, after an error.
  func abandon()
}
