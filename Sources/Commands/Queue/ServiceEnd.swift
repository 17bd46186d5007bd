import AdapterCore
import Platform

extension OperationContext {
  /// The check behind work that goes on until somebody ends it. SIGTERM is how a service is told to
  /// end, and no error; Ctrl-C stops the script around it as well.
  func checkUnlessTerminated() throws(AdapterError) {
    if case .signal(SignalNumber.terminate) = cancellation.reason { return }
    try cancellation.check()
  }
}
