/// What goes wrong with queues on every broker, in the same words.
extension MessageQueue {
  /// There is no queue of this name; `names` are those that are there.
  public func missingQueue(_ name: String, among names: [String]) -> AdapterError {
    AdapterError(
      .notFound, "there is no queue '\(name)' in \(displayName)",
      hint: closestMatch(to: name, in: names).map { "did you mean '\($0)'?" }
        ?? "nb queue create \(displayName) \(name) makes it")
  }

  /// A queue has no such group of consumers, or none of its own where no group is named.
  public func missingGroup(
    _ group: String?, of queue: String, among names: [String]
  ) -> AdapterError {
    guard let group else {
      return AdapterError(
        .usage, "queue '\(queue)' has groups of consumers, and none is named",
        hint: "--group takes one of \(names.joined(separator: ", "))")
    }
    return AdapterError(
      .notFound, "queue '\(queue)' has no group '\(group)'",
      hint: closestMatch(to: group, in: names).map { "did you mean '\($0)'?" }
        ?? "nb queue create \(displayName) \(queue) --group \(group) adds it")
  }

  /// A queue that was to be made is there already, and not the same.
  public func otherSettings(of queue: String) -> AdapterError {
    AdapterError(
      .conflict, "queue '\(queue)' is there with other settings",
      hint: "leave the settings out, or delete the queue first")
  }
}

extension AdapterError {
  /// A queue was taken away under its consumer.
  public static func deletedQueue(_ queue: String) -> AdapterError {
    AdapterError(
      .notFound, "queue '\(queue)' was deleted", hint: "nb queue create makes it anew")
  }

  /// A tap was taken for one whose listener died.
  public static let lostTap = AdapterError(
    .temporary, "the tap was silent for too long and has missed messages",
    hint: "what reads its output must keep up; begin anew")
}
