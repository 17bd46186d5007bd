import AdapterCore
import JSON
import Platform

/// Whether a condition is met by a document, and what was found.
struct SelectOutcome {
  /// Values are shown in messages up to here.
  private static let shownBytes = 100

  private(set) var isMet = false
  /// What is there where it should not be, or not as it should: shortened JSON; nil for nothing.
  private(set) var found: String?
  private var count = 0

  /// Throws `data` where the path meets a value of another kind than it needs.
  init(_ condition: SelectCondition, in document: BorrowedBytes) throws(AdapterError) {
    // Of several values each must be as wanted; one of them is enough to be contained.
    var holdsForAll = true
    var holdsForOne = false
    try ResultValues.forEach(condition.path, in: document) { value throws(AdapterError) in
      count += 1
      let holds = condition.comparison?.holds(for: value) ?? (value != nil)
      if holds { holdsForOne = true } else { holdsForAll = false }
      if found == nil, holds == condition.isNegated { found = value.map(Self.shown) }
    }
    if case .contains? = condition.comparison?.operation {
      isMet = holdsForOne
    } else if condition.isNegated {
      isMet = !holdsForOne
    } else {
      isMet = holdsForAll && count > 0
    }
  }

  static func shown(_ value: BorrowedBytes) -> String {
    let output = OutputBuffer.inMemory()
    output.appendCompactJSON(UnsafeBufferPointer(rebasing: value.prefix(4096)))
    let text = output.takeString()
    return text.utf8.count > shownBytes ? text.prefix(shownBytes) + "…" : text
  }
}
