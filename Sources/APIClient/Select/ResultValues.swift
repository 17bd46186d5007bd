import AdapterCore
import JSON
import Platform

/// The values of a path with its ending: what a row or a comparison is made of.
enum ResultValues {
  /// Lends each value; nil for null and for what is not there.
  static func forEach(
    _ path: SelectPath, in document: BorrowedBytes,
    _ body: (BorrowedBytes?) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    let evaluator = SelectEvaluator()
    guard case .nothing = path.ending else {
      let scratch = OutputBuffer.inMemory()
      try appendJSON(path, in: document, evaluator, to: scratch)
      return try body(scratch.collected.elementsEqual("null".utf8) ? nil : scratch.collected)
    }
    try evaluator.forEach(path, in: document, body)
  }

  /// Appends all that a path leads to as one document: an array for a path that leads to any number
  /// of values.
  ///
  /// - Parameter from: steps that were gone already.
  static func appendJSON(
    _ path: SelectPath, from: Int = 0, in document: BorrowedBytes?, _ evaluator: SelectEvaluator,
    to output: OutputBuffer
  ) throws(AdapterError) {
    if case .function(let function) = path.ending {
      return try appendResult(of: function, path, from, in: document, evaluator, to: output)
    }
    guard path.steps[from...].contains(where: \.isMultiple) else {
      return try evaluator.forEach(path, from: from, in: document) { value throws(AdapterError) in
        try append(value, path.ending, evaluator, to: output)
      }
    }
    output.append("[")
    var isFirst = true
    try evaluator.forEach(path, from: from, in: document) { value throws(AdapterError) in
      if !isFirst { output.append(",") }
      isFirst = false
      try append(value, path.ending, evaluator, to: output)
    }
    output.append("]")
  }

  private static func append(
    _ value: BorrowedBytes?, _ ending: SelectPath.Ending, _ evaluator: SelectEvaluator,
    to output: OutputBuffer
  ) throws(AdapterError) {
    guard let value else { return output.append("null") }
    guard case .fields(let fields) = ending else { return output.appendCompactJSON(value) }
    output.append("{")
    for (index, field) in fields.enumerated() {
      if index > 0 { output.append(",") }
      output.appendJSONString(field.name)
      output.append(":")
      try appendJSON(field.path, in: value, evaluator, to: output)
    }
    output.append("}")
  }

  // MARK: Functions

  private static func appendResult(
    of function: SelectPath.Function, _ path: SelectPath, _ from: Int,
    in document: BorrowedBytes?, _ evaluator: SelectEvaluator, to output: OutputBuffer
  ) throws(AdapterError) {
    if path.steps[from...].contains(where: \.isMultiple) {
      var count = 0
      try evaluator.forEach(path, from: from, in: document) { _ throws(AdapterError) in count += 1 }
      guard case .length = function else {
        throw AdapterError(.data, "keys() takes one object, and its path leads to \(count) values")
      }
      return output.append(Int64(count))
    }
    try evaluator.forEach(path, from: from, in: document) { value throws(AdapterError) in
      guard let value else { return output.append("null") }
      switch function {
      case .length: output.append(Int64(try length(of: value, path)))
      case .keys: try appendKeys(of: value, path, to: output)
      }
    }
  }

  private static func length(
    of value: BorrowedBytes, _ path: SelectPath
  ) throws(AdapterError) -> Int {
    switch value.first {
    case UInt8(ascii: "["), UInt8(ascii: "{"): return try JSONElements.count(value)
    case UInt8(ascii: "\""): return JSONText.withContent(of: value) { UTF8Text.scalarCount($0) }
    default: throw refusal(.length, path, value)
    }
  }

  private static func appendKeys(
    of value: BorrowedBytes, _ path: SelectPath, to output: OutputBuffer
  ) throws(AdapterError) {
    guard value.first == UInt8(ascii: "{") else { throw refusal(.keys, path, value) }
    output.append("[")
    var isFirst = true
    try JSONElements.forEachMember(in: value) { name, _ throws(AdapterError) in
      if !isFirst { output.append(",") }
      isFirst = false
      output.append(name)
      return true
    }
    output.append("]")
  }

  private static func refusal(
    _ function: SelectPath.Function, _ path: SelectPath, _ value: BorrowedBytes
  ) -> AdapterError {
    AdapterError(
      .data,
      "\(path.location(behind: path.steps.count)) is \(SelectEvaluator.kindName(value)), "
        + "which has no \(function.rawValue)")
  }
}
