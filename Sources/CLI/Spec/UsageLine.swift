extension ArgumentSpec {
  /// `TARGET`, `[SQL]`, `[FILE...]`.
  public var usage: String {
    switch arity {
    case .required: name
    case .optional: "[\(name)]"
    case .repeated: "[\(name)...]"
    }
  }
}

extension CommandSpec {
  /// `nb db query TARGET [SQL] [FLAGS]`.
  public var usageLine: String {
    ([name] + arguments.map(\.usage) + (flags.isEmpty ? [] : ["[FLAGS]"])).joined(separator: " ")
  }
}
