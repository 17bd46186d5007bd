/// The difference of two texts by lines, in unified form.
public enum TextDiff {
  private enum Edit: Equatable {
    case keep, delete, insert
  }

  /// Above this many pairs of lines the changed middle is shown as replaced whole.
  private static let largestTable = 4_000_000

  /// `@@` hunks with three lines around each change; empty for equal texts.
  public static func unified(old: String, new: String) -> [String] {
    let before = lines(old)
    let after = lines(new)
    return hunks(edits(before, after), before, after)
  }

  private static func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  // MARK: Edits

  private static func edits(_ old: [Substring], _ new: [Substring]) -> [Edit] {
    var start = 0
    while start < min(old.count, new.count) && old[start] == new[start] { start += 1 }
    var tail = 0
    while tail < min(old.count, new.count) - start
      && old[old.count - 1 - tail] == new[new.count - 1 - tail]
    { tail += 1 }
    let middle = changes(old[start..<(old.count - tail)], new[start..<(new.count - tail)])
    return Array(repeating: .keep, count: start) + middle + Array(repeating: .keep, count: tail)
  }

  /// The shortest edit of the lines between the common head and tail, by the table of their longest
  /// common subsequences.
  private static func changes(
    _ old: ArraySlice<Substring>, _ new: ArraySlice<Substring>
  ) -> [Edit] {
    guard old.count * new.count <= largestTable else {
      return old.map { _ in .delete } + new.map { _ in .insert }
    }
    let (old, new) = (Array(old), Array(new))
    let width = new.count + 1
    var common = [Int](repeating: 0, count: (old.count + 1) * width)
    for i in old.indices.reversed() {
      for j in new.indices.reversed() {
        common[i * width + j] =
          old[i] == new[j]
          ? common[(i + 1) * width + j + 1] + 1
          : max(common[(i + 1) * width + j], common[i * width + j + 1])
      }
    }
    var edits: [Edit] = []
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
      if i < old.count && j < new.count && old[i] == new[j] {
        edits.append(.keep)
        (i, j) = (i + 1, j + 1)
      } else if i < old.count
        && (j == new.count || common[(i + 1) * width + j] >= common[i * width + j + 1])
      {
        edits.append(.delete)
        i += 1
      } else {
        edits.append(.insert)
        j += 1
      }
    }
    return edits
  }

  // MARK: Hunks

  private static func hunks(
    _ edits: [Edit], _ old: [Substring], _ new: [Substring], context: Int = 3
  ) -> [String] {
    var output: [String] = []
    var (index, oldLine, newLine) = (0, 0, 0)
    while let change = edits[index...].firstIndex(where: { $0 != .keep }) {
      let start = max(index, change - context)
      (oldLine, newLine) = (oldLine + start - index, newLine + start - index)
      let end = hunkEnd(edits, from: change, context)
      var body: [String] = []
      let (oldStart, newStart) = (oldLine, newLine)
      for edit in edits[start..<end] {
        switch edit {
        case .keep: body.append(" " + old[oldLine])
        case .delete: body.append("-" + old[oldLine])
        case .insert: body.append("+" + new[newLine])
        }
        if edit != .insert { oldLine += 1 }
        if edit != .delete { newLine += 1 }
      }
      output.append(
        "@@ -\(oldStart + 1),\(oldLine - oldStart) +\(newStart + 1),\(newLine - newStart) @@")
      output += body
      index = end
    }
    return output
  }

  /// Where a hunk ends: `context` lines after the last change that is near enough to the one before.
  private static func hunkEnd(_ edits: [Edit], from change: Int, _ context: Int) -> Int {
    var last = change
    for index in change..<edits.count where edits[index] != .keep {
      if index - last > 2 * context { break }
      last = index
    }
    return min(edits.count, last + 1 + context)
  }
}
