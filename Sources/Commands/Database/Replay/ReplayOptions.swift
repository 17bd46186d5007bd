import AdapterCore
import CLI

/// How often work is run again that left nothing behind when it failed.
struct ReplayOptions: Equatable {
  static let retries = FlagSpec(
    "retries", .value(name: "N"), group: .connection,
    summary: "Run it again so often when it lost a deadlock or the server",
    details: """
      Only what left nothing behind is run again, as a whole: a transaction that the server rolled \
      back (a deadlock, a serialization failure), or that lost its connection before its COMMIT was \
      sent; and a query of which no row has left nb. 0 turns it off.
      """,
    defaultText: "4")

  var retries: Int

  init(_ invocation: Invocation) throws(AdapterError) {
    retries = try invocation.int(Self.retries, in: 0...1000) ?? 4
  }

  /// A transaction may take long: what was given up so far is no reason to give up the rest.
  var policy: Retry.Policy { Retry.Policy(attempts: retries + 1, budget: nil) }
}
