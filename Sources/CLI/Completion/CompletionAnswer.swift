/// What `nb __complete` offers for the word at the cursor.
public struct CompletionAnswer: Equatable, Sendable {
  /// One word that may stand there.
  public struct Candidate: Equatable, Sendable {
    public var value: String
    /// What it means, a few words; shown by zsh and fish.
    public var summary: String

    public init(_ value: String, _ summary: String = "") {
      self.value = value
      self.summary = summary
    }
  }

  /// What the shell adds by itself.
  public enum Paths: Equatable, Sendable {
    case none
    case directories
    /// Files of these endings first; of any when empty.
    case files([String])
  }

  public var candidates: [Candidate]
  public var paths: Paths

  public init(_ candidates: [Candidate] = [], paths: Paths = .none) {
    self.candidates = candidates
    self.paths = paths
  }

  /// The form that the completion scripts read: a line that says which paths to add, then a line
  /// `VALUE<tab>SUMMARY` a candidate.
  public var text: String {
    var text: String
    switch paths {
    case .none: text = "none\n"
    case .directories: text = "directories\n"
    case .files(let endings): text = (["files"] + endings).joined(separator: " ") + "\n"
    }
    for candidate in candidates where candidate.isOneLine {
      text += candidate.value
      if !candidate.summary.isEmpty { text += "\t" + candidate.summary.escapingControls() }
      text += "\n"
    }
    return text
  }
}

extension CompletionAnswer.Candidate {
  /// A name with control characters cannot be handed to a shell line by line.
  fileprivate var isOneLine: Bool { !value.unicodeScalars.contains { $0.value < 0x20 } }
}
