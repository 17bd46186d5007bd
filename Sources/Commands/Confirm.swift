import AdapterCore
import Terminal

extension CommandContext {
  /// Asks on the terminal when there is one; throws `failed` unless the answer is yes. Without a
  /// terminal on stdin nobody is asked.
  func confirm(_ question: String, isApproved: Bool) throws(AdapterError) {
    guard !isApproved, terminal.isTerminal(.input) else { return }
    guard try Confirmation.ask(question, operation.cancellation) else {
      throw AdapterError(.failed, "not confirmed; nothing was changed", hint: "--yes doesn't ask")
    }
  }
}
