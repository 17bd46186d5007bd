import AdapterCore

/// A path into a JSON document: what `--select` takes, and what expectations and paging look at.
public struct SelectPath: Sendable {
  public enum Step: Sendable {
    /// `.name`: the member of an object.
    case key(String)
    /// `[2]`, `[-1]`: an element of an array, counted from the end when negative.
    case index(Int)
    /// `[1:3]`: each element from the first to before the last.
    case slice(from: Int?, to: Int?)
    /// `[]`: each element.
    case each
    /// `.*`: the value of each member.
    case members
    /// `[?state==open]`: each element that meets all conditions.
    case filter([SelectCondition])

    /// Whether it leads to any number of values.
    var isMultiple: Bool {
      switch self {
      case .key, .index: false
      case .slice, .each, .members, .filter: true
      }
    }
  }

  /// What is done with the values that the steps lead to.
  public enum Ending: Sendable {
    case nothing
    /// `{a, b: c.d}`: a record of each.
    case fields([Field])
    case function(Function)
  }

  /// A column of a record.
  public struct Field: Sendable {
    public var name: String
    public var path: SelectPath
  }

  /// What stands around a path: `length(items)`.
  public enum Function: String, CaseIterable, Sendable {
    /// Elements of an array, members of an object, characters of a string.
    case length
    /// The names of an object's members, as an array.
    case keys
  }

  public var steps: [Step]
  public var ending: Ending

  public init(steps: [Step] = [], ending: Ending = .nothing) {
    self.steps = steps
    self.ending = ending
  }

  /// The document itself.
  public static let whole = SelectPath()

  /// Reads a path as typed; throws `usage` with a marker below what is wrong.
  ///
  /// - Parameter name: where it was given, for the message: `--select`.
  public static func parse(_ text: String, of name: String) throws(AdapterError) -> SelectPath {
    do throws(SyntaxFault) {
      var parser = SelectPathParser(text)
      return try parser.parseAll()
    } catch {
      throw error.error(in: text, of: name, topic: "select")
    }
  }

  /// Whether it leads to any number of values, each a result of its own.
  public var isMultiple: Bool { steps.contains(where: \.isMultiple) }

  /// Whether its values can be the elements of an array.
  public var leadsThroughArray: Bool { isMultiple || namesOneValue }

  /// A path of names and indices alone, whose value, when it is an array, stands for its elements.
  var namesOneValue: Bool {
    guard case .nothing = ending else { return false }
    return !isMultiple
  }

  /// The path to behind so many steps, in its own syntax. The elements of the arrays it goes through are
  /// named by `indices`.
  func location(behind count: Int, indices: [Int] = []) -> String {
    var indices = indices[...]
    var text = "$"
    for step in steps.prefix(count) {
      if step.isMultiple, let index = indices.popFirst() {
        text += "[\(index)]"
      } else {
        text += Self.text(of: step)
      }
    }
    return text
  }

  private static func text(of step: Step) -> String {
    switch step {
    case .key(let name):
      SelectPathParser.isBareName(name) ? ".\(name)" : "[\(quoted(name))]"
    case .index(let index): "[\(index)]"
    case .slice(let from, let to):
      "[\(from.map(String.init) ?? ""):\(to.map(String.init) ?? "")]"
    case .each: "[]"
    case .members: ".*"
    case .filter: "[?]"
    }
  }

  private static func quoted(_ name: String) -> String {
    "\"" + name.map { "\"\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "\""
  }
}
