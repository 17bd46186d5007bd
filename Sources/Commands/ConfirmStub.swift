import AdapterCore
import CLI
import Terminal
extension CommandContext {
  func confirm(_ question: String, isApproved: Bool) throws(AdapterError) {
    guard !isApproved, terminal.isTerminal(.input) else { return }
    guard try Confirmation.ask(question, operation.cancellation) else {
      throw AdapterError(.failed, "not confirmed; nothing was changed", hint: "--yes doesn't ask")
    }
  }
}
