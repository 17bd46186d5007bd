import AdapterCore

/// Matches the parameters of the command line with the placeholders of statements.
struct ParameterBinder {
  private let parameters: [Parameter]
  private var usedNames: Set<String> = []

  init(_ parameters: [Parameter]) { self.parameters = parameters }

  /// Binds every placeholder but those in `provided`; throws `usage` for one without a parameter.
  mutating func bind(
    _ statement: any SQLStatement, except provided: Set<Int> = []
  ) throws(AdapterError) {
    for (index, slot) in statement.parameters.enumerated() where !provided.contains(index) {
      let parameter = try parameter(for: slot)
      usedNames.insert(parameter.name)
      try statement.bind(parameter.value, at: index)
    }
  }

  private func parameter(for slot: ParameterSlot) throws(AdapterError) -> Parameter {
    switch slot {
    case .named(let name):
      if let found = parameters.first(where: { $0.name == name }) { return found }
      let names = parameters.map(\.name)
      throw AdapterError(
        .usage, "the statement needs a parameter '\(name)'",
        hint: closestMatch(to: name, in: names).map { "did you mean '\(name)' by -p \($0)=…?" }
          ?? "add -p \(name)=VALUE")
    case .numbered(let number):
      if let found = parameters.first(where: { $0.name == String(number) }) { return found }
      // A name that is a number turns counting off.
      if parameters.allSatisfy({ Int($0.name) == nil }), number <= parameters.count {
        return parameters[number - 1]
      }
      throw AdapterError(
        .usage, "the statement needs a value for its placeholder \(number)",
        hint: "add -p \(number)=VALUE")
    }
  }

  /// Throws `usage` when a parameter was bound by no statement.
  func refuseUnused() throws(AdapterError) {
    guard let unused = parameters.first(where: { !usedNames.contains($0.name) }) else { return }
    throw AdapterError(
      .usage, "the parameter '\(unused.name)' is used by no statement",
      hint: "placeholders are written :\(unused.name), $1 or ?")
  }
}
